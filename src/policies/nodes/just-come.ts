// Nodes that have come a moment ago and are empty yet: planned with as if they were still on their way, so that none is ordered twice.
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node } from '../../model/kubernetes.ts';
import { instantOf, minutes } from '../../model/units.ts';
import { isMirror, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import { placing } from './fit/pack.ts';
import type { Checkpoint } from './fit/simulation.ts';
import type { SourcedDemand } from './demand.ts';
import { planGrowth, type GrowthPlan } from './growth.ts';
import { nameOf, type Pool } from './growth-options.ts';
import type { NodeTick } from './node-tick.ts';
import { takesPods } from './rooms.ts';
import { nodesOf, type SettledInput } from './settled-growth.ts';

/** The scheduler fills a new node within seconds. One that is empty for longer has its reasons, and is a node like any other. */
const fillsWithin = minutes(1);

function hasJustCome(node: Node, { podsOn, now }: NodeTick): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const since = instantOf(ready?.lastTransitionTime);
  if (since === null || now - since > fillsWithin || !takesPods(node) || drainOf(node) !== null) return false;
  const pods = podsOn.get(node.metadata.name) ?? [];
  return pods.every((pod) => isMirror(pod) || isOfDaemonSet(pod) || isTerminal(pod));
}

export type JustCome = ReadonlyMap<string, readonly string[]>;

/** By group; those of a group of which nobody knows what its nodes look like are left aside. */
export function justCome(pools: readonly Pool[], tick: NodeTick): JustCome {
  const come = new Map<string, readonly string[]>();
  for (const pool of pools) {
    const nodes = pool.shape === null ? [] : pool.group.ready.filter((node) => hasJustCome(node, tick));
    if (nodes.length > 0)
      come.set(
        nameOf(pool),
        nodes.map(({ metadata }) => metadata.name),
      );
  }
  return come;
}

export interface AnewInput extends SettledInput {
  /** before anything that waits was placed */
  readonly bare: Checkpoint;
  readonly all: { readonly firm: readonly SourcedDemand[]; readonly headroom: readonly SourcedDemand[] };
  /** puts back what may return from a drain */
  readonly addReturning: () => void;
}

/**
 * The order for everybody as if these nodes, and those on their way, were still to be had: those for whom they were ordered get
 * again what they got then. The one that orders less is taken. The simulation is left as everybody was placed today.
 */
export function* settledWith(come: JustCome, growth: GrowthPlan, input: AnewInput): Generator<undefined, GrowthPlan> {
  if (come.size === 0 || nodesOf(growth) === 0) return growth;
  const { simulation, bare, all, largest, pools } = input;
  simulation.rollBack(bare);
  for (const name of [...come.values()].flat()) simulation.removeRoom(name);
  input.addReturning();
  const firm = yield* placing(simulation, all.firm, largest);
  const headroom = yield* placing(simulation, all.headroom, largest);
  const ordered = new Map(
    pools.map((pool) => [nameOf(pool), -(pool.group.upcoming + (come.get(nameOf(pool))?.length ?? 0))]),
  );
  const planned = yield* planGrowth({ ...input, firm, headroom, ordered });
  yield;
  simulation.rollBack(bare);
  yield* placing(simulation, all.firm, largest);
  yield* placing(simulation, all.headroom, largest);
  return nodesOf(planned) < nodesOf(growth) ? planned : growth;
}
