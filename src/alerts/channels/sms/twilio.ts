// SMS by Twilio: a form with Basic authentication; what becomes of the message is posted back.
import { secretsOfAddress } from '../../../clients/http/forget.ts';
import type { HttpRequest, HttpResponse } from '../../../clients/http/types.ts';
import type { TwilioGateway } from '../../../config/schema/sms-gateways.ts';
import { readCredential } from '../secrets.ts';
import { gatewayClient } from './sender.ts';
import type { SmsMessage, SmsSender, SmsTools } from './sender.ts';
import { parsedJson, scalar, valueAt } from './template.ts';
import { callVendor } from './vendor-call.ts';
import type { VendorAnswer } from './vendor-call.ts';
import { twilioVerdict } from './vendor-errors.ts';

/** What Twilio takes in one message. */
const longest = 1600;

export function createTwilioSender(name: string, settings: TwilioGateway, tools: SmsTools): SmsSender {
  const client = gatewayClient(name, settings);
  return {
    send: (message) =>
      callVendor({
        vendor: 'Twilio',
        client,
        message,
        now: () => tools.clock.now(),
        request: () => requestOf(settings, message),
        read: answerOf,
      }),
    close: () => client.close(),
  };
}

async function requestOf(
  settings: TwilioGateway,
  { number, whole, text }: SmsMessage,
): Promise<Pick<HttpRequest, 'url' | 'headers' | 'body' | 'secrets'>> {
  const account = await readCredential(settings, 'accountSid');
  const token = await readCredential(settings, 'authToken');
  const { from, messagingServiceSid: service, statusCallback } = settings;
  const place = `2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`;
  const url = `${settings.endpoint.replace(/\/+$/, '')}/${place}`;
  return {
    url,
    secrets: secretsOfAddress(url),
    headers: { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` },
    body: new URLSearchParams({
      // what names no country is Twilio's to judge
      To: whole === number ? number : `+${whole}`,
      ...(from !== undefined && { From: from }),
      ...(service !== undefined && { MessagingServiceSid: service }),
      Body: text.slice(0, longest),
      ...(statusCallback !== undefined && { StatusCallback: statusCallback }),
    }),
  };
}

export function answerOf({ status, body }: Pick<HttpResponse, 'status' | 'body'>): VendorAnswer | null {
  const json = parsedJson(body);
  const sid = scalar(valueAt(json, 'sid'));
  const state = scalar(valueAt(json, 'status'));
  const refusedAtOnce = state === 'failed' || state === 'undelivered' || state === 'canceled';
  if (status < 300) {
    if (sid === null) return null;
    const code = Number(valueAt(json, 'error_code') ?? Number.NaN);
    const words = [scalar(valueAt(json, 'error_code')) ?? '', scalar(valueAt(json, 'error_message')) ?? state ?? ''];
    return {
      verdict: refusedAtOnce ? twilioVerdict(400, Number.isNaN(code) ? null : code) : { kind: 'taken' },
      providerId: sid,
      words: words.filter((word) => word !== '').join(' '),
    };
  }
  const code = valueAt(json, 'code');
  if (typeof code !== 'number') return null;
  return {
    verdict: twilioVerdict(status, code),
    providerId: null,
    words: `${code} ${scalar(valueAt(json, 'message')) ?? ''}`,
  };
}
