// Webhooks: Alertmanager's payload posted to an address; 5xx and 429 are asked again, everything else is final.
import { secretsOfAddress } from '../../clients/http/forget.ts';
import { systemClock } from '../../clock.ts';
import type { Clock } from '../../clock.ts';
import type { HttpConfig } from '../../config/schema/http-config.ts';
import type { AlertsDocument } from '../../model/config.ts';
import { messageOf } from '../../model/errors.ts';
import type { Milliseconds } from '../../model/units.ts';
import { inSlices } from '../../slices.ts';
import { jsonPieces } from '../json-pieces.ts';
import { sorting } from '../sorting.ts';
import { byLabels, writingPayload } from '../webhook-payload.ts';
import { failed, retry } from './channel.ts';
import type { Channel, Delivery, SendResult } from './channel.ts';
import { answerInWords, resultOfAnswer, resultOfThrown } from './http-results.ts';
import { createClientPool, given, headersOf, readTrimmed } from './http-settings.ts';
import type { ClientPool } from './http-settings.ts';
import type { Environment } from './proxy-choice.ts';

export type WebhookSettings = AlertsDocument['receivers'][number]['webhook_configs'][number];

export function createWebhookChannel(
  options: { readonly clock?: Clock; readonly environment?: Environment } = {},
): Channel<WebhookSettings> {
  const { clock = systemClock, environment } = options;
  const pool = createClientPool('webhook', environment);
  return {
    style: 'together',
    async send(delivery, settings) {
      const result = await sendWebhook(pool, clock, delivery, settings);
      return delivery.to.map((to) => ({ ...result, to }));
    },
    close: () => pool.close(),
  };
}

async function sendWebhook(
  pool: ClientPool,
  clock: Clock,
  { id, notice, document, signal }: Delivery,
  settings: WebhookSettings,
): Promise<SendResult> {
  const payload = await inSlices(
    writingPayload(notice, { externalURL: document.links?.externalUrl ?? '', maxAlerts: settings.max_alerts }),
  );
  // the gravest were chosen; their order is the one that receivers know
  const alerts = await inSlices(sorting(payload.alerts, (one, other) => byLabels(one.labels, other.labels)));
  return postJson(pool, clock, {
    who: 'the webhook',
    url: () => (settings.url_file === undefined ? Promise.resolve(settings.url ?? '') : readTrimmed(settings.url_file)),
    config: settings.http_config ?? document.global.http_config,
    body: { ...payload, alerts },
    headers: { 'idempotency-key': id },
    timeout: settings.timeout,
    signal,
  });
}

export interface Post {
  /** in messages */
  readonly who: string;
  readonly url: () => Promise<string>;
  readonly config: HttpConfig | undefined;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout: Milliseconds;
  readonly signal: AbortSignal;
}

/** The address stays out of what is told: its path may be a secret. */
export async function postJson(pool: ClientPool, clock: Clock, post: Post): Promise<SendResult> {
  const { who, config, body, headers, timeout, signal } = post;
  let url: string;
  let proof: Readonly<Record<string, string>>;
  let client: ReturnType<ClientPool['clientFor']>;
  try {
    [url, proof] = await Promise.all([post.url(), headersOf(config)]);
    if (!URL.canParse(url) || !/^https?:\/\//i.test(url))
      return failed('', 'Misconfigured', `${who} has no address that begins with http:// or https://`);
    client = pool.clientFor(config, new URL(url));
    const shown = await tokenOf(pool, clock, post);
    if (typeof shown !== 'string') return shown;
    if (shown !== '') proof = { ...proof, authorization: shown };
  } catch (error) {
    return retry('', 'Misconfigured', `${who} cannot be used yet: ${messageOf(error)}`);
  }
  try {
    const answer = await client.request({
      method: 'POST',
      url,
      headers: { 'user-agent': 'springtide', 'content-type': 'application/json', ...headers, ...proof },
      body: await inSlices(written(body)),
      accept: 'any',
      idempotent: false,
      freshConnection: true,
      deadline: timeout,
      operation: 'post',
      secrets: secretsOfAddress(url),
      signal,
    });
    const mayBeBelieved = answer.status === 401 && pool.tokens.forget(proof['authorization']);
    return mayBeBelieved
      ? retry('', 'AuthRefused', answerInWords(who, answer))
      : resultOfAnswer('', who, answer, clock.now());
  } catch (error) {
    const result = resultOfThrown('', error);
    const { host, pathname } = new URL(url);
    return result.status === 'sent'
      ? result
      : { ...result, message: result.message.replaceAll(`${host}${pathname}`, host) };
  }
}

function* written(body: object): Generator<undefined, Buffer> {
  const pieces: Buffer[] = [];
  for (const piece of jsonPieces(body)) {
    pieces.push(Buffer.from(piece));
    yield;
  }
  return Buffer.concat(pieces);
}

/** Empty where none is asked for. */
async function tokenOf(pool: ClientPool, clock: Clock, post: Post): Promise<string | SendResult> {
  const { config, timeout, signal } = post;
  if (config?.oauth2 === undefined) return '';
  const { oauth2 } = config;
  const secret = await given(oauth2.client_secret, oauth2.client_secret_file);
  const client = pool.clientFor(oauth2, new URL(oauth2.token_url));
  return pool.tokens.authorizationOf(oauth2, secret, { client, now: () => clock.now(), timeout, signal });
}
