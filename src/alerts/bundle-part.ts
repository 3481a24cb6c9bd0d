// One group's part in a message for several: decided when its turn comes, and found again as it was when the message is written.
import { later, seconds } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import type { Alert } from './alert.ts';
import { decisionFor, sceneOf } from './flush.ts';
import type { FlushParts, GroupScene } from './flush.ts';
import type { Group } from './group-table.ts';
import type { HeldBundle } from './holds.ts';
import type { Told } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import type { FlushDecision } from './plan-notification.ts';
import { apartFrom, isAt, openFor, owedTogether, reachOf, underWayFor } from './reach.ts';
import { toldKey } from './told.ts';

export interface Part {
  readonly group: Group;
  readonly decision: FlushDecision;
  /** of this group alone, still owed: it gives way to the message for several */
  readonly open: Notification | undefined;
  /** what was decided by, as it was then */
  readonly by: {
    readonly alerts: readonly Alert[];
    readonly scene: GroupScene;
    readonly isAcknowledged: boolean;
    readonly told: readonly (readonly [key: string, entry: Told | undefined])[];
  };
}

/** Until what is on its way has its answer. */
const soon = seconds(1);

/** Null: there is nothing to say of it, or not now. */
export function partOf(
  group: Group,
  { integration, why }: Pick<HeldBundle, 'integration' | 'why'>,
  parts: FlushParts,
  now: Instant,
): Part | null {
  const { state, holds, escalations } = parts;
  const scene = sceneOf(group, parts.muting, now);
  const isBusy =
    underWayFor(state, group, integration).some(({ intent }) => parts.courier.isSending(intent.id)) ||
    parts.isAwaited(group, integration, integration.to);
  if (isBusy) {
    holds.postpone(group, integration, later(now, soon));
    return null;
  }
  const owed = owedTogether(state, group, integration);
  if (owed.size > 0) group.passedBy = true;
  const asked = [...reachOf(group, parts, now)].find((one) => isAt(one.integration, integration));
  const reached = asked === undefined ? undefined : apartFrom(asked, owed);
  // a reload, or a handover, has taken somebody away who waited: nobody waits for him any more; whoever is still owed
  // the last such message hears of the rest after that
  const gone = [...holds.heldTo(group, integration)].filter((to) => reached?.to.includes(to) !== true);
  holds.release(group, integration, gone);
  if (reached === undefined) return null;
  const open = openFor(state, group, integration);
  const decided = decisionFor(reached, group, scene, parts, now);
  const decision = holds.holdBack(group, integration, decided, now, why);
  if (decided.notify === null) holds.release(group, integration, [...holds.heldTo(group, integration)]);
  if (decision.notify === null) return null;
  const keys = reached.to.map((to) => toldKey(group.key, integration, to));
  const by = {
    alerts: [...group.alerts.values()],
    scene,
    isAcknowledged: escalations.isAcknowledged(group, scene.firing),
    told: keys.map((key) => [key, state.told.get(key)] as const),
  };
  return { group, decision, open, by };
}

/** Nothing has happened since that it was decided by. */
export function isAsDecided({ group, open, by }: Part, parts: FlushParts, now: Instant): boolean {
  const { state, courier, escalations } = parts;
  if (open !== undefined && (open.settled !== null || courier.isSending(open.intent.id))) return false;
  if (by.alerts.length !== group.alerts.size || by.told.some(([key, entry]) => state.told.get(key) !== entry))
    return false;
  let index = 0;
  for (const alert of group.alerts.values()) {
    if (
      alert !== by.alerts[index] ||
      parts.muting.isMuted(alert, group.leading.to(alert.fingerprint), now) !== by.scene.muted.has(alert)
    )
      return false;
    index += 1;
  }
  return escalations.isAcknowledged(group, by.scene.firing) === by.isAcknowledged;
}
