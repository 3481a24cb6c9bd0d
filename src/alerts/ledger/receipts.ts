// Which message a delivery report is about, and what it changes.
import type { LedgerRecord, Recipient } from './records.ts';
import type { MutableLedgerState, Notification } from './state.ts';

/** The newest message first: providers count their ids anew one day. */
export const newestFirst = <One extends Notification>(state: {
  readonly open: ReadonlyMap<string, One>;
  readonly recent: readonly One[];
}): readonly One[] => [...[...state.open.values()].toReversed(), ...state.recent.toReversed()];

type ReceiptRecord = LedgerRecord & { readonly kind: 'receipt' };

/** The message that it is about. */
export const reportedOn = <One extends Notification>(
  state: { readonly open: ReadonlyMap<string, One>; readonly recent: readonly One[] },
  { providerId, of }: Pick<ReceiptRecord, 'providerId' | 'of'>,
): { readonly notification: One; readonly recipient: Recipient } | undefined => {
  for (const notification of newestFirst(state))
    for (const recipient of notification.recipients.values())
      if (of === undefined ? recipient.providerId === providerId : isOf(notification, recipient, of))
        return { notification, recipient };
  return undefined;
};

const isOf = ({ intent }: Notification, { to }: Recipient, of: NonNullable<ReceiptRecord['of']>): boolean =>
  intent.id === of.id && to === of.to;

export function report(state: MutableLedgerState, record: ReceiptRecord): void {
  const found = reportedOn(state, record);
  if (found === undefined) return;
  const { notification, recipient } = found;
  notification.recipients.set(recipient.to, { ...recipient, receipt: record.receipt });
}
