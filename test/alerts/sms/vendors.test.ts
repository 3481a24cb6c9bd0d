// The vendors' channels against servers that verify signatures: taken, refused, limited, broken, silent.
import { afterEach, describe, expect, it } from 'vitest';
import type { Delivery, SendResult } from '../../../src/alerts/channels/channel.ts';
import { createSmsChannel } from '../../../src/alerts/channels/sms/sms-channel.ts';
import { waitFor } from '../../../src/alerts/channels/sms/vendor-errors.ts';
import type { Clock } from '../../../src/clock.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Instant } from '../../../src/model/units.ts';
import { anAlert, anAlertsDocument, aNotice, catalogue } from '../builders.ts';
import { eventually } from '../eventually.ts';
import { startAliyun, startTencent, startTwilio } from './fakes.ts';
import type { FakeVendor, Scripted } from './fakes.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const now = Date.parse('2026-11-21T01:07:00Z') as Instant;
const clock: Clock = { now: () => now, after: (delay, run) => systemClock.after(delay, run) };
process.env['SPRINGTIDE_TEST_SMS_SECRET'] = 'testSecret';
process.env['SPRINGTIDE_TEST_SMS_WRONG'] = 'another';
const texts = catalogue('zh-CN');
const secret = '{ env: SPRINGTIDE_TEST_SMS_SECRET }';

/** What a form, an address and a signature each write in a way of their own. */
const hard = `!'()* 100%~a+b %2B&c=d;e?#f"g" <h>|{i}^ é 池满 🌊`;
const labels = { alertname: 'SpringtidePoolAtMaximum', cluster: 'pay-sh-07', node: '10.0.3.17:9100', hard };
const annotations = { summary: 'workers full, see https://grafana.bank.cn/d/1', value: '97.5', sms: 'workers 池满' };

async function started(vendor: Promise<FakeVendor>): Promise<FakeVendor> {
  const server = await vendor;
  closing.push(() => server.close());
  return server;
}

async function sent(
  gateway: string,
  to = '+8613800000001',
  signal = new AbortController().signal,
  text = '告警 workers 池满',
): Promise<SendResult> {
  const document = anAlertsDocument(`
sms_gateways: [{ name: main, ${gateway} }]
people: { zhang: { sms: '${to}' } }
route: { receiver: duty }
receivers: [{ name: duty, sms_configs: [{ to: [zhang] }] }]`);
  const channel = createSmsChannel({ texts: () => texts, clock });
  const delivery: Delivery = {
    id: 'a1b2c3d4e5',
    at: now,
    notice: { ...aNotice(anAlert(annotations, labels)), acknowledgeCode: 'k7m2p9qx' },
    text,
    to: ['zhang'],
    document,
    signal,
  };
  const [result] = await channel.send(delivery, { to: ['zhang'] });
  channel.close();
  if (result === undefined) throw new Error('no result');
  return result;
}

const hangs: readonly (readonly [string, Scripted, Partial<SendResult>])[] = [
  ['is silent', 'hang', { status: 'retry', reason: 'Timeout', uncertain: true }],
  ['hangs up', 'hangUp', { status: 'retry', reason: 'Unreachable', uncertain: true }],
  ['fails', { status: 503, body: '' }, { status: 'retry', reason: 'ServerError' }],
  [
    'is throttled before the vendor',
    { status: 429, body: 'slow', headers: { 'retry-after': '7' } },
    { status: 'retry', reason: 'RateLimited', retryAfter: 7000 as never },
  ],
  [
    'is stood in for by something else',
    { status: 200, body: '<html>Welcome</html>' },
    { status: 'retry', reason: 'Unexpected', uncertain: true },
  ],
  ['sends elsewhere', { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } }, { status: 'failed' }],
];

const impatient = (gateway: string, scripted: Scripted): string =>
  scripted === 'hang' ? gateway.replace('timeout: 5s', 'timeout: 200ms') : gateway;

