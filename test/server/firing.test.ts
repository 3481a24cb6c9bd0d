// What fires, on the listener of the page: who may say that he is on it, what a foreign site cannot, and in whose name it is written.
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import type { Caller } from '../../src/server/access.ts';
import { createHealth } from '../../src/server/health.ts';
import { createLogger } from '../../src/server/log.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { startServer, type RunningServer } from '../../src/server/start.ts';
import { catalogue, start } from '../alerts/builders.ts';
import { dutyDocument, pushDown } from '../alerts/duty.ts';
import { aStory } from '../alerts/recorder.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

const written = dutyDocument(`
escalation:
  - sms: { person: zhang }
  - { unacknowledgedFor: 10m, sms: { person: chief } }`);

const callers: Readonly<Record<string, Caller>> = {
  wall: { name: 'wall', mayAcknowledge: false },
  duty: { name: 'duty', mayAcknowledge: true },
};

async function served({ listen = '127.0.0.1:0', asks = false, leads = true, publicUrl = null as string | null } = {}) {
  const story = aStory(written);
  const server = await startServer({
    listen,
    metricsListen: null,
    about: () => ({ cluster: 'c', version: '0', interval: seconds(15), mode: 'act' }),
    texts: catalogue,
    metrics: createMetrics({ cluster: 'c', version: '0', processFigures: false }),
    health: createHealth({ clock: story.clock, interval: seconds(15) }),
    log: createLogger({ level: 'silent' }),
    identify: asks ? (token) => Promise.resolve(callers[token] ?? null) : null,
    firing: () => (leads ? story.pipeline : null),
    publicUrl: () => publicUrl,
  });
  running.push(server);
  const url = server.urls.page.replace('0.0.0.0', '127.0.0.1');
  const firing = async (token?: string): Promise<unknown> => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/api/v1/firing`, { headers });
    return answer.ok ? answer.json() : answer.status;
  };
  const take = async (body: object, headers: Record<string, string> = {}): Promise<[number, unknown]> => {
    const answer = await fetch(`${url}/api/v1/acknowledge`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return [answer.status, await answer.json()];
  };
  /** With headers that a browser or a proxy sets, and `fetch` does not let us set. */
  const takeAs = (headers: Record<string, string>): Promise<[number | undefined, string]> =>
    new Promise((resolve, reject) => {
      const asked = request(`${url}/api/v1/acknowledge`, {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', ...headers },
      });
      asked.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve([response.statusCode, text]));
      });
      asked.on('error', reject).end(JSON.stringify({ ...down, by: 'li' }));
    });
  const isOnIt = (): readonly (string | undefined)[] =>
    [...story.ledger.state.episodes.values()].map(({ acknowledged }) => acknowledged?.by);
  await pushDown(story, {});
  await story.pass(seconds(31));
  return { story, url, firing, take, takeAs, isOnIt };
}

const down = { groupKey: '{}:{alertname="Down"}', receiver: 'duty' };
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('what fires', () => {
  it('is told a line a group, the gravest first and what somebody is on last', async () => {
    const { story, firing, take } = await served();
    await pushDown(
      story,
      { instance: 'b' },
      { name: 'Disk', instance: 'd', more: { severity: 'info' } },
      { name: 'Fire', instance: 'f', more: { severity: 'critical' } },
      { name: 'Quiet', instance: 'q' },
    );
    await story.pipeline.silencer.set({
      matchers: [[{ name: 'alertname', operator: '=', value: 'Quiet' }]],
      startsAt: start,
      endsAt: later(start, minutes(60)),
      createdBy: 'zhang',
      comment: 'works',
    });
    await story.pass(seconds(1));
    await take({ ...down, by: 'zhang' });
    expect(await firing()).toEqual({
      groups: [
        expect.objectContaining({ key: '{}:{alertname="Fire"}', severity: 'critical', alerts: 1, takenBy: null }),
        expect.objectContaining({ key: '{}:{alertname="Quiet"}', isKeptBack: true }),
        expect.objectContaining({ key: '{}:{alertname="Disk"}', severity: 'info' }),
        {
          key: down.groupKey,
          receiver: 'duty',
          severity: '',
          title: 'Down instance=a',
          alerts: 2,
          since: rfc3339(start),
          isKeptBack: false,
          takenBy: { by: 'zhang', at: rfc3339(story.clock.now()) },
        },
      ],
      more: 0,
      mayAcknowledge: true,
      caller: null,
    });
    // what joins later is not covered: it is nobody's again
    await pushDown(story, { instance: 'c' });
    const again: unknown = expect.objectContaining({ key: down.groupKey, alerts: 3, takenBy: null });
    expect(await firing()).toMatchObject({ groups: expect.arrayContaining([again]) as unknown });
  });

  it('is shown twenty groups of, and how many there are besides', async () => {
    const { story, firing } = await served();
    await pushDown(story, ...Array.from({ length: 30 }, (_, number) => ({ name: `N${number}`, instance: 'n' })));
    expect(await firing()).toMatchObject({ more: 11, groups: { length: 20 } });
  });

  it('is known to nobody where this process does not lead', async () => {
    const { firing, take, isOnIt } = await served({ leads: false });
    expect(await firing()).toBeNull();
    expect(await take({ ...down, by: 'zhang' })).toMatchObject([503, { error: { code: 'NotAcknowledged' } }]);
    expect(isOnIt()).toEqual([undefined]);
  });
});

describe('somebody is on it', () => {
  it('by his name at the machine itself, and the escalation stops', async () => {
    const { story, take, isOnIt } = await served();
    expect(await take({ ...down, by: ' ' })).toMatchObject([400, { error: { code: 'BadAcknowledgement' } }]);
    expect(await take({ ...down, by: 'li', more: 1 })).toMatchObject([400, {}]);
    expect(await take({ ...down, by: 'li' })).toEqual([200, { outcome: 'done', groups: 1, alerts: 1 }]);
    expect(await take({ groupKey: 'none', receiver: 'duty', by: 'li' })).toEqual([200, { outcome: 'nothing' }]);
    expect(isOnIt()).toEqual(['li']);
    await story.pass(minutes(30), minutes(1));
    expect(story.told()).toEqual(['sms zhang: a']);
  });

  it('by a token that may, which stands beside his name; by no other', async () => {
    const { firing, take, isOnIt } = await served({ asks: true });
    expect(await firing()).toBe(401);
    expect(await firing('wall')).toMatchObject({ mayAcknowledge: false, caller: 'wall', groups: [{}] });
    expect(await firing('duty')).toMatchObject({ mayAcknowledge: true, caller: 'duty' });
    expect(await take({ ...down, by: 'li' })).toMatchObject([401, {}]);
    expect(await take({ ...down, by: 'li' }, bearer('wall'))).toMatchObject([
      403,
      { error: { code: 'MayNotAcknowledge' } },
    ]);
    expect(isOnIt()).toEqual([undefined]);
    expect(await take({ ...down, by: 'li\n' }, bearer('duty'))).toMatchObject([200, {}]);
    expect(isOnIt()).toEqual(['li (duty)']);
    expect(await take({ ...down, by: '' }, bearer('duty'))).toMatchObject([200, {}]);
    expect(isOnIt()).toEqual(['duty']);
  });

  it('by nobody where everybody may read, and the port is open to others', async () => {
    const { firing, take, isOnIt } = await served({ listen: '0.0.0.0:0' });
    expect(await firing()).toMatchObject({ mayAcknowledge: false });
    expect(await take({ ...down, by: 'li' })).toMatchObject([403, {}]);
    expect(isOnIt()).toEqual([undefined]);
  });

  it('not by the page of another site, nor by a form', async () => {
    const { take, url, isOnIt } = await served();
    expect(await take({ ...down, by: 'li' }, { origin: 'http://evil.example.com' })).toMatchObject([403, {}]);
    expect(await take({ ...down, by: 'li' }, { 'content-type': 'text/plain' })).toMatchObject([415, {}]);
    expect(isOnIt()).toEqual([undefined]);
    expect(await take({ ...down, by: 'x'.repeat(5_000) })).toMatchObject([413, {}]);
    for (const [method, path] of [
      ['POST', '/api/v1/view'],
      ['POST', '/api/v1/acknowledge/more'],
      ['PUT', '/api/v1/acknowledge'],
      ['DELETE', '/api/v1/firing'],
    ] as const)
      expect((await fetch(`${url}${path}`, { method })).status).toBe(405);
    expect(await take({ ...down, by: 'li' }, { origin: url })).toMatchObject([200, {}]);
  });

  // nginx's proxy_pass names whom it asks in Host, unless it is told to pass the browser's on
  const rewritten = { host: 'springtide-page:8080', ...bearer('duty') };
  const outside = 'https://ops.bank.cn/springtide/';
  it.each([
    ['newer browsers say that it is', { origin: 'https://ops.bank.cn', 'sec-fetch-site': 'same-origin' }, null, 200],
    ['the address for the outside is written', { origin: 'https://ops.bank.cn' }, outside, 200],
    ['the browser’s Host is passed on', { origin: 'https://ops.bank.cn', host: 'ops.bank.cn' }, null, 200],
    ['nothing tells', { origin: 'https://ops.bank.cn' }, null, 403],
    ['it is of a sister site', { origin: 'https://wiki.bank.cn', 'sec-fetch-site': 'same-site' }, outside, 403],
    ['the browser says that it is not', { origin: 'https://ops.bank.cn', 'sec-fetch-site': 'cross-site' }, null, 403],
    ['the site in Origin is another one', { origin: 'https://ops.bank.cn.evil.cn' }, outside, 403],
    ['it has another scheme', { origin: 'http://ops.bank.cn' }, outside, 403],
    ['it keeps its site to itself', { origin: 'null' }, outside, 403],
  ])('from a page behind a proxy where %s', async (_, headers, publicUrl, status) => {
    const { takeAs, isOnIt } = await served({ listen: '0.0.0.0:0', asks: true, publicUrl });
    const [answered, text] = await takeAs({ ...rewritten, ...headers });
    expect(answered).toBe(status);
    if (status === 403) expect(text).toMatch(/ForeignOrigin.*http\.publicUrl/);
    expect(isOnIt()).toEqual([status === 200 ? 'li (duty)' : undefined]);
  });

  it('not without a token through a proxy on the machine itself, whose address is known there', async () => {
    const own = { host: 'ops.bank.cn', origin: 'https://ops.bank.cn' };
    const unknown = await served();
    expect(await unknown.takeAs(own)).toEqual([421, expect.stringContaining('http.publicUrl')]);
    const known = await served({ publicUrl: outside });
    expect(await known.takeAs(own)).toEqual([403, expect.stringContaining('MayNotAcknowledge')]);
    expect(await known.takeAs({ ...own, host: 'evil.cn' })).toEqual([421, expect.stringContaining('ForeignHost')]);
  });
});
