// Time intervals: what is refused and where, months and their ends, zones and their clock changes, all against plain arithmetic.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containsInstant, isWithin, parseTimeInterval, parseTimeIntervals } from '../../src/matching/time-interval.ts';
import type { TimeInterval } from '../../src/matching/time-interval.ts';

function interval(written: object): TimeInterval {
  const parsed = parseTimeInterval(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
  return parsed.interval;
}
const holds = (written: object, at: string): boolean => containsInstant(interval(written), Date.parse(at));

describe('a mistake', () => {
  it.each([
    [{ weekdays: ['mon'] }, ['weekdays', 0], /mon is not a valid weekday/],
    [{ weekdays: ['friday:monday'] }, ['weekdays', 0], /end day monday is before start day friday/],
    [{ months: ['january', '13'] }, ['months', 1], /13 is not a valid month/],
    [{ months: ['december:january'] }, ['months', 0], /end month january is before/],
    [{ years: ['2030:2020'] }, ['years', 0], /end year 2020 is before/],
    [{ days_of_month: ['32'] }, ['days_of_month', 0], /out of range/],
    [{ days_of_month: ['-3:3'] }, ['days_of_month', 0], /must be negative/],
    [{ days_of_month: ['28:-1'] }, ['days_of_month', 0], /in a month of 28 days/],
    [{ times: [{ start_time: '22:00', end_time: '06:00' }] }, ['times', 0], /split a night at midnight/],
    [{ times: [{ start_time: '9:00', end_time: '10:00' }] }, ['times', 0], /timestamp 9:00/],
    [{ times: [{ start_time: '09:00' }] }, ['times', 0], /both start_time and end_time/],
    [{ times: '09:00' }, ['times'], /times is a list/],
    [{ location: 'Asia/Peking' }, ['location'], /Asia\/Peking is no time zone/],
    [{ day: ['monday'] }, ['day'], /unknown key "day"/],
    ['monday', [], /an interval is a mapping/],
  ])('in %j has its place', (written, path, message) => {
    const parsed = parseTimeInterval(written);
    const [mistake] = parsed.ok ? [] : parsed.mistakes;
    expect(mistake?.path).toEqual(path);
    expect(mistake?.message).toMatch(message);
  });

  it('does not hide the others', () => {
    const parsed = parseTimeInterval({ weekdays: ['x'], months: ['y'], location: 'z' });
    expect(parsed.ok ? [] : parsed.mistakes.map(({ path }) => path[0])).toEqual(['location', 'weekdays', 'months']);
  });
});

describe('an empty list', () => {
  it('never holds, what is not written always does', () => {
    const at = Date.UTC(2026, 10, 11, 2);
    const holds = (interval: object): boolean => isWithin(parseTimeIntervals([interval]), at);
    expect(holds({})).toBe(true);
    expect(holds({ weekdays: null })).toBe(true);
    for (const key of ['times', 'weekdays', 'days_of_month', 'months', 'years'])
      expect(holds({ [key]: [] })).toBe(false);
  });
});

describe('a zone', () => {
  const morning = { times: [{ start_time: '09:00', end_time: '17:00' }], location: 'Asia/Shanghai' };
  it('is that of its location, else UTC', () => {
    expect(holds(morning, '2026-11-21T01:00:00Z')).toBe(true);
    expect(holds(morning, '2026-11-21T09:00:00Z')).toBe(false);
    expect(holds({ ...morning, location: '' }, '2026-11-21T09:00:00Z')).toBe(true);
    expect(parseTimeInterval({ location: 'Local' }).ok).toBe(true);
  });

  it('has its hour twice when the clocks go back, and not at all when they go forward', () => {
    const night = { times: [{ start_time: '02:00', end_time: '03:00' }], location: 'Europe/Berlin' };
    const hours = (day: string): number =>
      Array.from({ length: 96 }, (_, quarter) => Date.parse(day) + quarter * 900_000).filter((at) =>
        containsInstant(interval(night), at),
      ).length / 4;
    expect(hours('2026-10-24T12:00:00Z')).toBe(2);
    expect(hours('2026-03-28T12:00:00Z')).toBe(0);
    expect(hours('2026-06-01T12:00:00Z')).toBe(1);
  });
});

describe('in UTC', () => {
  const instant = fc.integer({ min: Date.UTC(1999, 0), max: Date.UTC(2041, 0) });
  const last = (at: Date): number => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();

  it('days are counted from either end of the month', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31 }), instant, (day, time) => {
        const at = new Date(time);
        expect(holds({ days_of_month: [`${day}`] }, at.toISOString())).toBe(at.getUTCDate() === day);
        expect(holds({ days_of_month: [`-${day}`] }, at.toISOString())).toBe(at.getUTCDate() === last(at) - day + 1);
      }),
    );
  });

  it('ranges contain both their ends, times only the first', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    const clock = (of: number): string => new Date(of * 60_000).toISOString().slice(11, 16);
    fc.assert(
      fc.property(
        minute,
        minute,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 6 }),
        instant,
        (one, other, month, day, time) => {
          fc.pre(one !== other);
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const at = new Date(time);
          const now = at.getUTCHours() * 60 + at.getUTCMinutes();
          const text = at.toISOString();
          const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
          expect(holds({ times: [{ start_time: clock(from), end_time: clock(to) }] }, text)).toBe(
            now >= from && now < to,
          );
          expect(holds({ months: [`${month}:12`] }, text)).toBe(at.getUTCMonth() + 1 >= month);
          expect(holds({ weekdays: [`${names[day]}:saturday`] }, text)).toBe(at.getUTCDay() >= day);
          expect(holds({ years: ['2010:2020'] }, text)).toBe(
            at.getUTCFullYear() >= 2010 && at.getUTCFullYear() <= 2020,
          );
        },
      ),
    );
  });
});
