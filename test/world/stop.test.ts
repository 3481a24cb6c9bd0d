// A stop while the API server says nothing, with all state in it: what hangs there is waited for once, not one after the other.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seconds } from '../../src/model/units.ts';
import { led, passing, rigInObjects, type Led } from './led.ts';
import type { Rig } from './rig.ts';

/** Far less than the deadlines of single calls, which are of real time: 4 s for each of memory, ledger and lease. */
const noDeadline = 3_000;

let rig: Rig;
let one: Led | null = null;
let stopping: AbortController;

beforeEach(async () => {
  rig = await rigInObjects();
  stopping = new AbortController();
});
afterEach(async () => {
  rig.world.kubernetes.faults.clearAll();
  stopping.abort();
  await one?.house.close();
  await rig.lower();
});

it('ends within five seconds, what cannot be written given up', async () => {
  const { push, course } = (one = await led(rig, stopping.signal));
  let ended = false;
  const end = course.finally(() => (ended = true));
  await passing(rig, async () => expect(await push('Before')).toBe(200));

  rig.world.kubernetes.faults.set('slow', { delay: 3_600_000 });
  const unwritten = push('Meanwhile');
  stopping.abort();
  const from = rig.clock.now();
  await passing(rig, () => expect(ended).toBe(true), noDeadline);
  await end;
  expect(rig.clock.now() - from).toBeLessThanOrEqual(seconds(8));
  // whoever has sent it is told to send it again
  expect(await unwritten).toBe(503);
});
