// The channels by themselves: TLS and its absence, headers that cannot be forged, and gateways of every kind.
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery, SendResult } from '../../src/alerts/channels/channel.ts';
import { createEmailChannel } from '../../src/alerts/channels/email.ts';
import { createWebhookChannel } from '../../src/alerts/channels/webhook.ts';
import { createSmsChannel } from '../../src/alerts/channels/sms/sms-channel.ts';
import { fillTemplate, parsedJson, valueAt } from '../../src/alerts/channels/sms/template.ts';
import { sendTest } from '../../src/alerts/send-test.ts';
import type { AlertsDocument } from '../../src/model/config.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { makeCertificate } from '../../src/sandbox/inbox/certificate.ts';
import { splitRecipients } from '../../src/templates/recipients.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { anAlert, anAlertsDocument, aNotice, catalogue, start } from './builders.ts';
import { startMailServer } from './servers.ts';
import type { MailServer } from './servers.ts';

const closing: (() => Promise<void>)[] = [];
let directory: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const deliveryOf = (document: AlertsDocument, to: readonly string[], text = ''): Delivery => ({
  id: 'n1',
  at: start,
  notice: aNotice(anAlert({ summary: 'workers full\r\nBcc: thief@example.com' })),
  text,
  to,
  document,
  signal: new AbortController().signal,
});

