// What somebody might send, label, answer or configure to do harm, and what becomes of it.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { composeMail } from '../../src/alerts/channels/mail-content.ts';
import { smsText } from '../../src/alerts/render.ts';
import { createHttpClient } from '../../src/clients/http/client.ts';
import { loadFiles } from '../../src/config/load.ts';
import { compileMatcher } from '../../src/matching/matchers.ts';
import { seconds } from '../../src/model/units.ts';
import { startAlertServer, type AlertServer } from '../../src/server/alerts/listener.ts';
import { createLogger } from '../../src/server/log.ts';
import { anAlert, anAlertsDocument, aNotice, catalogue, start } from '../alerts/builders.ts';
import { aStory } from '../alerts/recorder.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const plain = `
global: { smtp_smarthost: 'localhost:25', smtp_from: springtide@example.com }
route: { receiver: duty, group_by: [alertname] }
receivers: [{ name: duty, email_configs: [{ to: duty@example.com, headers: { X-Pool: '{{ .CommonLabels.pool }}' } }] }]
`;

async function aListener(
  token: string | null = null,
): Promise<{ server: AlertServer; story: ReturnType<typeof aStory> }> {
  const story = aStory(plain, undefined, 'the secret of links');
  const server = await startAlertServer({
    listen: '127.0.0.1:0',
    desk: {
      ...story.pipeline,
      document: () => anAlertsDocument(plain),
      now: () => story.clock.now(),
      startedAt: start,
      version: '1',
    },
    receipts: () => Promise.resolve({ status: 200, contentType: 'text/plain', body: '' }),
    words: () => ({ texts: catalogue('en'), people: ['<img src=x onerror=alert(1)>'] }),
    token: () => Promise.resolve(token),
    log: pino({ level: 'silent' }),
  });
  closing.push(() => server.close());
  return { server, story };
}

const push = (server: AlertServer, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/v2/alerts`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

