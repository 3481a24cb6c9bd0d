// Webhooks and forwarding against real servers: the payload, proof of who we are, answers, redirects, silence.
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { SendResult } from '../../src/alerts/channels/channel.ts';
import { createForwarder } from '../../src/alerts/channels/forward.ts';
import { createWebhookChannel } from '../../src/alerts/channels/webhook.ts';
import { commonOf, goTime, webhookPayload } from '../../src/alerts/webhook-payload.ts';
import { httpConfig } from '../../src/config/schema/http-config.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { makeCertificate } from '../../src/sandbox/inbox/certificate.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { anAlert, anAlertsDocument, aNotice, start } from './builders.ts';
import { startVendor } from './sms/fakes.ts';
import { listening } from './listening.ts';
import type { FakeVendor } from './sms/fakes.ts';
import { eventually } from './eventually.ts';

const closing: (() => Promise<void>)[] = [];
let directory: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function receiver(): Promise<FakeVendor> {
  const server = await startVendor(() => ({ status: 200, body: {} }));
  closing.push(() => server.close());
  return server;
}

const environment: Record<string, string> = {};
const channel = createWebhookChannel({ environment });
const ended = (alert: Alert, at: number): Alert => ({ ...alert, ended: at as Instant });
const firing = anAlert({ summary: 'full' }, { alertname: 'Full', cluster: 'c1' });
const resolved = ended(anAlert({ summary: 'full' }, { alertname: 'Full', cluster: 'c2' }), start + 60_500);

async function posted(
  webhook: string,
  alerts: readonly Alert[] = [firing, resolved],
  global = '',
): Promise<SendResult> {
  const document = anAlertsDocument(`
global: { ${global} }
links: { externalUrl: 'https://alerts.bank.cn', secret: { file: /nowhere } }
route: { receiver: duty }
receivers: [{ name: duty, webhook_configs: [{ ${webhook} }] }]`);
  const settings = document.receivers[0]?.webhook_configs[0];
  if (settings === undefined) throw new Error('no webhook in the document');
  const delivery = { id: 'n1', at: start, notice: aNotice(...alerts), text: '', to: ['webhook 1'], document };
  const [result] = await channel.send({ ...delivery, signal: new AbortController().signal }, settings);
  if (result === undefined) throw new Error('no result');
  return result;
}

describe('the payload', () => {
  it("is Alertmanager's, version 4", () => {
    const payload = webhookPayload(aNotice(firing, resolved), { externalURL: 'http://am', maxAlerts: 0 });
    expect(payload).toEqual({
      receiver: 'duty',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels: firing.labels,
          annotations: firing.annotations,
          startsAt: '2026-11-11T02:00:00Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: '',
          fingerprint: firing.fingerprint,
        },
        expect.objectContaining({ status: 'resolved', endsAt: '2026-11-11T02:01:00.5Z' }),
      ],
      groupLabels: { alertname: 'SpringtidePoolAtMaximum' },
      commonLabels: { alertname: 'Full', severity: 'page' },
      commonAnnotations: firing.annotations,
      externalURL: 'http://am',
      version: '4',
      groupKey: '{}:{alertname="SpringtidePoolAtMaximum"}',
      truncatedAlerts: 0,
    });
  });

  it('counts what max_alerts leaves out', () => {
    const payload = webhookPayload(aNotice(firing, resolved), { externalURL: '', maxAlerts: 1 });
    expect(payload).toMatchObject({ truncatedAlerts: 1, commonLabels: { cluster: 'c1' } });
    expect(payload.alerts).toHaveLength(1);
    expect(webhookPayload(aNotice(), { externalURL: '', maxAlerts: 1 })).toMatchObject({
      status: 'resolved',
      commonLabels: {},
      truncatedAlerts: 0,
    });
  });

  it.each([
    ['2026-11-20T20:35:07.939Z', '2026-11-20T20:35:07.939Z'],
    ['2026-11-20T20:35:07.930Z', '2026-11-20T20:35:07.93Z'],
    ['2026-11-20T20:30:00.000Z', '2026-11-20T20:30:00Z'],
  ])('writes %s as %s', (text, expected) => {
    expect(goTime(Date.parse(text) as Instant)).toBe(expected);
  });

  it('has in common what all have', () => {
    expect(commonOf([{ a: '1', toString: 'x' }, { a: '1' }])).toEqual({ a: '1' });
  });
});

