// Windows between two cron expressions, open while the next end comes before the next start, as KEDA means it.
import type { TimeRule } from '../../model/schedule.ts';
import type { Instant } from '../../model/units.ts';
import { nextTime, previousTime, timesOf, type CronTimes } from './cron-times.ts';
import { endless, spanUntil, type Span } from './span.ts';
import { zoneOf, type Zone } from './zone.ts';

export type CronRule = Extract<TimeRule, { kind: 'cron' }>;

/** Ends that fall together with starts keep a window open: this many are looked through. */
const coincidences = 64;

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
function openSpan(starts: CronTimes, ends: CronTimes, zone: Zone, firstStart: Instant, firstEnd: Instant): Span {
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
