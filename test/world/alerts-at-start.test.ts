// Alerts while the cluster is sick at the start: they are taken in and told before the lists have arrived, and readiness still waits for those.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHouse, type House } from '../../src/assemble.ts';
import { createFence } from '../../src/leader/fence.ts';
import { seconds, type Milliseconds } from '../../src/model/units.ts';
import { createLogger } from '../../src/server/log.ts';
import { leadAlone, takeTurns, type Course } from '../../src/turns.ts';
import { Rig } from './rig.ts';

const anHour = 3_600_000;
const patience = { timeout: 30_000, interval: 20 };

let rig: Rig;
let house: House | null = null;
let ending: AbortController;
let course: Promise<void> = Promise.resolve();
let seen = false;

beforeEach(async () => {
  rig = await Rig.raise();
  await rig.kill();
  ending = new AbortController();
  seen = false;
  const { daemon } = rig.config;
  const http = { ...daemon.http, alerts: { listen: '127.0.0.1:0' } };
  const kubernetes = { ...daemon.kubernetes, timeout: 300 as Milliseconds };
  rig.config = { ...rig.config, daemon: { ...daemon, http, kubernetes } };
});
afterEach(async () => {
  ending.abort();
  rig.world.kubernetes.faults.clearAll();
  let ended = false;
  void course.finally(() => (ended = true));
  await passing(seconds(1), () => expect(ended).toBe(true));
  await house?.close();
  await rig.lower();
});

/** Time stands still while it starts: what waits for seconds to pass waits for ever. */
async function begin(more: Partial<Parameters<typeof openHouse>[0]> = {}): Promise<House> {
  house = await openHouse({
    config: () => rig.config,
    refused: () => [],
    clock: rig.clock,
    env: rig.connected.env,
    log: createLogger({ level: 'silent' }),
    http: { listen: '127.0.0.1:0', metricsListen: null },
    ...more,
  });
  void house.firstSight.then(() => (seen = true));
  return house;
}

const courseOf = (): Course => ({
  clock: rig.clock,
  interval: () => rig.config.daemon.interval,
  hurry: () => () => undefined,
  signal: ending.signal,
});

/** As a sender does: again until it is taken. `meanwhile`: what passes between two attempts. */
async function push({ alertsUrl }: House, meanwhile: Milliseconds): Promise<void> {
  const body = JSON.stringify([{ labels: { alertname: 'DiskFull', instance: 'db-1', severity: 'page' } }]);
  await passing(meanwhile, async () => {
    const answer = await fetch(`${alertsUrl ?? ''}/api/v2/alerts`, { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([200, expect.anything()]);
  });
}

const isReady = async ({ server }: House): Promise<number> => (await fetch(`${server?.urls.page ?? ''}/readyz`)).status;

async function passing(step: Milliseconds, what: () => Promise<void> | void): Promise<void> {
  await vi.waitFor(async () => {
    rig.clock.advance(step);
    await what();
  }, patience);
}

describe('an API server that says nothing at the start', () => {
  it('keeps nobody from being told by a process whose ledger is in files', async () => {
    rig.world.kubernetes.faults.set('slow', { delay: anHour });
    const begun = await begin();
    course = leadAlone(begun, courseOf());
    await vi.waitFor(() => expect(begun.alertsUrl).not.toBeNull(), patience);
    await push(begun, seconds(0));
    expect([seen, await isReady(begun)]).toEqual([false, 503]);
    await passing(seconds(1), () => expect(rig.subjects.join('\n')).toContain('DiskFull'));
    expect(await isReady(begun)).toBe(503);
    rig.world.kubernetes.faults.clearAll();
    await passing(seconds(1), async () => expect(await isReady(begun)).toBe(200));
  });
});

describe('an API server of which one list does not come at the start', () => {
  it('keeps no replica from leading and taking alerts in: what its ledger needs can be read', async () => {
    const namespace = 'default';
    const { daemon } = rig.config;
    rig.config = { ...rig.config, daemon: { ...daemon, state: { kubernetes: { namespace } } } };
    rig.world.kubernetes.faults.set('slow', { delay: anHour, path: '/api/v1/pods' });
    const monotonic = (): number => rig.clock.now();
    const fence = createFence(monotonic);
    const begun = await begin({ fence, leader: () => null });
    const lease = { namespace, name: 'springtide' };
    course = takeTurns(begun, {
      ...courseOf(),
      ...{ fence, monotonic, lease, identity: 'one', address: begun.alertsUrl },
      log: createLogger({ level: 'silent' }),
      onSeen: () => undefined,
    });
    await push(begun, 10 as Milliseconds);
    expect([seen, await isReady(begun)]).toEqual([false, 503]);
  });
});
