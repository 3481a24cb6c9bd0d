// Delivery reports as vendors post them: proved, read, answered; and what is not theirs.
import { describe, expect, it } from 'vitest';
import { takeReceipts } from '../../../src/alerts/channels/sms/receipts.ts';
import type { ReceiptRequest } from '../../../src/alerts/channels/sms/receipts.ts';
import { receiveReceipts } from '../../../src/alerts/channels/sms/receive.ts';
import { smsGateway } from '../../../src/config/schema/sms-gateways.ts';
import type { SmsGateway } from '../../../src/config/schema/sms-gateways.ts';
import { anAlertsDocument } from '../builders.ts';
import { twilioCallback } from './vendor-signatures.ts';

const token = { env: 'SPRINGTIDE_TEST_RECEIPTS' };
process.env['SPRINGTIDE_TEST_RECEIPTS'] = 's3cret';
const gateway = (kind: object): SmsGateway => smsGateway.parse({ name: 'main', ...kind });

const aliyun = gateway({
  aliyun: { accessKeyId: 'a', accessKeySecretFile: 'f', sign: 's', template: 't', receipts: { token } },
});
const tencent = gateway({
  tencent: { secretId: 'a', secretKeyFile: 'f', appId: '1', sign: 's', template: 't', receipts: { token } },
});
const callback = 'https://alerts.bank.cn/api/v1/sms/receipts/main';
const twilio = gateway({ twilio: { accountSid: 'AC1', authTokenFile: 'f', from: '+1', statusCallback: callback } });
const http = gateway({
  http: {
    url: 'http://gateway',
    receipts: {
      token,
      header: 'X-Secret',
      list: 'data.reports',
      id: 'id',
      status: 'state',
      delivered: [0, 'DELIVRD'],
      failed: [1],
      to: 'phone',
      answer: 'ok',
    },
  },
});

