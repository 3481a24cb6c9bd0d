// Takes open notifications to their channels: attempt written before it is made, its end written after, retries by error class.
import { setMaxListeners } from 'node:events';
import type { Cancel, Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { messageOf } from '../model/errors.ts';
import { later, seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { backoffAfter } from './backoff.ts';
import { retry } from './channels/channel.ts';
import type { Channel, Delivery, SendResult } from './channels/channel.ts';
import type { EmailSettings } from './channels/mail-settings.ts';
import type { WebhookSettings } from './channels/webhook.ts';
import type { Integration, SmsIntegrationSettings } from './integrations.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LedgerRecord, Recipient } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import { Places } from './places.ts';
import { carrierOf } from './carrier.ts';
import { withRemembered } from './ways.ts';
import { viewOf } from './status.ts';
import type { NotificationView } from './status.ts';

export interface Channels {
  readonly email: Channel<EmailSettings>;
  readonly sms: Channel<SmsIntegrationSettings>;
  readonly webhook: Channel<WebhookSettings>;
}

export interface AlertLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface CourierOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly channels: Channels;
  readonly document: () => AlertsDocument;
  readonly random: () => number;
  readonly log: AlertLog;
  readonly onNotification: (view: NotificationView) => void;
  /** nothing is on its way for this notification any more, for now or for good */
  readonly onRest: (notification: Notification) => void;
}

export const isOwed = ({ state }: Recipient): boolean => state === 'owed' || state === 'attempted';

const longestTimer = 86_400_000;
/** So far a clock is set back by nobody but a person, or a late correction. */
const clockJump = seconds(5);

export class Courier {
  readonly #options: CourierOptions;
  readonly #sending = new Set<string>();
  readonly #underWay = new Set<Delivery>();
  readonly #timers = new Map<string, Cancel>();
  readonly #abort = new AbortController();
  readonly #busy = new Set<Promise<void>>();
  readonly #places = new Places();
  #stopped = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    setMaxListeners(0, this.#abort.signal);
  }

  isSending(id: string): boolean {
    return this.#sending.has(id);
  }

  /** He is hearing it at this moment, or somebody is: what waits for its place only can be withdrawn. */
  isUnderWay(id: string, to?: string): boolean {
    return [...this.#underWay].some((one) => one.id === id && (to === undefined || one.to.includes(to)));
  }

  /** Sends what is due of it; the rest by timer. Safe to call at any time. */
  carry(id: string): void {
    this.#cancelTimer(id);
    const notification = this.#options.ledger.state.open.get(id);
    if (notification === undefined || this.#stopped || this.#sending.has(id)) return;
    const owed = [...notification.recipients.values()].filter(isOwed);
    const now = this.#options.clock.now();
    // an attempt that lies ahead was made before the clock was set back
    const due = owed.filter(({ notBefore, at }) => notBefore <= now || (at ?? notBefore) > later(now, clockJump));
    if (due.length === 0 && owed.length > 0) {
      const wait = Math.min(longestTimer, Math.min(...owed.map(({ notBefore }) => notBefore)) - now);
      this.#timers.set(
        id,
        this.#options.clock.after(wait as Milliseconds, () => this.carry(id)),
      );
      return;
    }
    this.#sending.add(id);
    const work = this.#send(notification, due)
      .catch((error: unknown) =>
        this.#options.log.error({ err: messageOf(error), id }, 'a notification was not carried'),
      )
      .finally(() => {
        this.#sending.delete(id);
        this.#busy.delete(work);
        // first what waited for the answer: where there is something newer to say that is said, not this again
        try {
          this.#options.onRest(notification);
        } finally {
          this.carry(id);
        }
      });
    this.#busy.add(work);
  }

  /** It is replaced by a newer one, or has nobody left. */
  withdraw(id: string): void {
    this.#cancelTimer(id);
  }

  async settle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  /** Nothing new begins; what is on its way may end, until the grace is over. */
  async stop(grace: Milliseconds): Promise<void> {
    this.#stopped = true;
    [...this.#timers.keys()].forEach((id) => this.#cancelTimer(id));
    const cancel = this.#options.clock.after(grace, () => this.#abort.abort());
    await this.settle();
    cancel();
  }

  #cancelTimer(id: string): void {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }

  async #send(notification: Notification, due: readonly Recipient[]): Promise<void> {
    const { intent } = notification;
    const document = this.#options.document();
    const { state } = this.#options.ledger;
    const carriers = due.map((recipient) => ({
      to: recipient.to,
      by: carrierOf(intent, recipient, state, document, this.#options.clock.now()),
    }));
    const known = carriers.flatMap(({ to, by }) => (by === null ? [] : [{ to, by }]));
    const way = intent.way === undefined ? undefined : state.ways.get(intent.way);
    await Promise.all(
      batchesOf(known, (by) => this.#channelStyle(by)).map(({ by, to }) => {
        const settings = by.role.kind === 'gone' ? withRemembered(document, way) : document;
        const isNews = to.some((one) => notification.recipients.get(one)?.attempts === 0);
        return this.#sendBatch(notification, by, settings, to, isNews);
      }),
    );
    if (notification.settled !== null) return;
    const left = carriers.filter(({ by }) => by === null);
    const rest = [...notification.recipients.values()];
    const now = this.#options.clock.now();
    // a reload took the recipient away, and he has not heard of it: nobody is left to be told
    await this.#write(left.map(({ to }) => gone(intent.id, to, now)));
    if (!rest.some((one) => isOwed(one) && !left.some(({ to }) => to === one.to)))
      await this.#write([
        { kind: 'settled', id: intent.id, at: now, how: known.length > 0 || left.length === 0 ? 'done' : 'abandoned' },
      ]);
  }

  /** A place is held for the attempt and until its answer, not until that is written: where writing is slow others have their turn. */
  async #sendBatch(
    notification: Notification,
    integration: Integration,
    document: AlertsDocument,
    due: readonly string[],
    isNews: boolean,
  ): Promise<void> {
    const answer = await this.#places.take(integration, document, isNews, () =>
      this.#attempt(notification, integration, document, due),
    );
    if (answer === null) return;
    const { delivery, results } = answer;
    const { to } = delivery;
    const ends = to.map((one) => this.#recordOf(notification, one, results));
    await this.#write([...ends, ...this.#settledBy(notification, ends)]);
    this.#underWay.delete(delivery);
    for (const one of to) {
      const recipient = notification.recipients.get(one);
      if (recipient !== undefined) this.#report(viewOf(notification, recipient));
    }
  }

  /** Null: they were withdrawn while it waited for its place. */
  async #attempt(
    notification: Notification,
    integration: Integration,
    document: AlertsDocument,
    due: readonly string[],
  ): Promise<{ readonly delivery: Delivery; readonly results: readonly SendResult[] } | null> {
    if (notification.settled !== null) return null;
    const to = due.filter((one) => notification.recipients.get(one)?.state !== 'withdrawn');
    if (to.length === 0) return null;
    const { intent } = notification;
    const { clock } = this.#options;
    const delivery: Delivery = {
      id: intent.id,
      at: intent.at,
      notice: intent,
      text: intent.text,
      to,
      everybody: intent.to,
      document,
      signal: this.#abort.signal,
    };
    this.#underWay.add(delivery);
    await this.#write([{ kind: 'attempt', id: intent.id, to, at: clock.now() }]);
    return { delivery, results: await this.#transmit(integration, delivery) };
  }

  /** With the last answer it is over: written in one, where each write takes its turn. */
  #settledBy({ intent: { id }, recipients }: Notification, ends: readonly LedgerRecord[]): readonly LedgerRecord[] {
    const ended = new Set(ends.flatMap((end) => (end.kind === 'sent' || end.kind === 'failed' ? [end.to] : [])));
    if ([...recipients.values()].some((one) => isOwed(one) && !ended.has(one.to))) return [];
    return [{ kind: 'settled', id, at: this.#options.clock.now(), how: 'done' }];
  }

  async #transmit(integration: Integration, delivery: Delivery): Promise<readonly SendResult[]> {
    const { channels } = this.#options;
    try {
      switch (integration.channel) {
        case 'email':
          return await channels.email.send(delivery, integration.settings);
        case 'sms':
          return await channels.sms.send(delivery, integration.settings);
        case 'webhook':
          return await channels.webhook.send(delivery, integration.settings);
      }
    } catch (error) {
      return delivery.to.map((to) => retry(to, 'Unexpected', messageOf(error), { uncertain: true }));
    }
  }

  #channelStyle({ channel }: Integration): 'together' | 'apart' {
    return this.#options.channels[channel].style;
  }

  #recordOf(notification: Notification, to: string, results: readonly SendResult[]): LedgerRecord {
    const at = this.#options.clock.now();
    const { id } = notification.intent;
    const result = results.find((one) => one.to === to) ?? retry(to, 'Unexpected', 'the channel gave no answer');
    switch (result.status) {
      case 'sent': {
        const { providerId, gateway, parts } = result;
        const more = { ...(gateway !== undefined && { gateway }), ...(parts !== undefined && { parts }) };
        return { kind: 'sent', id, to, at, providerId, ...more };
      }
      case 'failed':
        return { kind: 'failed', id, to, at, reason: result.reason, message: result.message };
      case 'retry': {
        const { reason, message, uncertain } = result;
        const attempts = notification.recipients.get(to)?.attempts ?? 1;
        const wait = Math.max(result.retryAfter ?? 0, backoffAfter(attempts, this.#options.random()));
        return { kind: 'retry', id, to, at, reason, message, uncertain, notBefore: (at + wait) as Instant };
      }
    }
  }

  /** A ledger that cannot be written must not keep people in the dark: it is said, and the sending goes on. */
  async #write(records: readonly LedgerRecord[]): Promise<void> {
    try {
      await this.#options.ledger.append(records);
    } catch (error) {
      this.#options.log.error({ err: messageOf(error) }, 'the alert ledger was not written');
    }
  }

  #report(view: NotificationView): void {
    const { log } = this.#options;
    const { receiver, channel, to, outcome, reason, attempts, message } = view;
    const fields = { receiver, channel, to, outcome, reason, attempts };
    if (outcome === 'sent') log.info(fields, 'notification sent');
    else log.warn(fields, `notification ${outcome}: ${message ?? ''}`);
    this.#options.onNotification(view);
  }
}

/** Those who are told by one integration, in one transmission or in one each. */
function batchesOf(
  carried: readonly { readonly to: string; readonly by: Integration }[],
  styleOf: (by: Integration) => 'together' | 'apart',
): readonly { readonly by: Integration; readonly to: readonly string[] }[] {
  const byCarrier = new Map<Integration, string[]>();
  for (const { to, by } of carried) byCarrier.set(by, [...(byCarrier.get(by) ?? []), to]);
  return [...byCarrier].flatMap(([by, all]) =>
    styleOf(by) === 'together' ? [{ by, to: all }] : all.map((to) => ({ by, to: [to] })),
  );
}

const gone = (id: string, to: string, at: Instant): LedgerRecord => ({
  kind: 'failed',
  id,
  to,
  at,
  reason: 'Misconfigured',
  message: 'the configuration does not name this recipient any more',
});