describe.each(['acs3', 'rpc'] as const)('Aliyun by %s', (signature) => {
  const gateway = (url: string, more = ''): string =>
    `aliyun: { accessKeyId: testId, accessKeySecret: ${secret}, sign: 潮汐, template: SMS_1, signature: ${signature}, endpoint: '${url}', timeout: 5s, ${more} }`;

  it('takes a signed text with the variables of its template', async () => {
    const vendor = await started(startAliyun('testSecret'));
    expect(await sent(gateway(vendor.url))).toEqual({
      to: 'zhang',
      status: 'sent',
      providerId: 'biz-1^0',
      gateway: 'main',
    });
    expect(vendor.taken[0]).toMatchObject({
      PhoneNumbers: '13800000001',
      SignName: '潮汐',
      TemplateCode: 'SMS_1',
      OutId: 'a1b2c3d4e5-0',
    });
    expect(JSON.parse(String(vendor.taken[0]?.['TemplateParam']))).toEqual({
      status: '告警',
      name: 'SpringtidePoolAtMaximum',
      cluster: 'pay-sh-07',
      since: '11-11 10:00',
    });
  });

  it('signs characters that are written in several ways', async () => {
    const vendor = await started(startAliyun('testSecret'));
    const params = 'templateParams: { hard: { fact: labels.hard, length: 100 } }';
    const signed = gateway(vendor.url, params).replace('sign: 潮汐', `sign: "潮汐!'(*)~+"`);
    expect(await sent(signed)).toMatchObject({ status: 'sent' });
    expect(vendor.taken[0]).toMatchObject({ SignName: `潮汐!'(*)~+` });
    expect(JSON.parse(String(vendor.taken[0]?.['TemplateParam']))).toEqual({ hard });
  });

  it('says without addresses what it says', async () => {
    const vendor = await started(startAliyun('testSecret'));
    const params = `templateParams: { node: labels.node, text: { fact: summary, length: 40 }, short: { fact: summary, length: 12 }, id: token, other: labels.none }`;
    expect(await sent(gateway(vendor.url, params))).toMatchObject({ status: 'sent' });
    expect(JSON.parse(String(vendor.taken[0]?.['TemplateParam']))).toEqual({
      node: '10-0-3-17_9100',
      text: 'workers full, see #k7m2p9qx',
      short: 'workers…',
      id: '#k7m2p9qx',
      other: '-',
    });
  });

  it.each([
    [
      'isv.BUSINESS_LIMIT_CONTROL',
      '触发分钟级流控Permits:1',
      { status: 'retry', reason: 'RateLimited', retryAfter: 60_000 },
    ],
    [
      'isv.BUSINESS_LIMIT_CONTROL',
      '触发小时级流控Permits:5',
      { status: 'retry', reason: 'RateLimited', retryAfter: 53 * 60_000 + 5000 },
    ],
    [
      'isv.BUSINESS_LIMIT_CONTROL',
      '触发天级流控Permits:10',
      { status: 'retry', reason: 'RateLimited', retryAfter: 4 * 3_600_000 },
    ],
    ['isv.DAY_LIMIT_CONTROL', '', { status: 'retry', reason: 'RateLimited' }],
    ['isv.AMOUNT_NOT_ENOUGH', '', { status: 'retry', reason: 'AccountRefused' }],
    ['isp.SYSTEM_ERROR', '', { status: 'retry', reason: 'ServerError' }],
    ['isv.MOBILE_NUMBER_ILLEGAL', '', { status: 'failed', reason: 'RecipientRefused' }],
    ['isv.SMS_TEMPLATE_ILLEGAL', '', { status: 'failed', reason: 'ClientError' }],
    ['isv.SOMETHING_NEW', '', { status: 'failed', reason: 'ClientError' }],
  ])('reads %s %s in a 200', async (Code, Message, expected) => {
    const vendor = await started(startAliyun('testSecret'));
    vendor.script.push({ status: 200, body: { Code, Message, RequestId: 'r-1' } });
    const result = await sent(gateway(vendor.url));
    expect(result).toMatchObject(expected);
    expect(result).toHaveProperty('message', expect.stringContaining(`Aliyun: ${Code}`));
  });

  it.each([
    ['13800000001', '13800000001'],
    ['0086 138 0000 0001', '13800000001'],
    ['8613800000001', '13800000001'],
    ['+85261234567', '85261234567'],
  ])('takes a text for %s as for %s', async (number, told) => {
    const vendor = await started(startAliyun('testSecret'));
    expect(await sent(gateway(vendor.url), number)).toMatchObject({ status: 'sent' });
    expect(vendor.taken[0]).toMatchObject({ PhoneNumbers: told });
  });

  it('is not asked to tell a stranger in the mainland what is for somebody in another country', async () => {
    const vendor = await started(startAliyun('testSecret'));
    expect(await sent(gateway(vendor.url), '+13105550123')).toEqual({
      to: 'zhang',
      status: 'failed',
      reason: 'AddressInvalid',
      message: 'Aliyun would take +13105550123 for 13105550123 of the mainland: tell "zhang" by another gateway',
    });
    expect(vendor.asked).toEqual([]);
  });

  it.each(hangs)('tells what it means when it %s', async (_, scripted, expected) => {
    const vendor = await started(startAliyun('testSecret'));
    vendor.script.push(scripted);
    expect(await sent(impatient(gateway(vendor.url), scripted))).toMatchObject(expected);
  });

  it('is refused with a wrong secret, and waits for one that is not there yet', async () => {
    const vendor = await started(startAliyun('testSecret'));
    const wrong = gateway(vendor.url).replace('SPRINGTIDE_TEST_SMS_SECRET', 'SPRINGTIDE_TEST_SMS_WRONG');
    expect(await sent(wrong)).toMatchObject({ status: 'failed', reason: 'AuthRefused' });
    const missing = gateway(vendor.url).replace('SPRINGTIDE_TEST_SMS_SECRET', 'SPRINGTIDE_TEST_SMS_NONE');
    expect(await sent(missing)).toMatchObject({ status: 'retry', reason: 'Misconfigured', uncertain: false });
  });
});

