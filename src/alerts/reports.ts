// Delivery reports: whose message each is about, by its gateway, its id and its number; one that comes too early waits.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { minutes } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { phoneNumberOf } from './channels/people.ts';
import type { Receipt } from './channels/sms/receipt.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Recipient } from './ledger/records.ts';
import { newestFirst } from './ledger/receipts.ts';
import type { LedgerState, Notification } from './ledger/state.ts';

interface ReportsParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly document: () => AlertsDocument;
  readonly onReport: (notification: Notification, to: string) => void;
  readonly onError: (error: unknown) => void;
}

type Dated = Receipt & { readonly at: Instant };

/** A provider may report before it is written down that it has taken the message. */
const waitsFor = minutes(1);
const mostWaiting = 1000;

export class Reports {
  readonly #parts: ReportsParts;
  readonly #waiting = new Map<Dated, Instant>();

  constructor(parts: ReportsParts) {
    this.#parts = parts;
  }

  async receive(receipt: Receipt): Promise<void> {
    const now = this.#parts.clock.now();
    const dated = { ...receipt, at: receipt.at ?? now };
    if (await this.#take(dated)) return;
    this.#forgetOld(now);
    // else of somebody who shares the gateway, or older than what is kept
    if (this.#waiting.size < mostWaiting) this.#waiting.set(dated, now);
  }

  /** A provider has taken it, perhaps for somebody only. */
  sent({ recipients }: Notification): void {
    this.#forgetOld(this.#parts.clock.now());
    if (this.#waiting.size === 0) return;
    const ids = new Set([...recipients.values()].map(({ providerId }) => providerId));
    for (const receipt of [...this.#waiting.keys()].filter(({ providerId }) => ids.has(providerId))) {
      this.#waiting.delete(receipt);
      this.#take(receipt).catch(this.#parts.onError);
    }
  }

  /** False: nobody of whom we know is meant. */
  async #take(receipt: Dated): Promise<boolean> {
    const { ledger, document, onReport } = this.#parts;
    const found = await aboutWhom(receipt, ledger.state, document());
    if (found === null) return false;
    const { notification, to } = found;
    const { providerId, status, code, at } = receipt;
    const of = { id: notification.intent.id, to };
    const written = ledger.append([{ kind: 'receipt', providerId, of, receipt: { status, code, at } }]);
    onReport(notification, to);
    await written;
    return true;
  }

  #forgetOld(now: Instant): void {
    for (const [receipt, heard] of this.#waiting) if (Math.abs(now - heard) > waitsFor) this.#waiting.delete(receipt);
  }
}

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