describe('what is sent to the alert listener', () => {
  it.each([
    [
      'a bomb of gzip',
      gzipSync(Buffer.alloc(65 * 1024 * 1024, 0x20), { level: 1 }),
      { 'content-encoding': 'gzip' },
      413,
    ],
    ['more than a body may have', Buffer.alloc(65 * 1024 * 1024, 0x20), {}, 413],
    ['an encoding that is none', Buffer.from('[]'), { 'content-encoding': 'lzma' }, 415],
    ['no JSON', Buffer.from('{'), {}, 400],
    ['a depth that no alert has', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)), {}, 400],
    [
      'a page of another site',
      Buffer.from('[]'),
      { origin: 'https://evil.example.com', 'content-type': 'text/plain' },
      403,
    ],
    ['a page without a site', Buffer.from('[]'), { origin: 'null' }, 403],
  ])('%s is refused', async (_what, body, headers, status) => {
    const { server } = await aListener();
    const answer = await push(server, new Uint8Array(body), headers);
    expect(answer.status).toBe(status);
    expect((await answer.text()).length).toBeLessThan(2_000);
  });

  it('is not believed to be a prototype', async () => {
    const { server, story } = await aListener();
    const labels = '{"alertname":"x","__proto__":"polluted","constructor":"c"}';
    await push(server, `[{"labels":${labels},"annotations":{"__proto__":{"polluted":"yes"}}}]`);
    await push(server, '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    for (const { alert } of story.pipeline.alerts()) expect(Object.getPrototypeOf(alert.labels)).toBe(Object.prototype);
  });

  it('is held up when it shows wrong tokens, and not when it shows the right one', async () => {
    const { server } = await aListener('right');
    const statuses: number[] = [];
    for (let left = 34; left > 0; left--)
      statuses.push((await push(server, '[]', { authorization: `Bearer no-${left}` })).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await push(server, '[]', { authorization: 'Bearer right' })).status).toBe(200);
  });

  it('is shown escaped on the page behind a link', async () => {
    const { server } = await aListener();
    const answer = await fetch(`${server.url}/a/${encodeURIComponent('"><script>alert(1)</script>')}`);
    const text = await answer.text();
    expect(text).not.toMatch(/<script|<img/);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('labels and annotations', () => {
  const evil = '{{ .CommonLabels }}{{ template "x" }}\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>';
  const notice = aNotice(anAlert({ summary: evil, description: evil }, { pool: `a\r\nX-Evil: yes` }));
  const document = anAlertsDocument(plain);

  it('are no templates, no headers and no HTML in a mail', () => {
    const [config] = document.receivers[0]?.email_configs ?? [];
    if (config === undefined) throw new Error('no e-mail in the document');
    const mail = composeMail({ notice, config, document, texts: catalogue('en'), at: start });
    expect(mail.subject).toContain('{{ .CommonLabels }}');
    for (const value of [mail.subject, ...Object.values(mail.headers)]) expect(value).not.toMatch(/[\r\n]/);
    expect(mail.html).not.toContain('<script>');
    expect(mail.html).toContain('&lt;script&gt;');
  });

  it('are words in an SMS', () => {
    expect(smsText(notice, catalogue('en'), 3).text).not.toMatch(/[\r\n]/);
  });
});

describe('the log', () => {
  it('has one line for each entry, whatever was said, and moves no cursor', () => {
    for (const pretty of [true, false]) {
      const lines: string[] = [];
      const log = createLogger({ level: 'info', pretty, destination: { write: (line) => void lines.push(line) } });
      log.info({ target: 'a\nb\u001b[2J' }, 'refused: x\r\n{"level":60,"msg":"forged"}\u001b[31m\u009b2J');
      expect(lines).toHaveLength(1);
      expect(lines[0]?.slice(0, -1)).not.toMatch(/[\r\n\u001b\u009b]/);
    }
  });
});

describe('what the other side answers', () => {
  async function answering(headers: Record<string, string>, status: number, body: Buffer) {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(status, headers).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = createHttpClient({
      name: 'Prometheus',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      maxBodyBytes: 1024 * 1024,
      deadline: seconds(5),
      breaker: false,
      retry: { attempts: 1, baseDelay: seconds(0), maxDelay: seconds(0) },
    });
    closing.push(() => {
      client.close();
      server.closeAllConnections();
      server.close();
      return once(server, 'close');
    });
    return { client, asked: () => asked };
  }

  it('is not followed elsewhere: not to the metadata of the cloud, not to itself', async () => {
    for (const place of ['http://169.254.169.254/latest/meta-data', '/again']) {
      const { client, asked } = await answering({ Location: place }, 302, Buffer.from(''));
      await expect(client.request({ path: '/' })).rejects.toMatchObject({ code: 'Unexpected', status: 302 });
      expect(asked()).toBe(1);
    }
  });

  it('is cut off at its limit, also where it is packed small', async () => {
    const large = Buffer.alloc(16 * 1024 * 1024, 0x20);
    const packed = await answering({ 'Content-Encoding': 'gzip' }, 200, gzipSync(large));
    await expect(packed.client.request({ path: '/' })).rejects.toMatchObject({ code: 'BodyTooLarge' });
  });
});

describe('a configuration', () => {
  const file = (name: string, text: string) => ({ path: name, bytes: Buffer.from(text) });
  it.each([
    ['__proto__: { polluted: yes }\n'],
    [
      'apiVersion: springtide/v1\nkind: Daemon\n__proto__: { polluted: yes }\nspec: { cluster: a, constructor: { prototype: { polluted: yes } } }\n',
    ],
    ['kind: __proto__\napiVersion: springtide/v1\n'],
    ['kind: constructor\napiVersion: springtide/v1\n'],
  ])('pollutes nothing: %s', (text) => {
    const { problems } = loadFiles({ files: [file('a.yaml', text)], problems: [] });
    expect(problems.length).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('regular expressions of others', () => {
  it.each([
    ['(a|a)'.repeat(30), `${'a'.repeat(30)}b`],
    ['a?'.repeat(30) + 'a'.repeat(30), `${'a'.repeat(29)}b`],
    ['(a+)+$', `${'a'.repeat(40)}b`],
    ['(.*)*x', 'a'.repeat(1000)],
    ['([a-z]+)*1', 'a'.repeat(1000)],
    ['(a|aa)+', `${'a'.repeat(60)}b`],
  ])('%s take no time to fail', (pattern, value) => {
    const began = process.cpuUsage();
    expect(compileMatcher({ name: 'a', operator: '=~', value: pattern }).accepts(value)).toBe(false);
    const { user } = process.cpuUsage(began);
    expect(user / 1000).toBeLessThan(2_000);
  });

  it('are never given to the engine of the language as they are', () => {
    const source = path.resolve(import.meta.dirname, '../../src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
    const uses = files.filter((name) => /new RegExp\(/.test(readFileSync(path.join(source, name), 'utf8')));
    expect(uses.map((name) => name.replaceAll(path.sep, '/')).toSorted()).toEqual([
      'alerts/channels/sms/smpp-receipt.ts', // names of fields that are written there
      'config/source.ts', // a number
      'config/unseen.ts', // its own words
      'matching/native-regex.ts', // a part of the syntax that cannot take long, translated
      'policies/nodes/reserved.ts', // names of options that are written there
      'promql/scan.ts', // its own words
      'sandbox/inbox/mime.ts', // its own words
      'sandbox/kubernetes/selectors.ts', // of the embedded world
      'targets/selector-text.ts', // its own words
    ]);
  });
});
