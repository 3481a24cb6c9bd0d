// Stabilization: between an up and a following down at least the down window passes, and the other way round.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aConfig, aPodPolicy, answered } from '../../builders.ts';
import { load, simulate, web, type Tick } from './simulate.ts';

interface Move {
  readonly at: number;
  readonly way: 'up' | 'down';
}

const movesOf = (course: readonly Tick[]): readonly Move[] =>
  course.flatMap(({ now, decision: { current, desired } }) =>
    current === desired ? [] : [{ at: now, way: Number(desired) > Number(current) ? 'up' : 'down' } as const],
  );

const given = fc.record({
  values: fc.array(fc.oneof({ weight: 8, arbitrary: load }, { weight: 1, arbitrary: fc.constant(null) }), {
    minLength: 30,
    maxLength: 90,
  }),
  up: fc.constantFrom(0, 30, 90),
  down: fc.constantFrom(0, 60, 300),
  start: fc.integer({ min: 1, max: 50 }),
  rates: fc.constantFrom(undefined, [{ type: 'Pods', value: 3, period: '15s' }]),
});

describe('two directions', () => {
  it('are never seen within one window', () => {
    fc.assert(
      fc.property(given, ({ values, up, down, start, rates }) => {
        const behavior = {
          scaleUp: { stabilizationWindow: `${up}s`, ...(rates !== undefined && { policies: rates }) },
          scaleDown: { stabilizationWindow: `${down}s`, ...(rates !== undefined && { policies: rates }) },
        };
        const course = simulate({
          config: aConfig([aPodPolicy('web', { replicas: { min: 1, max: 60 }, behavior })]),
          start,
          ticks: values.length,
          world: (tick, replicas) =>
            web(replicas)
              .answering('requests', answered(values[tick] ?? null))
              .build(),
        });
        const moves = movesOf(course);
        for (const [index, move] of moves.entries()) {
          const last = moves[index - 1];
          if (last === undefined || last.way === move.way) continue;
          expect(move.at - last.at).toBeGreaterThanOrEqual((move.way === 'down' ? down : up) * 1000);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('within a window are not seen after a gap in what is known either: the first way down waits a whole one', () => {
    const gap = fc.record({
      before: fc.integer({ min: 1, max: 30 }),
      blind: fc.integer({ min: 1, max: 50 }),
      what: fc.constantFrom('pods', 'deployments', 'answers', 'twice'),
      down: fc.constantFrom(60, 300),
    });
    fc.assert(
      fc.property(gap, ({ before, blind, what, down }) => {
        const behavior = { scaleDown: { stabilizationWindow: `${down}s` } };
        const course = simulate({
          config: aConfig([aPodPolicy('web', { behavior })]),
          start: 20,
          ticks: before + blind + 45,
          world: (tick, replicas) => {
            const known = web(replicas).answering('requests', tick < before ? 2000 : 100);
            if (tick < before || tick >= before + blind) return known.build();
            if (what === 'answers') return known.answering('requests', answered(null)).build();
            return what === 'twice' ? known.deployments().build() : known.without(what).build();
          },
        });
        const firstDown = course.findIndex(({ decision }) => Number(decision.desired ?? 20) < 20);
        expect(firstDown).toBe(before + blind + down / 15);
      }),
      { numRuns: 20 },
    );
  });

  it('spend the flap budget, which never holds a way up', () => {
    const waves = fc.record({
      period: fc.integer({ min: 2, max: 8 }),
      changes: fc.integer({ min: 1, max: 4 }),
      low: fc.integer({ min: 100, max: 400 }),
      high: fc.integer({ min: 700, max: 2000 }),
    });
    fc.assert(
      fc.property(waves, ({ period, changes, low, high }) => {
        const spec = {
          behavior: { scaleDown: { stabilizationWindow: '0s' } },
          flapBudget: { changes, per: '10m' },
        };
        const valueAt = (tick: number): number => (tick % (2 * period) < period ? high : low);
        const course = simulate({
          config: aConfig([aPodPolicy('web', spec)]),
          start: 5,
          ticks: 100,
          world: (tick, replicas) => web(replicas).answering('requests', valueAt(tick)).build(),
        });
        const moves = movesOf(course);
        const turns = moves.filter((move, index) => index > 0 && moves[index - 1]?.way !== move.way);
        for (const { at, way } of turns)
          if (way === 'down')
            expect(turns.filter((turn) => turn.at <= at && turn.at > at - 600_000).length).toBeLessThanOrEqual(
              changes + 1,
            );
        for (const [tick, { decision }] of course.entries())
          if (valueAt(tick) === high && Number(decision.current) * 110 < high)
            expect(Number(decision.desired)).toBeGreaterThan(Number(decision.current));
      }),
      { numRuns: 20 },
    );
  });
});
