// Windows between two cron expressions, open while the next end comes before the next start, as KEDA means it.
//
// cron-parser reads the fields; when they fire is counted here, on the wall clock of zone.ts, so that a gap or a
// doubled hour means the same as for windows of the day.
import { CronExpressionParser, type CronFieldCollection } from 'cron-parser';
import type { TimeRule } from '../../model/schedule.ts';
import type { Instant } from '../../model/units.ts';
import { endless, spanUntil, type Span } from './span.ts';
import { dayLength, dayOf, minuteLength, zoneOf, type WallDay, type Zone } from './zone.ts';

export type CronRule = Extract<TimeRule, { kind: 'cron' }>;

interface Times {
  /** minutes of a day on which it fires, ascending */
  readonly minutes: readonly number[];
  readonly months: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** both kinds of days are named: either will do */
  readonly eitherDay: boolean;
}

/** From one 29 February to the next over a century that has none. */
const daysLookedAhead = 8 * 366;
/** Ends that fall together with starts keep a window open: this many are looked through. */
const coincidences = 64;
const remembered = 4096;

const parsed = new Map<string, Times | null>();

/** null where the text is no cron expression; the configuration has refused it before. */
function timesOf(expression: string): Times | null {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  if (parsed.size >= remembered) parsed.clear();
  const made = parse(expression);
  parsed.set(expression, made);
  return made;
}

function parse(expression: string): Times | null {
  let fields: CronFieldCollection;
  try {
    ({ fields } = CronExpressionParser.parse(expression));
  } catch {
    return null;
  }
  const { minute, hour, dayOfMonth, month, dayOfWeek } = fields;
  const numbers = (values: readonly (number | string)[]): number[] => values.map(Number);
  return {
    minutes: numbers(hour.values).flatMap((hours) => numbers(minute.values).map((minutes) => hours * 60 + minutes)),
    months: new Set(numbers(month.values)),
    daysOfMonth: new Set(numbers(dayOfMonth.values)),
    weekdays: new Set(numbers(dayOfWeek.values).map((day) => day % 7)),
    eitherDay: !dayOfMonth.isWildcard && !dayOfWeek.isWildcard,
  };
}

function firesOn({ months, daysOfMonth, weekdays, eitherDay }: Times, day: WallDay): boolean {
  const date = new Date(day * dayLength);
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [byDate, byWeekday] = [daysOfMonth.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return eitherDay ? byDate || byWeekday : byDate && byWeekday;
}

/** The first time it fires strictly after. */
function nextTime(times: Times, zone: Zone, after: Instant): Instant | null {
  const wall = zone.wallAt(after);
  const today = dayOf(wall);
  for (let day = today; day <= today + daysLookedAhead; day++) {
    if (!firesOn(times, day)) continue;
    for (const minute of times.minutes) {
      const shown = day * dayLength + minute * minuteLength;
      if (shown <= wall) continue;
      const at = zone.firstShowing(shown);
      if (at > after) return at;
    }
  }
  return null;
}

/** The last time it fires strictly before, not looking back behind `floor`. */
function previousTime(times: Times, zone: Zone, before: Instant, floor: Instant): Instant | null {
  const first = dayOf(zone.wallAt(floor)) - 1;
  for (let day = dayOf(zone.wallAt(before)) + 1; day >= first; day--) {
    if (!firesOn(times, day)) continue;
    for (let index = times.minutes.length - 1; index >= 0; index--) {
      const at = zone.firstShowing(day * dayLength + (times.minutes[index] ?? 0) * minuteLength);
      if (at < before) return at;
    }
  }
  return null;
}

export function cronSpan(rule: CronRule, at: Instant): Span {
  const zone = zoneOf(rule.timeZone);
  const [starts, ends] = [timesOf(rule.start), timesOf(rule.end)];
  if (starts === null || ends === null) return endless(false);
  const start = nextTime(starts, zone, at);
  const end = nextTime(ends, zone, at);
  if (start === null || end === null) return endless(false);
  if (end <= start) return openSpan(starts, ends, zone, start, end);
  // closed until the last start before the next end: from there on that end is the next of the two
  return spanUntil(false, previousTime(starts, zone, end, start) ?? start);
}

/** Closed by the last end before the next start, unless both fall together and it opens anew. */
function openSpan(starts: Times, ends: Times, zone: Zone, firstStart: Instant, firstEnd: Instant): Span {
  let [start, end] = [firstStart, firstEnd];
  for (let count = 0; count < coincidences; count++) {
    const last = previousTime(ends, zone, (start + 1) as Instant, end) ?? end;
    if (last < start) return spanUntil(true, last);
    const [nextStart, nextEnd] = [nextTime(starts, zone, start), nextTime(ends, zone, start)];
    if (nextStart === null || nextEnd === null || nextEnd > nextStart) return spanUntil(true, start);
    [start, end] = [nextStart, nextEnd];
  }
  return { open: true, until: null, knownUntil: start };
}
