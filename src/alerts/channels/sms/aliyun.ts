// SMS by Aliyun: an approved sign and template, its variables as JSON; what went wrong stands in a 200.
import { randomUUID } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '../../../clients/http/types.ts';
import type { AliyunGateway } from '../../../config/schema/sms-gateways.ts';
import { isMistakenForMainland, mainlandNumberIn } from '../../../model/addresses.ts';
import type { Instant } from '../../../model/units.ts';
import { failed } from '../channel.ts';
import type { SendResult } from '../channel.ts';
import { readCredential } from '../secrets.ts';
import { canonicalQuery } from './percent.ts';
import { gatewayClient } from './sender.ts';
import type { SmsMessage, SmsSender, SmsTools } from './sender.ts';
import { signedAcs3 } from './sign-acs3.ts';
import { signedRpc } from './sign-aliyun-rpc.ts';
import { parsedJson, scalar, valueAt } from './template.ts';
import { paramValue } from './template-params.ts';
import { callVendor } from './vendor-call.ts';
import type { VendorAnswer } from './vendor-call.ts';
import { aliyunVerdict } from './vendor-errors.ts';

const action = 'SendSms';
const version = '2017-05-25';

export function createAliyunSender(name: string, settings: AliyunGateway, tools: SmsTools): SmsSender {
  const client = gatewayClient(name, settings);
  return {
    send: async (message) =>
      refusalOf(message) ??
      callVendor({
        vendor: 'Aliyun',
        client,
        message,
        now: () => tools.clock.now(),
        request: () => requestOf(settings, message, tools),
        read: answerOf,
      }),
    close: () => client.close(),
  };
}

/** Without its plus it would be a telephone of the mainland: a stranger's. */
const refusalOf = ({ to, whole }: SmsMessage): SendResult | null =>
  isMistakenForMainland(whole)
    ? failed(
        to,
        'AddressInvalid',
        `Aliyun would take +${whole} for ${whole} of the mainland: tell "${to}" by another gateway`,
      )
    : null;

async function requestOf(
  settings: AliyunGateway,
  message: SmsMessage,
  { clock, texts }: SmsTools,
): Promise<Pick<HttpRequest, 'url' | 'headers' | 'body'>> {
  const business = {
    // of the mainland eleven digits, of elsewhere the country's code without a plus
    PhoneNumbers: mainlandNumberIn(message.whole) ?? message.whole,
    SignName: settings.sign,
    TemplateCode: settings.template,
    TemplateParam: JSON.stringify(aliyunParams(settings, { ...message, texts: texts() })),
    OutId: message.reference,
  };
  const credentials = {
    accessKeyId: await readCredential(settings, 'accessKeyId'),
    accessKeySecret: await readCredential(settings, 'accessKeySecret'),
  };
  const call = { ...credentials, action, version, now: clock.now(), nonce: randomUUID() };
  return settings.signature === 'rpc' ? byRpc(settings, business, call) : byAcs3(settings, business, call);
}

type Business = Readonly<Record<string, string>>;
interface Call {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly action: string;
  readonly version: string;
  readonly now: Instant;
  readonly nonce: string;
}

const byRpc = ({ endpoint, region }: AliyunGateway, business: Business, call: Call) => ({
  url: endpoint,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: canonicalQuery(signedRpc('POST', business, { ...call, region })),
});

function byAcs3({ endpoint, region }: AliyunGateway, business: Business, call: Call) {
  const query = { ...business, ...(region !== undefined && { RegionId: region }) };
  return {
    url: `${endpoint}?${canonicalQuery(query)}`,
    headers: signedAcs3(query, { ...call, host: new URL(endpoint).host }),
  };
}

export function aliyunParams(
  settings: Pick<AliyunGateway, 'templateParams' | 'timeZone' | 'variableLength'>,
  facts: Pick<Parameters<typeof paramValue>[1], 'notice' | 'text' | 'texts'>,
): Readonly<Record<string, string>> {
  const context = { ...facts, timeZone: settings.timeZone, variableLength: settings.variableLength };
  return Object.fromEntries(
    Object.entries(settings.templateParams).map(([name, param]) => [name, paramValue(param, context)]),
  );
}

export function answerOf({ status, body }: Pick<HttpResponse, 'status' | 'body'>): VendorAnswer | null {
  const json = parsedJson(body);
  const code = scalar(valueAt(json, 'Code'));
  if (code === null) return null;
  const said = scalar(valueAt(json, 'Message')) ?? '';
  const verdict = aliyunVerdict(code, said);
  if (verdict.kind === 'taken' && status >= 300) return null;
  return {
    verdict: status >= 500 ? { kind: 'transient' } : verdict,
    providerId: scalar(valueAt(json, 'BizId')),
    words: [code, said, scalar(valueAt(json, 'RequestId')) ?? ''].filter((word) => word !== '').join(' '),
  };
}
