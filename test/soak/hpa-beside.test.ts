// The same load through the true HPA and through springtide, both at 15 s: equal replicas at every step, and ours not later.
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { delaysOf, describeDistribution, distribution } from '../real/beside/figures.ts';
import { march, pathsOf, plannedPaths, type StepRecord } from '../real/beside/march.ts';
import { momentsFor } from '../real/beside/moments.ts';
import { pairNames, sides } from '../real/beside/pairs.ts';
import { useBeside } from '../real/beside/stage.ts';
import { chanceFrom, plan } from '../real/beside/steps.ts';

const seed = 20_261_121;
const moves = Number(process.env['SOAK_MOVES'] ?? 40);
const intervalSeconds = 15;
// Not the interval: a write is then as old as the period at the next tick, and milliseconds decide, in both systems, whether
// it still counts.
const periodSeconds = 10;
const intervalMs = intervalSeconds * 1000;
const allowedMs = 1000;

describe(`${moves} moves of the load at random phases of ${intervalSeconds} s`, () => {
  const beside = useBeside({ intervalSeconds, periodSeconds });
  const records: StepRecord[] = [];
  const tell = (fact: string): void => {
    process.stdout.write(`${fact}\n`);
    const file = process.env['SOAK_REPORT'];
    if (file !== undefined) appendFileSync(file, `- ${fact}\n`);
  };
  const inSeconds = (ms: number): string => (ms / 1000).toFixed(1);

  it('writes the replicas of the HPA at every step', async () => {
    const steps = plan({ seed, moves, holds: Math.ceil(moves / 20), reach: 'any' });
    const nextMoment = momentsFor(beside, intervalMs, chanceFrom(seed));
    for (const [index, step] of steps.entries()) {
      // The moment itself is what is tried; nothing is waited for.
      if (step.kind === 'move') await wait(nextMoment() - Date.now());
      const record = await march(beside, step, (step.path.length * 3 + 4) * intervalMs);
      records.push(record);
      const delays = Object.entries(record.writes).map(
        ([name, writes]) => `${name} ${writes.map(({ at }) => inSeconds(at - record.changedAt)).join(' ') || 'none'}`,
      );
      const path = step.path.join(', ') || 'none';
      process.stdout.write(`${index + 1}: load ${step.load}, ${step.from} → ${path}; after s: ${delays.join('; ')}\n`);
      expect(pathsOf(record), `step ${index + 1}`).toEqual(plannedPaths(step));
    }
    expect(beside.deployments().broken()).toBeNull();
    const several = steps.filter(({ path }) => path.length > 1).length;
    const holds = steps.filter(({ kind }) => kind === 'hold').length;
    tell(`${moves} moves, ${several} of them over several ticks, and ${holds} holds: equal replicas in all`);
  });

  it('is not later than the HPA', () => {
    expect(records.length).toBeGreaterThanOrEqual(moves);
    for (const pair of pairNames) {
      const delays = delaysOf(records, pair);
      for (const what of ['first', 'last', 'spread'] as const)
        for (const side of sides.filter((one) => delays[one][what].length > 0))
          tell(`${pair}, ${what}, ${side}: ${describeDistribution(distribution(delays[side][what]))}`);
    }
    for (const pair of pairNames) {
      const { hpa, springtide } = delaysOf(records, pair);
      const [theirs, ours] = [distribution(hpa.first), distribution(springtide.first)];
      expect(ours.p50, `${pair} p50`).toBeLessThanOrEqual(theirs.p50 + allowedMs);
      expect(ours.p95, `${pair} p95`).toBeLessThanOrEqual(theirs.p95 + allowedMs);
      for (const [index, spread] of springtide.spread.entries())
        expect(spread, `${pair}, spread move ${index + 1}`).toBeLessThanOrEqual((hpa.spread[index] ?? 0) + allowedMs);
    }
  });
});
