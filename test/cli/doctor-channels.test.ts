// What the doctor asks of mail servers and SMS gateways: a login or a call that reads; nothing is ever sent.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { channelChecks } from '../../src/doctor/channels.ts';
import { skewOf } from '../../src/doctor/clocks.ts';
import type { HttpResponse } from '../../src/clients/http/types.ts';
import { systemClock } from '../../src/clock.ts';
import { alertsDocument } from '../../src/config/schema/alerts.ts';
import { startSmtpInbox, type SmtpInbox } from '../../src/sandbox/inbox/smtp.ts';
import { startMailParrot, type MailParrot } from '../security/canaries.ts';

let directory: string;
let key: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-doctor-'));
  key = path.join(directory, 'key');
  await writeFile(key, 'hunter2-of-the-gateway');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Vendor {
  readonly url: string;
  readonly asked: string[];
  readonly server: Server;
}
const vendors: Vendor[] = [];
afterEach(async () => {
  for (const { server } of vendors.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

async function aVendor(status: number, answer: object): Promise<Vendor> {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(
      `${request.method ?? ''} ${(request.url ?? '').replace(/Signature.*/, '')} ${String(request.headers['x-tc-action'] ?? request.headers['x-acs-action'] ?? '')}`.trim(),
    );
    request.resume();
    response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' }).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const vendor = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
  vendors.push(vendor);
  return vendor;
}

const documentOf = (over: object) =>
  alertsDocument.parse({ route: { receiver: 'r' }, receivers: [{ name: 'r' }], ...over });
const checked = async (over: object): Promise<readonly string[]> =>
  (await channelChecks(documentOf(over), systemClock)).map(
    ({ state, code, facts }) => `${state} ${code}${facts['why'] === undefined ? '' : `: ${facts['why']}`}`,
  );

describe('SMS gateways', () => {
  const file = () => ({ file: key });
  const aliyun = (url: string) => ({
    endpoint: `${url}/`,
    accessKeyId: 'id',
    accessKeySecret: file(),
    sign: '潮汐',
    template: 'SMS_1',
  });
  const tencent = (url: string) => ({
    endpoint: `${url}/`,
    secretId: 'id',
    secretKey: file(),
    appId: '1',
    sign: '潮汐',
    template: '12',
  });
  const twilio = (url: string) => ({
    endpoint: url,
    accountSid: 'AC12345678',
    authToken: file(),
    from: '+15005550006',
  });
  it.each([
    ['aliyun', aliyun, 200, { Code: 'OK', TemplateStatus: 1 }, 'ok sms', 'QuerySmsTemplate'],
    [
      'aliyun',
      aliyun,
      403,
      { Code: 'SignatureDoesNotMatch', Message: 'no' },
      'fail smsRefused: Aliyun: SignatureDoesNotMatch no',
      'QuerySmsTemplate',
    ],
    [
      'aliyun',
      aliyun,
      403,
      { Code: 'Forbidden.RAM', Message: 'no' },
      'warn smsUnproven: Aliyun: Forbidden.RAM no',
      'QuerySmsTemplate',
    ],
    ['tencent', tencent, 200, { Response: { RequestId: 'r' } }, 'ok sms', 'DescribeSmsTemplateList'],
    [
      'tencent',
      tencent,
      200,
      { Response: { Error: { Code: 'AuthFailure.SecretIdNotFound', Message: 'no' }, RequestId: 'r' } },
      'fail smsRefused: Tencent: AuthFailure.SecretIdNotFound no',
      'DescribeSmsTemplateList',
    ],
    ['twilio', twilio, 200, { status: 'active' }, 'ok sms', 'GET /2010-04-01/Accounts/AC12345678.json'],
    ['twilio', twilio, 200, { status: 'suspended' }, 'fail smsRefused: Twilio: the account is suspended', 'GET'],
    ['twilio', twilio, 401, { message: 'no' }, 'fail smsRefused: Twilio answered 401: {"message":"no"}', 'GET'],
  ] as const)('%s, %#', async (kind, settings, status, answer, told, asked) => {
    const vendor = await aVendor(status, answer);
    expect(await checked({ sms_gateways: [{ name: 'g', [kind]: settings(vendor.url) }] })).toEqual([told]);
    expect(vendor.asked).toEqual([expect.stringContaining(asked)]);
  });

  it('say so where nothing can be asked without sending, and ask nothing', async () => {
    const vendor = await aVendor(200, {});
    const [told = ''] = await checked({ sms_gateways: [{ name: 'g', http: { url: vendor.url } }] });
    expect(told).toContain('warn smsUnproven');
    expect(vendor.asked).toEqual([]);
  });

  it('are told unreachable or without a key', async () => {
    const gone = { ...twilio('http://127.0.0.1:9'), timeout: '2s' };
    const keyless = { ...twilio('http://127.0.0.1:9'), authToken: { file: path.join(directory, 'none') } };
    const told = await checked({
      sms_gateways: [
        { name: 'g', twilio: gone },
        { name: 'h', twilio: keyless },
      ],
    });
    expect(told).toEqual([expect.stringContaining('ECONNREFUSED'), expect.stringContaining('ENOENT')]);
  });
});

describe('mail servers', () => {
  let inbox: SmtpInbox;
  let parrot: MailParrot;
  beforeAll(async () => {
    inbox = await startSmtpInbox({ clock: systemClock, tls: 'none' });
    parrot = await startMailParrot();
  });
  afterAll(async () => {
    await inbox.stop();
    await parrot.stop();
  });

  it('are logged in at, each once, and nothing is sent', async () => {
    const global = { smtp_smarthost: `127.0.0.1:${inbox.port}`, smtp_from: 'a@example.com', smtp_require_tls: false };
    const receivers = [
      { name: 'r', email_configs: [{ to: 'a@example.com' }, { to: '{{ .CommonLabels.team }}@example.com' }] },
    ];
    expect(await checked({ global, receivers })).toEqual(['ok mail']);
    expect(inbox.mails).toEqual([]);
  });

  it('are told when they refuse, without the password that they repeat', async () => {
    const config = {
      to: 'a@example.com',
      smarthost: `127.0.0.1:${parrot.port}`,
      require_tls: false,
      auth_username: 'u',
      auth_password: 'hunter2-mail',
    };
    const [told = ''] = await checked({ receivers: [{ name: 'r', email_configs: [config] }] });
    expect(told).toMatch(/^fail mailRefused: .*535/);
    expect(told).not.toContain('hunter2');
  });

  it('are told when they lack the TLS that is wanted', async () => {
    const config = { to: 'a@example.com', smarthost: `127.0.0.1:${inbox.port}` };
    const [told = ''] = await checked({ receivers: [{ name: 'r', email_configs: [config] }] });
    expect(told).toMatch(/^fail mailRefused/);
  });
});

describe('clocks', () => {
  /** Dated in the moment of the answer, so many seconds ahead. */
  const answer = (ahead: number | null) => (): Promise<HttpResponse> => {
    const headers: Record<string, string> = {};
    if (ahead !== null) headers['date'] = new Date(Date.now() + ahead * 1000).toUTCString();
    return Promise.resolve({ status: 200, headers, body: '', json: () => null });
  };
  it('are compared by the date of an answer, whose second is no skew', async () => {
    expect(await skewOf('x', answer(0))).toEqual({ what: 'x', seconds: 0 });
    expect((await skewOf('x', answer(600))).seconds).toBeGreaterThan(590);
    expect((await skewOf('x', answer(-600))).seconds).toBeLessThan(-590);
    expect(await skewOf('x', answer(null))).toEqual({ what: 'x', seconds: null });
    expect(await skewOf('x', () => Promise.reject(new Error('gone')))).toEqual({ what: 'x', seconds: null });
  });
});