describe('Tencent', () => {
  const gateway = (url: string): string =>
    `tencent: { secretId: AKID, secretKey: ${secret}, appId: '1400006666', sign: 潮汐, template: '1234', endpoint: '${url}', timeout: 5s, variableLength: 35 }`;
  const entry = (Code: string) => ({
    Response: { SendStatusSet: [{ SerialNo: '', PhoneNumber: '+8613800000001', Code, Message: 'm' }], RequestId: 'r' },
  });

  it.each(['+8613800000001', '13800000001', '008613800000001'])('takes a signed text for %s', async (number) => {
    const vendor = await started(startTencent('testSecret'));
    expect(await sent(gateway(vendor.url), number)).toEqual({
      to: 'zhang',
      status: 'sent',
      providerId: '5000:1',
      gateway: 'main',
    });
    expect(vendor.taken[0]).toEqual({
      PhoneNumberSet: ['+8613800000001'],
      SmsSdkAppId: '1400006666',
      SignName: '潮汐',
      TemplateId: '1234',
      TemplateParamSet: ['告警', 'SpringtidePoolAtMaximum', 'pay-sh-07', '11-11 10:00'],
      SessionContext: 'a1b2c3d4e5-0',
    });
  });

  it('signs characters that are written in several ways', async () => {
    const vendor = await started(startTencent('testSecret'));
    const params = 'templateParams: [{ fact: labels.hard, length: 100 }]';
    expect(await sent(gateway(vendor.url).replace('variableLength: 35', params))).toMatchObject({ status: 'sent' });
    expect(vendor.taken[0]).toMatchObject({ TemplateParamSet: [hard] });
  });

  it.each([
    ['LimitExceeded.PhoneNumberThirtySecondLimit', { status: 'retry', reason: 'RateLimited', retryAfter: 31_000 }],
    ['LimitExceeded.PhoneNumberDailyLimit', { status: 'retry', reason: 'RateLimited', retryAfter: 4 * 3_600_000 }],
    ['FailedOperation.InsufficientBalanceInSmsPackage', { status: 'retry', reason: 'AccountRefused' }],
    ['InternalError.Timeout', { status: 'retry', reason: 'ServerError' }],
    ['InvalidParameterValue.IncorrectPhoneNumber', { status: 'failed', reason: 'RecipientRefused' }],
    ['FailedOperation.TemplateIncorrectOrUnapproved', { status: 'failed', reason: 'ClientError' }],
  ])('reads %s of a number', async (code, expected) => {
    const vendor = await started(startTencent('testSecret'));
    vendor.script.push({ status: 200, body: entry(code) });
    expect(await sent(gateway(vendor.url))).toMatchObject(expected);
  });

  it.each([
    ['RequestLimitExceeded', { status: 'retry', reason: 'RateLimited' }],
    ['AuthFailure.SecretIdNotFound', { status: 'failed', reason: 'AuthRefused' }],
  ])('reads the error %s of the request', async (Code, expected) => {
    const vendor = await started(startTencent('testSecret'));
    vendor.script.push({ status: 200, body: { Response: { Error: { Code, Message: 'm' }, RequestId: 'r' } } });
    expect(await sent(gateway(vendor.url))).toMatchObject(expected);
  });

  it.each(hangs)('tells what it means when it %s', async (_, scripted, expected) => {
    const vendor = await started(startTencent('testSecret'));
    vendor.script.push(scripted);
    expect(await sent(impatient(gateway(vendor.url), scripted))).toMatchObject(expected);
  });

  it('is refused with a wrong key', async () => {
    const vendor = await started(startTencent('another'));
    expect(await sent(gateway(vendor.url))).toMatchObject({ status: 'failed', reason: 'AuthRefused' });
  });
});

