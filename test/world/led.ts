// A house that follows and takes the lease in the embedded cluster, with all of its state in objects, and takes alerts in.
import { vi } from 'vitest';
import { openHouse, type House } from '../../src/assemble.ts';
import { createFence } from '../../src/leader/fence.ts';
import { seconds } from '../../src/model/units.ts';
import { createLogger } from '../../src/server/log.ts';
import { takeTurns } from '../../src/turns.ts';
import { Rig } from './rig.ts';

export const namespace = 'default';
const silent = createLogger({ level: 'silent' });

export interface Led {
  readonly house: House;
  /** resolves when its turns have ended */
  readonly course: Promise<void>;
  /** the status that its sender gets */
  readonly push: (alertname: string, more?: object) => Promise<number>;
}

/** With no daemon in it; its state is in objects from now on. */
export async function rigInObjects(): Promise<Rig> {
  const rig = await Rig.raise();
  await rig.kill();
  const { daemon } = rig.config;
  const http = { ...daemon.http, alerts: { listen: '127.0.0.1:0' } };
  rig.config = { ...rig.config, daemon: { ...daemon, http, state: { kubernetes: { namespace } } } };
  return rig;
}

export async function led(rig: Rig, stopping: AbortSignal): Promise<Led> {
  const monotonic = (): number => rig.clock.now();
  const fence = createFence(monotonic);
  const house = await openHouse({
    config: () => rig.config,
    refused: () => [],
    clock: rig.clock,
    env: rig.connected.env,
    log: silent,
    http: { listen: '127.0.0.1:0', metricsListen: null },
    fence,
    leader: () => null,
    stopping,
  });
  const course = takeTurns(house, {
    clock: rig.clock,
    interval: () => rig.config.daemon.interval,
    hurry: () => () => undefined,
    signal: stopping,
    fence,
    monotonic,
    lease: { namespace, name: 'springtide' },
    identity: 'one',
    address: house.alertsUrl,
    log: silent,
    onSeen: () => undefined,
  });
  return {
    house,
    course,
    push: (alertname, more = {}) =>
      fetch(`${house.alertsUrl ?? ''}/api/v2/alerts`, {
        method: 'POST',
        body: JSON.stringify([{ labels: { alertname }, ...more }]),
      }).then(({ status }) => status),
  };
}

/** A second of the virtual clock before each look, until what is expected is so. */
export const passing = (rig: Rig, what: () => Promise<void> | void, timeout = 30_000): Promise<void> =>
  vi.waitFor(
    async () => {
      rig.clock.advance(seconds(1));
      await what();
    },
    { timeout, interval: 20 },
  );