describe('e-mail', () => {
  const channel = createEmailChannel({ texts: () => catalogue('en') });
  const certificate = makeCertificate();

  async function mailServer(options: Parameters<typeof startMailServer>[0]): Promise<MailServer> {
    const server = await startMailServer({ key: certificate.key, cert: certificate.cert, ...options });
    closing.push(() => server.close());
    await writeFile(path.join(directory, 'ca.pem'), certificate.cert);
    return server;
  }

  async function sent(port: number, email: string, to = 'duty@example.com'): Promise<readonly SendResult[]> {
    const document = anAlertsDocument(`
global: { smtp_smarthost: 'localhost:${port}', smtp_from: springtide@example.com }
people: { wang: { email: wang@example.com } }
route: { receiver: duty }
receivers: [{ name: duty, email_configs: [{ to: '${to}', ${email} }] }]`);
    const config = document.receivers[0]?.email_configs[0];
    if (config === undefined) throw new Error('no e-mail in the document');
    return channel.send(deliveryOf(document, splitRecipients(to)), config);
  }
  const trusting = (): string => `tls_config: { ca_file: ${directory}/ca.pem }`;

  it('insists on STARTTLS with a certificate that it can trust', async () => {
    const server = await mailServer({});
    expect(await sent(server.port, trusting())).toMatchObject([{ status: 'sent' }]);
    expect(await sent(server.port, '')).toMatchObject([{ status: 'retry', reason: 'TlsFailed' }]);
    expect(server.mails).toHaveLength(1);
  });

  it.each([
    ['TLSv1.2', 'min_version: TLS13', 'retry'],
    ['TLSv1.2', 'min_version: TLS12', 'sent'],
    ['TLSv1.3', 'max_version: TLS12', 'retry'],
    ['TLSv1.3', 'min_version: TLS13', 'sent'],
  ] as const)('of a server of %s, with %s: %s', async (spoken, bound, status) => {
    const server = await mailServer({ minVersion: spoken, maxVersion: spoken });
    const tls = `tls_config: { ${bound}, ca: ${JSON.stringify(certificate.cert)} }`;
    const failed = status === 'retry' ? { reason: 'TlsFailed' } : {};
    expect(await sent(server.port, tls)).toMatchObject([{ status, ...failed }]);
  });

  it('does not speak plainly to a server without STARTTLS, unless it may', async () => {
    const server = await mailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    expect(await sent(server.port, '')).toMatchObject([{ status: 'retry', reason: 'TlsFailed' }]);
    expect(server.mails).toEqual([]);
    expect(await sent(server.port, 'require_tls: false')).toMatchObject([{ status: 'sent' }]);
  });

  it('logs in, and takes a refused password as final', async () => {
    const server = await mailServer({
      authOptional: false,
      onAuth: ({ username, password }, _session, callback) => {
        if (username === 'duty' && password === 'right') callback(null, { user: username });
        else callback(new Error('Invalid username or password'));
      },
    });
    const file = path.join(directory, 'password');
    const login = `auth_username: duty, auth_password_file: ${file}, ${trusting()}`;
    await writeFile(file, 'wrong\n');
    expect(await sent(server.port, login)).toMatchObject([{ status: 'failed', reason: 'AuthRefused' }]);
    await writeFile(file, 'right\n');
    expect(await sent(server.port, login)).toMatchObject([{ status: 'sent' }]);
    await rm(file);
    expect(await sent(server.port, login)).toMatchObject([{ status: 'retry', reason: 'Misconfigured' }]);
  });

  const knowing =
    (password: string, secret: string): NonNullable<SMTPServerOptions['onAuth']> =>
    (auth, _session, callback) => {
      const right = auth.method === 'CRAM-MD5' ? auth.validatePassword(secret) : auth.password === password;
      if (auth.username === 'duty' && right) callback(null, { user: 'duty' });
      else callback(new Error('Invalid username or password'));
    };

  it.each([
    ['the secret alone, where more is offered', ['PLAIN', 'CRAM-MD5'], '', 'right', 'sent'],
    ['the secret alone, where nothing else is', ['CRAM-MD5'], '', 'right', 'sent'],
    ['a wrong secret', ['CRAM-MD5'], '', 'wrong', 'failed'],
    ['both, where CRAM-MD5 is offered', ['CRAM-MD5'], 'password', 'right', 'sent'],
    ['both, of which the secret is wrong', ['CRAM-MD5'], 'right', 'wrong', 'failed'],
    ['both, where a password is asked for', ['LOGIN'], 'password', 'wrong', 'sent'],
    ['the secret alone, where only a password is asked for', ['PLAIN'], '', 'right', 'failed'],
  ])('logs in by CRAM-MD5: %s', async (_what, authMethods, password, secret, status) => {
    const server = await mailServer({ authOptional: false, authMethods, onAuth: knowing('password', 'right') });
    const file = path.join(directory, 'secret');
    await writeFile(file, `${secret}\n`);
    const given = password === '' ? '' : `auth_password: ${password},`;
    for (const told of [`auth_secret: ${secret}`, `auth_secret_file: ${file}`]) {
      const results = await sent(server.port, `auth_username: duty, ${given} ${told}, ${trusting()}`);
      expect(results).toMatchObject([status === 'sent' ? { status } : { status, reason: 'AuthRefused' }]);
    }
    expect(server.mails).toHaveLength(status === 'sent' ? 2 : 0);
  });

  it('lets no text become a header', async () => {
    const server = await mailServer({});
    const headers = String.raw`headers: { X-Team: "pay\r\nBcc: thief@example.com", Bcc: thief@example.com, "X-Bad\r\nBcc": a }`;
    await sent(server.port, `${headers}, ${trusting()}`);
    const [mail] = server.mails;
    const head = mail?.raw.split('\r\n\r\n')[0] ?? '';
    expect(mail?.to).toEqual(['duty@example.com']);
    expect(head).not.toMatch(/^bcc:/im);
    expect(head).toContain('X-Team: pay Bcc: thief@example.com');
    expect(head).toContain('Subject: [ALERT] workers full Bcc: thief@example.com');
  });

  it('writes addresses into headers as they are configured, and goes to whom it is for', async () => {
    const server = await mailServer({});
    const headers = `headers: { To: 'undisclosed-recipients:;', From: '"Boss, the" <boss@example.com>', Cc: c@example.com, References: <t@b> }`;
    expect(await sent(server.port, `${headers}, ${trusting()}`)).toMatchObject([{ status: 'sent' }]);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'springtide@example.com', to: ['duty@example.com'] });
    const head = (mail?.raw.split('\r\n\r\n')[0] ?? '').split('\r\n');
    expect(head.filter((line) => /^(?:to|from|cc|references|in-reply-to):/i.test(line)).sort()).toEqual([
      'Cc: c@example.com',
      'From: "Boss, the" <boss@example.com>',
      'References: <t@b>',
      'To: "undisclosed-recipients":;',
    ]);
  });

  it('knows people by name, and answers for an address that is none', async () => {
    const server = await mailServer({});
    expect(await sent(server.port, trusting(), 'wang, "Duty, night" <night@example.com>, nobody')).toEqual([
      expect.objectContaining({ to: 'nobody', status: 'failed', reason: 'AddressInvalid' }),
      expect.objectContaining({ to: 'wang', status: 'sent' }),
      expect.objectContaining({ to: '"Duty, night" <night@example.com>', status: 'sent' }),
    ]);
    expect(server.mails[0]?.to).toEqual(['wang@example.com', 'night@example.com']);
  });

  it('goes to each whom a template names, and answers for each: refused, put off, none', async () => {
    const server = await mailServer({});
    server.refusals.set('gone@example.com', { code: 550, text: 'no such user' });
    server.refusals.set('grey@example.com', { code: 451, text: 'greylisted, try again later' });
    const to = '{{ if .Alerts }}zhangsan, gone@example.com, grey@example.com, duty@example.com{{ end }}';
    const document = anAlertsDocument(`
global: { smtp_smarthost: 'localhost:${server.port}', smtp_from: springtide@example.com }
route: { receiver: duty }
receivers: [{ name: duty, email_configs: [{ to: '${to}, noc@example.com', ${trusting()} }] }]`);
    const parts = { clock: new VirtualClock(start), document, texts: catalogue('en') };
    const apart = createSmsChannel({ texts: () => catalogue('en') });
    const webhook = createWebhookChannel();
    closing.push(() => {
      apart.close();
      webhook.close();
      return Promise.resolve();
    });
    const results = await sendTest('duty', { ...parts, channels: { email: channel, sms: apart, webhook } });
    expect(results?.map(({ to: who, outcome, reason }) => [who, outcome, reason])).toEqual([
      ['zhangsan', 'failed', 'AddressInvalid'],
      ['gone@example.com', 'failed', 'RecipientRefused'],
      ['grey@example.com', 'failed', 'ServerError'],
      ['duty@example.com', 'sent', null],
      ['noc@example.com', 'sent', null],
    ]);
    expect(server.mails.map((mail) => mail.to)).toEqual([['duty@example.com', 'noc@example.com']]);
    expect(server.mails[0]?.raw).toMatch(
      /^To: noc@example\.com, gone@example\.com,\s+grey@example\.com, duty@example\.com\r$/m,
    );
  });

  it.each(['gone@bücher.example', 'gone.@docomo.example'])(
    'knows %s for refused, whom the server is told of in another spelling',
    async (to) => {
      const server = await mailServer({
        onRcptTo: ({ address }, _session, callback) => {
          if (address === 'duty@example.com') callback();
          else callback(Object.assign(new Error('no such user'), { responseCode: 550 }));
        },
      });
      expect(await sent(server.port, trusting(), `duty@example.com, ${to}`)).toMatchObject([
        { to: 'duty@example.com', status: 'sent' },
        { to, status: 'failed', reason: 'RecipientRefused' },
      ]);
    },
  );

  it.each([
    ['has all of it', '\r\n.\r\n', true],
    ['has only begun with it', 'MAIL FROM', false],
  ])('may have arrived where a server hangs up that %s: %s, %j', async (_what, last, uncertain) => {
    const server = net.createServer((socket) => {
      let said = '';
      socket.on('error', () => undefined);
      socket.write('220 mail ESMTP\r\n');
      socket.on('data', (chunk) => {
        said += chunk.toString('utf8');
        if (said.includes(last)) socket.destroy();
        else if (!said.includes('\r\nDATA')) socket.write('250 ok\r\n');
        else if (said.endsWith('DATA\r\n')) socket.write('354 go on\r\n');
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve());
    });
    closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    expect(await sent(port, 'require_tls: false')).toMatchObject([
      { status: 'retry', reason: 'Unreachable', uncertain },
    ]);
  });

  it('says why a template names nobody, and shows all whom a mail is for to whoever is told later', async () => {
    const server = await mailServer({});
    const [results] = [
      await sent(server.port, trusting(), '{{ (index .Alerts 9).Labels.x }}, {{ .CommonLabels.none }}'),
    ];
    expect(results).toMatchObject([
      {
        status: 'failed',
        reason: 'AddressInvalid',
        message: expect.stringContaining('index 9 is out of range') as string,
      },
      { status: 'failed', reason: 'AddressInvalid', message: 'the template {{ .CommonLabels.none }} names nobody' },
    ]);
    const document = anAlertsDocument(`
global: { smtp_smarthost: 'localhost:${server.port}', smtp_from: springtide@example.com }
route: { receiver: duty }
receivers: [{ name: duty, email_configs: [{ to: '{{ .CommonLabels.owner }}', ${trusting()} }] }]`);
    const config = document.receivers[0]?.email_configs[0];
    if (config === undefined) throw new Error('no e-mail in the document');
    const late = { ...deliveryOf(document, ['li@example.com']), everybody: ['zhang@example.com', 'li@example.com'] };
    expect(await channel.send(late, config)).toMatchObject([{ to: 'li@example.com', status: 'sent' }]);
    expect(server.mails.map((mail) => mail.to)).toEqual([['li@example.com']]);
    expect(server.mails[0]?.raw).toMatch(/^To: zhang@example\.com, li@example\.com\r$/m);
  });

  it('tries again when nobody listens, and says so when there is no smarthost', async () => {
    const server = await startMailServer();
    await server.close();
    expect(await sent(server.port, '')).toMatchObject([{ status: 'retry', reason: 'Unreachable', uncertain: false }]);
    expect(await sent(server.port, 'smarthost: localhost')).toEqual([
      {
        to: 'duty@example.com',
        status: 'failed',
        reason: 'Misconfigured',
        message: 'the smarthost "localhost" is not host:port',
      },
    ]);
  });
});

