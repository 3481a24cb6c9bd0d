// Alerts that reach a process which follows: they are handed to the one who leads, token and all, or refused so that they come again.
import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { seconds, type Instant } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { answerFollowing } from '../../src/server/alerts/following.ts';

const servers: http.Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = http.createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const silent = { warn: () => undefined };
const follow = (leader: () => string | null): Promise<string> => serve(answerFollowing({ leader, log: silent }));

interface Taken {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function leading(status = 200): Promise<{ readonly url: string; readonly taken: Taken[] }> {
  const taken: Taken[] = [];
  const url = await serve((request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => {
      taken.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      response.writeHead(status, { 'content-type': 'application/json', 'x-from': 'leader' }).end('{"done":true}');
    });
  });
  return { url, taken };
}

it('passes a request on as it is, its token too, and answers what the one who leads answered', async () => {
  const leader = await leading(202);
  const url = await follow(() => leader.url);
  const body = JSON.stringify([{ labels: { alertname: 'Down' } }]);
  const headers = { authorization: 'Bearer abc', 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v2/alerts?x=1`, { method: 'POST', headers, body });
  expect(response.status).toBe(202);
  expect(response.headers.get('x-from')).toBe('leader');
  expect(await response.json()).toEqual({ done: true });
  expect(leader.taken).toMatchObject([{ method: 'POST', path: '/api/v2/alerts?x=1', body, headers }]);
});

it('says 503 while nobody is known to lead, and is healthy all the same', async () => {
  const url = await follow(() => null);
  const response = await fetch(`${url}/api/v2/alerts`, { method: 'POST', body: '[]' });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(await response.json()).toMatchObject({ error: { code: 'NotLeading' } });
  expect((await fetch(`${url}/-/ready`)).status).toBe(200);
});

it('says 503 where the one who leads cannot be reached, or breaks off', async () => {
  const gone = await follow(() => 'http://127.0.0.1:1');
  expect((await fetch(`${gone}/api/v2/alerts`, { method: 'POST', body: '[]' })).status).toBe(503);
  const breaking = await serve((request) => request.socket.destroy());
  const url = await follow(() => breaking);
  expect((await fetch(`${url}/api/v2/alerts`, { method: 'POST', body: '[]' })).status).toBe(503);
});

it('lets nothing go round in circles when the one who led follows as well by now', async () => {
  const addresses: { one: string | null } = { one: null };
  const one = await follow(() => addresses.one);
  addresses.one = await follow(() => one);
  expect((await fetch(`${one}/api/v2/silences`)).status).toBe(503);
});

it('leads nobody elsewhere, whatever the path', async () => {
  const leader = await leading();
  const elsewhere = await leading();
  const url = await follow(() => leader.url);
  const { host } = new URL(elsewhere.url);
  const { port } = new URL(url);
  for (const path of [`//${host}/api`, `http://${host}/api`])
    await new Promise<void>((resolve, reject) => {
      http
        .request({ host: '127.0.0.1', port, path }, (response) => response.resume().on('end', () => resolve()))
        .on('error', reject)
        .end();
    });
  expect(elsewhere.taken).toEqual([]);
});

it('gives the one who leads as long for a test as mail servers and gateways take, and for alerts less than their sender waits', async () => {
  const clock = new VirtualClock(0 as Instant);
  const leader = http.createServer();
  servers.push(leader);
  await new Promise<void>((resolve) => leader.listen(0, '127.0.0.1', resolve));
  const to = `http://127.0.0.1:${(leader.address() as AddressInfo).port}`;
  const url = await serve(answerFollowing({ leader: () => to, clock, log: silent }));
  const post = async (path: string) => {
    const arriving = once(leader, 'request') as Promise<[http.IncomingMessage, http.ServerResponse]>;
    const answer = fetch(`${url}${path}`, { method: 'POST', body: '{}' });
    const [, response] = await arriving;
    return { answer, response };
  };
  const test = await post('/api/v1/send-test');
  clock.advance(seconds(21));
  test.response.end('{"results":[]}');
  expect(await (await test.answer).json()).toEqual({ results: [] });

  const alerts = await post('/api/v2/alerts');
  clock.advance(seconds(9));
  const refused = await alerts.answer;
  expect(refused.status).toBe(503);
  expect(await refused.text()).toContain('nothing within 8 s');

  const silentOne = await post('/api/v1/send-test');
  clock.advance(seconds(26));
  expect((await silentOne.answer).status).toBe(503);
});
