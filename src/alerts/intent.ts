// An intent: what one integration of a group is to be told, in the words that will be sent.
import { createHash } from 'node:crypto';
import type { Texts } from '../model/texts.ts';
import type { Instant } from '../model/units.ts';
import { isOwed } from './courier.ts';
import type { Group } from './group-table.ts';
import type { Integration } from './integrations.ts';
import type { Intent, LedgerRecord } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import type { FlushDecision } from './plan-notification.ts';
import { renderMail } from './render-mail.ts';
import { smsText } from './render.ts';
import type { Notice } from './render.ts';

export function intentOf(
  group: Group,
  integration: Integration,
  decision: FlushDecision,
  texts: Texts,
  now: Instant,
): Intent | null {
  const { notify, firing, resolved } = decision;
  if (notify === null) return null;
  const { receiver, channel, index } = integration;
  const notice: Notice = { groupKey: group.key, groupLabels: group.labels, receiver, alerts: notify.alerts };
  const seed = JSON.stringify([group.key, receiver, channel, index, now, firing, resolved, notify.to]);
  return {
    ...notice,
    id: createHash('sha256').update(seed).digest('hex').slice(0, 20),
    channel,
    index,
    reason: notify.reason,
    at: now,
    firing,
    resolved,
    to: notify.to,
    text: textOf(integration, notice, texts),
  };
}

function textOf(integration: Integration, notice: Notice, texts: Texts): string {
  if (integration.channel === 'sms') return smsText(notice, texts, integration.settings.max_segments).text;
  const { subject, text } = renderMail(notice, texts);
  return `${subject}\n\n${text}`;
}

/** A wait that a provider asked for holds for the notification that takes the place of the old one. */
export function carriedOver(intent: Intent, open: Notification | undefined): LedgerRecord[] {
  return intent.to.flatMap((to) => {
    const before = open?.recipients.get(to);
    if (before === undefined || !isOwed(before)) return [];
    const recipient = { ...before, state: 'owed' as const, maybeTwice: false };
    return [{ kind: 'recipient' as const, id: intent.id, recipient }];
  });
}
