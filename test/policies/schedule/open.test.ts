// When a rule is open: times of the day through clock changes and calendars, cron expressions as KEDA means them.
import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalendarDays, TimeRule, Weekday } from '../../../src/model/schedule.ts';
import type { Instant } from '../../../src/model/units.ts';
import { freshSpan, spanAt } from '../../../src/policies/schedule/open.ts';
import type { Span } from '../../../src/policies/schedule/span.ts';
import { anyZone, cron, daily, instant, once } from './windows.ts';

/** The stretches in which the rule is open, from the instant on, as RFC 3339. */
function stretches(rule: TimeRule, from: string, count: number): string[] {
  const found: string[] = [];
  let at: Instant | null = instant(from);
  while (at !== null && found.length < count) {
    const { open, until }: Span = spanAt(rule, at);
    if (open) found.push(`${text(at)}/${until === null ? '' : text(until)}`);
    at = until;
  }
  return found;
}

const text = (at: Instant): string => new Date(at).toISOString().replace(':00.000Z', 'Z');

const bankCn: CalendarDays = {
  name: 'bank-cn',
  holidays: ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07'],
  workdays: ['2026-10-10'],
};

describe('a window of the day', () => {
  const cases: [string, TimeRule, string, string[]][] = [
    [
      'is half-open',
      daily('UTC', '08:00-20:00'),
      '2026-01-05T00:00Z',
      ['2026-01-05T08:00Z/2026-01-05T20:00Z', '2026-01-06T08:00Z/2026-01-06T20:00Z'],
    ],
    [
      'over midnight belongs to the day of its start',
      daily('Asia/Shanghai', '20:00-08:00', [5]),
      '2026-01-05T00:00+08:00',
      ['2026-01-09T12:00Z/2026-01-10T00:00Z', '2026-01-16T12:00Z/2026-01-17T00:00Z'],
    ],
    [
      'may end at 24:00',
      daily('UTC', '20:00-24:00', [1]),
      '2026-01-05T00:00Z',
      ['2026-01-05T20:00Z/2026-01-06T00:00Z'],
    ],
    [
      'of whole days goes on over midnight',
      daily('UTC', '00:00-24:00', [1, 2, 3]),
      '2026-01-04T00:00Z',
      ['2026-01-05T00:00Z/2026-01-08T00:00Z'],
    ],
    [
      'that ends where it starts lasts a day',
      daily('UTC', '08:00-08:00', [1]),
      '2026-01-04T00:00Z',
      ['2026-01-05T08:00Z/2026-01-06T08:00Z'],
    ],
    ['of every day and hour never closes', daily('UTC', '00:00-24:00'), '2026-01-04T00:00Z', ['2026-01-04T00:00Z/']],
    ['without days never opens', daily('UTC', '08:00-20:00', []), '2026-01-04T00:00Z', []],
    [
      'that starts in the gap opens right after it',
      daily('Europe/Berlin', '02:30-04:00'),
      '2026-03-29T00:00Z',
      ['2026-03-29T01:00Z/2026-03-29T02:00Z'],
    ],
    [
      'that ends in the gap closes at the gap',
      daily('Europe/Berlin', '01:00-02:30'),
      '2026-03-28T12:00Z',
      ['2026-03-29T00:00Z/2026-03-29T01:00Z'],
    ],
    [
      'within the gap does not open that day',
      daily('Europe/Berlin', '02:15-02:45'),
      '2026-03-28T12:00Z',
      ['2026-03-30T00:15Z/2026-03-30T00:45Z'],
    ],
    [
      'around the gap is an hour shorter',
      daily('Europe/Berlin', '20:00-08:00', [6]),
      '2026-03-28T00:00Z',
      ['2026-03-28T19:00Z/2026-03-29T06:00Z'],
    ],
    [
      'within the doubled hour opens once',
      daily('Europe/Berlin', '02:15-02:45'),
      '2026-10-25T00:00Z',
      ['2026-10-25T00:15Z/2026-10-25T00:45Z', '2026-10-26T01:15Z/2026-10-26T01:45Z'],
    ],
    [
      'that starts in the doubled hour opens the first time',
      daily('Europe/Berlin', '02:30-03:30'),
      '2026-10-25T00:00Z',
      ['2026-10-25T00:30Z/2026-10-25T02:30Z'],
    ],
    [
      'that ends in the doubled hour closes the first time',
      daily('Europe/Berlin', '01:00-02:30'),
      '2026-10-24T12:00Z',
      ['2026-10-24T23:00Z/2026-10-25T00:30Z'],
    ],
    [
      'from a midnight that does not exist opens at 01:00 of that day',
      daily('Asia/Beirut', '00:00-06:00', [0]),
      '2026-03-28T00:00Z',
      ['2026-03-28T22:00Z/2026-03-29T03:00Z'],
    ],
    [
      'until a midnight that does not exist closes at the change',
      daily('America/Sao_Paulo', '20:00-24:00', [6]),
      '2018-11-03T00:00Z',
      ['2018-11-03T23:00Z/2018-11-04T03:00Z'],
    ],
    [
      'at a midnight that is shown twice opens the first time',
      daily('America/St_Johns', '00:00-00:30', [0]),
      '2010-11-07T00:00Z',
      ['2010-11-07T02:30Z/2010-11-07T04:00Z'],
    ],
    [
      'of a day that a zone left out does not open',
      daily('Pacific/Apia', '08:00-18:00', [4, 5, 6]),
      '2011-12-29T12:00Z',
      ['2011-12-29T18:00Z/2011-12-30T04:00Z', '2011-12-30T18:00Z/2011-12-31T04:00Z'],
    ],
    [
      'of working days leaves holidays out and takes moved days in',
      daily('Asia/Shanghai', '08:00-20:00', 'workday', bankCn),
      '2026-09-30T00:00+08:00',
      [
        '2026-09-30T00:00Z/2026-09-30T12:00Z',
        '2026-10-08T00:00Z/2026-10-08T12:00Z',
        '2026-10-09T00:00Z/2026-10-09T12:00Z',
        '2026-10-10T00:00Z/2026-10-10T12:00Z',
        '2026-10-12T00:00Z/2026-10-12T12:00Z',
      ],
    ],
    [
      'of holidays is for those that are listed, not for each weekend',
      daily('Asia/Shanghai', '00:00-24:00', 'holiday', bankCn),
      '2026-09-01T00:00Z',
      ['2026-09-30T16:00Z/2026-10-07T16:00Z'],
    ],
    [
      'of working days without a calendar is for Monday to Friday',
      daily('UTC', '00:00-24:00', 'workday'),
      '2026-10-03T00:00Z',
      ['2026-10-05T00:00Z/2026-10-10T00:00Z'],
    ],
  ];
  it.each(cases)('%s', (_, rule, from, expected) => {
    expect(stretches(rule, from, expected.length || 1)).toEqual(expected);
  });
});