describe('an SMS gateway', () => {
  const channel = createSmsChannel({ texts: () => catalogue('en') });
  interface Asked {
    readonly method: string;
    readonly url: string;
    readonly body: string;
    readonly headers: IncomingMessage['headers'];
  }

  async function ask(
    http: string,
    text: string,
    answer = '{}',
    status = 200,
  ): Promise<{ results: readonly SendResult[]; asked: Asked[] }> {
    const asked: Asked[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        asked.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
        response.writeHead(status).end(answer);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve());
    });
    closing.push(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    const { port } = server.address() as AddressInfo;
    const document = anAlertsDocument(`
people: { zhang: { smsFile: ${directory}/zhang } }
sms_gateways: [{ name: main, http: { ${http.replace('HOST', `http://127.0.0.1:${port}`)} } }]
route: { receiver: duty }
receivers: [{ name: duty, sms_configs: [{ to: [zhang], gateway: main }] }]`);
    const config = document.receivers[0]?.sms_configs[0];
    if (config === undefined) throw new Error('no SMS in the document');
    return { results: await channel.send(deliveryOf(document, ['zhang'], text), config), asked };
  }

  it('gets JSON that stays JSON whatever the text says, and the id read from its answer', async () => {
    await writeFile(path.join(directory, 'zhang'), '+86 138 0000 0001\n');
    await writeFile(path.join(directory, 'token'), 's3cret\n');
    const text = '节点 "workers"\n{{id}} \\ full';
    const http = `url: 'HOST/send', bearer: { file: ${directory}/token }, success: { path: data.0.code, equals: OK }, idPath: 'data[0].sid'`;
    const { results, asked } = await ask(http, text, '{"data":[{"code":"OK","sid":42}]}');
    expect(results).toEqual([{ to: 'zhang', status: 'sent', providerId: '42', gateway: 'main' }]);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ to: '+8613800000001', text, id: 'n1-0' });
    expect(asked[0]?.headers.authorization).toBe('Bearer s3cret');
  });

  it('is told of half a character as of one that nobody can read, and its long ids are kept whole', async () => {
    await writeFile(path.join(directory, 'zhang'), '+8613800000001');
    const form = "contentType: 'application/x-www-form-urlencoded; charset=utf-8', body: 'content={{text}}'";
    const told = await ask(`url: 'HOST/send', idPath: id, ${form}`, 'pay \ud83d is down', '{"id":1234567890123456789}');
    expect(told.results).toMatchObject([{ status: 'sent', providerId: '1234567890123456789' }]);
    expect(told.asked[0]?.body).toBe('content=pay%20%EF%BF%BD%20is%20down');
    const get = await ask("method: GET, url: 'HOST/send?text={{text}}'", '\ud83d');
    expect(get.asked[0]?.url).toBe('/send?text=%EF%BF%BD');
  });

  it.each([
    [200, 'sent'],
    [201, 'sent'],
    [202, 'sent'],
    [204, 'sent'],
    [302, 'failed'],
    [404, 'failed'],
    [503, 'retry'],
  ])('that answers %i has the message: %s', async (status, outcome) => {
    await writeFile(path.join(directory, 'zhang'), '+8613800000001');
    expect((await ask("url: 'HOST/send'", 'text', '', status)).results).toMatchObject([{ status: outcome }]);
  });

  it('is believed by the certificate that its file holds now', async () => {
    const [own, other] = [makeCertificate(), makeCertificate()];
    const server = createSecureServer({ key: own.key, cert: own.cert }, (_request, response) => void response.end());
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve());
    });
    closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const ca = path.join(directory, 'gateway-ca.pem');
    const document = anAlertsDocument(`
people: { zhang: { sms: '+8613800000001' } }
sms_gateways: [{ name: secure, http: { url: 'https://localhost:${port}/', tls: { caFile: '${ca}' } } }]
route: { receiver: duty }
receivers: [{ name: duty, sms_configs: [{ to: [zhang] }] }]`);
    const send = (): Promise<readonly SendResult[]> => channel.send(deliveryOf(document, ['zhang']), { to: ['zhang'] });
    await writeFile(ca, other.cert);
    expect(await send()).toMatchObject([{ status: 'retry', reason: 'TlsFailed' }]);
    await writeFile(ca, `${own.cert}\n`);
    expect(await send()).toMatchObject([{ status: 'sent' }]);
  });

  it('may be asked by GET, or by a form', async () => {
    await writeFile(path.join(directory, 'zhang'), '+8613800000001');
    const get = await ask("method: GET, url: 'HOST/send?to={{to}}&text={{text}}'", 'a&b=节点');
    expect(get.asked[0]).toMatchObject({ method: 'GET', body: '' });
    const url = new URL(get.asked[0]?.url ?? '', 'http://gateway');
    expect(Object.fromEntries(url.searchParams)).toEqual({ to: '+8613800000001', text: 'a&b=节点' });
    const form = await ask(
      "url: 'HOST/send', contentType: application/x-www-form-urlencoded, body: 'mobile={{to}}&content={{text}}'",
      'a&b',
    );
    expect(form.asked[0]?.body).toBe('mobile=%2B8613800000001&content=a%26b');
  });

  it('waits for a number whose file cannot be read yet, and asks nobody for one that is none', async () => {
    const { results } = await ask("url: 'HOST/send'", 'text');
    expect(results).toMatchObject([{ to: 'zhang', status: 'retry', reason: 'AddressUnreadable' }]);
    await writeFile(path.join(directory, 'zhang'), 'telephone\n');
    const none = await ask("url: 'HOST/send'", 'text');
    expect([none.results, none.asked]).toMatchObject([[{ status: 'failed', reason: 'AddressInvalid' }], []]);
  });
});

describe('an answer', () => {
  it.each([
    ['{"id":12345678901234567890}', '12345678901234567890'],
    ['{"id" : -1234567890123456 }', '-1234567890123456'],
    ['[{"id":1234567890123456},1234567890123456.5]', undefined],
    [
      '{"said":"id 12345678901234567890, \\"12345678901234567890\\"","id":"1234567890123456789"}',
      '1234567890123456789',
    ],
    ['{"id":1234567890123456.5}', 1234567890123456.5],
    ['{"id":1.2345678901234567890e3}', 1234.567890123456789],
    ['{"id":123456789012345}', 123456789012345],
  ])('%s has the id %j', (body, id) => {
    expect(parsedJson(body)).toBeDefined();
    expect(valueAt(parsedJson(body), 'id')).toBe(id);
  });
});

describe('templates', () => {
  it('are filled in one pass', () => {
    expect(fillTemplate('{{ to }}|{{text}}|{{other}}', { to: '{{text}}', text: '<&', id: '', code: '' }, 'xml')).toBe(
      '{{text}}|&lt;&amp;|{{other}}',
    );
  });
  it.each([
    ['$.a.b', { a: { b: 1 } }, 1],
    ['a.0', { a: ['x'] }, 'x'],
    ['a.length', { a: 'x' }, undefined],
    ['toString', {}, undefined],
  ])('%s', (place, value, expected) => {
    expect(valueAt(value, place)).toBe(expected);
  });
});
