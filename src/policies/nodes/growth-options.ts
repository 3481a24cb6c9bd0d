// Of the groups that may grow, which one does: each is tried with what waits, and undone.
import { packing, podsOf, sampleOf, type Demanded } from './fit/pack.ts';
import type { Simulation } from './fit/simulation.ts';
import type { GroupState } from './group-state.ts';
import type { SizedGroup } from './limits.ts';
import type { Room } from './room.ts';
import type { Shape } from './shape.ts';

export interface Pool extends SizedGroup {
  readonly group: GroupState;
  readonly shape: Shape | null;
}

export const nameOf = ({ group }: Pool): string => group.policy.name;

/** A group of which new nodes would take some of those that wait, and how many it may have. */
export interface Serving {
  readonly pool: Pool;
  readonly shape: Shape;
  readonly nodes: number;
}

export interface Option {
  readonly prefer: number;
  readonly waste: number;
  readonly pods: number;
  readonly nodes: number;
}

/** Preference, then least waste, then most pods, then least nodes. */
function compareOptions(one: Option, other: Option): number {
  const differences = [
    one.prefer - other.prefer,
    one.waste - other.waste,
    other.pods - one.pods,
    one.nodes - other.nodes,
  ];
  return differences.find((difference) => difference !== 0) ?? 0;
}

/** Those than which none is better; one that would open no node is none. */
export function bestOptions<Kind extends Option>(options: readonly Kind[]): readonly Kind[] {
  const real = options.filter(({ nodes }) => nodes > 0);
  return real.filter((one) => real.every((other) => compareOptions(one, other) <= 0));
}

/** The share of the new nodes' cpu and memory that nobody would use. */
export function wasteOf(rooms: readonly Room[], freeOf: (room: string, resource: string) => number): number {
  const share = (name: string): number => {
    const capacity = rooms.reduce((sum, room) => sum + (room.capacity[name] ?? 0), 0);
    return capacity === 0 ? 0 : rooms.reduce((sum, room) => sum + freeOf(room.name, name), 0) / capacity;
  };
  return share('cpu') + share('memory');
}

/** Groups are compared by what they would be for so many pods. */
const podsTried = 1_000;

/** The best first; those that would open no node are left out. */
export function* rankServing(
  simulation: Simulation,
  serving: readonly Serving[],
  demands: readonly Demanded[],
): Generator<undefined, readonly Serving[]> {
  const some = sampleOf(demands, podsTried);
  const share = podsOf(some) / podsOf(demands);
  const ranked = yield* rankedFor(some, serving, (nodes) => Math.ceil(nodes * share), simulation);
  // That no group takes any of these says nothing about the others.
  return ranked.length === 0 && share < 1 ? yield* rankedFor(demands, serving, (nodes) => nodes, simulation) : ranked;
}

function* rankedFor(
  demands: readonly Demanded[],
  serving: readonly Serving[],
  limitOf: (nodes: number) => number,
  simulation: Simulation,
): Generator<undefined, readonly Serving[]> {
  const options: (Option & { readonly of: Serving })[] = [];
  for (const of of serving) {
    const before = simulation.checkpoint();
    const { rooms, placed } = yield* packing(simulation, demands, of.shape, limitOf(of.nodes));
    const waste = wasteOf(rooms, (room, resource) => simulation.freeOf(room, resource));
    simulation.rollBack(before);
    options.push({ of, prefer: of.pool.group.policy.prefer, waste, pods: podsOf(placed), nodes: rooms.length });
    yield;
  }
  // By name in the end, so that the answer is always the same.
  const byName = (one: Serving, other: Serving): number => (nameOf(one.pool) < nameOf(other.pool) ? -1 : 1);
  return options
    .filter(({ nodes }) => nodes > 0)
    .toSorted((one, other) => compareOptions(one, other) || byName(one.of, other.of))
    .map(({ of }) => of);
}
