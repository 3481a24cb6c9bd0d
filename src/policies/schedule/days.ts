// Which days a rule means: weekdays, and working days and holidays as a calendar moves them.
import type { CalendarDays, DayRule, Weekday } from '../../model/schedule.ts';
import { dayLength, type WallDay } from './zone.ts';

interface MovedDays {
  readonly holidays: ReadonlySet<WallDay>;
  readonly workdays: ReadonlySet<WallDay>;
}

const none: MovedDays = { holidays: new Set(), workdays: new Set() };
const movedDays = new WeakMap<CalendarDays, MovedDays>();

const daysOf = (texts: readonly string[]): Set<WallDay> =>
  new Set(texts.map((text) => Math.floor(Date.parse(`${text}T00:00:00Z`) / dayLength)));

function movedBy(calendar: CalendarDays | null): MovedDays {
  if (calendar === null) return none;
  const known = movedDays.get(calendar);
  if (known !== undefined) return known;
  const made = { holidays: daysOf(calendar.holidays), workdays: daysOf(calendar.workdays) };
  movedDays.set(calendar, made);
  return made;
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: WallDay): Weekday => ((((day + 4) % 7) + 7) % 7) as Weekday;

/** Monday to Friday; a listed holiday takes a day out, a listed working day puts a weekend day in. */
function isWorkday(day: WallDay, { holidays, workdays }: MovedDays): boolean {
  if (workdays.has(day)) return true;
  const weekday = weekdayOf(day);
  return weekday >= 1 && weekday <= 5 && !holidays.has(day);
}

export function isMeant(rule: DayRule, calendar: CalendarDays | null, day: WallDay): boolean {
  if (rule.weekdays.includes(weekdayOf(day))) return true;
  if (!rule.workday && !rule.holiday) return false;
  const moved = movedBy(calendar);
  if (rule.workday && isWorkday(day, moved)) return true;
  // an ordinary weekend is no holiday: only what the calendar lists
  return rule.holiday && moved.holidays.has(day) && !moved.workdays.has(day);
}
