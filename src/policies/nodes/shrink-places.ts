// Where the pods of nodes that leave could go: the nodes that stay, with everything on them that is already spoken for.
import { targetKey, targetName, type TargetKey } from '../../model/target.ts';
import { later, type Instant, type Milliseconds } from '../../model/units.ts';
import { expectedBoot } from './boot-time.ts';
import type { SourcedDemand } from './demand.ts';
import type { Needs, Simulation } from './fit/simulation.ts';
import type { GroupState } from './group-state.ts';
import { leavingPods } from './leaving-pods.ts';
import type { Met } from './meet-demand.ts';
import { podName } from './movable.ts';
import type { NodeTick } from './node-tick.ts';
import { floorUntil } from './scheduled-replicas.ts';
import { Templates } from './template.ts';

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

const podsAStep = 256;

/** Twice the time that the slow ones of the group take. */
export const lookAheadOf = ({ memory }: Pick<GroupState, 'memory'>): Milliseconds =>
  (2 * expectedBoot(memory)) as Milliseconds;

function comingOf(from: SourcedDemand['from']): Coming | null {
  if (from === 'scheduled') return 'schedule';
  return from === 'forecast' ? 'forecast' : null;
}

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
  ordered: ReadonlyMap<TargetKey, number>,
): Generator<{ readonly standing: NodeTick['standings'][number]; readonly more: number; readonly coming: Coming }> {
  for (const standing of standings) {
    const { schedule } = standing.policy.spec;
    const { forecast, mode, desired, target } = standing.decision;
    if (mode !== 'act' || (schedule.length === 0 && forecast?.ordersNodes !== true)) continue;
    const highest = floorUntil(standing.policy.spec, now, until);
    const { nodes = null, keep = null } = forecast?.ordersNodes === true ? forecast : {};
    // What VMs would be ordered for has its places already.
    const have = Math.max(desired ?? 0, standing.existing);
    const standingAt = Math.max(have + (ordered.get(targetKey(target)) ?? 0), nodes?.replicas ?? 0);
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
  const ordered = new Map<TargetKey, number>();
  for (const [index, { target, needs, pods, from }] of [...demands.firm, ...demands.headroom].entries()) {
    if (index % podsAStep === podsAStep - 1) yield;
    const coming = comingOf(from);
    if (coming !== null) ordered.set(targetKey(target), pods);
    yield* settleAll({ needs, by: targetName(target), coming }, pods);
  }
  const templates = new Templates(tick.snapshot.kubernetes);
  const lookAhead = groups.reduce((longest, group) => Math.max(longest, lookAheadOf(group)), 0) as Milliseconds;
  for (const { standing, more, coming } of comingReplicas(tick, later(tick.now, lookAhead), ordered)) {
    const { target } = standing.decision;
    const template = templates.of(target, standing.pods);
    if (template === null) continue;
    yield* settleAll({ needs: simulation.needsOf(template), by: targetName(target), coming }, more);
  }
  return places;
}
