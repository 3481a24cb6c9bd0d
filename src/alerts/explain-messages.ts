// The messages about one alert as `explain` shows them: the provider's id, its report, and the code by which somebody says that he is on it.
import { rfc3339 } from '../model/units.ts';
import { validUntil } from './acknowledge-code.ts';
import type { DeliveryReport, Recipient } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { newestViews } from './status.ts';
import type { NotificationView } from './status.ts';

export interface AlertMessage extends NotificationView {
  /** that gave the id; null: it has none, or nobody remembers it */
  readonly gateway: string | null;
  /** what the provider said afterwards; null: nothing */
  readonly receipt: {
    readonly status: DeliveryReport['status'];
    readonly code: string | null;
    readonly at: string;
  } | null;
  /** null: it told of nothing that fires */
  readonly acknowledge: { readonly code: string; readonly until: string } | null;
}

const most = 100;

/** Those that are kept, the newest last. */
export const notificationsAbout = (
  { recent, open }: Pick<LedgerState, 'recent' | 'open'>,
  fingerprint: string,
): readonly Notification[] =>
  [...recent, ...open.values()].filter(({ intent }) =>
    (intent.covers ?? [intent]).some(({ firing, resolved }) =>
      [...firing, ...resolved].some((period) => period.startsWith(`${fingerprint}@`)),
    ),
  );

/** One line a recipient, the newest first. */
export const messagesIn = (notifications: readonly Notification[]): readonly AlertMessage[] =>
  newestViews(notifications, messageOf).slice(0, most);

function messageOf({ intent }: Notification, recipient: Recipient): Omit<AlertMessage, keyof NotificationView> {
  const { gateway = null, receipt } = recipient;
  return {
    gateway,
    receipt: receipt === undefined ? null : { ...receipt, at: rfc3339(receipt.at) },
    acknowledge:
      intent.acknowledgeCode === undefined
        ? null
        : { code: intent.acknowledgeCode, until: rfc3339(validUntil(intent)) },
  };
}
