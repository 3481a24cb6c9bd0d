// What is forecast to cross: growth that goes on, and neither noise, nor a day like all days, nor what is cleaned up in time.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../src/model/units.ts';
import { minutes, type Milliseconds } from '../../../src/model/units.ts';
import { Crossing, type CrossingTerms } from '../../../src/policies/crossing/crossing.ts';
import { seededRandom } from '../../../src/sandbox/random.ts';

const hour = 3_600_000;
const day = 24 * hour;
const step = minutes(4);
const start = Date.parse('2026-11-01T00:00:00Z');
const confidence = 0.9;

type Course = (passed: number, noise: number) => number;

const terms = (hours: number, side: CrossingTerms['side'], limit: number): CrossingTerms => ({
  within: minutes(60 * hours),
  side,
  limit,
  step,
});

interface Played {
  /** the first moment, in hours */
  readonly first: number | null;
  /** how many moments it was said, and how many of them did not cross */
  readonly said: number;
  readonly wrong: number;
  /** how many moments that did cross were not said */
  readonly missed: number;
}

/** Says it from the second day on. */
function play(course: Course, asked: CrossingTerms, days: number): Played {
  const random = seededRandom(3);
  const crossing = new Crossing(asked);
  const count = Math.round((days * day) / step);
  const values = Array.from({ length: count }, (_, index) => course(index * step, random() + random() - 1));
  const isBeyond = (value: number): boolean => (asked.side === 'above' ? value > asked.limit : value < asked.limit);
  const ahead = Math.round(asked.within / step);
  let nextBeyond = Infinity;
  const crosses = values
    .map((value, index) => [value, index] as const)
    .toReversed()
    .map(([value, index]) => (nextBeyond = isBeyond(value) ? index : nextBeyond) - index <= ahead)
    .toReversed();
  let [first, said, wrong, missed]: [number | null, number, number, number] = [null, 0, 0, 0];
  values.forEach((value, index) => {
    crossing.observe((start + index * step) as Instant, value);
    if (index * step < 2 * day || index > count - ahead) return;
    const isSaid = (crossing.outlook()?.probability ?? 0) >= confidence;
    if (isSaid) {
      first ??= (index * step) / hour;
      said += 1;
      if (crosses[index] !== true) wrong += 1;
    } else if (crosses[index] === true) missed += 1;
  });
  return { first, said, wrong, missed };
}

const toothOf = (passed: number, period: number): number => (80 * (passed % period)) / period;

describe('nothing is said', () => {
  it.each<[string, Course, CrossingTerms]>([
    ['of what stays', () => 50, terms(2, 'above', 51)],
    ['of noise near the limit', (_, noise) => 50 + noise, terms(2, 'above', 51.5)],
    [
      'of days that end below it',
      (at, noise) => 50 + 30 * Math.sin((2 * Math.PI * at) / day) + noise,
      terms(2, 'above', 85),
    ],
    [
      'of days, a day ahead',
      (at, noise) => 50 + 30 * Math.sin((2 * Math.PI * at) / day) + noise,
      terms(24, 'above', 85),
    ],
    ['of what is cleaned up every day', (at, noise) => toothOf(at, day) + noise / 4, terms(2, 'above', 90)],
    ['of what is cleaned up every 31 hours', (at, noise) => toothOf(at, 31 * hour) + noise / 4, terms(2, 'above', 90)],
    [
      'of what is cleaned up every five hours',
      (at, noise) => toothOf(at, 5 * hour) + noise / 4,
      terms(24, 'above', 90),
    ],
    ['of what falls, where it may not rise', (at) => 100 - at / hour / 4, terms(4, 'above', 101)],
  ])('%s', (_, course, asked) => {
    expect(play(course, asked, 9)).toEqual({ first: null, said: 0, wrong: 0, missed: 0 });
  });
});

