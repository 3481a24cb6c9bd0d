// When a cron expression fires, counted over years: as often as somebody who walks from one time to the next would say.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Instant } from '../../../src/model/units.ts';
import { countTimes, nextTime, previousTime, timesOf } from '../../../src/policies/schedule/cron-times.ts';
import { zoneOf } from '../../../src/policies/schedule/zone.ts';

const day = 86_400_000;
const begin = Date.UTC(2024, 0, 1);
// half an hour of summer, a change at midnight, two changes in Ramadan's years, none at all
const zones = ['Asia/Shanghai', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Havana', 'Africa/Casablanca', 'UTC'];
const instant = fc.integer({ min: begin, max: begin + 4 * 366 * day }).map((at) => at as Instant);
const number = (min: number, max: number): fc.Arbitrary<string> => fc.integer({ min, max }).map(String);
const daily = fc
  .tuple(number(0, 59), number(0, 23), fc.constantFrom('*', '1', '1-7', '31'), fc.constantFrom('*', '1', '1-5', '0,6'))
  .map(([minute, hour, date, weekday]) => `${minute} ${hour} ${date} * ${weekday}`);
const often = fc.constantFrom(
  '*/5 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '0 2 * * 0',
  '15,45 1-3 * 3,10 *',
  '0 */8 * * 1',
);

const timesFor = (expression: string): NonNullable<ReturnType<typeof timesOf>> => {
  const times = timesOf(expression);
  if (times === null) throw new Error(`${expression} cannot be read`);
  return times;
};

it('counts as many as there are to walk over', () => {
  fc.assert(
    fc.property(
      daily,
      fc.constantFrom(...zones),
      instant,
      fc.integer({ min: 0, max: 90 }),
      (expression, name, from, days) => {
        const [times, zone] = [timesFor(expression), zoneOf(name)];
        const until = (from + days * day) as Instant;
        let walked = 0;
        for (let at = nextTime(times, zone, from); at !== null && at <= until; at = nextTime(times, zone, at))
          walked += 1;
        expect(countTimes(times, zone, from, until)).toBe(walked);
      },
    ),
  );
});

it('counts none twice and leaves none out, wherever the count is cut', () => {
  fc.assert(
    fc.property(
      fc.oneof(daily, often),
      fc.constantFrom(...zones),
      instant,
      instant,
      instant,
      (expression, name, ...three) => {
        const [first, middle, last] = three.toSorted((one, other) => one - other) as [Instant, Instant, Instant];
        const count = (from: Instant, until: Instant): number =>
          countTimes(timesFor(expression), zoneOf(name), from, until);
        expect(count(first, middle) + count(middle, last)).toBe(count(first, last));
        expect(count(first, first)).toBe(0);
      },
    ),
  );
});

it('counts one more at each time, and none between', () => {
  fc.assert(
    fc.property(fc.oneof(daily, often), fc.constantFrom(...zones), instant, (expression, name, from) => {
      const [times, zone] = [timesFor(expression), zoneOf(name)];
      const at = nextTime(times, zone, from);
      if (at === null) throw new Error('each of these comes again');
      expect(countTimes(times, zone, from, (at - 1) as Instant)).toBe(0);
      expect(countTimes(times, zone, from, at)).toBeGreaterThan(0);
      expect(previousTime(times, zone, (at + 1) as Instant, from)).toBe(at);
    }),
  );
});
