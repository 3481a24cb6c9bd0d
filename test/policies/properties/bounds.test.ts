// Never outside min and max, whatever the metrics, the schedule and the zero do; the only ways out are those of the contract.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleWindow } from '../../../src/model/schedule.ts';
import type { Milliseconds } from '../../../src/model/units.ts';
import { freshBoundsAt } from '../../../src/policies/schedule/bounds.ts';
import { aConfig, aPodPolicy, answered, at } from '../../builders.ts';
import { load, silences, simulate, web } from './simulate.ts';

const value = fc.oneof({ weight: 6, arbitrary: load }, { weight: 1, arbitrary: fc.constantFrom(...silences) });
const values = fc.array(value, { minLength: 10, maxLength: 60 });
const windowOf = (highest: number) =>
  fc.record({
    from: fc.integer({ min: 0, max: 600 }),
    length: fc.integer({ min: 15, max: 600 }),
    floor: fc.option(fc.integer({ min: 0, max: highest })),
    ceiling: fc.option(fc.integer({ min: 1, max: highest })),
    exact: fc.option(fc.integer({ min: 1, max: highest }), { freq: 5 }),
    priority: fc.integer({ min: 0, max: 2 }),
  });
const policy = fc
  .record({ min: fc.integer({ min: 0, max: 8 }), more: fc.integer({ min: 1, max: 30 }) })
  .chain(({ min, more }) =>
    fc.record({
      min: fc.constant(min),
      max: fc.constant(min + more),
      zero: fc.boolean(),
      windows: fc.array(windowOf(min + more), { maxLength: 3 }),
      bounds: fc.constantFrom('gradual', 'atOnce'),
      stabilization: fc.constantFrom('0s', '1m', '5m'),
      start: fc.integer({ min: 1, max: 45 }),
      values,
    }),
  );
type Case = typeof policy extends fc.Arbitrary<infer One> ? One : never;

function specOf({ min, max, zero, windows, bounds, stabilization }: Case): Record<string, unknown> {
  const sleeps = zero && min === 0;
  return {
    replicas: { min: sleeps ? 0 : Math.max(1, min), max, ...(sleeps && { whenActive: 1 }) },
    ...(sleeps && { zero: { after: '1m' } }),
    metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, ...(sleeps && { activation: 5 }) }],
    behavior: { scaleDown: { stabilizationWindow: stabilization, bounds } },
    schedule: windows.map(({ from, length, floor, ceiling, exact, priority }, index) => ({
      name: `w${index}`,
      from: new Date(at(from)).toISOString(),
      until: new Date(at(from + length)).toISOString(),
      ...(exact === null
        ? { ...(floor !== null && { min: floor }), ...(ceiling !== null && { max: Math.max(ceiling, floor ?? 0) }) }
        : { replicas: exact }),
      priority,
    })),
  };
}

const boundsThen = (replicas: { min: number; max: number }, schedule: readonly ScheduleWindow[], tick: number) =>
  freshBoundsAt(replicas, schedule, at(tick * 15), 0 as Milliseconds);

describe('the bounds', () => {
  it('are kept by every change; above them nothing rises, below them nothing falls', () => {
    fc.assert(
      fc.property(policy, (given) => {
        const spec = aPodPolicy('web', specOf(given));
        const course = simulate({
          config: aConfig([spec]),
          start: given.start,
          ticks: given.values.length,
          world: (tick, replicas) =>
            web(replicas)
              .answering('requests', answered(given.values[tick] ?? null))
              .build(),
        });
        for (const [tick, { decision }] of course.entries()) {
          const { min, max } = boundsThen(spec.spec.replicas, spec.spec.schedule, tick);
          const [current, desired] = [Number(decision.current), Number(decision.desired)];
          if (desired > current) expect(desired).toBeLessThanOrEqual(max);
          if (desired < current && desired > 0) expect(desired).toBeGreaterThanOrEqual(min);
          if (desired === 0) expect(spec.spec.zero !== undefined || max === 0 || current === 0).toBe(true);
          // a raised floor is met in the tick that sees it
          if (current > 0) expect(desired).toBeGreaterThanOrEqual(Math.min(min, max));
          if (current > max && given.bounds === 'atOnce' && decision.action === 'scale') expect(desired).toBe(max);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('that are lowered are reached, and not in one step where the rates forbid it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 60 }), fc.integer({ min: 1, max: 10 }), (start, max) => {
        const behavior = {
          scaleDown: { stabilizationWindow: '1m', policies: [{ type: 'Pods', value: 3, period: '15s' }] },
        };
        const course = simulate({
          config: aConfig([aPodPolicy('web', { replicas: { min: 1, max }, behavior })]),
          start,
          ticks: 40,
          world: (_, replicas) => web(replicas).answering('requests', 9000).build(),
        });
        for (const { decision } of course)
          expect(Number(decision.current) - Number(decision.desired)).toBeLessThanOrEqual(3);
        expect(course.at(-1)?.decision.desired).toBe(max);
      }),
      { numRuns: 10 },
    );
  });
});
