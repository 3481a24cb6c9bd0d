// An intent: what one integration of a group, or of several, is to be told, in the words that will be sent.
import { createHash } from 'node:crypto';
import type { AlertsDocument } from '../model/config.ts';
import type { Texts } from '../model/texts.ts';
import type { Instant } from '../model/units.ts';
import { codeOf } from './acknowledge-code.ts';
import { linkToken } from './acknowledge-link.ts';
import { composeMail, hasOwnTemplates } from './channels/mail-content.ts';
import { gatewayOf } from './channels/sms/sms-channel.ts';
import { weighFor } from './channels/sms/weigh-for.ts';
import { isOwed } from './courier.ts';
import type { Integration } from './integrations.ts';
import type { Intent, LedgerRecord } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { Notification } from './ledger/state.ts';
import { fillNotice } from './notice-templates.ts';
import { naming } from './naming.ts';
import type { FlushDecision } from './plan-notification.ts';
import { fittedSms, smsText, subjectOf } from './render.ts';
import type { Notice } from './render.ts';

export interface IntentParts {
  readonly document: AlertsDocument;
  readonly texts: Texts;
  /** what links are signed with; null: messages have none */
  readonly linkSecret: string | null;
  /** what codes are made with; null: messages have none */
  readonly codeKey: string | null;
}

export function intentOf(
  about: Pick<Intent, 'groupKey' | 'groupLabels' | 'covers' | 'bundle'>,
  integration: Integration,
  { notify, firing, resolved, muted, truncated = 0 }: FlushDecision,
  parts: IntentParts,
  now: Instant,
): Intent | null {
  if (notify === null) return null;
  const { document } = parts;
  const { receiver, channel, index } = integration;
  const seed = JSON.stringify([about.groupKey, receiver, channel, index, now, firing, resolved, notify.to]);
  const id = createHash('sha256').update(seed).digest('hex').slice(0, 20);
  const all: Notice = {
    ...about,
    receiver,
    alerts: notify.alerts,
    ...(truncated > 0 && { unnamed: truncated }),
    ...(channel !== 'webhook' && firing.length > 0 && waysToSay(id, about, receiver, parts, now)),
  };
  const { namedInMessage } = document.limits;
  const seen = channel === 'webhook' ? all : naming(all, Math.max(namedInMessage, mostInTemplate));
  return {
    ...(readsAll(integration, document) ? seen : naming(seen, namedInMessage)),
    id,
    channel,
    index,
    reason: notify.reason,
    at: now,
    firing,
    resolved,
    ...(muted.length > 0 && { muted }),
    ...(truncated > 0 && { truncated }),
    to: notify.to,
    text: textOf(integration, seen, parts, now),
  };
}

/** How somebody says that he is on it. A link to one group holds all that it means; one to several is their code, which is kept. */
function waysToSay(
  id: string,
  { groupKey, bundle }: Pick<Intent, 'groupKey' | 'bundle'>,
  receiver: string,
  { document, linkSecret, codeKey }: IntentParts,
  now: Instant,
): Pick<Notice, 'acknowledgeUrl' | 'acknowledgeCode'> {
  const code = codeKey === null ? null : codeOf(id, codeKey);
  const isOne = bundle === undefined && linkSecret !== null;
  const token = isOne ? linkToken(groupOwner(groupKey, receiver), now, linkSecret) : code;
  const base = document.links?.externalUrl.replace(/\/+$/, '');
  return {
    ...(base !== undefined && linkSecret !== null && token !== null && { acknowledgeUrl: `${base}/a/${token}` }),
    ...(code !== null && { acknowledgeCode: code }),
  };
}

/** An operator's template says of the others what it says itself; one that looks at more comes to its own end before theirs. */
const mostInTemplate = 1000;

const readsAll = ({ channel, settings }: Integration, document: AlertsDocument): boolean =>
  channel === 'webhook' || (channel === 'email' && hasOwnTemplates(settings, document));

function textOf(integration: Integration, notice: Notice, { document, texts }: IntentParts, at: Instant): string {
  switch (integration.channel) {
    case 'sms': {
      const { text: template = '', max_segments: most } = integration.settings;
      const filled = template === '' ? null : fillNotice('text', template, { notice, document, now: at });
      const weigh = weighFor(gatewayOf(document, integration.settings));
      const own = filled?.ok === true ? fittedSms(filled.text, most, notice, weigh) : '';
      // a template that fails, or says nothing, must not keep the telephone silent
      return own === '' ? smsText(naming(notice, document.limits.namedInMessage), texts, most, weigh).text : own;
    }
    case 'email': {
      const { subject, text } = composeMail({ notice, config: integration.settings, document, texts, at });
      return `${subject}\n\n${text}`;
    }
    case 'webhook':
      return subjectOf(notice, texts);
  }
}

/** A wait that a provider asked for holds for the notification that takes the place of the old one, and so does what is owed. */
export function carriedOver(intent: Intent, open: Notification | undefined): LedgerRecord[] {
  if (open === undefined) return [];
  const over = new Set(intent.resolved);
  return intent.to.flatMap((to) => {
    const before = open.recipients.get(to);
    if (before === undefined || !isOwed(before)) return [];
    const owes = [...new Set([...(before.owes ?? []), ...open.intent.firing])].filter((period) => over.has(period));
    const recipient = { ...before, state: 'owed' as const, maybeTwice: false, owes };
    return [{ kind: 'recipient' as const, id: intent.id, recipient }];
  });
}
