// Bodies that are too large: they are refused before they have come, and whoever sends them hears so, whatever he is made of.
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import pino from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { answerFollowing } from '../../src/server/alerts/following.ts';
import { hearingOut } from '../../src/server/body.ts';
import { listenForAlerts } from '../../src/server/alerts/listener.ts';
import { dutyDocument } from '../alerts/duty.ts';
import { aStory } from '../alerts/recorder.ts';
import { servedStory } from './story-server.ts';

const mebibyte = 1024 * 1024;
const silent = pino({ level: 'silent' });
const text = dutyDocument('sms_configs: [{ to: [zhang] }]');
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const places = { leader: '', follower: '' };
let lost: string[];
beforeEach(async () => {
  lost = [];
  const leader = await servedStory(aStory(text), text, {
    receipts: () => Promise.resolve({ status: 200, contentType: 'text/plain', body: '' }),
    token: () => Promise.resolve('letmein'),
    onTooLarge: (sender) => lost.push(sender),
  });
  ends.push(() => leader.close());
  const follow = answerFollowing({ leader: () => leader.url, log: silent });
  const follower = await listenForAlerts({ listen: '127.0.0.1:0', answering: () => follow, log: silent });
  ends.push(() => follower.close());
  Object.assign(places, { leader: leader.url, follower: follower.url });
});

interface Sender {
  readonly socket: Socket;
  /** what was answered until the other side has closed, or all of it that ever came */
  readonly answer: Promise<string>;
}

/** Not a client of any library: what it does with an early answer is written here. */
async function sending(to: string, headers: string): Promise<Sender> {
  const { hostname, port } = new URL(to);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }).setMaxListeners(0);
  await once(socket, 'connect');
  socket.write(`POST /api/v2/alerts HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${headers}\r\n\r\n`);
  const answer = new Promise<string>((resolve) => {
    let read = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      read += piece;
      if (/\r\n\r\n.*\}\}$/s.test(read)) resolve(read);
    });
    socket.once('error', () => resolve(read));
    socket.once('close', () => resolve(read));
  });
  ends.push(() => Promise.resolve(void socket.destroy()));
  return { socket, answer };
}

async function write(socket: Socket, piece: string | Buffer): Promise<void> {
  if (socket.destroyed || socket.write(piece)) return;
  await new Promise<void>((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', resolve);
  });
}

const mine = 'Authorization: Bearer letmein';
const some = Buffer.alloc(mebibyte, ' ');

it.each(['leader', 'follower'] as const)('is refused by the %s before the first byte of a gigabyte', async (to) => {
  const { answer } = await sending(places[to], `${mine}\r\nContent-Length: ${1024 * mebibyte}`);
  expect(await answer).toMatch(/^HTTP\/1\.1 413 .*"BodyTooLarge".*64 MiB/s);
  expect(lost).toHaveLength(1);
});

it.each(['leader', 'follower'] as const)(
  'is refused by the %s at the first byte too many, where its length is not said',
  async (to) => {
    const { socket, answer } = await sending(places[to], `${mine}\r\nTransfer-Encoding: chunked`);
    let isAnswered = false;
    void answer.then(() => (isAnswered = true));
    let sent = 0;
    for (; !isAnswered && sent < 1024; sent += 1) {
      await write(socket, `100000\r\n`);
      await write(socket, some);
      await write(socket, '\r\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeGreaterThan(64);
    expect(sent).toBeLessThan(192);
    expect(lost).toHaveLength(1);
  },
);

it.each([
  ['leader', 'keep-alive'],
  ['leader', 'close'],
  ['follower', 'keep-alive'],
  ['follower', 'close'],
] as const)(
  'is heard of from the %s by a sender that writes all of it before he reads, and asks for %s',
  async (to, connection) => {
    const headers = `${mine}\r\nConnection: ${connection}\r\nContent-Length: ${90 * mebibyte}`;
    const { socket, answer } = await sending(places[to], headers);
    socket.pause();
    for (let sent = 0; sent < 90; sent += 1) await write(socket, some);
    socket.resume();
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  },
);

it.each(['leader', 'follower'] as const)('is not read by the %s where its sender goes on all the same', async (to) => {
  const { socket } = await sending(places[to], `${mine}\r\nContent-Length: ${1024 * mebibyte}`);
  socket.on('error', () => undefined);
  let sent = 0;
  for (; !socket.destroyed && sent < 1024; sent += 1) await write(socket, some);
  expect(sent).toBeLessThan(512);
});

it('leaves the connection as it is where the rest was just on its way', async () => {
  const { socket } = await sending(places.leader, `Content-Length: ${mebibyte}`);
  let read = '';
  socket.on('data', (piece: string) => (read += piece));
  await write(socket, some);
  while (!read.includes('401')) await once(socket, 'data');
  socket.write(`GET /-/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  while (!read.endsWith('OK')) await once(socket, 'data');
  expect(read).toMatch(/ 401 .* 200 /s);
});

it('leaves nothing on a connection that goes on, however often it is answered before all has come', async () => {
  const sockets = new Set<Socket>();
  const server = createServer(hearingOut((_, response) => response.writeHead(401).end()));
  server.on('connection', (socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  ends.push(async () => {
    agent.destroy();
    await promisify(server.close.bind(server))();
  });
  const ask = async (method: 'GET' | 'POST', body: Buffer): Promise<void> => {
    const asked = request({ agent, port, host: '127.0.0.1', method });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    await once(response.resume(), 'end');
  };
  const listening = (): number => Math.max(...[...sockets].map((socket) => socket.listenerCount('close')));
  await ask('GET', Buffer.alloc(0));
  const before = listening();
  for (let asked = 0; asked < 5; asked += 1) await ask('POST', Buffer.alloc(mebibyte));
  await vi.waitFor(() => expect(listening()).toBe(before));
});

it('closes the connection of a sender that asks for it, once he has his answer', async () => {
  const { socket, answer } = await sending(places.leader, `${mine}\r\nConnection: close\r\nContent-Length: 2`);
  const ended = once(socket, 'end');
  await write(socket, '[]');
  await ended;
  socket.destroy();
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
});

it('takes what is as large as it may be, its length said or not', async () => {
  const headers = { authorization: 'Bearer letmein', 'content-type': 'application/json' };
  const body = `[]${' '.repeat(64 * mebibyte - 2)}`;
  expect((await fetch(`${places.leader}/api/v2/alerts`, { method: 'POST', headers, body })).status).toBe(200);
  const stream = new Blob([body]).stream();
  const unsaid = { method: 'POST', headers, body: stream, duplex: 'half' } as const;
  expect((await fetch(`${places.follower}/api/v2/alerts`, unsaid)).status).toBe(200);
  expect(lost).toEqual([]);
});
