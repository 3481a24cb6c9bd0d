// Which message a delivery report is about, and what it changes.
import type { LedgerRecord, Recipient } from './records.ts';
import type { MutableLedgerState, Notification } from './state.ts';

/** The newest message first: providers count their ids anew one day. */
export const newestFirst = <One extends Notification>(state: {
  readonly open: ReadonlyMap<string, One>;
  readonly recent: readonly One[];
}): readonly One[] => [...[...state.open.values()].toReversed(), ...state.recent.toReversed()];

type ReceiptRecord = Extract<LedgerRecord, { readonly kind: 'receipt' }>;

/** By which its provider may report on it. */
export const idsOf = ({ providerId, parts }: Recipient): readonly string[] =>
  parts?.map(({ id }) => id) ?? (providerId === null ? [] : [providerId]);

/** The message that it is about. */
export const reportedOn = <One extends Notification>(
  state: { readonly open: ReadonlyMap<string, One>; readonly recent: readonly One[] },
  { providerId, of }: Pick<ReceiptRecord, 'providerId' | 'of'>,
): { readonly notification: One; readonly recipient: Recipient } | undefined => {
  for (const notification of newestFirst(state))
    for (const recipient of notification.recipients.values())
      if (of === undefined ? idsOf(recipient).includes(providerId) : isOf(notification, recipient, of))
        return { notification, recipient };
  return undefined;
};

const isOf = ({ intent }: Notification, { to }: Recipient, of: NonNullable<ReceiptRecord['of']>): boolean =>
  intent.id === of.id && to === of.to;

export function report(state: MutableLedgerState, record: ReceiptRecord): void {
  const found = reportedOn(state, record);
  if (found === undefined) return;
  const { notification, recipient } = found;
  notification.recipients.set(recipient.to, { ...recipient, ...reported(recipient, record) });
}

/** False: it changes nothing of what is known. */
export const isNews = (recipient: Recipient, record: ReceiptRecord): boolean =>
  Object.keys(reported(recipient, record)).length > 0;

/** Reports come twice, and late: what is final stays, and a text is there when all of its parts are. */
function reported(
  { parts, receipt: known }: Recipient,
  { providerId, receipt }: ReceiptRecord,
): Pick<Recipient, 'parts' | 'receipt'> {
  if (known?.status === receipt.status && known.code === receipt.code) return {};
  if (receipt.status === 'unknown') return known === undefined || known.status === 'unknown' ? { receipt } : {};
  if (parts === undefined || receipt.status === 'failed') return { receipt };
  if (known?.status === 'failed') return {};
  if (parts.some(({ id, hasArrived }) => id === providerId && hasArrived)) return {};
  const now = parts.map((part) => (part.id === providerId ? { ...part, hasArrived: true } : part));
  return { parts: now, ...(now.every(({ hasArrived }) => hasArrived) && { receipt }) };
}