describe('a span of time', () => {
  it.each([
    [once('2026-11-11T00:00Z', '2026-11-11T02:00Z'), ['2026-11-11T00:00Z/2026-11-11T02:00Z']],
    [once('2026-11-11T00:00Z', null), ['2026-11-11T00:00Z/']],
    [once(null, '2026-11-11T02:00Z'), ['2026-11-01T00:00Z/2026-11-11T02:00Z']],
    [once(null, '2026-10-11T02:00Z'), []],
    [once('2026-11-11T02:00Z', '2026-11-11T02:00Z'), []],
  ])('%j', (rule, expected) => {
    expect(stretches(rule, '2026-11-01T00:00Z', 2)).toEqual(expected);
  });
});

const instants = fc
  .integer({ min: instant('2026-01-01T00:00Z') / 60_000, max: instant('2027-01-01T00:00Z') / 60_000 })
  .map((minute) => (minute * 60_000) as Instant);

describe('a window between cron expressions', () => {
  const cases: [string, TimeRule, string, string[]][] = [
    [
      'closes at the end and opens at the start',
      cron('UTC', '0 20 * * *', '0 6 * * *'),
      '2026-01-02T12:00Z',
      ['2026-01-02T20:00Z/2026-01-03T06:00Z', '2026-01-03T20:00Z/2026-01-04T06:00Z'],
    ],
    [
      'that starts on weekdays and ends daily stays open from the last end before a weekend to the next',
      cron('Europe/Prague', '30 6 * * 1-5', '10 22 * * *'),
      '2023-06-09T00:00+02:00',
      ['2023-06-09T04:30Z/2023-06-11T20:10Z'],
    ],
    [
      'opens at the last of many starts before the end',
      cron('UTC', '* * * * *', '0 0 1 1 *'),
      '2026-06-01T00:00Z',
      ['2026-12-31T23:59Z/2027-01-01T00:00Z'],
    ],
    [
      'that ends daily and starts monthly is closed from the last end before the start only',
      cron('UTC', '0 8 1 * *', '0 20 * * *'),
      '2026-06-01T00:00Z',
      ['2026-06-01T08:00Z/2026-06-30T20:00Z', '2026-07-01T08:00Z/2026-07-31T20:00Z'],
    ],
    [
      'whose end and start fall together goes on',
      cron('UTC', '0 8 * * *', '0 8 * * 1-7'),
      '2026-01-02T12:00Z',
      ['2026-01-02T12:00Z/'],
    ],
    [
      'fires on either kind of day where both are named',
      cron('UTC', '0 8 13 * 5', '0 9 13 * 5'),
      '2026-01-10T12:00Z',
      ['2026-01-13T08:00Z/2026-01-13T09:00Z'],
    ],
    [
      'finds the next leap day',
      cron('UTC', '0 8 29 2 *', '0 9 29 2 *'),
      '2097-01-01T00:00Z',
      ['2104-02-29T08:00Z/2104-02-29T09:00Z'],
    ],
    [
      'opens after the gap and once in the doubled hour',
      cron('Europe/Berlin', '30 2 29,25 3,10 *', '30 3 29,25 3,10 *'),
      '2026-03-29T00:00Z',
      ['2026-03-29T01:00Z/2026-03-29T01:30Z', '2026-10-25T00:30Z/2026-10-25T02:30Z'],
    ],
    ['of words never opens', cron('UTC', 'each morning', '0 8 * * *'), '2026-01-01T00:00Z', []],
  ];
  it.each(cases)('%s', (_, rule, from, expected) => {
    const found = stretches(rule, from, expected.length || 1);
    expect(found.slice(0, expected.length)).toEqual(expected);
    expect(found.length).toBe(expected.length);
  });

  it('is open while the next end comes before the next start, as the library counts them', () => {
    const field = (low: number, high: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: low, max: high }).map(String),
        fc.integer({ min: 2, max: high }).map((step) => `*/${step}`),
        fc
          .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
          .map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
      );
    const expressions = fc
      .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7))
      .map((fields) => fields.join(' '));
    const next = (expression: string, at: Instant): number =>
      CronExpressionParser.parse(expression, { currentDate: new Date(at), tz: 'Asia/Shanghai' })
        .next()
        .getTime();
    fc.assert(
      fc.property(expressions, expressions, instants, (start, end, at) => {
        expect(spanAt(cron('Asia/Shanghai', start, end), at).open).toBe(next(end, at) <= next(start, at));
      }),
      { numRuns: 200 },
    );
  });
});