const posted = (body: unknown, more: Partial<ReceiptRequest> = {}): ReceiptRequest => ({
  headers: {},
  query: { token: 's3cret' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});

describe('receipts', () => {
  it('of Aliyun come in lists, by the clock of Beijing', () => {
    const report = {
      phone_number: '13811110000',
      report_time: '2026-11-21 09:00:00',
      success: true,
      err_code: 'DELIVERED',
      biz_id: '12345',
      out_id: 'n1-0',
    };
    const { receipts, answer, problem } = takeReceipts(
      aliyun,
      posted([report, { ...report, biz_id: '6', success: false, err_code: 'MK:1006' }, { nonsense: 1 }, null]),
      's3cret',
    );
    expect(problem).toBeNull();
    expect(answer).toMatchObject({ status: 200, body: '{"code":0,"msg":"接收成功"}' });
    expect(receipts).toEqual([
      {
        gateway: 'main',
        providerId: '12345',
        reference: 'n1-0',
        to: '13811110000',
        status: 'delivered',
        code: 'DELIVERED',
        at: Date.parse('2026-11-21T01:00:00Z'),
      },
      expect.objectContaining({ providerId: '6', status: 'failed', code: 'MK:1006' }),
    ]);
  });

  it('of Tencent name the serial number', () => {
    const report = { nationcode: '86', mobile: '13800000001', report_status: 'FAIL', errmsg: 'UNDELIV', sid: '5000:1' };
    const { receipts, answer } = takeReceipts(tencent, posted([report]), 's3cret');
    expect(answer.body).toBe('{"result":0,"errmsg":"OK"}');
    expect(receipts).toMatchObject([
      { providerId: '5000:1', to: '+8613800000001', status: 'failed', code: 'UNDELIV', at: null },
    ]);
  });

  it('of Twilio are signed, and only the last word counts', () => {
    const take = (fields: Record<string, string>, signature?: string) =>
      takeReceipts(
        twilio,
        posted(new URLSearchParams(fields).toString(), {
          headers: { 'x-twilio-signature': signature ?? twilioCallback('auth', callback, fields) },
        }),
        'auth',
      );
    const fields = { MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30003', To: '+1 5' };
    expect(take(fields)).toMatchObject({
      problem: null,
      answer: { status: 204, body: '' },
      receipts: [{ providerId: 'SM1', status: 'failed', code: 'undelivered 30003', to: '+1 5' }],
    });
    expect(take({ MessageSid: 'SM1', MessageStatus: 'sent' })).toMatchObject({ problem: null, receipts: [] });
    expect(take(fields, 'forged')).toMatchObject({ receipts: [], answer: { status: 403 } });
  });

  it('of any gateway are read where the configuration says', () => {
    const body = {
      data: {
        reports: [
          { id: 1, state: 0, phone: '1' },
          { id: 2, state: 1 },
          { id: 3, state: 'Q' },
        ],
      },
    };
    const { receipts, answer } = takeReceipts(http, posted(body, { headers: { 'x-secret': 's3cret' } }), 's3cret');
    expect(answer).toEqual({ status: 200, contentType: 'text/plain; charset=utf-8', body: 'ok' });
    expect(receipts.map(({ providerId, status, to }) => [providerId, status, to])).toEqual([
      ['1', 'delivered', '1'],
      ['2', 'failed', null],
      ['3', 'unknown', null],
    ]);
  });

  it('of any gateway may be a form', () => {
    const form = gateway({
      http: {
        url: 'http://gateway',
        receipts: { token: { env: 'X' }, id: 'msgid', status: 'stat', delivered: ['DELIVRD'], to: 'mobile' },
      },
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const body = 'msgid=1234567890123456789&mobile=%2B8613800000001&stat=DELIVRD';
    const { receipts } = takeReceipts(form, { headers, query: { token: 's3cret' }, body }, 's3cret');
    expect(receipts).toMatchObject([
      { providerId: '1234567890123456789', to: '+8613800000001', status: 'delivered', code: 'DELIVRD' },
    ]);
    const json = JSON.stringify({ msgid: 'a', stat: 'DELIVRD' });
    expect(takeReceipts(form, { headers, query: { token: 's3cret' }, body: json }, 's3cret').receipts).toHaveLength(1);
    expect(takeReceipts(aliyun, { headers, query: { token: 's3cret' }, body }, 's3cret')).toMatchObject({
      answer: { status: 400 },
    });
  });

  it.each([
    ['without its token', aliyun, posted([], { query: {} }), 403],
    ['with a wrong token', tencent, posted([], { query: { token: 's3cres' } }), 403],
    ['with the token in the wrong place', http, posted([]), 403],
    ['that is no JSON', aliyun, posted('<html>'), 400],
  ])('%s are refused', (_, to, request, status) => {
    const taken = takeReceipts(to, request, 's3cret');
    expect(taken).toMatchObject({ receipts: [], answer: { status } });
    expect(taken.problem).not.toBeNull();
  });

  it('are refused where no secret is set', () => {
    expect(takeReceipts(aliyun, posted([]), null)).toMatchObject({ answer: { status: 404 } });
  });

  it('find their gateway and its secret', async () => {
    const document = anAlertsDocument(`
sms_gateways:
  - { name: main, http: { url: 'http://gateway', receipts: { token: { env: SPRINGTIDE_TEST_RECEIPTS }, id: id, status: s, delivered: [ok] } } }
  - { name: late, http: { url: 'http://gateway', receipts: { token: { file: /nowhere }, id: id, status: s, delivered: [ok] } } }
route: { receiver: duty }
receivers: [{ name: duty }]`);
    expect(await receiveReceipts(document, 'main', posted({ id: 'a', s: 'ok' }))).toMatchObject({
      receipts: [{ providerId: 'a', status: 'delivered' }],
      answer: { body: '{"code":0}' },
    });
    expect(await receiveReceipts(document, 'late', posted({}))).toMatchObject({ answer: { status: 503 } });
    expect(await receiveReceipts(document, 'other', posted({}))).toMatchObject({ answer: { status: 404 } });
  });
});
