// SMS through any HTTP gateway: a body template, success by status and a value of the answer, retries by status.
import { readFile } from 'node:fs/promises';
import { createHttpClient } from '../../../clients/http/client.ts';
import { ClientError } from '../../../clients/http/error.ts';
import type { HttpClient, HttpResponse } from '../../../clients/http/types.ts';
import type { AlertsDocument } from '../../../model/config.ts';
import { messageOf } from '../../../model/errors.ts';
import type { Milliseconds } from '../../../model/units.ts';
import { oneLine } from '../../render.ts';
import { failed, retry } from '../channel.ts';
import type { Channel, Delivery, FailureReason, SendResult } from '../channel.ts';
import { phoneNumberOf } from '../people.ts';
import { escapingFor, fillTemplate, valueAt } from './template.ts';

export type SmsSettings = AlertsDocument['receivers'][number]['sms_configs'][number];
type Gateway = AlertsDocument['sms_gateways'][number];
type HttpGateway = Gateway['http'];

export function createSmsChannel(): Channel<SmsSettings> {
  // one keep-alive client a gateway, made anew when a reload changed it
  const clients = new Map<string, { readonly gateway: HttpGateway; readonly client: HttpClient }>();

  function clientOf({ name, http: gateway }: Gateway): HttpClient {
    const known = clients.get(name);
    if (known?.gateway === gateway) return known.client;
    known?.client.close();
    const client = createHttpClient({
      name: `SMS gateway ${name}`,
      deadline: gateway.timeout,
      maxBodyBytes: 256 * 1024,
      retry: { attempts: 1, baseDelay: 0 as Milliseconds, maxDelay: 0 as Milliseconds },
      breaker: false,
      ...(gateway.tls !== undefined && { tls: definedOnly(gateway.tls) }),
    });
    clients.set(name, { gateway, client });
    return client;
  }

  async function sendTo(to: string, delivery: Delivery, settings: SmsSettings): Promise<SendResult> {
    const { sms_gateways: gateways } = delivery.document;
    const gateway =
      settings.gateway === undefined ? gateways[0] : gateways.find(({ name }) => name === settings.gateway);
    if (gateway === undefined)
      return failed(to, 'Misconfigured', `there is no SMS gateway "${settings.gateway ?? ''}"`);
    const found = await phoneNumberOf(to, delivery.document);
    if ('problem' in found) return found.problem;
    const values = { to: found.address, text: delivery.text, id: `${delivery.id}-${String(indexOf(to, settings))}` };
    const { http } = gateway;
    let authorization: Readonly<Record<string, string>>;
    let client: HttpClient;
    try {
      authorization = await bearerOf(http);
      client = clientOf(gateway);
    } catch (error) {
      return retry(to, 'Misconfigured', `SMS gateway ${gateway.name} cannot be used yet: ${messageOf(error)}`);
    }
    const headers = Object.entries(http.headers).map(
      ([name, value]) => [name.toLowerCase(), oneLine(fillTemplate(value, values, 'none'))] as const,
    );
    try {
      const answer = await client.request({
        method: http.method,
        url: fillTemplate(http.url.replace(/%7B%7B/gi, '{{').replace(/%7D%7D/gi, '}}'), values, 'form'),
        headers: { 'content-type': http.contentType, ...Object.fromEntries(headers), ...authorization },
        ...(http.method !== 'GET' && { body: fillTemplate(http.body, values, escapingFor(http.contentType)) }),
        accept: 'any',
        idempotent: false,
        freshConnection: true,
        operation: 'send SMS',
        signal: delivery.signal,
      });
      return resultOf(to, http, answer);
    } catch (error) {
      return resultOfThrown(to, error);
    }
  }

  return {
    style: 'apart',
    send: (delivery, settings) => Promise.all(delivery.to.map((to) => sendTo(to, delivery, settings))),
    close: () => clients.forEach(({ client }) => client.close()),
  };
}

const indexOf = (to: string, settings: SmsSettings): number => settings.to.indexOf(to);

async function bearerOf({ bearer }: HttpGateway): Promise<Readonly<Record<string, string>>> {
  if (bearer === undefined) return {};
  const secret = bearer.file === undefined ? process.env[bearer.env ?? ''] : await readFile(bearer.file, 'utf8');
  if (secret === undefined) throw new Error(`the environment has no ${bearer.env ?? ''}`);
  return { authorization: `Bearer ${secret.trim()}` };
}

function resultOf(to: string, gateway: HttpGateway, answer: HttpResponse): SendResult {
  const { success } = gateway;
  const excerpt = oneLine(answer.body).slice(0, 200);
  const message = `the gateway answered ${answer.status}${excerpt === '' ? '' : `: ${excerpt}`}`;
  if (success.status.includes(answer.status)) {
    const body = success.path === undefined && gateway.idPath === undefined ? undefined : parsed(answer.body);
    if (success.path !== undefined) {
      const value = valueAt(body, success.path);
      const wanted = success.equals;
      const good = wanted === undefined ? value !== undefined && value !== null : scalar(value) === String(wanted);
      if (!good) return failed(to, 'ClientError', message);
    }
    return {
      to,
      status: 'sent',
      providerId: gateway.idPath === undefined ? null : scalar(valueAt(body, gateway.idPath)),
    };
  }
  const reason = reasonOfStatus(answer.status);
  if (!gateway.retryStatus.includes(answer.status)) return failed(to, reason, message);
  return retry(to, reason, message, { retryAfter: retryAfterOf(answer.headers['retry-after']) });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

const scalar = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;

function reasonOfStatus(status: number): FailureReason {
  if (status === 429) return 'RateLimited';
  if (status >= 500) return 'ServerError';
  return status === 401 || status === 403 ? 'AuthRefused' : 'ClientError';
}

/** Seconds or an HTTP date, at most an hour. */
function retryAfterOf(text: string | undefined): Milliseconds | null {
  if (text === undefined) return null;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? null : (Math.min(Math.max(0, wait), 3_600_000) as Milliseconds);
}

function resultOfThrown(to: string, error: unknown): SendResult {
  if (!(error instanceof ClientError)) return retry(to, 'Unexpected', messageOf(error), { uncertain: true });
  switch (error.code) {
    case 'Timeout':
      return retry(to, 'Timeout', error.message, { uncertain: true });
    case 'Aborted':
      return retry(to, 'Interrupted', error.message, { uncertain: true });
    case 'TlsRefused':
      return retry(to, 'TlsFailed', error.message);
    case 'Unreachable':
      return retry(to, 'Unreachable', error.message, { uncertain: !error.message.includes('ECONNREFUSED') });
    default:
      return retry(to, 'Unexpected', error.message, { uncertain: true });
  }
}

function definedOnly(tls: NonNullable<HttpGateway['tls']>): Readonly<Record<string, string | boolean>> {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}
