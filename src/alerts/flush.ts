// A flush of one group: for each integration of its receiver decide what to say, write it down, hand it to the courier.
import type { AlertsDocument } from '../model/config.ts';
import type { Texts } from '../model/texts.ts';
import type { Instant } from '../model/units.ts';
import type { Courier } from './courier.ts';
import type { Group } from './group-table.ts';
import { inOrder } from './group.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import { carriedOver, intentOf } from './intent.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { decideFlush } from './plan-notification.ts';
import { openOf, toldKey } from './told.ts';

export interface FlushParts {
  readonly state: LedgerState;
  readonly courier: Pick<Courier, 'isSending' | 'withdraw' | 'carry'>;
  readonly document: AlertsDocument;
  readonly texts: Texts;
  readonly write: (records: readonly LedgerRecord[]) => void;
}

export function flushGroup(group: Group, parts: FlushParts, now: Instant): void {
  group.again = false;
  for (const integration of integrationsOf(parts.document, group.route.receiver))
    flushTo(integration, group, parts, now);
  group.flushed = new Map(group.alerts);
}

function flushTo(integration: Integration, group: Group, parts: FlushParts, now: Instant): void {
  const { state, courier, write } = parts;
  const open = openOf(state, group).find(
    ({ intent }) => intent.channel === integration.channel && intent.index === integration.index,
  );
  if (open !== undefined && courier.isSending(open.intent.id)) {
    group.again = true;
    return;
  }
  const decision = decideFlush({
    alerts: inOrder(group.alerts.values()),
    to: integration.to,
    sendResolved: integration.sendResolved,
    repeat: group.route.timers.repeatInterval,
    open,
    toldTo: (to) => state.told.get(toldKey(group.key, integration, to)),
    now,
  });
  const records: LedgerRecord[] = decision.silently.map((to) => ({
    kind: 'told',
    key: toldKey(group.key, integration, to),
    entry: { firing: decision.firing, resolved: decision.resolved, at: now, outcome: 'nothingToSay' },
  }));
  if (decision.supersede && open !== undefined) {
    courier.withdraw(open.intent.id);
    records.push({ kind: 'settled', id: open.intent.id, at: now, how: 'superseded' });
  }
  const intent = intentOf(group, integration, decision, parts.texts, now);
  if (intent !== null) records.push({ kind: 'intent', intent }, ...carriedOver(intent, open));
  write(records);
  if (intent !== null) courier.carry(intent.id);
}