describe('Twilio', () => {
  const gateway = (url: string): string =>
    `twilio: { accountSid: AC1, authToken: ${secret}, from: '+15557122661', statusCallback: 'https://example.com/cb', endpoint: '${url}', timeout: 5s }`;

  it('takes a form', async () => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    expect(await sent(gateway(vendor.url))).toMatchObject({ status: 'sent', providerId: `SM${'1'.padStart(32, '0')}` });
    expect(vendor.taken[0]).toEqual({
      To: '+8613800000001',
      From: '+15557122661',
      Body: '告警 workers 池满',
      StatusCallback: 'https://example.com/cb',
    });
  });

  it('takes characters that a form writes in several ways', async () => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    expect(await sent(gateway(vendor.url), undefined, undefined, hard)).toMatchObject({ status: 'sent' });
    expect(vendor.taken[0]).toMatchObject({ Body: hard });
  });

  it.each([
    [429, 20429, { status: 'retry', reason: 'RateLimited', retryAfter: 3000 }, { 'retry-after': '3' }],
    [400, 21611, { status: 'retry', reason: 'RateLimited', retryAfter: 53 * 60_000 + 5000 }, {}],
    [429, 21611, { status: 'retry', reason: 'RateLimited', retryAfter: 53 * 60_000 + 5000 }, {}],
    [429, 63038, { status: 'retry', reason: 'RateLimited', retryAfter: 4 * 3_600_000 }, {}],
    [400, 21610, { status: 'failed', reason: 'RecipientRefused' }, {}],
    [400, 21606, { status: 'failed', reason: 'ClientError' }, {}],
    [500, 20500, { status: 'retry', reason: 'ServerError' }, {}],
  ])('reads %i with %i', async (status, code, expected, headers) => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    vendor.script.push({ status, body: { code, message: 'm', status }, headers });
    expect(await sent(gateway(vendor.url))).toMatchObject(expected);
  });

  it('is told of each number with its country, where that is known', async () => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    for (const number of ['0013105550123', '+1 310 555 0123']) {
      expect(await sent(gateway(vendor.url), number)).toMatchObject({ status: 'sent' });
      expect(vendor.taken.at(-1)).toMatchObject({ To: '+13105550123' });
    }
    const mainland = `${gateway(vendor.url)} }, { name: other, http: { url: 'http://127.0.0.1:1/' }`;
    expect(await sent(mainland, '13800000001')).toMatchObject({ status: 'sent' });
    expect(vendor.taken.at(-1)).toMatchObject({ To: '+8613800000001' });
  });

  it('is told of a wrong number and a wrong token', async () => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    expect(await sent(gateway(vendor.url), '5551234567')).toMatchObject({
      status: 'failed',
      reason: 'RecipientRefused',
    });
    const other = await started(startTwilio('AC1', 'other'));
    expect(await sent(gateway(other.url))).toMatchObject({ status: 'failed', reason: 'AuthRefused' });
  });

  it.each(hangs)('tells what it means when it %s', async (_, scripted, expected) => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    vendor.script.push(scripted);
    expect(await sent(impatient(gateway(vendor.url), scripted))).toMatchObject(expected);
  });

  it('is given up when the daemon stops', async () => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    vendor.script.push('hang');
    const stopping = new AbortController();
    stopping.abort();
    const result = sent(gateway(vendor.url), '+15550001', stopping.signal);
    expect(await result).toMatchObject({ status: 'retry', reason: 'Interrupted', uncertain: true });
  });
});

