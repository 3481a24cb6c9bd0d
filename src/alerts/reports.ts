// Delivery reports: whose message each is about, by its gateway, its id and its number; one that comes too early waits.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { minutes, seconds } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { phoneNumberOf } from './channels/people.ts';
import type { Receipt } from './channels/sms/receipt.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Recipient } from './ledger/records.ts';
import { idsOf, isNews, newestFirst } from './ledger/receipts.ts';
import type { LedgerState, Notification } from './ledger/state.ts';

interface ReportsParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly document: () => AlertsDocument;
  readonly onReport: (notification: Notification, to: string) => void;
  readonly onError: (error: unknown) => void;
}

type Dated = Receipt & { readonly at: Instant };

interface Waiting {
  readonly since: Instant;
  /** whoever has brought it waits for this */
  readonly settle: (kept: Promise<boolean>) => void;
}

/** A provider may report before it is written down that it has taken the message. */
const waitsFor = minutes(1);
/** For so long it is not answered meanwhile: then it should come again. */
const answersIn = seconds(2);
const mostWaiting = 1000;

export class Reports {
  readonly #parts: ReportsParts;
  readonly #waiting = new Map<Dated, Waiting>();
  /** what was appended, and is not known to be durable */
  readonly #unsure = new WeakMap<Notification, Set<string>>();
  #stopped = false;

  constructor(parts: ReportsParts) {
    this.#parts = parts;
  }

  /** True when it is durable, or of nobody of whom we know; false: it should come again. */
  async receive(receipt: Receipt): Promise<boolean> {
    const now = this.#parts.clock.now();
    const dated = { ...receipt, at: receipt.at ?? now };
    if (this.#stopped) return false;
    const found = await this.#find(dated);
    if (found !== null) return this.#keep(dated, found);
    this.#forgetOld(now);
    const mayBeOurs = this.#isAnyAsked();
    if (this.#waiting.size >= mostWaiting) return !mayBeOurs;
    return new Promise((resolve, reject) => {
      const stop = mayBeOurs ? this.#parts.clock.after(answersIn, () => resolve(false)) : (): void => undefined;
      const settle = (kept: Promise<boolean>): void => {
        stop();
        kept.then(resolve, reject);
      };
      this.#waiting.set(dated, { since: now, settle });
      // of somebody who shares the gateway, or older than what is kept
      if (!mayBeOurs) resolve(true);
    });
  }

  /** A provider has taken it, perhaps for somebody only. */
  sent({ recipients }: Notification): void {
    this.#forgetOld(this.#parts.clock.now());
    if (this.#waiting.size === 0) return;
    const ids = new Set([...recipients.values()].flatMap(idsOf));
    for (const [receipt, waiting] of [...this.#waiting])
      if (spellingsOf(receipt).some((id) => ids.has(id))) {
        this.#waiting.delete(receipt);
        waiting.settle(this.#takeLate(receipt));
      }
  }

  /** What waits comes again, to whoever leads then. */
  stop(): void {
    this.#stopped = true;
    for (const { settle } of this.#waiting.values()) settle(Promise.resolve(false));
    this.#waiting.clear();
  }

  async #takeLate(receipt: Dated): Promise<boolean> {
    try {
      const found = await this.#find(receipt);
      return found === null || (await this.#keep(receipt, found));
    } catch (error) {
      // who has brought it may have been answered long since
      this.#parts.onError(error);
      return false;
    }
  }

  #find(receipt: Dated): Promise<Meant | null> {
    const { ledger, document } = this.#parts;
    return aboutWhom(receipt, ledger.state, document());
  }

  async #keep({ status, code, at }: Dated, { notification, recipient, providerId }: Meant): Promise<true> {
    const { ledger, onReport } = this.#parts;
    const { to } = recipient;
    const record = {
      kind: 'receipt',
      providerId,
      of: { id: notification.intent.id, to },
      receipt: { status, code, at },
    } as const;
    const unsure = this.#unsure.get(notification) ?? new Set<string>();
    this.#unsure.set(notification, unsure);
    const key = JSON.stringify([to, providerId, status, code]);
    // it came before, and is durable
    if (!unsure.has(key) && !isNews(recipient, record)) return true;
    unsure.add(key);
    const written = ledger.append([record]);
    // one that comes again calls nobody again
    if (notification.recipients.get(to)?.receipt !== recipient.receipt) onReport(notification, to);
    await written;
    unsure.delete(key);
    return true;
  }

  /** Some gateway has a message whose id it has not told us yet. */
  #isAnyAsked(): boolean {
    for (const { intent, recipients } of this.#parts.ledger.state.open.values())
      if (intent.channel === 'sms' && [...recipients.values()].some(({ state }) => state === 'attempted')) return true;
    return false;
  }

  #forgetOld(now: Instant): void {
    for (const [receipt, { since, settle }] of this.#waiting)
      if (Math.abs(now - since) > waitsFor) {
        this.#waiting.delete(receipt);
        settle(Promise.resolve(false));
      }
  }
}

type Reported = Pick<Receipt, 'gateway' | 'providerId' | 'alsoWritten' | 'to'>;

interface Meant {
  readonly notification: Notification;
  readonly recipient: Recipient;
  /** as the gateway gave it */
  readonly providerId: string;
}

/** Null: nobody of whom we know. */
export async function aboutWhom(
  receipt: Reported,
  state: LedgerState,
  document: AlertsDocument,
): Promise<Meant | null> {
  const messages = newestFirst(state);
  for (const providerId of spellingsOf(receipt))
    for (const notification of messages)
      for (const recipient of notification.recipients.values())
        if (
          isOfGateway(recipient, receipt) &&
          idsOf(recipient).includes(providerId) &&
          (await mayBeTheirs(receipt.to, recipient.to, document))
        )
          return { notification, recipient, providerId };
  return null;
}

const spellingsOf = ({ providerId, alsoWritten = [] }: Reported): readonly string[] => [providerId, ...alsoWritten];

/** Gateways count for themselves: the same id means another message at each. */
const isOfGateway = ({ gateway }: Recipient, receipt: Reported): boolean =>
  gateway === undefined || gateway === receipt.gateway;

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
