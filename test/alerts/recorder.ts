// Channels that write down what they are given, for stories on a virtual clock; each answer can be scripted.
import type { Alert } from '../../src/alerts/alert.ts';
import { retry } from '../../src/alerts/channels/channel.ts';
import type { Channel, Delivery, SendResult } from '../../src/alerts/channels/channel.ts';
import type { Forwarder } from '../../src/alerts/channels/forward.ts';
import type { Channels } from '../../src/alerts/courier.ts';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { recordsOf } from '../../src/alerts/ledger/compaction.ts';
import type { MutableLedgerState } from '../../src/alerts/ledger/state.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import type { AlertPipeline } from '../../src/alerts/pipeline-interface.ts';
import { settlingOf } from '../../src/alerts/settling.ts';
import type { AlertsDocument } from '../../src/model/config.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { anAlertsDocument, catalogue, start } from './builders.ts';

export interface Taken {
  readonly second: number;
  readonly channel: string;
  readonly to: string;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly delivery: Delivery;
  /** a webhook's address, as it was asked for */
  readonly url: string | undefined;
  readonly settings: unknown;
}

export interface Story {
  /** the central one of `forwardTo`; what it knows to fire, by name */
  readonly central: {
    answers: boolean;
    readonly firing: Set<string>;
    readonly ended: string[];
    pushes: number;
    /** it takes what else it is sent, and says so */
    readonly refuses: Set<string>;
  };
  readonly clock: SettableClock;
  readonly taken: Taken[];
  readonly ledger: Ledger;
  readonly pipeline: AlertPipeline;
  /** "sms zhang: a b -c" for what fires and what ended */
  told(from?: number): string[];
  /** In small steps: what is sent meanwhile has its time. */
  pass(span: Milliseconds, step?: Milliseconds): Promise<void>;
  reload(text: string): void;
  /** Of the same ledger. */
  restart(): Promise<void>;
}

/** Whose time of day can be set back, while waits go on as they were. */
class SettableClock extends VirtualClock {
  #back = 0;
  /** each look at it takes so long: what works in turns does so */
  look = 0;

  override now(): Instant {
    this.#back -= this.look;
    return (super.now() - this.#back) as Instant;
  }

  setBack(by: Milliseconds): void {
    this.#back += by;
  }
}

/** As a file would give it back: nothing is the same object, and nothing is there that was not written. */
async function readBack({ state }: Ledger, now: Instant): Promise<Ledger> {
  const written = [...recordsOf(state as MutableLedgerState, now)].map((record) => JSON.stringify(record));
  const ledger = volatileLedger();
  await ledger.append(written.map((line) => JSON.parse(line) as LedgerRecord));
  return ledger;
}

type Answer = (to: string, channel: string) => SendResult | null;

const nameOf = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): string =>
  labels['instance'] ?? labels['alertname'] ?? '';

const urlOf = (settings: unknown): string | undefined =>
  typeof settings === 'object' && settings !== null && 'url' in settings && typeof settings.url === 'string'
    ? settings.url
    : undefined;

const gatewayIn = ({ document }: Delivery, settings: unknown): string =>
  typeof settings === 'object' && settings !== null && 'gateway' in settings && typeof settings.gateway === 'string'
    ? settings.gateway
    : (document.sms_gateways[0]?.name ?? '');

const texts = catalogue('en');

export function aStory(
  text: string,
  answer: Answer = () => null,
  linkSecret: string | null = null,
  given?: Ledger,
  /** as the daemon does: each start hears senders first, unless another process wrote a moment ago */
  hearsFirst = false,
): Story {
  let ledger = given ?? volatileLedger();
  const clock = new SettableClock(start);
  const taken: Taken[] = [];
  let document: AlertsDocument = anAlertsDocument(text);
  let messages = 0;

  const channel = (name: string, style: 'apart' | 'together'): Channel<unknown> => ({
    style,
    send: (delivery, settings) =>
      Promise.resolve(
        delivery.to.map((to) => {
          const scripted = answer(to, name);
          if (scripted !== null) return scripted;
          const alerts = delivery.notice.alerts;
          taken.push({
            second: (clock.now() - start) / 1000,
            channel: name,
            to,
            firing: alerts.filter(({ ended }) => ended === null).map(nameOf),
            resolved: alerts.filter(({ ended }) => ended !== null).map(nameOf),
            delivery,
            url: urlOf(settings),
            settings,
          });
          messages += 1;
          const providerId = `m${messages}`;
          return { to, status: 'sent', providerId, ...(name === 'sms' && { gateway: gatewayIn(delivery, settings) }) };
        }),
      ),
    close: () => undefined,
  });
  const channels: Channels = {
    email: channel('email', 'together'),
    sms: channel('sms', 'apart'),
    webhook: channel('webhook', 'together'),
  };
  const central: Story['central'] = { answers: true, firing: new Set(), ended: [], pushes: 0, refuses: new Set() };
  const forwarder: Pick<Forwarder, 'forward'> = {
    forward: (alerts, { url }) => {
      central.pushes += 1;
      if (!central.answers) return Promise.resolve(retry(url, 'Timeout', 'no answer'));
      const isRefused = (alert: Alert): boolean => central.refuses.has(nameOf(alert));
      const refused = alerts
        .filter(isRefused)
        .map(({ fingerprint, labels }) => ({ fingerprint, labels, why: 'it answered 400: not this one' }));
      for (const alert of alerts.filter((one) => !isRefused(one)))
        if (alert.ended === null) central.firing.add(nameOf(alert));
        else if (central.firing.delete(nameOf(alert))) central.ended.push(nameOf(alert));
      return Promise.resolve({ to: url, status: 'sent', providerId: null, refused });
    },
  };
  let ids = 0;
  const begin = (): AlertPipeline =>
    createAlertPipeline({
      config: () => document,
      texts: () => texts,
      clock,
      ledger,
      channels,
      forwarder,
      random: () => 0.5,
      newId: () => `id-${(ids += 1)}`,
      linkSecret: () => linkSecret,
      ...(hearsFirst && { startDelay: settlingOf(ledger.state, clock.now()) }),
    });
  let pipeline = begin();

  return {
    clock,
    central,
    taken,
    get ledger() {
      return ledger;
    },
    get pipeline() {
      return pipeline;
    },
    told: (from = 0) =>
      taken
        .slice(from)
        .map(({ channel: name, to, firing, resolved }) =>
          `${name} ${to}: ${[...firing, ...resolved.map((one) => `-${one}`)].join(' ')}`.trim(),
        ),
    pass: async (span, step = span) => {
      for (let passed = 0; passed < span; passed += step) {
        clock.advance(Math.min(step, span - passed) as Milliseconds);
        await pipeline.settle();
      }
    },
    reload: (next) => {
      document = anAlertsDocument(next);
    },
    restart: async () => {
      await pipeline.stop(0 as Milliseconds);
      if (given === undefined) ledger = await readBack(ledger, clock.now());
      pipeline = begin();
    },
  };
}
