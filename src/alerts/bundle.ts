// One message for several groups: what was held back, or too much for a message each.
import { later, seconds } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { decisionFor, sceneOf } from './flush.ts';
import type { FlushParts } from './flush.ts';
import type { Group } from './group-table.ts';
import { inOrder } from './group.ts';
import type { HeldBundle } from './holds.ts';
import type { Integration } from './integrations.ts';
import { carriedOver, intentOf } from './intent.ts';
import { doubtsOf } from './ledger/doubts.ts';
import type { Cover, LedgerRecord } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import type { FlushDecision } from './plan-notification.ts';
import { apartFrom, openFor, owedTogether, reachOf, underWayFor } from './reach.ts';
import { withWay } from './ways.ts';

const isSame = (one: Integration, other: Integration): boolean =>
  one.receiver === other.receiver && one.channel === other.channel && one.index === other.index;

interface Part {
  readonly group: Group;
  readonly decision: FlushDecision;
  /** of this group alone, still owed: it gives way to the message for several */
  readonly open: Notification | undefined;
}

/** Until what is on its way has its answer. */
const soon = seconds(1);

export function tellTogether({ integration, groups, why }: HeldBundle, parts: FlushParts, now: Instant): void {
  const told: Part[] = groups.flatMap((group) => {
    const scene = sceneOf(group, parts.isMuted, now);
    const isBusy = underWayFor(parts.state, group, integration).some(({ intent }) =>
      parts.courier.isSending(intent.id),
    );
    if (isBusy) {
      parts.holds.postpone(group, integration, later(now, soon));
      return [];
    }
    const owed = owedTogether(parts.state, group, integration);
    if (owed.size > 0) group.passedBy = true;
    const asked = [...reachOf(group, parts, now)].find((one) => isSame(one.integration, integration));
    const reached = asked === undefined ? undefined : apartFrom(asked, owed);
    // a reload, or a handover, has taken somebody away who waited: nobody waits for him any more; whoever is still owed
    // the last such message hears of the rest after that
    const gone = [...parts.holds.heldTo(group, integration)].filter((to) => reached?.to.includes(to) !== true);
    parts.holds.release(group, integration, gone);
    if (reached === undefined) return [];
    const open = openFor(parts.state, group, integration);
    const decided = decisionFor(reached, group, scene, parts, now);
    const decision = parts.holds.holdBack(group, integration, decided, now, why);
    if (decided.notify === null) parts.holds.release(group, integration, [...parts.holds.heldTo(group, integration)]);
    return decision.notify === null ? [] : [{ group, decision, open }];
  });
  const [first] = told;
  if (first === undefined) return;
  const covers = told.map(({ group, decision: { firing, resolved, muted, truncated } }): Cover => ({
    groupKey: group.key,
    firing,
    resolved,
    ...(muted.length > 0 && { muted }),
    ...(truncated !== undefined && { truncated }),
  }));
  const about = {
    groupKey: `${why}:${integration.receiver}`,
    groupLabels: {},
    covers,
    bundle: { why, groups: told.length },
  };
  // one that nothing came to is told as if it had not waited
  const isAlone = (why === 'together' || why === 'storm') && told.length === 1;
  const intent = isAlone
    ? intentOf({ groupKey: first.group.key, groupLabels: first.group.labels }, integration, first.decision, parts, now)
    : intentOf(about, integration, joined(told), parts, now);
  if (intent === null) return;
  const replaced = told.flatMap(({ open }) => open ?? []);
  for (const open of replaced) parts.courier.withdraw(open.intent.id);
  parts.write([
    ...withWay(intent, integration, parts),
    ...(isAlone ? carriedOver(intent, first.open) : []),
    // after what takes their place: of what is written together a kill may leave the beginning only
    ...replaced.flatMap((open): LedgerRecord[] => [
      ...doubtsOf(open, parts.state, now),
      { kind: 'settled', id: open.intent.id, at: now, how: 'superseded' },
    ]),
  ]);
  // of the group's other integrations nobody was asked: what has ended stays until its own flush
  for (const { group } of told) parts.holds.release(group, integration, intent.to);
  parts.holds.count(integration, intent.to);
  parts.courier.carry(intent.id);
}

function joined(told: readonly Part[]): FlushDecision {
  const notified = told.flatMap(({ decision }) => (decision.notify === null ? [] : [decision.notify]));
  const alerts = new Map(notified.flatMap((notify) => notify.alerts).map((alert) => [alert.fingerprint, alert]));
  return {
    firing: told.flatMap(({ decision }) => decision.firing),
    resolved: told.flatMap(({ decision }) => decision.resolved),
    muted: [],
    truncated: told.reduce((sum, { decision }) => sum + (decision.truncated ?? 0), 0),
    silently: [],
    notify: {
      to: [...new Set(notified.flatMap((notify) => notify.to))],
      reason: notified[0]?.reason ?? 'StillOwed',
      alerts: inOrder(alerts.values()),
    },
    supersede: false,
  };
}
