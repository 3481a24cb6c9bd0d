// Whether a gateway would take our credential, asked without sending anything: a call that only reads, where its vendor has one.
import { randomUUID } from 'node:crypto';
import type { HttpClient, HttpRequest } from '../../../clients/http/types.ts';
import { secretsOfAddress } from '../../../clients/http/forget.ts';
import type { Clock } from '../../../clock.ts';
import type { AliyunGateway, SmsGateway, TencentGateway, TwilioGateway } from '../../../config/schema/sms-gateways.ts';
import { messageOf } from '../../../model/errors.ts';
import { oneLine } from '../../render.ts';
import { answerInWords } from '../http-results.ts';
import { readCredential } from '../secrets.ts';
import { canonicalQuery } from './percent.ts';
import { gatewayClient } from './sender.ts';
import { signedAcs3 } from './sign-acs3.ts';
import { signedRpc } from './sign-aliyun-rpc.ts';
import { signedTc3 } from './sign-tc3.ts';
import { createSmppLink } from './smpp-link.ts';
import { parsedJson, scalar, valueAt } from './template.ts';

export type GatewayProof =
  | { readonly state: 'proven' }
  /** nobody can say without sending a text */
  | { readonly state: 'open'; readonly why: string }
  | { readonly state: 'refused'; readonly why: string };

const proven: GatewayProof = { state: 'proven' };
const refused = (why: string): GatewayProof => ({ state: 'refused', why: oneLine(why).slice(0, 300) });
const open = (why: string): GatewayProof => ({ state: 'open', why: oneLine(why).slice(0, 300) });

export async function proveGateway(gateway: SmsGateway, clock: Clock): Promise<GatewayProof> {
  const { name, aliyun, tencent, twilio, smpp } = gateway;
  try {
    if (aliyun !== undefined) return await asking(name, aliyun, () => aliyunRequest(aliyun, clock), aliyunAnswer);
    if (tencent !== undefined) return await asking(name, tencent, () => tencentRequest(tencent, clock), tencentAnswer);
    if (twilio !== undefined) return await asking(name, twilio, () => twilioRequest(twilio), twilioAnswer);
    if (smpp === undefined) return open('a gateway over plain HTTP has no call that only tries the credential');
    const link = createSmppLink({
      name: `SMS gateway ${name}`,
      settings: { ...smpp, registeredDelivery: false },
      password: () => readCredential(smpp, 'password'),
      clock,
      random: () => 0,
      onDeliver: () => Promise.resolve(false),
    });
    try {
      await link.ready();
      return proven;
    } finally {
      link.close();
    }
  } catch (error) {
    return refused(messageOf(error));
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function asking(
  name: string,
  settings: Parameters<typeof gatewayClient>[1],
  request: () => Promise<Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'secrets'>>,
  read: (answer: Answer) => GatewayProof,
): Promise<GatewayProof> {
  const client: HttpClient = gatewayClient(name, settings);
  try {
    const answer = await client.request({ ...(await request()), accept: 'any', operation: 'try credential' });
    return read(answer);
  } finally {
    client.close();
  }
}

const isWrong = (code: string): boolean =>
  /^(?:InvalidAccessKey|SignatureDoesNotMatch|IncompleteSignature|AuthFailure)/.test(code);

async function aliyunRequest(settings: AliyunGateway, clock: Clock): Promise<HttpRequest> {
  const { endpoint, region, template, signature } = settings;
  const call = {
    accessKeyId: await readCredential(settings, 'accessKeyId'),
    accessKeySecret: await readCredential(settings, 'accessKeySecret'),
    action: 'QuerySmsTemplate',
    version: '2017-05-25',
    now: clock.now(),
    nonce: randomUUID(),
  };
  const wanted = { TemplateCode: template };
  if (signature === 'rpc')
    return {
      method: 'POST',
      url: endpoint,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: canonicalQuery(signedRpc('POST', wanted, { ...call, region })),
    };
  const query = { ...wanted, ...(region !== undefined && { RegionId: region }) };
  return {
    method: 'POST',
    url: `${endpoint}?${canonicalQuery(query)}`,
    headers: signedAcs3(query, { ...call, host: new URL(endpoint).host }),
  };
}

function aliyunAnswer(answer: Answer): GatewayProof {
  const json = parsedJson(answer.body);
  const code = scalar(valueAt(json, 'Code'));
  if (code === null) return refused(answerInWords('Aliyun', answer));
  const words = `Aliyun: ${code} ${scalar(valueAt(json, 'Message')) ?? ''}`;
  if (code === 'OK') return proven;
  return isWrong(code) ? refused(words) : open(words);
}

async function tencentRequest(settings: TencentGateway, clock: Clock): Promise<HttpRequest> {
  const { endpoint, region, template } = settings;
  const body = JSON.stringify({ International: 0, TemplateIdSet: [Number(template)] });
  const call = {
    secretId: await readCredential(settings, 'secretId'),
    secretKey: await readCredential(settings, 'secretKey'),
    host: new URL(endpoint).host,
    region,
    action: 'DescribeSmsTemplateList',
    version: '2021-01-11',
    now: clock.now(),
  };
  return { method: 'POST', url: endpoint, headers: signedTc3(body, call), body };
}

function tencentAnswer(answer: Answer): GatewayProof {
  const response = valueAt(parsedJson(answer.body), 'Response');
  const code = scalar(valueAt(response, 'Error.Code'));
  if (code !== null) {
    const words = `Tencent: ${code} ${scalar(valueAt(response, 'Error.Message')) ?? ''}`;
    return isWrong(code) ? refused(words) : open(words);
  }
  const isAnswer = answer.status === 200 && scalar(valueAt(response, 'RequestId')) !== null;
  return isAnswer ? proven : refused(answerInWords('Tencent', answer));
}

async function twilioRequest(settings: TwilioGateway): Promise<HttpRequest> {
  const account = await readCredential(settings, 'accountSid');
  const token = await readCredential(settings, 'authToken');
  const url = `${settings.endpoint.replace(/\/+$/, '')}/2010-04-01/Accounts/${encodeURIComponent(account)}.json`;
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  return { method: 'GET', url, headers: { authorization }, secrets: secretsOfAddress(url) };
}

function twilioAnswer(answer: Answer): GatewayProof {
  if (answer.status !== 200) return refused(answerInWords('Twilio', answer));
  const status = scalar(valueAt(parsedJson(answer.body), 'status'));
  return status === 'active' ? proven : refused(`Twilio: the account is ${status ?? 'not shown'}`);
}
