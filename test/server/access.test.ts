// Who may ask: named tokens and those that Kubernetes knows, over the real server.
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { createAccess, type AccessOptions, type Identify } from '../../src/server/access.ts';
import { createHealth } from '../../src/server/health.ts';
import { createLogger } from '../../src/server/log.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../src/server/start.ts';
import { aReport, start } from './samples.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

interface Told {
  readonly lines: string[];
  readonly secrets: Record<string, string>;
  readonly asked: string[];
}

function anAccess(over: Partial<AccessOptions> = {}) {
  const told: Told = { lines: [], secrets: { view: 'view-token', duty: 'duty-token' }, asked: [] };
  const clock = new VirtualClock(start);
  const identify = createAccess({
    auth: () => ({
      tokens: [
        { name: 'wall', token: { env: 'view' }, may: 'read' },
        { name: 'duty', token: { env: 'duty' }, may: 'acknowledge' },
      ],
      tokenReview: {},
    }),
    secretOf: ({ env = '' }) => {
      const secret = told.secrets[env];
      return secret === undefined ? Promise.reject(new Error(`no ${env}`)) : Promise.resolve(secret);
    },
    review: (token) => {
      told.asked.push(token);
      if (token === 'broken') return Promise.reject(new Error('connection refused'));
      if (token === 'stranger') return Promise.resolve(null);
      return Promise.resolve({
        name: `system:${token}`,
        mayRead: token !== 'powerless',
        mayAcknowledge: token === 'on-duty',
      });
    },
    mayReview: () => null,
    clock,
    log: createLogger({ level: 'trace', destination: { write: (line) => void told.lines.push(line) } }),
    ...over,
  });
  return { identify, clock, told };
}

describe('whose a token is', () => {
  it.each([
    ['view-token', { name: 'wall', mayAcknowledge: false }],
    ['duty-token', { name: 'duty', mayAcknowledge: true }],
    ['somebody', { name: 'system:somebody', mayAcknowledge: false }],
    ['on-duty', { name: 'system:on-duty', mayAcknowledge: true }],
    ['powerless', null],
    ['stranger', null],
  ] as const)('%s', async (token, caller) => {
    expect(await anAccess().identify(token, 'a')).toEqual(caller);
  });

  it('reads the secrets anew: a token that was replaced lets nobody in', async () => {
    const { identify, told } = anAccess({
      auth: () => ({ tokens: [{ name: 'wall', token: { env: 'view' }, may: 'read' }] }),
    });
    expect(await identify('view-token', 'a')).not.toBeNull();
    told.secrets['view'] = 'rotated';
    expect(await identify('view-token', 'a')).toBeNull();
    expect(await identify('rotated', 'a')).not.toBeNull();
  });

  it('goes on with the others where one secret cannot be read, and says so once a minute', async () => {
    const { identify, told, clock } = anAccess();
    delete told.secrets['view'];
    expect(await identify('duty-token', 'a')).toMatchObject({ name: 'duty' });
    await identify('duty-token', 'a');
    expect(told.lines).toHaveLength(1);
    expect(told.lines[0]).toContain('wall');
    clock.advance(seconds(61));
    await identify('duty-token', 'a');
    expect(told.lines).toHaveLength(2);
  });

  it('asks Kubernetes once for those who ask at once, and again after a minute; sooner for those it did not know', async () => {
    const { identify, told, clock } = anAccess();
    await Promise.all([1, 2, 3].map(() => identify('somebody', 'a')));
    await identify('stranger', 'a');
    expect(told.asked).toEqual(['somebody', 'stranger']);
    clock.advance(seconds(11));
    await identify('somebody', 'a');
    await identify('stranger', 'a');
    expect(told.asked).toEqual(['somebody', 'stranger', 'stranger']);
    clock.advance(seconds(50));
    await identify('somebody', 'a');
    expect(told.asked).toEqual(['somebody', 'stranger', 'stranger', 'somebody']);
  });

  it('does not take silence for a no, and does not remember it', async () => {
    const { identify, told } = anAccess();
    await expect(identify('broken', 'a')).rejects.toMatchObject({ code: 'AccessUnknown' });
    await expect(identify('broken', 'a')).rejects.toMatchObject({ code: 'AccessUnknown' });
    expect(told.asked).toHaveLength(2);
  });

  it('asks about no more unknown tokens than it may; named ones always pass', async () => {
    const { identify } = anAccess({ mayReview: () => 7 });
    await expect(identify('somebody', 'a')).rejects.toMatchObject({ code: 'TooManyRequests', after: 7 });
    expect(await identify('view-token', 'a')).toMatchObject({ name: 'wall' });
  });
});

