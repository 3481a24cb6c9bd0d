// What forbids every new drain of a group, whatever its nodes look like.
import { instantOf, later } from '../../model/units.ts';
import type { Kept } from './candidates.ts';
import type { GroupState, KnownGroup } from './group-state.ts';
import { shrinkTimeOf, type WindowAt } from './node-schedule.ts';
import type { NodeTick } from './node-tick.ts';
import { latestFailure } from './observe.ts';
import { actorsText } from './other-actors.ts';
import { shrinkRules } from './shrink-rules.ts';
import { tooManyUnready } from './unready.ts';

/** What holds for the whole cluster. */
export interface ClusterBarrier {
  /** "5 of 12 nodes": by whichever policy is the most careful */
  readonly unready: string | null;
  /** a group gets nodes now, or would if it could */
  readonly growing: boolean;
}

/** `nodeless`: servers that should be nodes by now. They are counted where they are to be given back themselves. */
export function unreadyIn({ snapshot, config }: NodeTick, nodeless = 0): string | null {
  const nodes = snapshot.kubernetes.nodes ?? [];
  for (const { spec } of config.nodePolicies) {
    const unready = tooManyUnready(nodes, spec.shrink.unready.stopAbove, nodeless);
    if (unready !== null) return unready;
  }
  return null;
}

const held = (reason: Kept['reason'], { window, until }: WindowAt): Kept => ({ reason, by: window, until });

/** The windows of people: when nodes may leave, when never, and when a schedule holds them. */
export function windowBarrier(group: KnownGroup, now: NodeTick['now']): Kept | null {
  const { scheduled } = group;
  if (scheduled.shrinkOff !== null) return held('ScheduleHoldsNodes', scheduled.shrinkOff);
  const time = shrinkTimeOf(shrinkRules(group), now);
  if (time.allowed) return null;
  return { reason: time.never ? 'NeverWindow' : 'OutsideShrinkWindow', by: time.by, until: time.until };
}

export function shrinkBarrier(group: GroupState, cluster: ClusterBarrier, tick: NodeTick): Kept | null {
  const { steadySince, now } = tick;
  const rules = shrinkRules(group);
  const { lastGrowth, removal } = group.memory;
  const lastFailure = latestFailure(group.memory);
  const settled = later(steadySince, rules.unneededFor);
  const { document, switches, modes } = group;
  if (tick.snapshot.kubernetes.poddisruptionbudgets === undefined)
    return { reason: 'BlockedByPDB', by: 'the list of PodDisruptionBudgets could not be read' };
  if (group.others.length > 0) return { reason: 'AnotherAutoscaler', by: actorsText(group.others) };
  if (modes.shrink === 'off' || rules.removal === 'never') return { reason: 'PolicyOff', by: document.metadata.name };
  if (switches.shrink !== null)
    return { reason: 'SwitchedOff', by: switches.shrink.by, until: instantOf(switches.shrink.until) };
  if (cluster.unready !== null) return { reason: 'TooManyUnready', by: cluster.unready };
  if (removal === 'refuted') return { reason: 'WrongServerLeft', by: group.policy.name };
  const window = windowBarrier(group, now);
  if (window !== null) return window;
  if (cluster.growing || group.upcoming > 0) return { reason: 'RecentGrowth', by: null };
  if (lastGrowth !== null && now < lastGrowth + rules.afterGrowth)
    return { reason: 'RecentGrowth', by: null, until: later(lastGrowth, rules.afterGrowth) };
  if (lastFailure !== null && now < lastFailure.at + rules.afterFailure)
    return { reason: 'RecentFailure', by: lastFailure.message, until: later(lastFailure.at, rules.afterFailure) };
  if (group.updating) return { reason: 'BeingRemoved', by: group.magnum.status ?? null };
  return now < settled ? { reason: 'SettlingAfterStart', by: null, until: settled } : null;
}
