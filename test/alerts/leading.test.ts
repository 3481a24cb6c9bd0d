// The routes that lead to one group: which of them brings which alert, and which of them are forgotten with their last one.
import { describe, expect, it } from 'vitest';
import { Leading } from '../../src/alerts/leading.ts';
import { buildRoutes } from '../../src/alerts/route.ts';
import type { Route } from '../../src/alerts/route.ts';
import { later, minutes } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';
import { anAlertsDocument, start } from './builders.ts';

const { routes } = buildRoutes(
  anAlertsDocument(
    `{ route: { receiver: r, group_interval: 5m, routes: [
      { matchers: [a="b"], repeat_interval: 1h, mute_time_intervals: [night], continue: true },
      { matchers: [a="b"], repeat_interval: 2h, group_interval: 7m },
    ] }, time_intervals: [{ name: night, time_intervals: [] }], receivers: [{ name: r }] }`,
  ).route,
);
const [hourly, slow] = routes as readonly [Route, Route];
const at = (minute: number): Instant => later(start, minutes(minute));
const atOnce = (): Instant => start;
const day = { hoursOf: () => [] };
const night = { hoursOf: (some: readonly Route[]) => some.flatMap(({ muteIntervals }) => muteIntervals) };

function ledTo(alerts: Readonly<Record<string, readonly Route[]>>) {
  const leading = new Leading();
  const known = new Map<string, readonly Route[]>();
  for (const [name, by] of Object.entries(alerts)) {
    leading.lead(name, by, known, atOnce);
    known.set(name, by);
  }
  return { leading, known };
}

describe('which route brings an alert', () => {
  it.each([
    [{ one: [hourly, slow], two: [slow] }],
    [{ two: [slow], one: [hourly, slow] }],
    [{ one: [hourly], two: [slow] }],
    [{ one: [hourly, slow], two: [hourly, slow] }],
  ])('is known whatever came first %#', (alerts: Readonly<Record<string, readonly Route[]>>) => {
    const { leading } = ledTo(alerts);
    for (const [name, by] of Object.entries(alerts)) expect(new Set(leading.to(name))).toEqual(new Set(by));
    expect(leading.routes).toHaveLength(2);
  });

  it('is another where it comes back by others', () => {
    const { leading, known } = ledTo({ one: [hourly, slow], two: [hourly, slow] });
    leading.lead('one', [slow], known, atOnce);
    expect([leading.to('one'), leading.to('two')]).toEqual([[slow], [hourly, slow]]);
    leading.lead('one', [hourly, slow], known, atOnce);
    expect(leading.to('one')).toHaveLength(2);
  });

  it('is forgotten with its last alert', () => {
    const { leading, known } = ledTo({ one: [hourly, slow], two: [slow], three: [slow] });
    known.delete('three');
    leading.release(['three'], known);
    expect(leading.repeat(day, start)).toBe(minutes(60));
    known.delete('one');
    leading.release(['one'], known);
    expect([leading.routes, leading.to('two'), leading.repeat(day, start)]).toEqual([[slow], [slow], minutes(120)]);
  });
});

describe('turns', () => {
  it('are those of each route, and count where it may speak', () => {
    const { leading } = ledTo({ one: [hourly, slow] });
    const taken = leading.take(start, (due) => due <= start);
    expect(taken).toEqual([hourly, slow]);
    expect([leading.due, leading.next(day, start), leading.next(night, start)]).toEqual([at(5), at(5), at(7)]);
    expect(leading.repeat(night, start)).toBe(minutes(120));
    const first = leading.take(at(5), (due) => due <= at(5));
    expect(first).toEqual([hourly]);
    expect([leading.isTurnOf(first, day, at(5)), leading.isTurnOf(first, night, at(5))]).toEqual([true, false]);
    expect([leading.dueOf(hourly), leading.dueOf(slow)]).toEqual([at(10), at(7)]);
  });

  it('are those of any where none may speak', () => {
    const { leading } = ledTo({ one: [hourly] });
    expect(leading.isTurnOf([hourly], night, start)).toBe(true);
    expect(leading.repeat(night, start)).toBe(minutes(60));
  });
});
