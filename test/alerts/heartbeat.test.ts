// The sign of life: when it is due, and what is said when nobody hears it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHeartbeat } from '../../src/alerts/heartbeat.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { start } from './builders.ts';

let status = 200;
let heard = 0;
const outside = createServer((_request, response) => {
  heard += 1;
  response.writeHead(status).end();
});
beforeEach(async () => {
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  outside.closeAllConnections();
  outside.close();
});

it('beats when it is due, and says once that nobody hears it', async () => {
  const clock = new VirtualClock(start);
  const said: string[] = [];
  const say = (_fields: object, message: string): void => {
    said.push(message);
  };
  const heartbeat = createHeartbeat({ clock, log: { info: say, warn: say, error: say } });
  const settings = { url: `http://127.0.0.1:${(outside.address() as AddressInfo).port}/ping`, every: minutes(1) };
  const tick = async (): Promise<void> => {
    heartbeat.beat(settings);
    await heartbeat.settle();
    clock.advance(seconds(15));
  };
  for (let number = 0; number < 5; number += 1) await tick();
  expect(heard).toBe(2);
  status = 500;
  for (let number = 0; number < 8; number += 1) await tick();
  expect(said).toEqual(['the heartbeat is not heard']);
  status = 200;
  for (let number = 0; number < 4; number += 1) await tick();
  expect(said).toEqual(['the heartbeat is not heard', 'the heartbeat is heard again']);
  heartbeat.beat(undefined);
  heartbeat.close();
});

it.each([
  ['minute', minutes(1), seconds(15), 11],
  ['tick', seconds(15), seconds(15), 41],
])('beats in time where it is due each %s and ticks come a moment early or late', async (_, every, interval, times) => {
  status = 200;
  heard = 0;
  const clock = new VirtualClock(start);
  const say = (): void => undefined;
  const heartbeat = createHeartbeat({ clock, log: { info: say, warn: say, error: say } });
  const url = `http://127.0.0.1:${(outside.address() as AddressInfo).port}/ping`;
  const late = [3, 1, 7, 0, 5, 2, 9];
  for (let tick = 0; tick * interval <= minutes(10); tick += 1) {
    const due = start + tick * interval + (late[tick % late.length] ?? 0);
    clock.advance((due - clock.now()) as Milliseconds);
    heartbeat.beat({ url, every });
    await heartbeat.settle();
  }
  expect(heard).toBe(times);
  heartbeat.close();
});

it('beats again with the next tick where it was not heard', async () => {
  heard = 0;
  const clock = new VirtualClock(start);
  const say = (): void => undefined;
  const heartbeat = createHeartbeat({ clock, log: { info: say, warn: say, error: say } });
  const url = `http://127.0.0.1:${(outside.address() as AddressInfo).port}/ping`;
  for (const answer of [500, 500, 200, 200, 200]) {
    status = answer;
    heartbeat.beat({ url, every: minutes(1) });
    await heartbeat.settle();
    clock.advance(seconds(15));
  }
  expect(heard).toBe(3);
  heartbeat.close();
});
