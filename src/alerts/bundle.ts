// One message for several groups: what was held back, or too much for a message each.
import type { Instant } from '../model/units.ts';
import { decisionFor, sceneOf } from './flush.ts';
import type { FlushParts } from './flush.ts';
import type { Group } from './group-table.ts';
import { inOrder } from './group.ts';
import type { HeldBundle } from './holds.ts';
import type { Integration } from './integrations.ts';
import { intentOf } from './intent.ts';
import type { Cover } from './ledger/records.ts';
import type { FlushDecision } from './plan-notification.ts';
import { reachOf } from './reach.ts';

const isSame = (one: Integration, other: Integration): boolean =>
  one.receiver === other.receiver && one.channel === other.channel && one.index === other.index;

interface Part {
  readonly group: Group;
  readonly decision: FlushDecision;
}

export function tellTogether({ integration, groups, why }: HeldBundle, parts: FlushParts, now: Instant): void {
  const told: Part[] = groups.flatMap((group) => {
    const scene = sceneOf(group, parts.isMuted, now);
    const reached = [...reachOf(group, parts, now)].find((one) => isSame(one.integration, integration));
    if (reached === undefined) return [];
    const decided = decisionFor(reached, group, scene, parts, now);
    const decision = parts.holds.holdBack(group, integration, decided, now, why);
    if (decided.notify === null) parts.holds.release(group, integration, [...parts.holds.heldTo(group, integration)]);
    return decision.notify === null ? [] : [{ group, decision }];
  });
  const [first] = told;
  if (first === undefined) return;
  const covers = told.map(({ group, decision: { firing, resolved, muted } }): Cover => ({
    groupKey: group.key,
    firing,
    resolved,
    ...(muted.length > 0 && { muted }),
  }));
  const about = {
    groupKey: `${why}:${integration.receiver}`,
    groupLabels: {},
    covers,
    bundle: { why, groups: told.length },
  };
  const intent = intentOf(about, integration, joined(told), parts, now);
  if (intent === null) return;
  parts.write([{ kind: 'intent', intent }]);
  for (const { group } of told) {
    group.flushed = new Map(group.alerts);
    parts.holds.release(group, integration, intent.to);
  }
  parts.holds.count(integration);
  parts.courier.carry(intent.id);
}

function joined(told: readonly Part[]): FlushDecision {
  const notified = told.flatMap(({ decision }) => (decision.notify === null ? [] : [decision.notify]));
  const alerts = new Map(notified.flatMap((notify) => notify.alerts).map((alert) => [alert.fingerprint, alert]));
  return {
    firing: told.flatMap(({ decision }) => decision.firing),
    resolved: told.flatMap(({ decision }) => decision.resolved),
    muted: [],
    silently: [],
    notify: {
      to: [...new Set(notified.flatMap((notify) => notify.to))],
      reason: notified[0]?.reason ?? 'StillOwed',
      alerts: inOrder(alerts.values()),
    },
    supersede: false,
  };
}
