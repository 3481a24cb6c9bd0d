// Where thousands of pods wait, some of them speak for all: each kind by its share, and never more than there are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { podsOf, sampleOf } from '../../../../src/policies/nodes/fit/pack.ts';
import { Simulation } from '../../../../src/policies/nodes/fit/simulation.ts';
import { aPod } from '../../../builders.ts';

const simulation = new Simulation({});
const demandOf = (cpu: number, pods: number) => ({
  needs: simulation.needsOf(
    aPod('p')
      .requesting({ cpu: `${cpu}m` })
      .build(),
  ),
  pods,
});

describe('a sample of what waits', () => {
  it('is everybody where they are few', () => {
    const demands = [demandOf(100, 400), demandOf(200, 600)];
    expect(sampleOf(demands, 1000)).toBe(demands);
  });

  it('has as many of each kind as its share, whoever they belong to', () => {
    const sample = sampleOf([demandOf(100, 3000), demandOf(200, 5000), demandOf(100, 2000)], 100);
    expect(sample.map(({ needs, pods }) => [needs.requests['cpu'], pods])).toEqual([
      [100, 50],
      [200, 50],
    ]);
  });

  it('is of the size that was asked for, however many kinds there are', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 100 }), (pods, most) => {
        const demands = pods.map((count, index) => demandOf(index + 1, count));
        const sample = sampleOf(demands, most);
        expect(podsOf(sample)).toBeLessThanOrEqual(most);
        expect(podsOf(sample)).toBeGreaterThanOrEqual(Math.min(most, podsOf(demands)) - 1);
        for (const { needs, pods: drawn } of sample)
          expect(drawn).toBeLessThanOrEqual(demands.find((one) => one.needs === needs)?.pods ?? 0);
      }),
      { numRuns: 60 },
    );
  });
});
