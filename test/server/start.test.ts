// The server over real HTTP: what it answers, what it refuses, and how its event stream lives and ends.
import { request } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SpringtideError } from '../../src/model/errors.ts';
import type { View } from '../../src/model/report.ts';
import { seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { createHealth } from '../../src/server/health.ts';
import { createLogger } from '../../src/server/log.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../src/server/start.ts';
import { aPlan, aPodDecision, aReport, start } from './samples.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function aServer(over: Partial<ServerOptions> = {}) {
  const clock = new VirtualClock(start);
  const health = createHealth({ clock, interval: seconds(15) });
  const server = await startServer({
    listen: '127.0.0.1:0',
    metricsListen: null,
    about: () => ({ cluster: 'pay-sh-07', version: '1.0.0', interval: 15_000, mode: 'act' }),
    texts: (language) => ({
      language,
      sentences: { 'page.title': language, 'reason.PoolFits': 'fits', 'alert.X.sms': 'not for the page' },
    }),
    metrics: createMetrics({ cluster: 'pay-sh-07', version: '1.0.0', processFigures: false }),
    health,
    log: createLogger({ level: 'silent' }),
    clock,
    pageDirectory: '/nonexistent',
    ...over,
  });
  running.push(server);
  const get = (at: string, init?: RequestInit) => fetch(server.urls.page + at, init);
  return { server, clock, health, get };
}

/** Reads a stream's text until it has seen enough. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, enough: RegExp): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  while (!enough.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (response.body === null) throw new Error('an answer without a body');
  return response.body.getReader();
}

/** fetch cannot set Host: plain http can. */
const statusWith = (url: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });

