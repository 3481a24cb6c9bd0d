// SMS through any HTTP gateway: a body template, success by status and a value of the answer, retries by status.
import { secretsOfAddress } from '../../../clients/http/forget.ts';
import type { HttpClient, HttpResponse } from '../../../clients/http/types.ts';
import type { HttpGateway } from '../../../config/schema/sms-gateways.ts';
import { messageOf } from '../../../model/errors.ts';
import type { Instant } from '../../../model/units.ts';
import { oneLine } from '../../render.ts';
import { failed, retry } from '../channel.ts';
import type { SendResult } from '../channel.ts';
import { answerInWords, reasonOfStatus, resultOfThrown, retryAfterOf } from '../http-results.ts';
import { readSecret } from '../secrets.ts';
import { gatewayClient } from './sender.ts';
import type { SmsMessage, SmsSender, SmsTools } from './sender.ts';
import { escapingFor, fillTemplate, parsedJson, scalar, valueAt } from './template.ts';

export function createHttpSender(name: string, gateway: HttpGateway, tools: SmsTools): SmsSender {
  const client = gatewayClient(name, gateway);
  return {
    send: (message) => sendBy(client, name, gateway, message, () => tools.clock.now()),
    close: () => client.close(),
  };
}

async function sendBy(
  client: HttpClient,
  name: string,
  gateway: HttpGateway,
  { to, number, text, reference, notice, signal }: SmsMessage,
  now: () => Instant,
): Promise<SendResult> {
  const values = { to: number, text, id: reference, code: notice.acknowledgeCode ?? '' };
  let authorization: Readonly<Record<string, string>> = {};
  try {
    if (gateway.bearer !== undefined) authorization = { authorization: `Bearer ${await readSecret(gateway.bearer)}` };
  } catch (error) {
    return retry(to, 'Misconfigured', `SMS gateway ${name} cannot be used yet: ${messageOf(error)}`);
  }
  const headers = Object.entries(gateway.headers).map(
    ([header, value]) => [header.toLowerCase(), oneLine(fillTemplate(value, values, 'none'))] as const,
  );
  const url = fillTemplate(gateway.url.replace(/%7B%7B/gi, '{{').replace(/%7D%7D/gi, '}}'), values, 'form');
  try {
    const answer = await client.request({
      method: gateway.method,
      url,
      headers: { 'content-type': gateway.contentType, ...Object.fromEntries(headers), ...authorization },
      ...(gateway.method !== 'GET' && { body: fillTemplate(gateway.body, values, escapingFor(gateway.contentType)) }),
      accept: 'any',
      idempotent: false,
      freshConnection: true,
      operation: 'send SMS',
      secrets: secretsOfAddress(url),
      signal,
    });
    return resultOf(to, gateway, answer, now());
  } catch (error) {
    return resultOfThrown(to, error);
  }
}

function resultOf(to: string, gateway: HttpGateway, answer: HttpResponse, now: Instant): SendResult {
  const { success } = gateway;
  const message = answerInWords('the gateway', answer);
  if (success.status.includes(answer.status)) {
    const body = success.path === undefined && gateway.idPath === undefined ? undefined : parsedJson(answer.body);
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
  return retry(to, reason, message, { retryAfter: retryAfterOf(answer.headers, now) });
}
