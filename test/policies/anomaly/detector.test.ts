// The detector of what is unusual: which series it tells of, which not, and for how long.
import { describe, expect, it } from 'vitest';
import { allSeries } from '../../../bench/anomalies/series.ts';
import { outcomeOf, profiles } from '../../../bench/anomalies/scorer.ts';
import type { Instant } from '../../../src/model/units.ts';
import { AnomalyDetector } from '../../../src/policies/anomaly/detector.ts';
import { defaultSensitivity, thresholdOf } from '../../../src/policies/anomaly/judgement.ts';
import { aDay, alertsOf, at, daily, judged, noise, type SeriesOf } from './series.ts';

/** By then all that is usual has been seen. */
const learnt = 10 * aDay;
const total = 4000;

/** The beginnings of alerts after the time of learning. */
const begun = (of: SeriesOf, sensitivity?: number): readonly number[] =>
  alertsOf(of, total, sensitivity)
    .map(([first]) => first)
    .filter((first) => first >= learnt);

const during =
  (first: number, length: number, then: SeriesOf, usually: SeriesOf): SeriesOf =>
  (index) =>
    index >= first && index < first + length ? then(index) : usually(index);

describe('a detector says nothing of', () => {
  it.each<[string, SeriesOf]>([
    ['a season with noise', daily],
    ['a line that never moves', () => 5],
    ['rounding', (index) => 0.1 + (index % 3) * 2e-17],
    ['a peak that comes every night', (index) => (index % aDay < 6 ? 300 : daily(index))],
    ['a counter', (index) => index],
  ])('%s', (_, of) => {
    expect(begun(of)).toEqual([]);
  });

  it('anything while it learns', () => {
    const [first, ...others] = judged((index) => (index === 100 ? 1e6 : daily(index)), 140);
    expect(first).toEqual({ score: 0, onset: 0, usual: null, known: 'learning' });
    for (const judgement of others) expect(judgement).toEqual(first);
  });
});

describe('a detector tells once', () => {
  it.each<[string, number, SeriesOf]>([
    ['of a spike', 1, during(learnt, 1, () => 400, daily)],
    [
      'of the night\u2019s peak at noon',
      1,
      during(
        learnt + 144,
        6,
        () => 300,
        (index) => (index % aDay < 6 ? 300 : daily(index)),
      ),
    ],
    ['of a height that is usual at other times only', 1, during(learnt + 216, 6, () => 140, daily)],
    ['of a new level', 1, (index) => daily(index) + (index >= learnt ? 150 : 0)],
    ['of the first errors after days without any', 2, (index) => (index >= learnt ? 3 : 0)],
    ['of a counter that begins anew', 1, (index) => (index >= learnt ? index - learnt : index)],
  ])('%s', (_, within, of) => {
    const [first, ...others] = begun(of);
    expect(first).toBeDefined();
    expect((first ?? 0) % aDay).toBeLessThan(216 + within);
    expect(others).toEqual([]);
  });

  it.each<[string, SeriesOf]>([
    ['of a line that stands still', during(learnt, 200, () => 100, daily)],
    ['of noise that has doubled', (index) => noise(index) * (index >= learnt ? 2 : 1)],
  ])('and soon %s', (_, of) => {
    const [first = total] = begun(of);
    expect(first).toBeLessThan(learnt + 48);
  });

  it('of a holiday, and not of each weekend', () => {
    const quiet = new Set([5, 6, 12, 13, 19, 20, 23, 26, 27]);
    const of: SeriesOf = (index) => daily(index) * (quiet.has(Math.floor(index / aDay)) ? 0.4 : 1);
    const days = alertsOf(of, 28 * aDay).map(([first]) => Math.floor(first / aDay));
    expect(days.filter((day) => day >= 14)).toEqual([23]);
  });

  it('of what comes after an absurd value as well', () => {
    const of: SeriesOf = (index) => (index === learnt ? 1e9 : index === learnt + 500 ? 400 : daily(index));
    expect(begun(of)).toEqual([learnt, learnt + 500]);
  });
});

describe('an alert', () => {
  it('ends with the spike that it began with', () => {
    const [, last] = alertsOf(
      during(learnt, 1, () => 400, daily),
      total,
    ).at(-1) ?? [0, 0];
    expect(last).toBeLessThan(learnt + 3);
  });

  it('of a new level lasts until that is usual', () => {
    const [first, last] = alertsOf((index) => daily(index) + (index >= learnt ? 150 : 0), total).at(-1) ?? [0, 0];
    expect(first).toBe(learnt);
    expect(last - first).toBeGreaterThan(12);
    expect(last - first).toBeLessThan(aDay);
  });

  it('is rarer the less sensitive the rule is', () => {
    const counts = [0.1, 0.5, 0.9, 1].map((sensitivity) => alertsOf(daily, total, sensitivity).length);
    expect(counts).toEqual([...counts].sort((one, other) => one - other));
    expect(counts[3]).toBeGreaterThan(10);
  });
});

describe('what is usual', () => {
  it('follows the time of day', () => {
    const answers = judged(daily, total).slice(learnt);
    const outside = answers.filter(({ usual }, index) => {
      const value = daily(learnt + index) ?? 0;
      return usual === null || value < usual.low || value > usual.high;
    });
    const widest = Math.max(...answers.map(({ usual }) => (usual === null ? Infinity : usual.high - usual.low)));
    expect(outside.length).toBeLessThan(answers.length * 0.02);
    expect(widest).toBeLessThan(50);
  });
});

describe('observations closer than five minutes', () => {
  it('do not shorten the day that is listened to', () => {
    const detector = new AnomalyDetector();
    const known = Array.from(
      { length: 4000 },
      (_, index) => detector.observe((at(0) + index * 15_000) as Instant, daily(index)).known,
    );
    expect(known.indexOf('known')).toBeGreaterThan(2880);
  });
});

describe('the benchmark', () => {
  it('is passed on a category of true series, with the sensitivity that a rule has', () => {
    const corpus = allSeries('realTraffic').map((series) => {
      const detector = new AnomalyDetector();
      const scores = series.values.map(
        (value, index) => detector.observe((series.at[index] ?? 0) as Instant, value).onset,
      );
      return { ...series, scores };
    });
    const [standard] = profiles;
    expect(standard && outcomeOf(corpus, thresholdOf(defaultSensitivity), standard).score).toBeGreaterThan(60);
  });
});
