// Before anybody is given a place: who pushes out whom on today's nodes. The scheduler will, whatever is ordered.
import type { Pod, PodDisruptionBudget } from '../../model/kubernetes.ts';
import { targetKey, type TargetRef } from '../../model/target.ts';
import { controllerOf, isDeleting, isMirror, isOfDaemonSet, type Requests } from '../pod-facts.ts';
import type { Owners, SourcedDemand } from './demand.ts';
import { byDecreasingSize, placing } from './fit/pack.ts';
import { Preemption, type Eviction } from './fit/preempt.ts';
import type { Checkpoint, Simulation } from './fit/simulation.ts';

/** One pod that gets the place of others. */
export interface Preempting extends Eviction {
  readonly demand: SourcedDemand;
  /** whose the victims are */
  readonly pushesOut: readonly TargetRef[];
}

interface AfterPreemption {
  /** those that push nobody out, and those that were pushed out */
  readonly firm: readonly SourcedDemand[];
  readonly preempting: readonly Preempting[];
}

export interface Entering {
  /** the nodes that may be had, before anybody new has come */
  readonly simulation: Simulation;
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
  readonly budgets: readonly PodDisruptionBudget[];
  readonly owners: Owners;
  readonly largest: Requests;
}

export interface Entered extends AfterPreemption {
  /** they have come and those that they push out are gone, nobody else has a place yet */
  readonly bare: Checkpoint;
  /** who found no place beside them */
  readonly homeless: readonly SourcedDemand[];
}

/** Places on the nodes that are there for as many as fit, once everybody has pushed out whom it will. */
export function* whoEnters(input: Entering, firm: readonly SourcedDemand[]): Generator<undefined, Entered> {
  const { simulation, podsOn, budgets, owners, largest } = input;
  const bare = simulation.checkpoint();
  const homeless = yield* placing(simulation, firm, largest);
  const preemption = new Preemption(simulation, podsOn, budgets);
  if (!(yield* somebodyPreempts(firm, homeless, preemption))) return { firm, preempting: [], bare, homeless };
  simulation.rollBack(bare);
  const after = yield* preempting(simulation, firm, preemption, owners, largest);
  const from = simulation.checkpoint();
  return { ...after, bare: from, homeless: yield* placing(simulation, after.firm, largest) };
}

/** Whether the slow look is worth it. */
function* somebodyPreempts(
  firm: readonly SourcedDemand[],
  homeless: readonly SourcedDemand[],
  preemption: Preemption,
): Generator<undefined, boolean> {
  if (firm.some(({ nominated }) => nominated !== undefined)) return true;
  let foremost: SourcedDemand | null = null;
  for (const demand of homeless)
    if (demand.preempts && (foremost === null || demand.needs.priority > foremost.needs.priority)) foremost = demand;
  return foremost !== null && (yield* preemption.finds(foremost.needs));
}

/** A DaemonSet's and a static pod belong to their node; a pod of nobody, or one that is being replaced, does not come back. */
const comesBack = (pod: Pod): boolean =>
  controllerOf(pod) !== undefined && !isOfDaemonSet(pod) && !isMirror(pod) && !isDeleting(pod);

/** The most important first, of equals those that have a node promised, then the large ones. */
function inTurn(demands: readonly SourcedDemand[], largest: Requests): SourcedDemand[] {
  const promised = ({ nominated }: SourcedDemand): number => (nominated === undefined ? 1 : 0);
  return byDecreasingSize(demands, largest).toSorted(
    (one, other) => other.needs.priority - one.needs.priority || promised(one) - promised(other),
  );
}

/** The others leave, and they come. */
export function letIn(simulation: Simulation, all: readonly Preempting[]): void {
  for (const { demand, room, victims } of all) {
    for (const pod of victims) simulation.leave(simulation.needsOf(pod), room);
    simulation.take(demand.needs, room);
  }
}

/** The simulation is left as it was but for those that push others out: they have come, and the others are gone. */
function* preempting(
  simulation: Simulation,
  firm: readonly SourcedDemand[],
  preemption: Preemption,
  owners: Owners,
  largest: Requests,
): Generator<undefined, AfterPreemption> {
  const start = simulation.checkpoint();
  const found: Preempting[] = [];
  const displaced: SourcedDemand[] = [];
  const left = new Map<SourcedDemand, number>();
  let queue = inTurn(firm, largest);
  for (;;) {
    const demand = queue.shift();
    if (demand === undefined) break;
    const { needs, pods, nominated } = demand;
    let waiting = pods;
    const victims: Pod[] = [];
    const settle = (eviction: Eviction): void => {
      found.push({ ...eviction, demand, pushesOut: eviction.victims.map((pod) => owners.targetOf(pod)) });
      victims.push(...eviction.victims);
      waiting -= 1;
    };
    while (waiting > 0 && nominated !== undefined) {
      const eviction = preemption.await(needs, nominated);
      if (eviction === null) break;
      settle(eviction);
    }
    // Those that find room push nobody out; where that is, is found again later.
    let unplaced = waiting - simulation.placeMany(needs, waiting);
    while (unplaced > 0 && demand.preempts) {
      const eviction = yield* preemption.evict(needs);
      if (eviction === null) break;
      settle(eviction);
      unplaced -= 1;
    }
    left.set(demand, waiting);
    const back = displacedOf(victims, simulation, owners);
    displaced.push(...back);
    if (back.length > 0) queue = inTurn([...queue, ...back], largest);
    yield;
  }
  simulation.rollBack(start);
  letIn(simulation, found);
  const stays = (demand: SourcedDemand): readonly SourcedDemand[] => {
    const pods = left.get(demand) ?? demand.pods;
    return pods === 0 ? [] : [pods === demand.pods ? demand : { ...demand, pods }];
  };
  return { firm: [...firm, ...displaced].flatMap(stays), preempting: found };
}

function displacedOf(victims: readonly Pod[], simulation: Simulation, owners: Owners): readonly SourcedDemand[] {
  const known = new Map<string, Map<unknown, SourcedDemand & { pods: number }>>();
  for (const pod of victims) {
    if (!comesBack(pod)) continue;
    const target = owners.targetOf(pod);
    const needs = simulation.needsOf(pod);
    const alike = known.get(targetKey(target)) ?? new Map<unknown, SourcedDemand & { pods: number }>();
    known.set(targetKey(target), alike);
    const one = alike.get(needs);
    if (one === undefined) alike.set(needs, { target, needs, pods: 1, from: 'displaced', preempts: true });
    else one.pods += 1;
  }
  return [...known.values()].flatMap((alike) => [...alike.values()]);
}
