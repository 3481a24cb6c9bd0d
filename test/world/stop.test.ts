// A stop while the API server says nothing, with all state in it: what hangs there is waited for once, not one after the other.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openHouse, type House } from '../../src/assemble.ts';
import { createFence } from '../../src/leader/fence.ts';
import { seconds } from '../../src/model/units.ts';
import { createLogger } from '../../src/server/log.ts';
import { takeTurns } from '../../src/turns.ts';
import { Rig } from './rig.ts';

/** Far less than the deadlines of single calls, which are of real time: 4 s for each of memory, ledger and lease. */
const noDeadline = { timeout: 3_000, interval: 20 };
const namespace = 'default';
const silent = createLogger({ level: 'silent' });

let rig: Rig;
let house: House | null = null;
let stopping: AbortController;

beforeEach(async () => {
  rig = await Rig.raise();
  await rig.kill();
  stopping = new AbortController();
  const { daemon } = rig.config;
  const http = { ...daemon.http, alerts: { listen: '127.0.0.1:0' } };
  rig.config = { ...rig.config, daemon: { ...daemon, http, state: { kubernetes: { namespace } } } };
});
afterEach(async () => {
  rig.world.kubernetes.faults.clearAll();
  stopping.abort();
  await house?.close();
  await rig.lower();
});

it('ends within five seconds, what cannot be written given up', async () => {
  const monotonic = (): number => rig.clock.now();
  const fence = createFence(monotonic);
  const opened = await openHouse({
    config: () => rig.config,
    refused: () => [],
    clock: rig.clock,
    env: rig.connected.env,
    log: silent,
    http: { listen: '127.0.0.1:0', metricsListen: null },
    fence,
    leader: () => null,
    stopping: stopping.signal,
  });
  house = opened;
  let ended = false;
  const course = takeTurns(opened, {
    clock: rig.clock,
    interval: () => rig.config.daemon.interval,
    hurry: () => () => undefined,
    signal: stopping.signal,
    fence,
    monotonic,
    lease: { namespace, name: 'springtide' },
    identity: 'one',
    address: opened.alertsUrl,
    log: silent,
    onSeen: () => undefined,
  }).finally(() => (ended = true));
  const push = (alertname: string): Promise<number> =>
    fetch(`${opened.alertsUrl ?? ''}/api/v2/alerts`, {
      method: 'POST',
      body: JSON.stringify([{ labels: { alertname } }]),
    }).then(({ status }) => status);
  const passing = (what: () => Promise<void> | void, patience: object): Promise<void> =>
    vi.waitFor(async () => {
      rig.clock.advance(seconds(1));
      await what();
    }, patience);
  await passing(async () => expect(await push('Before')).toBe(200), { timeout: 30_000, interval: 20 });

  rig.world.kubernetes.faults.set('slow', { delay: 3_600_000 });
  const unwritten = push('Meanwhile');
  stopping.abort();
  const from = rig.clock.now();
  await passing(() => expect(ended).toBe(true), noDeadline);
  await course;
  expect(rig.clock.now() - from).toBeLessThanOrEqual(seconds(8));
  // whoever has sent it is told to send it again
  expect(await unwritten).toBe(503);
});
