// Where the pods of nodes that leave could go: the nodes that stay, with everything on them that is already spoken for.
import { targetName } from '../../model/target.ts';
import { later, minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import { boundsAt } from '../schedule/bounds.ts';
import { comingTransitions } from '../schedule/transitions.ts';
import { slowBoot } from './boot-time.ts';
import type { Needs, Simulation } from './fit/simulation.ts';
import type { GroupState } from './group-state.ts';
import { leavingPods } from './leaving-pods.ts';
import type { Met } from './meet-demand.ts';
import { podName } from './movable.ts';
import type { NodeTick } from './node-tick.ts';

/** Who knows that they will come. */
export type Coming = 'schedule' | 'forecast';

/** Who was given a place in thought and is not there yet. When that node leaves as well, they need another one. */
export interface Guest {
  readonly needs: Needs;
  /** the pod or the target, for people */
  readonly by: string;
  /** replicas that will be asked for while nodes would still be booting; null: it is there, or decided on */
  readonly coming: Coming | null;
}

export interface Places {
  readonly simulation: Simulation;
  /** by the node that they were given a place on */
  readonly guests: Map<string, Guest[]>;
}

/** Where nothing has taught yet how long a VM takes. */
const usualBoot = minutes(5);
const podsAStep = 256;

/** Twice the time that the slow ones of the group take. */
export const lookAheadOf = ({ memory }: Pick<GroupState, 'memory'>): Milliseconds =>
  (2 * (slowBoot(memory.bootTimes) ?? usualBoot)) as Milliseconds;

function settle({ simulation, guests }: Places, guest: Guest): boolean {
  const room = simulation.placeAnywhere(guest.needs);
  if (room === null) return false;
  const others = guests.get(room);
  if (others === undefined) guests.set(room, [guest]);
  else others.push(guest);
  return true;
}

/** The most replicas that schedules and forecasts will ask for until then, above those that there are or that are wanted now. */
function* comingReplicas(
  { standings, now }: NodeTick,
  until: Instant,
): Generator<{ readonly standing: NodeTick['standings'][number]; readonly more: number; readonly coming: Coming }> {
  for (const standing of standings) {
    const { schedule, replicas } = standing.policy.spec;
    const { forecast, mode, desired } = standing.decision;
    if (mode !== 'act' || (schedule.length === 0 && forecast?.ordersNodes !== true)) continue;
    const startTime = 0 as Milliseconds;
    let highest = boundsAt(replicas, schedule, now, startTime).min;
    for (const { after } of comingTransitions(schedule, replicas, now, startTime, until))
      highest = Math.max(highest, after.min);
    const { nodes = null, keep = null } = forecast?.ordersNodes === true ? forecast : {};
    // What VMs would be ordered for has its places already.
    const standingAt = Math.max(desired ?? 0, standing.existing, nodes?.replicas ?? 0);
    const foreseen = keep?.replicas ?? 0;
    const more = Math.max(highest, foreseen) - standingAt;
    if (more > 0) yield { standing, more, coming: foreseen > highest ? 'forecast' : 'schedule' };
  }
}

/** What waits is given its places again, one by one, so that it is known who needs another one when a node leaves. */
export function* placesOf(
  tick: NodeTick,
  groups: readonly Pick<GroupState, 'draining' | 'memory'>[],
  {
    simulation,
    bare,
    demands,
    preempting,
  }: Pick<Met, 'simulation' | 'bare' | 'preempting'> & {
    readonly demands: Pick<Met['demands'], 'firm' | 'headroom'>;
  },
): Generator<undefined, Places> {
  const places: Places = { simulation, guests: new Map() };
  simulation.rollBack(bare);
  for (const { demand, room } of preempting) {
    const guest: Guest = { needs: demand.needs, by: targetName(demand.target), coming: null };
    places.guests.set(room, [...(places.guests.get(room) ?? []), guest]);
  }
  const leavingFrom = leavingPods(tick);
  for (const { draining } of groups)
    for (const pod of draining.flatMap(leavingFrom))
      settle(places, { needs: simulation.needsOf(pod), by: podName(pod), coming: null });
  yield;
  const settleAll = function* (guest: Guest, pods: number): Generator<undefined> {
    for (let settled = 0; settled < pods; settled++) {
      if (!settle(places, guest)) return;
      if (settled % podsAStep === podsAStep - 1) yield;
    }
  };
  for (const [index, { target, needs, pods, from }] of [...demands.firm, ...demands.headroom].entries()) {
    if (index % podsAStep === podsAStep - 1) yield;
    yield* settleAll({ needs, by: targetName(target), coming: from === 'forecast' ? 'forecast' : null }, pods);
  }
  const lookAhead = groups.reduce((longest, group) => Math.max(longest, lookAheadOf(group)), 0) as Milliseconds;
  for (const { standing, more, coming } of comingReplicas(tick, later(tick.now, lookAhead))) {
    const { target } = standing.decision;
    const pod = standing.pods.find((one) => one.spec !== undefined);
    const spec = standing.template ?? pod?.spec;
    const labels = pod?.metadata.labels;
    const needs = simulation.needsOf({
      metadata: { namespace: target.namespace, ...(labels === undefined ? {} : { labels }) },
      ...(spec === undefined ? {} : { spec }),
    });
    yield* settleAll({ needs, by: targetName(target), coming }, more);
  }
  return places;
}
