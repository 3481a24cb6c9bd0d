// Windows of the day: from one time of the wall clock to another, on the days that are meant.
//
// Half-open. Each time means the first instant at which the clock shows it or a later one (zone.ts), hence: a start in
// the gap of a clock put forward opens right after the gap, a window that lies in the gap altogether does not open;
// where the clock is put back the first passage of the start opens and the first passage of the end closes.
// A window over midnight belongs to the day of its start, whatever day it ends on.
import type { TimeRule } from '../../model/schedule.ts';
import type { Instant } from '../../model/units.ts';
import { isMeant } from './days.ts';
import { endless, spanUntil, type Span } from './span.ts';
import { dayLength, dayOf, minuteLength, zoneOf, type WallDay, type Zone } from './zone.ts';

export type DailyRule = Extract<TimeRule, { kind: 'daily' }>;

const minutesOfDay = 1440;
/** Two years: as far as holidays are announced. */
const daysLookedAhead = 800;

interface Occurrence {
  readonly from: Instant;
  readonly until: Instant;
}

function occurrenceOn(rule: DailyRule, zone: Zone, day: WallDay): Occurrence | null {
  if (!isMeant(rule.days, rule.calendar, day)) return null;
  const end = rule.end <= rule.start ? rule.end + minutesOfDay : rule.end;
  const from = zone.firstShowing(day * dayLength + rule.start * minuteLength);
  const until = zone.firstShowing(day * dayLength + end * minuteLength);
  return from < until ? { from, until } : null;
}

const isAlwaysOpen = ({ start, end, days }: DailyRule): boolean =>
  start % minutesOfDay === end % minutesOfDay && new Set(days.weekdays).size === 7;

export function dailySpan(rule: DailyRule, at: Instant): Span {
  if (isAlwaysOpen(rule)) return endless(true);
  const zone = zoneOf(rule.timeZone);
  const today = dayOf(zone.wallAt(at));
  const horizon = today + daysLookedAhead;
  // occurrences follow each other, they may touch but never overlap
  for (let day = today - 1; day <= horizon; day++) {
    const found = occurrenceOn(rule, zone, day);
    if (found === null || found.until <= at) continue;
    if (found.from > at) return spanUntil(false, found.from);
    let { until } = found;
    for (day++; day <= horizon; day++) {
      const next = occurrenceOn(rule, zone, day);
      if (next?.from !== until) return spanUntil(true, until);
      ({ until } = next);
    }
    return { open: true, until: null, knownUntil: until };
  }
  return { open: false, until: null, knownUntil: zone.firstShowing(horizon * dayLength) };
}
