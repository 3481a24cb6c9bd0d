// A load that comes every hour, known from Prometheus' own past: VMs are ordered and pods asked for before it comes, also after a restart.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodPolicy } from '../../src/model/config.ts';
import type { TickReport } from '../../src/model/report.ts';
import { minutes, type Instant, type QueryText } from '../../src/model/units.ts';
import { groupOf, podsOf, Rig, start } from './rig.ts';

const hour = minutes(60);
/** After the story has begun; for a quarter of every hour. */
const rises = minutes(8);
const [ebb, tide] = [300, 1500];

const loadAt = (at: Instant): number => {
  const sinceRise = (((at - start - rises) % hour) + hour) % hour;
  return sinceRise < minutes(15) ? tide : ebb;
};

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
  const { prometheus } = rig.world;
  const [web] = rig.config.podPolicies;
  if (web === undefined) throw new Error('no policy');
  for (let at = (start - 30 * hour) as Instant; at < start; at = (at + 60_000) as Instant)
    prometheus.write('orders', {}, loadAt(at), at);
  const metrics = web.spec.metrics.map((metric) => ({
    ...metric,
    name: 'orders',
    ages: [],
    source: { kind: 'query', question: { single: 'sum(orders)' as QueryText, grouped: null }, byPod: false } as const,
  }));
  const foreseeing: PodPolicy = {
    ...web,
    spec: { ...web.spec, metrics, forecast: { metric: 'orders', mode: 'act', fallbackUtilization: 0.7 } },
  };
  rig.config = { ...rig.config, podPolicies: [foreseeing] };
});
afterEach(() => rig.lower());

/** The load of this instant, then a tick. */
async function step(): Promise<TickReport> {
  const now = (rig.clock.now() + rig.config.daemon.interval) as Instant;
  rig.world.prometheus.write('orders', {}, loadAt(now), now);
  return rig.step();
}

async function until(what: string, shown: (report: TickReport) => boolean, most = 40): Promise<TickReport> {
  for (let tick = 0; tick < most; tick += 1) {
    const report = await step();
    if (shown(report)) return report;
  }
  throw new Error(`${what} did not happen in ${most} ticks`);
}

/** Reading the past takes real time, which the world's clock does not wait for. */
async function aPastThatIsKnown(): Promise<void> {
  const first = await step();
  expect(podsOf(first).forecast).toMatchObject({ state: 'learning', doubt: 'notEnoughHistory' });
  // Nothing is raised for want of a margin meanwhile, and nothing is lowered.
  expect(podsOf(first).desired).toBe(Math.max(ebb / 100, podsOf(first).current ?? 0));
  await rig.springtide.forecasts.settled();
  expect(podsOf(await step()).forecast).toMatchObject({ state: 'trusted', doubt: null });
}

const ordersAhead = (report: TickReport): boolean => groupOf(report).reason === 'ForecastWillNotFit';

describe('a load that comes every hour', () => {
  it('finds VMs and pods there, also after a restart that has forgotten all', async () => {
    await aPastThatIsKnown();
    const ordered = await until('an order ahead of the load', ordersAhead);
    expect(rig.clock.now() - start).toBeLessThan(rises);
    expect(groupOf(ordered)).toMatchObject({ action: 'grow', current: 2 });
    expect(groupOf(ordered).message).toContain('new pods of shop/web');
    expect(podsOf(ordered).desired).toBeLessThan(tide / 200);

    await rig.kill();
    await rig.boot();
    await aPastThatIsKnown();
    const risen = await until('the load', () => rig.clock.now() - start >= rises);
    expect(podsOf(risen).metrics).toMatchObject([{ value: tide }]);
    expect(podsOf(risen).current).toBeGreaterThanOrEqual(tide / 100);
    expect(risen.pendingPods).toBe(0);
  });
});
