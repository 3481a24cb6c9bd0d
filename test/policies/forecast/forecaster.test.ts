// The forecaster as a whole: what it foresees, when it steps back and comes back, and what gaps and clocks do to it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TargetForecast } from '../../../src/model/forecast.ts';
import { minutes, seconds, type Instant } from '../../../src/model/units.ts';
import { Forecaster } from '../../../src/policies/forecast/forecaster.ts';
import { at, dayOfMinutes, minute } from './scenes.ts';

const delays = { pods: seconds(75), nodes: seconds(315) };
const perReplica = 10;

type Load = (passed: number) => number;

/** The hours of a day with some noise, and a burst of ten minutes at noon. */
const office: Load = (passed) => {
  const ofDay = passed % dayOfMinutes;
  const noise = ((passed * 7919) % 101) / 10;
  const base = 100 + 80 * Math.sin((ofDay / dayOfMinutes) * 2 * Math.PI) + noise;
  return ofDay >= 720 && ofDay < 730 ? base + 400 : base;
};

function feed(forecaster: Forecaster, load: Load, from: number, to: number): TargetForecast {
  for (let passed = from; passed < to; passed++) forecaster.observe(at(passed), load(passed));
  return forecaster.forecast(perReplica, delays);
}

function began(): Forecaster {
  const forecaster = new Forecaster('requests');
  forecaster.forecast(perReplica, delays);
  return forecaster;
}

const outlooks = ({ pods, nodes, keep }: TargetForecast) => [pods, nodes, keep];

function expectSane(said: TargetForecast, newest: number): void {
  for (const { expected, upper } of outlooks(said)) {
    expect(expected).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(expected) && Number.isFinite(upper)).toBe(true);
    expect(upper).toBeGreaterThanOrEqual(newest * (1 - 1e-6));
  }
  expect(said.nodes.upper).toBeGreaterThanOrEqual(said.pods.upper * (1 - 1e-6));
  expect(said.keep.upper).toBeGreaterThanOrEqual(said.nodes.upper);
}

describe('Forecaster', () => {
  it('knows nothing before the first sample', () => {
    expect(began().forecast(perReplica, delays)).toMatchObject({
      metric: 'requests',
      state: 'learning',
      doubt: 'notEnoughHistory',
      pods: { ahead: delays.pods, expected: 0, upper: 0 },
      keep: { ahead: 2 * delays.nodes },
      coverage: null,
      history: 0,
    });
  });

  it('learns for a day, says the same after the same samples, and takes no sample that is none', () => {
    const one = began();
    const other = began();
    expect(feed(one, office, 0, 1300)).toMatchObject({ state: 'learning', doubt: 'notEnoughHistory' });
    const grown = feed(one, office, 1300, 1500);
    expect(grown).toMatchObject({ state: 'trusted', doubt: null, history: minutes(1499) });
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e300]) one.observe(at(1500), value);
    one.observe(at(1498), 7);
    expect(one.forecast(perReplica, delays)).toEqual(grown);
    expect(feed(other, office, 0, 1500)).toEqual(grown);
  });

  it('foresees what comes every day; steps back where everything is new, and comes back by itself', () => {
    const forecaster = began();
    const noon = 3 * dayOfMinutes + 720;
    const before = feed(forecaster, office, 0, noon - 2);
    expect(before.state).toBe('trusted');
    expect(before.nodes.upper).toBeGreaterThan(450);
    expect(before.coverage).toBeGreaterThan(0.93);
    expectSane(before, office(noon - 3));
    // faster than anything that grows as it did before
    const wild: Load = (passed) => office(passed) * Math.min(1e10, 2 ** (((passed - noon) / 10) ** 2));
    const lost = feed(forecaster, wild, noon, noon + 60);
    expect(lost.state).toBe('steppedBack');
    expect(lost.doubt).toMatch(/coverageTooLow|patternChanged/);
    const again = feed(forecaster, office, noon + 60, noon + 60 + 1400);
    expect(again).toMatchObject({ state: 'trusted', doubt: null });
  });

  it('keeps what it knows over a gap, and over a clock that was ahead', () => {
    const forecaster = began();
    const calm = feed(forecaster, office, 0, 1500);
    expectSane(feed(forecaster, office, 1620, 1640), office(1639));
    forecaster.observe(at(1640 + 5000), 50);
    const back = feed(forecaster, office, 1640, 1700);
    expectSane(back, office(1699));
    expect(back.history).toBeGreaterThan(calm.history);
    expect(back.pods.upper).toBeLessThan(1000);
  });

  it('learns from a past by the five minutes as well', () => {
    const forecaster = began();
    for (let passed = 0; passed < 1.2 * dayOfMinutes; passed += 5) forecaster.observe(at(passed), office(passed));
    const said = forecaster.forecast(perReplica, delays);
    expect(said.state).toBe('trusted');
    expect(said.coverage).toBeGreaterThan(0.8);
  });

  it('says nothing absurd, whatever comes whenever', () => {
    const sample = fc.record({
      gap: fc.oneof(
        { weight: 9, arbitrary: fc.constant(15_000) },
        fc.integer({ min: -2 * 3_600_000, max: 90 * minute }),
      ),
      value: fc.oneof(fc.double({ min: 0, max: 1e15 }), fc.integer({ min: 0, max: 100 }), fc.constant(Number.NaN)),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 120 }), fc.double({ min: 0 }), (samples, capacity) => {
        const forecaster = new Forecaster('requests');
        let now: number = at(0);
        for (const { gap, value } of samples) {
          now += gap;
          forecaster.observe(now as Instant, value);
          expectSane(forecaster.forecast(capacity, delays), 0);
        }
      }),
      { numRuns: 40 },
    );
  });
});