const minutes = fc.integer({ min: 0, max: 1440 });
const rules: fc.Arbitrary<TimeRule> = fc.oneof(
  fc.record({
    kind: fc.constant('daily' as const),
    start: fc.integer({ min: 0, max: 1439 }),
    end: minutes,
    days: fc.record({
      weekdays: fc.uniqueArray(fc.integer({ min: 0, max: 6 }) as fc.Arbitrary<Weekday>),
      workday: fc.boolean(),
      holiday: fc.boolean(),
    }),
    timeZone: fc.constantFrom(...anyZone),
    calendar: fc.constantFrom(bankCn, null),
  }),
  fc.record({
    kind: fc.constant('cron' as const),
    start: fc.constantFrom('0 8 * * *', '30 2 * * 0', '0 0 1 * *'),
    end: fc.constantFrom('0 20 * * *', '30 3 * * *', '0 0 2 * *'),
    timeZone: fc.constantFrom(...anyZone),
  }),
);
describe('any rule', () => {
  it('stays what it is until its next change, and is the other then', () => {
    fc.assert(
      fc.property(rules, instants, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (rule, at, share) => {
        const { open, until } = freshSpan(rule, at);
        if (until === null) return;
        expect(until).toBeGreaterThan(at);
        const between = (at + Math.floor((until - at) * share)) as Instant;
        expect(freshSpan(rule, between)).toMatchObject({ open, until });
        expect(freshSpan(rule, until).open).toBe(!open);
      }),
    );
  });

  it('is remembered as it is', () => {
    fc.assert(
      fc.property(rules, fc.array(instants, { maxLength: 12 }), (rule, times) => {
        for (const at of times)
          expect(spanAt(rule, at)).toMatchObject({ open: freshSpan(rule, at).open, until: freshSpan(rule, at).until });
      }),
    );
  });
});