describe('a gateway that a reload changes or takes away', () => {
  const written = (url: string, more: string): string => `
sms_gateways: [{ name: main, twilio: { accountSid: AC1, authToken: ${secret}, from: '+1555', endpoint: '${url}', ${more} } }]
people: { zhang: { sms: '+8613800000001' } }
route: { receiver: duty }
receivers: [{ name: duty, sms_configs: [{ to: [zhang] }] }]`;

  it.each(['changes', 'takes away'])('does not cut what is on its way: %s', async (what) => {
    const vendor = await started(startTwilio('AC1', 'testSecret'));
    let release = (): void => undefined;
    const taken = { status: 201, body: { sid: 'SM1', status: 'queued' } };
    vendor.script.push(new Promise((resolve) => (release = () => resolve(taken))));
    const channel = createSmsChannel({ texts: () => texts, clock });
    const send = (more: string): Promise<readonly SendResult[]> => {
      const document = anAlertsDocument(written(vendor.url, more));
      const notice = aNotice(anAlert(annotations, labels));
      const { signal } = new AbortController();
      return channel.send({ id: 'a', at: now, notice, text: 'x', to: ['zhang'], document, signal }, { to: ['zhang'] });
    };
    const sending = send('');
    await eventually(() => expect(vendor.asked).toHaveLength(1));
    if (what === 'takes away') channel.prepare({ ...anAlertsDocument(written(vendor.url, '')), sms_gateways: [] });
    else expect(await send('timeout: 7s')).toMatchObject([{ status: 'sent' }]);
    release();
    expect(await sending).toMatchObject([{ status: 'sent', providerId: 'SM1' }]);
    channel.close();
  });
});

describe('a wait for a limit', () => {
  it('ends with the window, by the clock of Beijing, and is never long', () => {
    const at = Date.parse('2026-11-21T15:30:00Z') as Instant;
    expect(waitFor('hour', at)).toBe(30 * 60_000 + 5000);
    expect(waitFor('day', at)).toBe(31 * 60_000);
    expect(waitFor('month', at)).toBe(4 * 3_600_000);
  });
});
