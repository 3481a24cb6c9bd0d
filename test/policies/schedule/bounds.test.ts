// Which bounds hold when windows overlap, how early they begin, and what the next changes are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleWindow, TimeRule } from '../../../src/model/schedule.ts';
import { minutes, type Instant, type Milliseconds } from '../../../src/model/units.ts';
import { boundsAt, freshBoundsAt } from '../../../src/policies/schedule/bounds.ts';
import { transitions } from '../../../src/policies/schedule/transitions.ts';
import { anyZone, aWindow, cron, daily, instant, once } from './windows.ts';

const base = { min: 2, max: 60 };
const noTime = 0 as Milliseconds;
const nowOn = once(null, '2026-12-01T00:00Z');
const notYet = once('2026-12-01T00:00Z', null);
const at = instant('2026-11-01T00:00Z');

type Values = Partial<ScheduleWindow>;
const active = (...windows: Values[]): ScheduleWindow[] =>
  windows.map((values, index) => aWindow(`w${index}`, nowOn, values));
const boundsOf = (windows: readonly ScheduleWindow[], own = base): [number, number] => {
  const { min, max } = boundsAt(own, windows, at, noTime);
  return [min, max];
};

describe('the bounds', () => {
  it.each<[string, Values[], [number, number]]>([
    ['are the own ones without a window', [], [2, 60]],
    ['have the floor', [{ min: 10 }], [10, 60]],
    ['have the ceiling', [{ max: 10 }], [2, 10]],
    ['have both', [{ min: 5, max: 10 }], [5, 10]],
    ['are exact', [{ replicas: 7 }], [7, 7]],
    ['are exact below the own minimum', [{ replicas: 0 }], [0, 0]],
    ['never exceed the own maximum', [{ min: 70 }], [60, 60]],
    ['never exceed it by an exact number', [{ replicas: 70 }], [60, 60]],
    ['never exceed it by a ceiling', [{ max: 70 }], [2, 60]],
    ['do not fall below the own minimum by a floor', [{ min: 1 }], [2, 60]],
    ['do not fall below the own minimum by a ceiling', [{ max: 1 }], [2, 2]],
    ['of equals: the largest floor, the smallest ceiling', [{ min: 5 }, { min: 8 }, { max: 30 }, { max: 20 }], [8, 20]],
    ['of equals that contradict: the floor', [{ min: 20 }, { max: 10 }], [20, 20]],
    ['of equals: the largest of exact numbers', [{ replicas: 3 }, { replicas: 5 }], [5, 5]],
    ['of equals: a floor above an exact number', [{ replicas: 3 }, { min: 9 }], [9, 9]],
    ['of equals: a ceiling below an exact number', [{ replicas: 3 }, { max: 1 }], [3, 3]],
    ['narrowed by a lower one', [{ max: 40, priority: 1 }, { min: 10 }], [10, 40]],
    ['of a ceiling keep a lower floor below it', [{ max: 8, priority: 1 }, { min: 10 }], [8, 8]],
    ['of a floor keep a lower ceiling above it', [{ min: 20, priority: 1 }, { max: 10 }], [20, 20]],
    ['of an exact number stand', [{ replicas: 7, priority: 1 }, { min: 10 }, { replicas: 0 }], [7, 7]],
    ['of exactly none stand', [{ replicas: 0, priority: 1 }, { min: 10 }], [0, 0]],
    ['of a floor let a lower exact number only narrow', [{ min: 10, priority: 1 }, { replicas: 5 }], [10, 10]],
    ['of a floor let a lower exact number raise', [{ min: 10, priority: 1 }, { replicas: 15 }], [15, 15]],
    ['do not depend on the order of writing', [{ min: 10 }, { max: 8, priority: 1 }], [8, 8]],
    ['of three priorities', [{ max: 50, priority: 3 }, { min: 20, priority: 2 }, { replicas: 90 }], [50, 50]],
  ])('%s', (_, values, expected) => {
    expect(boundsOf(active(...values))).toEqual(expected);
  });

  it('are touched by active windows only', () => {
    expect(boundsOf([aWindow('later', notYet, { min: 10 })])).toEqual([2, 60]);
  });

  it('name the windows that changed them, the highest first', () => {
    const windows = [
      aWindow('office', nowOn, { min: 10 }),
      aWindow('frozen', nowOn, { replicas: 20, priority: 2 }),
      aWindow('night', nowOn, { scaleDown: 'off' }),
      aWindow('sale', nowOn, { scaleDown: 'off', max: 30, priority: 3 }),
    ];
    expect(boundsAt(base, windows, at, noTime)).toEqual({
      min: 20,
      max: 20,
      scaleDownOff: 'sale',
      changes: [
        { window: 'sale', from: { min: 2, max: 60 }, to: { min: 2, max: 30 } },
        { window: 'frozen', from: { min: 2, max: 30 }, to: { min: 20, max: 20 } },
      ],
      until: instant('2026-12-01T00:00Z'),
    });
  });
});

