// Why a group may get no order now, whatever its limits allow.
import type { MagnumCluster } from '../../model/openstack.ts';
import type { NodeReason } from '../../model/reason.ts';
import type { Instant } from '../../model/units.ts';
import { isBackedOff } from './back-off.ts';
import { announcedRemovals } from './foreign-update.ts';
import type { GroupState } from './group-state.ts';
import type { Allowed } from './limits.ts';

export const stop = (reason: NodeReason, by: string): Allowed => ({ nodes: 0, reason, by });

/** Why nothing at all may be sent for a group now. */
export function statusBarrier(group: GroupState, cluster: MagnumCluster | undefined): Allowed | null {
  const busy = [group.magnum.status ?? '', cluster?.status ?? ''].find((one) =>
    /^(?:CREATE|DELETE)_IN_PROGRESS$/.test(one),
  );
  // In these two Magnum answers 202 and drops the request.
  if (busy !== undefined) return stop('UpdateByOthers', busy);
  if (group.count !== group.magnum.node_count) return stop('ResizeUnderWay', `resize to ${group.count}`);
  return group.foreign === null ? null : stop('UpdateByOthers', group.foreign);
}

/** A removal that Magnum is at is not superseded, by the daemon as little as by a person: its victims would be counted in again. */
export function removalUnderWay(group: GroupState): Allowed | null {
  if (!group.updating) return null;
  const leaving = Math.max(group.memory.sent?.remove.length ?? 0, announcedRemovals(group));
  return leaving > 0 ? stop('ResizeUnderWay', `removal of ${leaving}`) : null;
}

/** Why no order may go out for a group now; null where one may. */
export function growthBarrier(group: GroupState, cluster: MagnumCluster | undefined, now: Instant): Allowed | null {
  if (group.modes.grow === 'off') return stop('PolicyOff', group.document.metadata.name);
  if (group.switches.grow !== null) return stop('SwitchedOff', group.switches.grow.by);
  if (isBackedOff(group.memory, now)) return stop('GroupBackedOff', group.memory.lastFailure?.message ?? '');
  const busy = statusBarrier(group, cluster);
  const { sent } = group.memory;
  // Our own order has failed a moment ago, or the way out of a failure has not begun: not before it is known which.
  if (busy === null && sent !== null && /_FAILED$/.test(group.magnum.status ?? ''))
    return stop('ResizeUnderWay', `resize to ${sent.to}`);
  return busy ?? removalUnderWay(group);
}
