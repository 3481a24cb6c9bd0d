// explain beside a daemon that runs: its own memory is what it explains with, its journal what it remembers the past by.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explainPast, explainSeen, type Seen } from '../../src/cli/explain/sources.ts';
import type { PodExplanation } from '../../src/cli/explain/explanation.ts';
import type { Config } from '../../src/model/config.ts';
import { rfc3339, type Instant } from '../../src/model/units.ts';
import { memoryInDirectory, stateDirectoryOf } from '../../src/state/directory.ts';
import { podsOf, Rig } from './rig.ts';

let rig: Rig;
const asked = { target: 'deployment/web', namespace: 'shop' };
const configOf = (): Config => rig.config;

/** As another process beside the daemon sees it: the same world, the memory that was saved. */
async function explainNow(): Promise<PodExplanation> {
  const memory = await memoryInDirectory(stateDirectoryOf(configOf().daemon)).load();
  const now = rig.clock.now();
  const snapshot = await rig.springtide.world.collect(now);
  const memoryAt = memory.lastTick === null ? null : rfc3339(memory.lastTick);
  const seen: Seen = { snapshot, memory, now, origin: { kind: 'live', where: 'demo', memoryAt } };
  return podsExplained(explainSeen(seen, configOf(), asked));
}

function podsExplained(explanation: ReturnType<typeof explainSeen>): PodExplanation {
  if (explanation.tier !== 'pods') throw new Error('a target is no node group');
  return explanation;
}

beforeAll(async () => {
  rig = await Rig.raise();
});
afterAll(() => rig.lower());

it('tells of a way up, of what holds the way down, and of both when they are long past', async () => {
  await rig.calm();
  rig.demand = 900;
  rig.clock.advance(rig.config.daemon.interval);
  const up = await explainNow();
  expect(up.decision).toMatchObject({ action: 'scale', reason: 'MetricAboveTarget', current: 5 });
  expect(up.decision.metrics[0]).toMatchObject({ name: 'demand', value: 900, target: 100, proposal: 9 });
  const reports = await rig.until('a way up', (report) => podsOf(report).action === 'scale');
  const scaledAt = Date.parse(reports.at(-1)?.time ?? '') as Instant;
  await rig.calm();

  rig.demand = 300;
  await rig.until('a way down that is held', (report) => podsOf(report).reason === 'ScaleDownStabilized');
  const held = await explainNow();
  const governs = held.stabilization?.recommendations.find((one) => one.governs);
  expect(held.decision).toMatchObject({ reason: 'ScaleDownStabilized', current: 9 });
  expect(held.stabilization?.governedBy).toMatchObject({ replicas: 9, leaves: held.decision.until });
  expect(governs).toMatchObject({ replicas: 9, leaves: held.decision.until });
  expect(held.whyNot).toContainEqual(expect.objectContaining({ would: 3, step: 'stabilization' }));

  await rig.kill();
  const past = podsExplained(await explainPast(configOf(), { kind: 'target', ...asked }, (scaledAt + 5000) as Instant));
  expect(past).toMatchObject({
    time: rfc3339(scaledAt),
    origin: { kind: 'journal', configChanged: false },
    decision: { action: 'scale', reason: 'MetricAboveTarget' },
    outcome: { status: 'succeeded' },
  });
  expect(past.origin).toHaveProperty('next.time');
  await rig.boot();
});
