// When a cron expression fires: cron-parser reads its fields; its times are counted here, on the wall clock of zone.ts,
// so that a gap or a doubled hour means the same for everything that follows such an expression.
import { CronExpressionParser, type CronFieldCollection } from 'cron-parser';
import type { Instant } from '../../model/units.ts';
import { dayLength, dayOf, minuteLength, type WallDay, type Zone } from './zone.ts';

export interface CronTimes {
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
const remembered = 4096;

const parsed = new Map<string, CronTimes | null>();

/** null where the text is no cron expression; the configuration has refused it before. */
export function timesOf(expression: string): CronTimes | null {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  if (parsed.size >= remembered) parsed.clear();
  const made = parse(expression);
  parsed.set(expression, made);
  return made;
}

function parse(expression: string): CronTimes | null {
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

function firesOn({ months, daysOfMonth, weekdays, eitherDay }: CronTimes, day: WallDay): boolean {
  const date = new Date(day * dayLength);
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [byDate, byWeekday] = [daysOfMonth.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return eitherDay ? byDate || byWeekday : byDate && byWeekday;
}

/** The first time it fires strictly after. */
export function nextTime(times: CronTimes, zone: Zone, after: Instant): Instant | null {
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
export function previousTime(times: CronTimes, zone: Zone, before: Instant, floor: Instant): Instant | null {
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

/** How many of its times have come after the one instant, up to the other: years cost as much as their days. */
export function countTimes(times: CronTimes, zone: Zone, after: Instant, until: Instant): number {
  const first = dayOf(zone.wallAt(after)) - 1;
  return countFrom(first, times, zone, until) - countFrom(first, times, zone, after);
}

/** Of a gap all times have come when it ends, and of a doubled hour each comes once. */
function countFrom(first: WallDay, times: CronTimes, zone: Zone, until: Instant): number {
  const today = dayOf(zone.wallAt(until));
  let count = 0;
  for (let day = first; day <= today + 1; day++) {
    if (!firesOn(times, day)) continue;
    // what a clock has shown a day ago it may have been put back to since, or not have shown yet
    count +=
      day < today - 1
        ? times.minutes.length
        : times.minutes.filter((minute) => zone.firstShowing(day * dayLength + minute * minuteLength) <= until).length;
  }
  return count;
}
