// Nodes that have come a moment ago: planned with as if they were still on their way, so that none is ordered twice.
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import { instantOf, minutes } from '../../model/units.ts';
import { isDeleting, isMirror, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import { kindsOf, placing } from './fit/pack.ts';
import type { Checkpoint } from './fit/simulation.ts';
import { demandsOf, type SourcedDemand } from './demand.ts';
import { planGrowth, type GrowthPlan } from './growth.ts';
import { nameOf, type Pool } from './growth-options.ts';
import type { NodeTick } from './node-tick.ts';
import { letIn, whoEnters, type Entered, type Entering } from './preempting.ts';
import { takesPods } from './rooms.ts';
import { nodesOf, type SettledInput } from './settled-growth.ts';

/** The scheduler fills a new node within seconds. One that has had this long is a node like any other. */
const fillsWithin = minutes(1);

function hasJustCome(node: Node, now: number): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const since = instantOf(ready?.lastTransitionTime);
  return since !== null && now - since <= fillsWithin && takesPods(node) && drainOf(node) === null;
}

/** It came because there was room, and would wait if the node had not come. */
const hasComeTo = (pod: Pod): boolean => !isMirror(pod) && !isOfDaemonSet(pod) && !isTerminal(pod) && !isDeleting(pod);

export interface JustCome {
  /** by group; those of a group of which nobody knows what its nodes look like are left aside */
  readonly nodes: ReadonlyMap<string, readonly string[]>;
  /** whom the scheduler has put there already */
  readonly seated: readonly Pod[];
}

export function justCome(pools: readonly Pool[], { podsOn, now }: NodeTick): JustCome {
  const nodes = new Map<string, readonly string[]>();
  const seated: Pod[] = [];
  for (const pool of pools) {
    const come = pool.shape === null ? [] : pool.group.ready.filter((node) => hasJustCome(node, now));
    const names = come.map(({ metadata }) => metadata.name);
    if (names.length > 0) nodes.set(nameOf(pool), names);
    for (const name of names) seated.push(...(podsOn.get(name) ?? []).filter(hasComeTo));
  }
  return { nodes, seated };
}

export interface AnewInput extends SettledInput {
  readonly tick: NodeTick;
  readonly entering: Entering;
  /** before anybody was placed or pushed out */
  readonly untouched: Checkpoint;
  /** who has come since then with these nodes, and who waits beside them */
  readonly entered: Entered;
  readonly wanted: { readonly headroom: readonly SourcedDemand[] };
  /** puts back what may return from a drain */
  readonly addReturning: () => void;
}

/**
 * The order for everybody as if these nodes, and those on their way, were still to be had: those for whom they were ordered get
 * again what they got then, and whoever pushed out others because there was no room pushes out the same.
 */
function* asBefore({ nodes, seated }: JustCome, input: AnewInput): Generator<undefined, GrowthPlan> {
  const { simulation, untouched, entering, largest, pools, tick } = input;
  simulation.rollBack(untouched);
  for (const name of [...nodes.values()].flat()) simulation.removeRoom(name);
  const all = yield* demandsOf(tick, simulation, new Set(seated));
  const before = yield* whoEnters(entering, all.firm);
  yield;
  simulation.rollBack(before.bare);
  input.addReturning();
  const firm = yield* placing(simulation, before.firm, largest);
  const headroom = yield* placing(simulation, all.headroom, largest);
  const ordered = new Map(
    pools.map((pool) => [nameOf(pool), -(pool.group.upcoming + (nodes.get(nameOf(pool))?.length ?? 0))]),
  );
  return yield* planGrowth({ ...input, firm, headroom, ordered });
}

const kindsAStep = 8;

/**
 * Whether a node is missing whatever the scheduler does next: somebody for whom it is ordered has no place even if nobody else
 * took one, or nobody who waits has any.
 */
function* isMissed({ byGroup }: GrowthPlan, input: AnewInput): Generator<undefined, boolean> {
  const { simulation, untouched, entered } = input;
  simulation.rollBack(untouched);
  letIn(simulation, entered.preempting);
  const start = simulation.checkpoint();
  const served = new Set(kindsOf([...byGroup.values()].flatMap((growth) => growth.for)));
  let somebodyGoes = entered.preempting.length > 0;
  for (const [index, needs] of kindsOf(entered.firm).entries()) {
    if (index % kindsAStep === kindsAStep - 1) yield;
    const placed = simulation.placeMany(needs, 1);
    simulation.rollBack(start);
    if (placed > 0) somebodyGoes = true;
    // Others that come may open a place for it.
    else if (served.has(needs) && !simulation.dependsOnOthers(needs)) return true;
  }
  return !somebodyGoes;
}

/** The order that is less, of this one and of the one as before. The simulation is left as everybody was placed today. */
export function* settledWith(come: JustCome, growth: GrowthPlan, input: AnewInput): Generator<undefined, GrowthPlan> {
  if (come.nodes.size === 0 || nodesOf(growth) === 0) return growth;
  const { simulation, untouched, entered, wanted, largest } = input;
  const planned = yield* asBefore(come, input);
  yield;
  const isLess = nodesOf(planned) < nodesOf(growth);
  const stands = !isLess || (come.seated.length > 0 && (yield* isMissed(growth, input)));
  yield;
  simulation.rollBack(untouched);
  letIn(simulation, entered.preempting);
  yield* placing(simulation, entered.firm, largest);
  yield* placing(simulation, wanted.headroom, largest);
  return stands ? growth : forToday(planned, growth);
}

/** So many nodes as before, for those who wait today: whoever has his place on a node that has come waits for none. */
const forToday = (planned: GrowthPlan, today: GrowthPlan): GrowthPlan => ({
  ...planned,
  unserved: today.unserved,
  byGroup: new Map(
    [...planned.byGroup].map(([name, grown]) => [name, { ...grown, for: today.byGroup.get(name)?.for ?? grown.for }]),
  ),
});