describe('it is said', () => {
  it('of a disk that fills up steadily, as long before as was asked for', () => {
    // 10 TB, a fortieth an hour: below 1 TB after 216 h
    const free: Course = (at) => 1e13 - (at / hour) * 1e13 * (0.9 / 216);
    const { first, wrong, missed } = play(free, terms(24, 'below', 1e12), 9.5);
    expect(first).toBeGreaterThan(190);
    expect(first).toBeLessThan(194);
    expect([wrong, missed <= 30]).toEqual([0, true]);
  });

  it('of growth through days that differ', () => {
    const course: Course = (at, noise) =>
      20 + (60 * at) / (8 * day) + 10 * Math.sin((2 * Math.PI * at) / day) + noise / 4;
    const { first, wrong, said, missed } = play(course, terms(24, 'above', 75), 10);
    expect(first).toBeGreaterThan(24 * 5);
    expect(wrong / said).toBeLessThan(0.02);
    expect(missed / said).toBeLessThan(0.05);
  });

  it('of each day that crosses, before it does', () => {
    const { said, wrong, missed } = play(
      (at, noise) => 50 + 30 * Math.sin((2 * Math.PI * at) / day) + noise,
      terms(2, 'above', 75),
      9,
    );
    expect(wrong / said).toBeLessThan(0.05);
    expect(missed / said).toBeLessThan(0.08);
  });

  it('when what was cleaned up is not any more', () => {
    const ends = 8 * day;
    const course: Course = (at, noise) => (at < ends ? toothOf(at, day) : 80 + (80 * (at - ends)) / day) + noise / 4;
    const { first, wrong } = play(course, terms(2, 'above', 90), 8.5);
    expect(first).toBeGreaterThan(24 * 8);
    expect(first).toBeLessThan(24 * 8 + 3);
    expect(wrong).toBe(0);
  });

  it('of a fill that begins out of nothing, once it has gone on for some of the span', () => {
    const begins = 5 * day;
    const { first } = play(
      (at, noise) => 50 + noise / 4 + (at < begins ? 0 : (5 * (at - begins)) / hour),
      terms(4, 'above', 100),
      6,
    );
    expect(first).toBeGreaterThan(24 * 5);
    expect(first).toBeLessThan(24 * 5 + 7.5);
  });
});

describe('an outlook', () => {
  const ramp = (asked: CrossingTerms, days: number): Crossing => {
    const crossing = new Crossing(asked);
    for (let at = 0; at <= days * day; at += step) crossing.observe((start + at) as Instant, at / hour);
    return crossing;
  };

  it('says when, and how far it will have gone', () => {
    const outlook = ramp(terms(10, 'above', 100), 4).outlook();
    expect(outlook?.probability).toBe(1);
    expect(outlook?.expected).toBeCloseTo(106, 0);
    expect(((outlook?.at ?? 0) - start) / hour).toBeGreaterThan(99);
    expect(((outlook?.at ?? 0) - start) / hour).toBeLessThan(101);
  });

  it('is certain of what has crossed', () => {
    expect(ramp(terms(10, 'above', 100), 5).outlook()).toMatchObject({ probability: 1, at: start + 5 * day });
  });

  it('is none before it has been tried for half a day and one and a half of the span', () => {
    expect(ramp(terms(1, 'above', 100), 0.49).outlook()).toBeNull();
    expect(ramp(terms(1, 'above', 100), 0.8).outlook()).not.toBeNull();
    expect(ramp(terms(48, 'above', 100), 2.9).outlook()).toBeNull();
    expect(ramp(terms(48, 'above', 100), 3.1).outlook()).not.toBeNull();
  });

  it('takes no harm from what is no number, comes twice or too late', () => {
    const [one, other] = [ramp(terms(10, 'above', 100), 3), ramp(terms(10, 'above', 100), 3)];
    const last = (start + 3 * day) as Instant;
    other.observe((last + 1) as Instant, Number.NaN);
    other.observe((last + 2) as Instant, Infinity);
    other.observe(last, 1e9);
    other.observe((last - hour) as Instant, 1e9);
    expect(other.outlook()).toEqual(one.outlook());
  });

  it('goes on after a gap of hours', () => {
    const crossing = new Crossing(terms(4, 'above', 1e9));
    const within = (4 * hour) as Milliseconds;
    for (let at = 0; at <= 3 * day; at += step)
      if (at < 2 * day || at > 2 * day + 2 * within) crossing.observe((start + at) as Instant, at / hour);
    expect(crossing.outlook()).toMatchObject({ probability: 0, at: null });
    expect(crossing.outlook()?.expected).toBeCloseTo(76, 0);
  });
});
