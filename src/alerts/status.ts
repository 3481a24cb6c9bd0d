// What the page, the log and the figures are told about notifications: one line a recipient.
import type { TellReason } from './dedup.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import type { ChannelKind, Recipient } from './ledger/records.ts';
import { rfc3339 } from '../model/units.ts';
import type { Instant } from '../model/units.ts';

export type NotificationOutcome = 'sent' | 'failed' | 'owed' | 'sending' | 'superseded';

export interface NotificationView {
  readonly id: string;
  /** RFC 3339: the last thing that happened to it */
  readonly at: string;
  readonly receiver: string;
  readonly channel: ChannelKind;
  readonly to: string;
  readonly text: string;
  readonly why: TellReason;
  readonly firing: number;
  readonly resolved: number;
  readonly outcome: NotificationOutcome;
  /** why it failed or is still owed */
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly maybeTwice: boolean;
  readonly providerId: string | null;
  /** RFC 3339, while it is owed */
  readonly nextAttempt: string | null;
}

export function viewOf({ intent, settled }: Notification, recipient: Recipient): NotificationView {
  const outcome = outcomeOf(recipient, settled !== null);
  return {
    id: intent.id,
    at: rfc3339(recipient.at ?? intent.at),
    receiver: intent.receiver,
    channel: intent.channel,
    to: recipient.to,
    text: intent.text,
    why: intent.reason,
    firing: intent.firing.length,
    resolved: intent.resolved.length,
    outcome,
    reason: recipient.reason,
    message: recipient.message,
    attempts: recipient.attempts,
    maybeTwice: recipient.maybeTwice,
    providerId: recipient.providerId,
    nextAttempt: outcome === 'owed' ? rfc3339(recipient.notBefore) : null,
  };
}

function outcomeOf({ state }: Recipient, settled: boolean): NotificationOutcome {
  switch (state) {
    case 'sent':
    case 'failed':
      return state;
    case 'owed':
      return settled ? 'superseded' : 'owed';
    case 'attempted':
      return settled ? 'superseded' : 'sending';
    case 'withdrawn':
      return 'superseded';
  }
}

/** One a recipient, the newest first; `more`: what whoever asks wants to know beside. */
export function newestViews<More extends object>(
  notifications: readonly Notification[],
  more: (notification: Notification, recipient: Recipient) => More,
): (NotificationView & More)[] {
  const views = notifications.flatMap((one) =>
    [...one.recipients.values()].map((recipient) => ({ ...viewOf(one, recipient), ...more(one, recipient) })),
  );
  const instant = ({ at }: NotificationView): Instant => Date.parse(at) as Instant;
  return views
    .map((view, index) => ({ view, index }))
    .sort((left, right) => instant(right.view) - instant(left.view) || right.index - left.index)
    .map(({ view }) => view);
}

export const lastNotifications = ({ recent, open }: LedgerState, count: number): NotificationView[] =>
  newestViews([...recent, ...open.values()], () => ({})).slice(0, count);
