// alertmanager: when an interval holds, what of it cannot be read, and which intervals keep a route silent.
import { parse } from 'yaml';
import { Muting } from '../../../../src/alerts/muting.ts';
import { buildRoutes } from '../../../../src/alerts/route.ts';
import { alertsDocument } from '../../../../src/config/schema/alerts.ts';
import { isWithin, parseTimeInterval, type TimeInterval } from '../../../../src/matching/time-interval.ts';
import { instantOf } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter, type Compared, type Fields } from '../vector.ts';

const at = (text: string): Instant => {
  const instant = instantOf(text);
  if (instant === null) throw new Error(`${text} is no instant`);
  return instant;
};

interface Instants {
  readonly contains?: readonly string[];
  readonly excludes?: readonly string[];
}

/** Null: it cannot be read. */
function readAll(written: unknown): readonly TimeInterval[] | null {
  const read = (Array.isArray(written) ? written : [written]).map(parseTimeInterval);
  const good = read.flatMap((parsed) => (parsed.ok ? [parsed.interval] : []));
  return good.length === read.length ? good : null;
}

function compared({ contains = [], excludes = [] }: Instants, intervals: readonly TimeInterval[] | null): Compared {
  const holds = (texts: readonly string[]): readonly boolean[] =>
    texts.map((text) => isWithin(intervals ?? [], at(text)));
  return {
    expected: { read: true, contains: contains.map(() => true), excludes: excludes.map(() => false) },
    got: { read: intervals !== null, contains: holds(contains), excludes: holds(excludes) },
  };
}

interface Containment extends Instants {
  readonly interval: Fields;
}

/** What no text can say is put into the interval by hand: ranges of days. */
export const containsCase = wholeAdapter<{ whole: Containment }>((whole) => {
  const { days_of_month_int: pairs, ...written } = whole.interval;
  const intervals = readAll(written);
  const days = (pairs as readonly (readonly [number, number])[] | undefined)?.map(([from, to]) => ({ from, to }));
  return compared(whole, days === undefined ? intervals : (intervals?.map((one) => ({ ...one, days })) ?? null));
});

export const yamlCase = wholeAdapter<{ whole: Instants & { readonly yaml: string; readonly error?: string | null } }>(
  (whole) => {
    const intervals = readAll(parse(whole.yaml));
    if (typeof whole.error === 'string') return { expected: { read: false }, got: { read: intervals !== null } };
    return compared(whole, intervals);
  },
);

interface TimeRange {
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly expect: { readonly start_minute?: number; readonly end_minute?: number; readonly error?: unknown };
}

export const timeRangeCase = wholeAdapter<{ whole: TimeRange }>(({ start_time: start, end_time: end, expect }) => {
  const times = [{ ...(start !== null && { start_time: start }), ...(end !== null && { end_time: end }) }];
  const [interval] = readAll({ times }) ?? [];
  const [range] = interval?.times ?? [];
  const isRefused = expect.error !== undefined;
  return {
    expected: { error: isRefused, ...(!isRefused && { start: expect.start_minute, end: expect.end_minute }) },
    got: { error: interval === undefined, start: range?.from, end: range?.to },
  };
});

interface Muted {
  readonly intervals: Readonly<Record<string, readonly unknown[]>>;
  readonly now: string;
  readonly expect_muted_by?: readonly string[];
  readonly expect_muted?: boolean;
}

const hours = (key: 'mute_time_intervals' | 'active_time_intervals') =>
  wholeAdapter<{ whole: Muted }>((whole) => {
    const { expect_muted_by: by, expect_muted: muted } = whole;
    const names = Object.keys(whole.intervals);
    const document = alertsDocument.parse({
      route: { receiver: 'any', routes: [{ [key]: names }] },
      receivers: [{ name: 'any' }],
      time_intervals: names.map((name) => ({ name, time_intervals: whole.intervals[name] })),
    });
    const [route] = buildRoutes(document.route).routes;
    if (route === undefined) throw new Error('the route is missing');
    const found = new Muting(document, [], []).hoursOf([route], at(whole.now));
    return {
      expected: { ...(by !== undefined && { by }), ...(muted !== undefined && { muted }) },
      got: { by: found, muted: found.length > 0 },
    };
  });

export const muteCase = hours('mute_time_intervals');
export const activeCase = hours('active_time_intervals');
