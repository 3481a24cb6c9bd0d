// Whose message a delivery report is about: the gateway and its id say it, and the number where it is named.
import type { AlertsDocument } from '../model/config.ts';
import { phoneNumberOf } from './channels/people.ts';
import type { Receipt } from './channels/sms/receipt.ts';
import type { Recipient } from './ledger/records.ts';
import { newestFirst } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';

type Reported = Pick<Receipt, 'gateway' | 'providerId' | 'to'>;

/** Null: nobody of whom we know. */
export async function aboutWhom(
  receipt: Reported,
  state: LedgerState,
  document: AlertsDocument,
): Promise<{ readonly notification: Notification; readonly to: string } | null> {
  for (const notification of newestFirst(state))
    for (const recipient of notification.recipients.values())
      if (hasId(recipient, receipt) && (await mayBeTheirs(receipt.to, recipient.to, document)))
        return { notification, to: recipient.to };
  return null;
}

/** Gateways count for themselves: the same id means another message at each. */
const hasId = ({ providerId, gateway }: Recipient, receipt: Reported): boolean =>
  providerId === receipt.providerId && (gateway === undefined || gateway === receipt.gateway);

async function mayBeTheirs(reported: string | null, to: string, document: AlertsDocument): Promise<boolean> {
  if (reported === null) return true;
  const number = await phoneNumberOf(to, document);
  return 'problem' in number || mayBeSameNumber(reported, number.address);
}

const leastDigits = 5;

/** Vendors write it with and without the country, in groups, with zeros in front, or hide some of it. */
export function mayBeSameNumber(one: string, other: string): boolean {
  if (![one, other].every((written) => /^[+\d\s().-]+$/.test(written))) return true;
  const [short = '', long = ''] = [one, other]
    .map((written) => written.replaceAll(/\D/g, '').replace(/^0+/, ''))
    .sort((left, right) => left.length - right.length);
  return short.length < leastDigits || long.endsWith(short);
}