async function aServer(over: Partial<ServerOptions> = {}, identify: Identify | null = anAccess().identify) {
  const clock = new VirtualClock(start);
  const server = await startServer({
    listen: '127.0.0.1:0',
    metricsListen: '127.0.0.1:0',
    identify,
    about: () => ({ cluster: 'pay-sh-07', version: '1.0.0', interval: 15_000, mode: 'act' }),
    texts: (language) => ({ language, sentences: { 'page.title': language } }),
    metrics: createMetrics({ cluster: 'pay-sh-07', version: '1.0.0', processFigures: false }),
    health: createHealth({ clock, interval: seconds(15) }),
    log: createLogger({ level: 'silent' }),
    clock,
    pageDirectory: '/nonexistent',
    ...over,
  });
  running.push(server);
  server.publish(aReport());
  const get = (at: string, token?: string, init: RequestInit = {}) =>
    fetch(server.urls.page + at, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...(token !== undefined && { authorization: token }) },
    });
  return { server, clock, get };
}

describe('the server with http.auth', () => {
  it('tells nothing of the cluster without a token', async () => {
    const { get } = await aServer();
    for (const at of [
      '/api/v1/view',
      '/api/v1/plan',
      '/api/v1/history',
      '/api/v1/events',
      '/api/v1/none',
      '/metrics',
    ]) {
      const answer = await get(at);
      expect([at, answer.status]).toEqual([at, 401]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="springtide"');
      expect(await answer.text()).not.toContain('pay-sh-07');
    }
  });

  it.each([
    ['', 401],
    ['Bearer ', 401],
    ['Bearer wrong', 401],
    ['Bearer view-token extra', 401],
    ['Basic dmlldy10b2tlbjp2aWV3LXRva2Vu', 401],
    [`Bearer ${'x'.repeat(15_000)}`, 401],
    ['bearer view-token', 200],
    ['Bearer view-token', 200],
    ['Bearer duty-token', 200],
    ['Bearer broken', 503],
  ])('%s', async (authorization, status) => {
    const strangers = anAccess({
      review: (token) => (token === 'broken' ? Promise.reject(new Error('x')) : Promise.resolve(null)),
    });
    const { get } = await aServer({}, strangers.identify);
    const answer = await get('/api/v1/view', authorization);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('takes no token from the address', async () => {
    const { get } = await aServer();
    expect((await get('/api/v1/view?token=view-token&access_token=view-token')).status).toBe(401);
  });

  it('keeps the page itself, its words, the probes and the second listener open', async () => {
    const { server, get } = await aServer();
    for (const at of ['/', '/api/v1/texts?lang=en', '/healthz']) expect((await get(at)).status).toBe(200);
    expect((await fetch(`${server.urls.metrics ?? ''}/metrics`)).status).toBe(200);
    expect((await fetch(`${server.urls.metrics ?? ''}/api/v1/view`)).status).toBe(404);
  });

  it('ends a watch after five minutes, so that the token is shown again', async () => {
    const { get, clock } = await aServer();
    const watching = await get('/api/v1/events', 'Bearer view-token');
    clock.advance(seconds(301));
    expect(await watching.text()).toContain('event: view');
  });
});

describe('the limits of the server', () => {
  it('answers 429 to who asks too often, while probes go on', async () => {
    const rates = { each: { burst: 5, perSecond: 1 }, all: { burst: 100, perSecond: 10 } };
    const { get } = await aServer({ rates }, null);
    const statuses = [];
    for (let left = 7; left > 0; left--) statuses.push((await get('/api/v1/view')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const refused = await get('/metrics');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { code: 'TooManyRequests' } });
    expect((await get('/healthz')).status).toBe(200);
  });

  it('refuses more headers than it reads, before anything else is done', async () => {
    const { server } = await aServer();
    const { port } = new URL(server.urls.page);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`);
      });
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toContain('431');
  });
});