describe('the API', () => {
  it('answers before the first tick without inventing anything', async () => {
    const { get } = await aServer();
    expect(await (await get('/api/v1/view')).json()).toMatchObject({ cluster: 'pay-sh-07', tick: null, pods: [] });
    const plan = await get('/api/v1/plan');
    expect(plan.status).toBe(503);
    expect(await plan.json()).toMatchObject({ error: { code: 'NoTickYet' } });
  });

  it('shows the newest tick, its plan and the history', async () => {
    const { server, get } = await aServer();
    server.publish(aReport());
    expect(await (await get('/api/v1/view')).json()).toMatchObject({ tick: 1, pods: [{ desired: 8 }] });
    expect(await (await get('/api/v1/plan')).json()).toMatchObject({ configHash: 'c0ffee' });
    const history = (await (await get('/api/v1/history?target=none&group=default-worker')).json()) as object;
    expect(history).toMatchObject({
      times: [start / 1000],
      targets: {},
      groups: { 'default-worker': { desired: [4] } },
    });
  });

  it('sends thousands of targets in pieces, whole, and stops for a reader that has gone', async () => {
    const { server, get } = await aServer();
    const pods = Array.from({ length: 700 }, (_, index) =>
      aPodDecision({ target: { kind: 'Deployment', namespace: 'shop', name: `web-${index}` } }),
    );
    const plan = aPlan({ pods });
    server.publish(aReport({ plan, outcomes: [], targets: {} }));
    await expect.poll(async () => ((await (await get('/api/v1/view')).json()) as View).podCount).toBe(700);
    const leaving = readerOf(await get('/metrics'));
    await leaving.read();
    await leaving.cancel();
    const figures = await (await get('/metrics')).text();
    expect(figures.match(/^springtide_desired_replicas\{/gm)).toHaveLength(700);
    expect(await (await get('/api/v1/plan')).json()).toEqual(plan);
  });

  it('gives the texts of the page in a language that exists', async () => {
    const { get } = await aServer();
    expect(await (await get('/api/v1/texts?lang=zh-CN')).json()).toEqual({
      language: 'zh-CN',
      sentences: { 'page.title': 'zh-CN', 'reason.PoolFits': 'fits' },
    });
    expect((await get('/api/v1/texts?lang=fr')).status).toBe(400);
  });

  it('tells probes and figures of every tick', async () => {
    const { server, clock, health, get } = await aServer();
    expect((await get('/readyz')).status).toBe(503);
    health.configLoaded();
    server.publish(aReport());
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toContain('springtide_ticks_total{cluster="pay-sh-07"} 1');
    clock.advance(seconds(76));
    expect((await get('/healthz')).status).toBe(503);
  });
});

describe('the event stream', () => {
  it('brings the whole view first, then an event a tick, and a heartbeat in between', async () => {
    const { server, clock, get } = await aServer();
    server.publish(aReport());
    const response = await get('/api/v1/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = readerOf(response);
    const first = await readUntil(reader, /\n\n.*\n\n/s);
    expect(first).toMatch(/^retry: 2000\n\nevent: view\ndata: \{.*"tick":1/);
    server.publish(aReport({ number: 2 }));
    expect(await readUntil(reader, /\n\n/)).toMatch(/^event: tick\ndata: \{.*"tick":2/);
    clock.advance(seconds(15));
    expect(await readUntil(reader, /\n\n/)).toBe(': alive\n\n');
    await reader.cancel();
  });

  it('ends when the server closes', async () => {
    const { server, get } = await aServer();
    const reader = readerOf(await get('/api/v1/events'));
    await readUntil(reader, /event: view/);
    await server.close();
    expect(await readUntil(reader, /never/)).not.toContain('event: tick');
  });

  it('has a limited number of watchers, and counts them', async () => {
    const { get } = await aServer({ watchers: 1 });
    const first = await get('/api/v1/events');
    expect(await (await get('/metrics')).text()).toContain('springtide_page_watchers{cluster="pay-sh-07"} 1');
    const second = await get('/api/v1/events');
    expect([first.status, second.status, second.headers.get('retry-after')]).toEqual([200, 503, '30']);
    await first.body?.cancel();
  });

  it('drops who does not read, and goes on for the others', async () => {
    const { server, get } = await aServer();
    const slow = request(`${server.urls.page}/api/v1/events`, { agent: false });
    const gone = new Promise<void>((resolve) => {
      slow.on('response', (response) => {
        response.pause();
        response.on('error', () => resolve());
        response.on('close', () => resolve());
        response.socket.on('close', () => resolve());
      });
      slow.on('error', () => resolve());
    });
    slow.end();
    const watchers = async (): Promise<string | undefined> =>
      /springtide_page_watchers\{.*\} (\d+)/.exec(await (await get('/metrics')).text())?.[1];
    await expect.poll(watchers).toBe('1');
    const long = aReport({ errors: [{ source: 'magnum', what: 'x'.repeat(600_000), code: 'Timeout', message: '' }] });
    await expect
      .poll(
        () => {
          server.publish(long);
          return watchers();
        },
        { interval: 5, timeout: 4_000 },
      )
      .toBe('0');
    slow.destroy();
    await gone;
  });
});

describe('the guard', () => {
  it.each(['/', '/api/v1/view', '/healthz', '/nowhere'])('puts its headers on %s', async (at) => {
    const { get } = await aServer();
    const { headers } = await get(at);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s', async (method) => {
    const { get } = await aServer();
    expect((await get('/api/v1/view', { method })).status).toBe(405);
  });

  it.each([
    ['localhost:8080', 200],
    ['127.0.0.1', 200],
    ['[::1]:8080', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:8080', 421],
  ])('on loopback answers Host %s with %i', async (host, status) => {
    const { server } = await aServer();
    expect(await statusWith(`${server.urls.page}/api/v1/view`, { host })).toBe(status);
  });

  it('takes in no body', async () => {
    const { server } = await aServer();
    expect(await statusWith(`${server.urls.page}/`, { 'content-length': '5000' })).toBe(413);
  });

  it('answers unknown and broken addresses as JSON', async () => {
    const { get } = await aServer();
    expect((await get('/api/v1/nothing')).status).toBe(404);
    expect((await get('/nothing')).status).toBe(404);
    expect((await get('/%E0%A4%A')).status).toBe(404);
  });
});

describe('the page', () => {
  it('that was never built is explained', async () => {
    const { get } = await aServer();
    const response = await get('/');
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('npm run build');
  });

  it('is served with assets that may be kept, and an index that may not', async () => {
    const pageDirectory = await mkdtemp(path.join(tmpdir(), 'springtide-page-'));
    await mkdir(path.join(pageDirectory, 'assets'));
    await writeFile(path.join(pageDirectory, 'index.html'), '<!doctype html><title>here</title>');
    await writeFile(path.join(pageDirectory, 'assets', 'app-1a2b.js'), 'export {}');
    const { get } = await aServer({ pageDirectory });
    const index = await get('/');
    expect(await index.text()).toContain('here');
    expect(index.headers.get('cache-control')).toBe('no-cache');
    const asset = await get('/assets/app-1a2b.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await get('/assets/../../../../etc/passwd')).status).toBe(404);
    await rm(pageDirectory, { recursive: true });
  });
});

describe('listening', () => {
  it('on a port in use says who, where and what to do', async () => {
    const { server } = await aServer();
    const listen = new URL(server.urls.page).host;
    await expect(aServer({ listen })).rejects.toMatchObject({ code: 'PortInUse', where: 'http.listen' });
    await expect(aServer({ metricsListen: listen })).rejects.toMatchObject({
      code: 'PortInUse',
      where: 'http.metrics',
    });
    await expect(aServer({ listen })).rejects.toBeInstanceOf(SpringtideError);
  });

  it.each(['8080', 'here', '127.0.0.1:99999', 'a:b:1', ''])('on "%s" is refused', async (listen) => {
    await expect(aServer({ listen })).rejects.toMatchObject({ code: 'UsageInvalid', where: 'http.listen' });
  });

  it('for figures apart has the probes too, and nothing else', async () => {
    const { server } = await aServer({ metricsListen: '127.0.0.1:0' });
    const at = async (where: string) => (await fetch(`${server.urls.metrics ?? ''}${where}`)).status;
    expect([await at('/metrics'), await at('/healthz'), await at('/api/v1/view'), await at('/')]).toEqual([
      200, 200, 404, 404,
    ]);
  });
});
