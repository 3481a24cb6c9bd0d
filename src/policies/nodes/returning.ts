// Drains that are given up: which nodes go back to work because somebody needs their room, or because their own pods have none elsewhere.
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { Requests } from '../pod-facts.ts';
import { isDeleting } from '../pod-facts.ts';
import type { SourcedDemand } from './demand.ts';
import { placing, podsOf } from './fit/pack.ts';
import type { Checkpoint, Simulation } from './fit/simulation.ts';
import { leavingPods } from './leaving-pods.ts';
import { isReady } from './membership.ts';
import { podName } from './movable.ts';
import type { NodeTick } from './node-tick.ts';

/** Nothing speaks against it: a person's own drain is not taken back, and a node that does not answer has no room to give. */
function mayReturn(node: Node): boolean {
  const record = drainOf(node);
  return record?.step === 'draining' && record.request === undefined && isReady(node);
}

/** It was to be replaced, and answers again: it goes back to work whoever needs it. */
const isBackAnyway = (node: Node): boolean => drainOf(node)?.unready === true;

interface Waiting {
  readonly firm: readonly SourcedDemand[];
  readonly headroom: readonly SourcedDemand[];
}

const podsIn = ({ firm, headroom }: Waiting): number => podsOf(firm) + podsOf(headroom);

export interface ReturningInput {
  readonly tick: NodeTick;
  readonly simulation: Simulation;
  readonly draining: readonly Node[];
  /** puts a node back into the simulation as it will be without its drain */
  readonly add: (node: Node) => void;
  readonly largest: Requests;
  /** before anything that waits was placed */
  readonly bare: Checkpoint;
  /** everybody who waits is placed as far as today's nodes go */
  readonly today: Checkpoint;
  readonly all: Waiting;
  /** who found no place there */
  readonly homeless: Waiting;
}

function* placingAll({ simulation, largest }: ReturningInput, waiting: Waiting): Generator<undefined, Waiting> {
  const firm = yield* placing(simulation, waiting.firm, largest);
  const headroom = yield* placing(simulation, waiting.headroom, largest);
  return { firm, headroom };
}

export interface BroughtBack extends Waiting {
  readonly nodes: readonly Node[];
}

/**
 * As few as needed, the emptiest first: in them more find room. Answers who has no place even so, and leaves the simulation
 * with everybody else in it.
 */
export function* broughtBack(input: ReturningInput): Generator<undefined, BroughtBack> {
  const { tick, simulation, draining, add, today, homeless } = input;
  const nobody: BroughtBack = { ...homeless, nodes: [] };
  const podsOn = ({ metadata }: Node): number => tick.podsOn.get(metadata.name)?.length ?? 0;
  const rank = (node: Node): number => (isBackAnyway(node) ? -1 : podsOn(node));
  const returning = draining.filter(mayReturn).toSorted((one, other) => rank(one) - rank(other));
  if (returning.length === 0 || podsIn(homeless) === 0) return nobody;
  const placedOn = function* (nodes: readonly Node[]): Generator<undefined, BroughtBack> {
    simulation.rollBack(today);
    for (const node of nodes) add(node);
    return { ...(yield* placingAll(input, homeless)), nodes };
  };
  const onAll = yield* placedOn(returning);
  if (podsIn(onAll) === podsIn(homeless)) {
    simulation.rollBack(today);
    return nobody;
  }
  const taken = new Set([...simulation.arrivals(today)].map(({ room }) => room));
  const onTaken = yield* placedOn(returning.filter(({ metadata }) => taken.has(metadata.name)));
  // One that took nobody may have made a place on another: by its zone, or by who runs on it.
  return podsIn(onTaken) <= podsIn(onAll) ? onTaken : yield* placedOn(returning);
}

interface Going {
  /** they go on whatever becomes of their pods */
  readonly anyway: readonly Pod[];
  /** nodes that may be taken back, with their pods; whoever began first keeps its places */
  readonly nodes: readonly { readonly node: Node; readonly pods: readonly Pod[] }[];
}

function goingOn({ tick, draining }: ReturningInput, back: readonly Node[]): Going {
  const leavingFrom = leavingPods(tick);
  const startOf = (node: Node): number => drainOf(node)?.startedAt ?? 0;
  return {
    anyway: draining.filter((node) => !mayReturn(node)).flatMap(leavingFrom),
    nodes: draining
      .filter((node) => mayReturn(node) && !isBackAnyway(node) && !back.includes(node))
      .toSorted((one, other) => startOf(one) - startOf(other))
      .map((node) => ({ node, pods: leavingFrom(node) })),
  };
}

/** By name, and the pod that found none. */
function* withoutPlaces({ simulation, add }: ReturningInput, going: Going): Generator<undefined, Map<string, string>> {
  const stuck = new Map<string, string>();
  const hasPlace = (pod: Pod): boolean => simulation.placeAnywhere(simulation.needsOf(pod)) !== null;
  going.anyway.forEach(hasPlace);
  yield;
  for (const { node, pods } of going.nodes) {
    const before = simulation.checkpoint();
    // Whoever is leaving already cannot be kept: it waits by itself before long.
    const homeless = pods.find((pod) => !hasPlace(pod) && !isDeleting(pod));
    yield;
    if (homeless === undefined) continue;
    simulation.rollBack(before);
    add(node);
    stuck.set(node.metadata.name, podName(homeless));
  }
  return stuck;
}

/**
 * Nodes whose pods would have no place beside all that waits and was decided on: no VM is ordered for pods that have a place
 * where they are. They are placed after everybody else; where that goes wrong, before: either way will do.
 */
export function* stuckDrains(
  input: ReturningInput,
  { nodes: back, ...left }: BroughtBack,
): Generator<undefined, ReadonlyMap<string, string>> {
  const { simulation, add, bare, all } = input;
  const going = goingOn(input, back);
  if (going.nodes.every(({ pods }) => pods.length === 0)) return new Map();
  simulation.rollBack(bare);
  const homeless = yield* placingAll(input, all);
  back.forEach(add);
  yield* placingAll(input, homeless);
  const last = yield* withoutPlaces(input, going);
  if (last.size === 0 || podsIn(all) === 0) return last;
  simulation.rollBack(bare);
  back.forEach(add);
  const first = yield* withoutPlaces(input, going);
  if (first.size >= last.size) return last;
  return podsIn(yield* placingAll(input, all)) <= podsIn(left) ? first : last;
}