describe('replicas that are to be Ready when a window begins', () => {
  const rule = daily('Asia/Shanghai', '08:00-20:00');
  const early = { readyBefore: minutes(15) };
  const start = minutes(5);
  it.each<[string, Values, string, [number, number]]>([
    ['not before', { min: 10, ...early }, '07:39', [2, 60]],
    ['a floor', { min: 10, ...early }, '07:40', [10, 60]],
    ['a floor, but not the ceiling', { min: 10, max: 20, ...early }, '07:59', [10, 60]],
    ['both at the start', { min: 10, max: 20, ...early }, '08:00', [10, 20]],
    ['an exact number as a floor', { replicas: 10, ...early }, '07:40', [10, 60]],
    ['an exact number from the start on', { replicas: 10, ...early }, '08:00', [10, 10]],
    ['an exact number that lowers is not early', { replicas: 0, ...early }, '07:59', [2, 60]],
    ['without readyBefore the start time moves nothing', { min: 10 }, '07:59', [2, 60]],
    ['nothing after the end', { min: 10, ...early }, '20:00', [2, 60]],
  ])('%s', (_, values, time, expected) => {
    const { min, max } = boundsAt(base, [aWindow('day', rule, values)], instant(`2026-11-02T${time}+08:00`), start);
    expect([min, max]).toEqual(expected);
  });

  it('raise early from an exact number that is lower', () => {
    const windows = [
      aWindow('night', daily('Asia/Shanghai', '20:00-08:00'), { replicas: 0 }),
      aWindow('day', rule, { min: 2, priority: 1, ...early }),
    ];
    const bounds = boundsAt(base, windows, instant('2026-11-02T07:45+08:00'), start);
    expect(bounds).toMatchObject({ min: 2, max: 2, until: instant('2026-11-02T08:00+08:00') });
  });

  it('leave scaling down alone until the start', () => {
    const windows = [aWindow('day', rule, { min: 10, scaleDown: 'off', ...early })];
    const offAt = (time: string): string | null =>
      boundsAt(base, windows, instant(`2026-11-02T${time}+08:00`), start).scaleDownOff;
    expect([offAt('07:50'), offAt('08:00')]).toEqual([null, 'day']);
  });
});

describe('the next transitions', () => {
  const show = (windows: readonly ScheduleWindow[], from: string, count = 5, startTime = noTime): string[] =>
    transitions(windows, base, instant(from), count, startTime).map(
      ({ at: when, before, after, windows: turns }) =>
        `${new Date(when).toISOString().slice(0, 16)} ${before.min}-${before.max} ${after.min}-${after.max}${
          after.scaleDownOff === null ? '' : ` off:${after.scaleDownOff}`
        } ${turns.map(({ window, to }) => `${window}:${to}`).join(' ')}`,
    );

  it('are those of all windows together', () => {
    const windows = [
      aWindow('office', daily('UTC', '08:00-20:00', [1, 2, 3, 4, 5]), { min: 10, readyBefore: minutes(10) }),
      aWindow('night', daily('UTC', '20:00-06:00'), { scaleDown: 'off' }),
      aWindow('sale', once('2026-11-09T09:00Z', '2026-11-09T11:00Z'), { min: 40, priority: 9 }),
    ];
    expect(show(windows, '2026-11-09T05:00Z', 7, minutes(2))).toEqual([
      '2026-11-09T06:00 2-60 2-60 night:closed',
      '2026-11-09T07:48 2-60 10-60 office:early',
      '2026-11-09T09:00 10-60 40-60 sale:open',
      '2026-11-09T11:00 40-60 10-60 sale:closed',
      '2026-11-09T20:00 10-60 2-60 off:night office:closed night:open',
      '2026-11-10T06:00 2-60 2-60 night:closed',
      '2026-11-10T07:48 2-60 10-60 office:early',
    ]);
  });

  it('pass over windows that change nothing', () => {
    const windows = [
      aWindow('frozen', once(null, '2026-11-11T00:00Z'), { replicas: 5, priority: 9 }),
      aWindow('office', daily('UTC', '08:00-20:00'), { min: 10 }),
    ];
    expect(show(windows, '2026-11-09T05:00Z', 2)).toEqual([
      '2026-11-11T00:00 5-5 2-60 frozen:closed',
      '2026-11-11T08:00 2-60 10-60 office:open',
    ]);
    expect(boundsAt(base, windows, instant('2026-11-09T05:00Z'), noTime).until).toBe(instant('2026-11-11T00:00Z'));
  });

  it('end where nothing changes any more', () => {
    expect(show([aWindow('sale', once('2026-11-09T09:00Z', null), { min: 40 })], '2026-11-09T05:00Z')).toHaveLength(1);
    expect(show([aWindow('idle', daily('UTC', '08:00-20:00'), { min: 1 })], '2026-11-09T05:00Z')).toEqual([]);
    expect(show([], '2026-11-09T05:00Z')).toEqual([]);
    expect(transitions(active({ min: 3 }), base, at, 0, noTime)).toEqual([]);
  });
});

