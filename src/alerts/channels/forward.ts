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
const forwardedAlerts = (alerts: readonly Alert[], now: Instant, validFor: Milliseconds): readonly ForwardedAlert[] =>
  alerts.map(({ labels, annotations, since, ended, generatorURL }) => ({
    labels,
    annotations,
    startsAt: goTime(since),
    endsAt: goTime(ended ?? later(now, validFor)),
    ...(generatorURL !== undefined && isAddress(generatorURL) && { generatorURL }),
  }));

/** An Alertmanager refuses a whole batch for one alert whose link is none. */
const isAddress = (text: string): boolean =>
  /^(?:[a-z][a-z0-9+.-]*:|\/)\P{Cc}*$/iu.test(text) && URL.canParse(text, 'http://localhost');

export interface Forwarder {
  forward(
    alerts: readonly Alert[],
    settings: ForwardSettings,
    options: { readonly validFor: Milliseconds; readonly signal: AbortSignal },
  ): Promise<SendResult>;
  close(): void;
}

const atOnce = 256;
const timeout = 10_000 as Milliseconds;

export function createForwarder(options: { readonly clock?: Clock } = {}): Forwarder {
  const { clock = systemClock } = options;
  const pool = createClientPool('forwardTo');
  return {
    async forward(alerts, settings, { validFor, signal }) {
      const base = settings.url.replace(/\/+$/, '');
      const url = /\/api\/v2\/alerts$/.test(base) ? base : `${base}/api/v2/alerts`;
      const all = forwardedAlerts(alerts, clock.now(), validFor);
      let result: SendResult = { to: settings.url, status: 'sent', providerId: null };
      // nothing at all is sent too: whether somebody answers is what is asked
      for (let first = 0; (first === 0 || first < all.length) && result.status === 'sent'; first += atOnce)
        result = await postJson(pool, clock, {
          who: 'forwardTo',
          url: () => Promise.resolve(url),
          config: settings.http_config,
          body: all.slice(first, first + atOnce),
          timeout,
          signal,
        });
      return { ...result, to: settings.url };
    },
    close: () => pool.close(),
  };
}
