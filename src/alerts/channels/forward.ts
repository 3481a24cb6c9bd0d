// Alerts handed on to another Alertmanager or a central springtide, by its API v2.
import { systemClock } from '../../clock.ts';
import type { Clock } from '../../clock.ts';
import type { AlertsDocument } from '../../model/config.ts';
import { later } from '../../model/units.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { Alert, LabelSet } from '../alert.ts';
import { goTime } from '../webhook-payload.ts';
import type { SendResult } from './channel.ts';
import { createClientPool } from './http-settings.ts';
import { postJson } from './webhook.ts';

export type ForwardSettings = NonNullable<AlertsDocument['forwardTo']>;

export interface ForwardedAlert {
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/** What fires ends by itself over there, unless we speak of it again before. */
const forwarded = (
  { labels, annotations, since, ended, generatorURL }: Alert,
  now: Instant,
  validFor: Milliseconds,
): ForwardedAlert => ({
  labels,
  annotations,
  startsAt: goTime(since),
  endsAt: goTime(ended ?? later(now, validFor)),
  ...(generatorURL !== undefined && isAddress(generatorURL) && { generatorURL }),
});

/** An Alertmanager refuses a whole batch for one alert whose link is none. */
const isAddress = (text: string): boolean =>
  /^(?:[a-z][a-z0-9+.-]*:|\/)\P{Cc}*$/iu.test(text) &&
  URL.canParse(text, 'http://localhost') &&
  !/(?:^[^?#]*|#.*)%(?![\da-f]{2})/i.test(text);

/** An alert that is refused by itself, while others are taken. */
export interface Refusal {
  readonly fingerprint: string;
  readonly labels: LabelSet;
  readonly why: string;
}

/** `sent`: all that is not refused by itself was taken. */
export type ForwardResult = SendResult & { readonly refused?: readonly Refusal[] };

export interface Forwarder {
  forward(
    alerts: readonly Alert[],
    settings: ForwardSettings,
    options: { readonly validFor: Milliseconds; readonly signal: AbortSignal },
  ): Promise<ForwardResult>;
  close(): void;
}

const atOnce = 256;
const timeout = 10_000 as Milliseconds;
/** So long it is looked for what is refused; what is left is not taken, and looked through the next time. */
const longestSearch = 20_000;

export function createForwarder(options: { readonly clock?: Clock } = {}): Forwarder {
  const { clock = systemClock } = options;
  const pool = createClientPool('forwardTo');
  return {
    async forward(alerts, settings, { validFor, signal }) {
      const base = settings.url.replace(/\/+$/, '');
      const url = /\/api\/v2\/alerts$/.test(base) ? base : `${base}/api/v2/alerts`;
      const until = clock.now() + Math.min(longestSearch, settings.silentAfter / 2);
      const post = (some: readonly Alert[]): Promise<SendResult> => {
        const now = clock.now();
        return postJson(pool, clock, {
          who: 'forwardTo',
          url: () => Promise.resolve(url),
          config: settings.http_config,
          body: some.map((alert) => forwarded(alert, now, validFor)),
          timeout,
          signal,
        });
      };
      const refused: Refusal[] = [];
      let takesNothing: Promise<boolean> | null = null;
      /** An Alertmanager takes what it can of a batch, or nothing of it, and does not say which are the ones that it refuses. */
      const deliver = async (some: readonly Alert[]): Promise<SendResult> => {
        const result = await post(some);
        const [only] = some;
        if (result.status !== 'failed' || result.reason !== 'ClientError' || only === undefined) return result;
        takesNothing ??= post([]).then(({ status }) => status !== 'sent');
        if (await takesNothing) return result;
        if (some.length === 1) {
          refused.push({ fingerprint: only.fingerprint, labels: only.labels, why: result.message });
          return taken;
        }
        if (clock.now() > until) return result;
        const half = Math.ceil(some.length / 2);
        const first = await deliver(some.slice(0, half));
        return first.status === 'sent' ? deliver(some.slice(half)) : first;
      };
      const taken: SendResult = { to: settings.url, status: 'sent', providerId: null };
      let result: SendResult = taken;
      // nothing at all is sent too: whether somebody answers is what is asked
      for (let first = 0; (first === 0 || first < alerts.length) && result.status === 'sent'; first += atOnce)
        result = await deliver(alerts.slice(first, first + atOnce));
      return { ...result, to: settings.url, ...(refused.length > 0 && { refused }) };
    },
    close: () => pool.close(),
  };
}
