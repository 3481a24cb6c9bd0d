// The forecaster as a whole: what it foresees, when it steps back and comes back, and what gaps and clocks do to it.
import { describe, expect, it } from 'vitest';
import { Forecaster } from '../../../src/policies/forecast/forecaster.ts';
import { minutes, seconds, type Instant } from '../../../src/model/units.ts';

const start = Date.UTC(2026, 0, 5);
const minute = 60_000;
const day = 1440;
const delays = { pods: seconds(75), nodes: seconds(315) };
const at = (passed: number): Instant => (start + passed * minute) as Instant;

type Load = (passed: number) => number;
/** Office hours, with a burst of ten minutes at noon. */
const office: Load = (passed) => {
  const hour = (passed % day) / 60;
  const base = 100 + 80 * Math.sin(((hour - 9) / 24) * 2 * Math.PI);
  return hour >= 12 && hour < 12 + 1 / 6 ? base + 400 : base;
};

function learned(load: Load, days: number, metric = 'requests'): Forecaster {
  const forecaster = new Forecaster(metric);
  for (let passed = 0; passed < days * day; passed++) forecaster.observe(at(passed), load(passed));
  return forecaster;
}

describe('Forecaster', () => {
  it('is learning until it has seen a day', () => {
    const young = learned(office, 0.9).forecast(10, delays);
    expect(young).toMatchObject({ metric: 'requests', state: 'learning', doubt: 'notEnoughHistory' });
    const grown = learned(office, 1.1).forecast(10, delays);
    expect(grown).toMatchObject({ state: 'trusted', doubt: null });
    expect(grown.history).toBeGreaterThan(minutes(day));
  });

  it('foresees what happens every day, as far as VMs need to boot', () => {
    const forecaster = learned(office, 5 + 11.95 / 24);
    const said = forecaster.forecast(10, delays);
    expect(said.state).toBe('trusted');
    expect(said.nodes.upper).toBeGreaterThan(500);
    expect(said.keep.ahead).toBe(minutes(10.5));
  });

  it('says the same after the same samples', () => {
    const [one, other] = [learned(office, 2), learned(office, 2)];
    expect(one.forecast(10, delays)).toEqual(other.forecast(10, delays));
  });

  it('takes no sample that is none', () => {
    const forecaster = learned(office, 2);
    const before = forecaster.forecast(10, delays);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) forecaster.observe(at(2 * day), value);
    expect(forecaster.forecast(10, delays)).toEqual(before);
  });
});