const optional = (highest: number): fc.Arbitrary<number | null> => fc.option(fc.integer({ min: 0, max: highest }));
const someRules = fc.oneof<fc.Arbitrary<TimeRule>[]>(
  fc
    .record({ zone: fc.constantFrom(...anyZone), start: fc.nat(23), end: fc.integer({ min: 1, max: 24 }) })
    .map(({ zone, start, end }) => daily(zone, `${start}:00-${end}:00`)),
  fc.constantFrom(nowOn, notYet, cron('Europe/Berlin', '0 8 * * 1-5', '0 20 * * 1-5')),
);
const someWindows = fc
  .array(
    fc.record({
      rule: someRules,
      min: optional(80),
      max: optional(80),
      replicas: optional(80),
      scaleDown: fc.constantFrom('off' as const, null),
      readyBefore: fc.constantFrom(0, 600_000) as fc.Arbitrary<Milliseconds>,
      priority: fc.nat(2),
    }),
    { maxLength: 5 },
  )
  .map((all) => all.map(({ rule, ...values }, index) => aWindow(`w${index}`, rule, values)));
const bases = fc.record({ min: fc.nat(10), max: fc.integer({ min: 10, max: 60 }) });
const instants = fc
  .integer({ min: instant('2026-10-20T00:00Z') / 60_000, max: instant('2026-12-10T00:00Z') / 60_000 })
  .map((minute) => (minute * 60_000) as Instant);
const startTimes = fc.constantFrom(0, 90_000) as fc.Arbitrary<Milliseconds>;

describe('whatever the windows', () => {
  it('the bounds lie in order between 0 and the own maximum', () => {
    fc.assert(
      fc.property(bases, someWindows, instants, startTimes, (own, windows, when, startTime) => {
        const { min, max, changes } = boundsAt(own, windows, when, startTime);
        expect(min).toBeGreaterThanOrEqual(0);
        expect(max).toBeGreaterThanOrEqual(min);
        expect(max).toBeLessThanOrEqual(own.max);
        const last = changes.at(-1)?.to ?? own;
        expect(last).toEqual({ min, max });
      }),
    );
  });

  it('what is remembered is what is reckoned anew, and it holds until it is said to end', () => {
    fc.assert(
      fc.property(
        bases,
        someWindows,
        fc.array(instants, { maxLength: 8 }),
        startTimes,
        (own, windows, times, startTime) => {
          for (const when of times) {
            const { until, ...remembered } = boundsAt(own, windows, when, startTime);
            expect(remembered).toEqual(freshBoundsAt(own, windows, when, startTime));
            if (until === null) continue;
            expect(until).toBeGreaterThan(when);
            const { min, max, scaleDownOff } = freshBoundsAt(own, windows, (until - 1) as Instant, startTime);
            expect({ min, max, scaleDownOff }).toEqual({
              min: remembered.min,
              max: remembered.max,
              scaleDownOff: remembered.scaleDownOff,
            });
            expect(freshBoundsAt(own, windows, until, startTime)).not.toMatchObject({ min, max, scaleDownOff });
          }
        },
      ),
    );
  });

  it('transitions follow each other, each from where the last one led', () => {
    fc.assert(
      fc.property(bases, someWindows, instants, startTimes, (own, windows, when, startTime) => {
        const found = transitions(windows, own, when, 5, startTime);
        let [last, bounds] = [when, freshBoundsAt(own, windows, when, startTime)];
        for (const transition of found) {
          expect(transition.at).toBeGreaterThan(last);
          expect(transition.before).toMatchObject({ min: bounds.min, max: bounds.max });
          expect(transition.windows).not.toEqual([]);
          [last, bounds] = [transition.at, transition.after];
        }
        expect(boundsAt(own, windows, when, startTime).until ?? found[0]?.at).toBe(found[0]?.at);
      }),
      { numRuns: 50 },
    );
  });
});