describe('a webhook', () => {
  it('is posted to once, with a key that stays the same', async () => {
    const server = await receiver();
    expect(await posted(`url: '${server.url}hook', max_alerts: 1`)).toEqual({
      to: 'webhook 1',
      status: 'sent',
      providerId: null,
    });
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'n1' });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({
      truncatedAlerts: 1,
      externalURL: 'https://alerts.bank.cn',
    });
  });

  it.each([
    [
      { status: 503, body: '' },
      { status: 'retry', reason: 'ServerError', retryAfter: null },
    ],
    [
      { status: 429, body: '', headers: { 'retry-after': '9' } },
      { status: 'retry', reason: 'RateLimited', retryAfter: 9000 },
    ],
    [
      { status: 400, body: 'no such team' },
      { status: 'failed', reason: 'ClientError', message: 'the webhook answered 400: no such team' },
    ],
    [
      { status: 401, body: '' },
      { status: 'failed', reason: 'AuthRefused' },
    ],
    [
      { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } },
      { status: 'failed', message: expect.stringContaining('redirects') as string },
    ],
    ['hangUp' as const, { status: 'retry', reason: 'Unreachable', uncertain: true }],
    ['hang' as const, { status: 'retry', reason: 'Timeout', uncertain: true }],
  ])('that answers %j', async (scripted, expected) => {
    const server = await receiver();
    server.script.push(scripted);
    const result = await posted(`url: '${server.url}s3cret', timeout: ${scripted === 'hang' ? '1s' : '5s'}`);
    expect(result).toMatchObject(expected);
    expect(JSON.stringify(result)).not.toContain('s3cret');
    expect(server.asked).toHaveLength(1);
  });

  it('is told who we are, by what the files say now', async () => {
    const server = await receiver();
    const file = (name: string): string => path.join(directory, name);
    const url = `url_file: ${file('url')}`;
    expect(await posted(url)).toMatchObject({ status: 'retry', reason: 'Misconfigured' });
    await writeFile(file('url'), `${server.url}from-file\n`);
    await writeFile(file('secret'), 'p4ss\n');
    await posted(`${url}, http_config: { basic_auth: { username: u, password_file: ${file('secret')} } }`);
    await posted(`${url}, http_config: { authorization: { type: Token, credentials_file: ${file('secret')} } }`);
    await posted(`${url}, http_config: { bearer_token: t, http_headers: { X-Team: { values: [pay, core] } } }`);
    await posted(url, [firing], `http_config: { authorization: { credentials: g } }`);
    expect(server.asked.map(({ url: asked }) => asked.pathname)).toEqual(Array(4).fill('/from-file'));
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from('u:p4ss').toString('base64')}`,
      'Token p4ss',
      'Bearer t',
      'Bearer g',
    ]);
    expect(server.asked[2]?.headers['x-team']).toBe('pay, core');
  });

  it('is shown a token of OAuth 2, asked for once while it lasts and anew once it is not believed', async () => {
    const server = await receiver();
    const issuer = await receiver();
    const file = path.join(directory, 'client');
    await writeFile(file, 's3cr&t\n');
    const wanted = `client_id: duty desk, client_secret_file: ${file}, scopes: [alerts, page], endpoint_params: { audience: hook }`;
    const webhook = `url: '${server.url}hook', http_config: { oauth2: { ${wanted}, token_url: '${issuer.url}token' } }`;
    const token = (text: string, lasting: number) => ({
      status: 200,
      body: { access_token: text, token_type: 'bearer', expires_in: lasting },
    });
    issuer.script.push(token('one', 3600), token('two', 10), token('three', 3600));
    await posted(webhook);
    await posted(webhook);
    server.script.push({ status: 401, body: '' });
    // a new one may be believed
    expect(await posted(webhook)).toMatchObject({ status: 'retry', reason: 'AuthRefused' });
    server.script.push({ status: 401, body: '' });
    expect(await posted(webhook)).toMatchObject({ status: 'failed', reason: 'AuthRefused' });
    await posted(webhook);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(
      ['one', 'one', 'one', 'two', 'three'].map((text) => `Bearer ${text}`),
    );
    const [first] = issuer.asked;
    expect(first?.headers.authorization).toBe(`Basic ${Buffer.from('duty+desk:s3cr%26t').toString('base64')}`);
    expect(Object.fromEntries(new URLSearchParams(first?.body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'alerts page',
      audience: 'hook',
    });
    await writeFile(file, 'another\n');
    issuer.script.push({ status: 401, body: { error: 'invalid_client' } }, token('four', 3600));
    await posted(webhook);
    expect(issuer.asked).toHaveLength(5);
    expect(issuer.asked[4]?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(issuer.asked[4]?.body))).toMatchObject({
      client_id: 'duty desk',
      client_secret: 'another',
    });
    expect(server.asked.at(-1)?.headers.authorization).toBe('Bearer four');
  });

  it.each([
    [
      { status: 400, body: 'unknown client s3cret' },
      'AuthRefused',
      'the token endpoint answered 400: unknown client [hidden]',
    ],
    [{ status: 200, body: { token: 'x' } }, 'AuthRefused', 'the token endpoint gave no access_token'],
    [{ status: 503, body: '' }, 'ServerError', 'the token endpoint answered 503'],
    ['hangUp' as const, 'Unreachable', expect.any(String) as string],
  ])('is not asked where the token endpoint answers %j', async (scripted, reason, message) => {
    const server = await receiver();
    const issuer = await receiver();
    issuer.script.push(scripted, scripted);
    const oauth2 = `client_id: a, client_secret: s3cret, token_url: '${issuer.url}hidden-path'`;
    const result = await posted(`url: '${server.url}hook', http_config: { oauth2: { ${oauth2} } }`);
    expect(result).toMatchObject({ status: 'retry', reason, message, uncertain: false });
    expect(JSON.stringify(result)).not.toContain('hidden-path');
    expect(server.asked).toEqual([]);
  });

  it('goes through the proxy that is named', async () => {
    const proxy = await receiver();
    expect(await posted(`url: 'http://far.bank.cn/hook', http_config: { proxy_url: '${proxy.url}' }`)).toMatchObject({
      status: 'sent',
    });
    expect(proxy.asked[0]?.headers.host).toBe('far.bank.cn');
  });

  it('goes through the proxy of the environment where that is asked for, and past it where no_proxy says so', async () => {
    const server = await receiver();
    const proxy = await receiver();
    environment['HTTP_PROXY'] = proxy.url;
    environment['NO_PROXY'] = 'near.bank.cn';
    closing.push(() => {
      delete environment['HTTP_PROXY'];
      delete environment['NO_PROXY'];
      return Promise.resolve();
    });
    const from = 'http_config: { proxy_from_environment: true }';
    expect(await posted(`url: 'http://far.bank.cn/hook', ${from}`)).toMatchObject({ status: 'sent' });
    expect(proxy.asked.map(({ headers }) => headers.host)).toEqual(['far.bank.cn']);
    expect(await posted(`url: '${server.url}hook', ${from}`)).toMatchObject({ status: 'sent' });
    expect(await posted(`url: '${server.url}hook'`)).toMatchObject({ status: 'sent' });
    const past = `http_config: { proxy_url: '${proxy.url}', no_proxy: '127.0.0.0/8' }`;
    expect(await posted(`url: '${server.url}hook', ${past}`)).toMatchObject({ status: 'sent' });
    expect([server.asked.length, proxy.asked.length]).toEqual([3, 1]);
    environment['HTTP_PROXY'] = 'socks4://proxy';
    expect(await posted(`url: 'http://far.bank.cn/hook', ${from}`)).toMatchObject({ reason: 'Misconfigured' });
  });

  it('over TLS goes through a proxy without being read there', async () => {
    const certificate = makeCertificate();
    await writeFile(path.join(directory, 'ca.pem'), certificate.cert);
    const bodies: string[] = [];
    const headers: IncomingHttpHeaders[] = [];
    const target = await listening(
      createSecureServer(certificate, (request, response) => {
        headers.push(request.headers);
        request.on('data', (chunk: Buffer) => bodies.push(String(chunk)));
        request.on('end', () => response.end('{}'));
      }),
    );
    const tunnels: string[] = [];
    const open = new Set<Duplex>();
    closing.push(() => {
      open.forEach((socket) => socket.destroy());
      return Promise.resolve();
    });
    const proxy = createServer();
    proxy.on('connect', (request: IncomingMessage, socket: Duplex) => {
      tunnels.push(`${request.url ?? ''} ${String(request.headers['x-team'])}`);
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      const far = connect(target, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        far.pipe(socket).pipe(far);
      });
      far.on('error', () => socket.destroy());
      far.on('close', () => socket.resume());
      socket.on('error', () => far.destroy());
    });
    const told = 'proxy_connect_header: { X-Team: [duty, pay] }';
    const config = `tls_config: { ca_file: ${directory}/ca.pem }, proxy_url: 'http://127.0.0.1:${await listening(proxy)}', ${told}`;
    expect(await posted(`url: 'https://localhost:${target}/hook', http_config: { ${config} }`)).toMatchObject({
      status: 'sent',
    });
    expect(tunnels).toEqual([`localhost:${target} duty, pay`]);
    expect(headers.map((one) => one['x-team'])).toEqual([undefined]);
    expect(JSON.parse(bodies.join(''))).toMatchObject({ version: '4' });
    await eventually(() => expect(open.size).toBe(0));
    const untrusted = config.replace(/tls_config: \{[^}]*\}, /, '');
    expect(await posted(`url: 'https://localhost:${target}/hook', http_config: { ${untrusted} }`)).toMatchObject({
      status: 'retry',
      reason: 'TlsFailed',
    });
    await eventually(() => expect(open.size).toBe(0));
  });

  it('is called also where its address begins with HTTP://', async () => {
    const server = await receiver();
    const { host } = new URL(server.url);
    expect(await posted(`url: 'HTTP://${host}/hook'`)).toMatchObject({ status: 'sent' });
    expect(server.asked).toHaveLength(1);
  });

  it('is asked for by http and https only', async () => {
    const url = path.join(directory, 'url');
    await writeFile(url, 'file:///etc/passwd');
    expect(await posted(`url_file: ${url}`)).toMatchObject({ status: 'failed', reason: 'Misconfigured' });
  });
});

describe('http_config', () => {
  it.each([
    [{ basic_auth: {}, bearer_token: 'a' }],
    [{ basic_auth: { password: 'a', password_file: 'b' } }],
    [{ authorization: { type: 'Basic', credentials: 'a' } }],
    [{ authorization: {} }],
    [{ proxy_from_environment: true, proxy_url: 'http://proxy' }],
    [{ proxy_from_environment: true, no_proxy: 'bank.cn' }],
    [{ no_proxy: 'bank.cn' }],
    [{ proxy_connect_header: { 'X-Team': ['duty'] } }],
    [{ proxy_url: 'http://proxy', proxy_connect_header: { Host: ['bank.cn'] } }],
    [{ proxy_url: 'http://proxy', proxy_connect_header: { 'X-Team': ['duty\r\nHost: bank.cn'] } }],
    [{ oauth2: {} }],
    [{ oauth2: { client_id: 'a', token_url: 'ftp://a' } }],
    [{ oauth2: { client_id: 'a', token_url: 'http://a', client_secret: 'b', client_secret_file: 'c' } }],
    [{ oauth2: { client_id: 'a', token_url: 'http://a', no_proxy: 'b' } }],
    [{ oauth2: { client_id: 'a', token_url: 'http://a' }, bearer_token: 'b' }],
    [{ proxy_url: 'socks4://proxy' }],
    [{ http_headers: { Authorization: { values: ['a'] } } }],
    [{ tls_config: { cert_file: 'a' } }],
    [{ tls_config: { min_version: 'TLS13', max_version: 'TLS12' } }],
  ])('%j is refused', (config) => {
    expect(httpConfig.safeParse(config).success).toBe(false);
  });
});

describe('forwarding', () => {
  const settings = (url: string) =>
    anAlertsDocument(`
forwardTo: { url: '${url}', http_config: { bearer_token: t } }
route: { receiver: duty }
receivers: [{ name: duty }]`).forwardTo;
  const options = { validFor: 300_000 as Milliseconds, signal: new AbortController().signal };
  const clock = { now: () => start, after: () => () => undefined };

  it('posts alerts as API v2 wants them, in bounded portions', async () => {
    const server = await receiver();
    const to = settings(`${server.url}am/`);
    if (to === undefined) throw new Error('no forwardTo');
    const forwarder = createForwarder({ clock });
    expect(await forwarder.forward([firing, resolved], to, options)).toMatchObject({ status: 'sent' });
    expect(server.asked[0]?.url.pathname).toBe('/am/api/v2/alerts');
    expect(server.asked[0]?.headers.authorization).toBe('Bearer t');
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject([
      { labels: firing.labels, startsAt: '2026-11-11T02:00:00Z', endsAt: '2026-11-11T02:05:00Z' },
      { endsAt: '2026-11-11T02:01:00.5Z' },
    ]);
    await forwarder.forward(Array<Alert>(600).fill(firing), to, options);
    expect(server.asked.slice(1).map(({ body }) => (JSON.parse(body) as unknown[]).length)).toEqual([256, 256, 88]);
    server.script.push({ status: 503, body: 'starting' });
    expect(await forwarder.forward(Array<Alert>(600).fill(firing), to, options)).toMatchObject({ status: 'retry' });
    expect(server.asked).toHaveLength(5);
    forwarder.close();
  });

  it.each([
    ['http://prometheus:9090/graph?g0.expr=up+%3E+1', true],
    ['/graph', true],
    ['not a url', false],
    ['graph', false],
    ['http://a b/', false],
    ['http://a/%zz', false],
    ['http://a/?%zz', true],
    ['/?a#%zz', false],
    ['http://a/\n', false],
    ['', false],
  ])('hands on the link %j: %s', async (generatorURL, isHandedOn) => {
    const server = await receiver();
    const to = settings(server.url);
    if (to === undefined) throw new Error('no forwardTo');
    const forwarder = createForwarder({ clock });
    await forwarder.forward([{ ...firing, generatorURL }], to, options);
    const [sent] = JSON.parse(server.asked[0]?.body ?? '') as [{ generatorURL?: string }];
    expect(sent.generatorURL).toBe(isHandedOn ? generatorURL : undefined);
    forwarder.close();
  });
});
