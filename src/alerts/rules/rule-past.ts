// How far back the past of a rule's series is asked for, and in which parts: small to answer and to read, the oldest first.
import type { RangeQuery } from '../../clients/prometheus/client.ts';
import { minutes, type Instant, type Milliseconds } from '../../model/units.ts';

const aDay = minutes(24 * 60);
/** Two weeks know the weekend; a day knows the day. */
const [longestReach, shortestReach] = [14 * aDay, aDay];
/** of all series of a rule together: what is learnt from so many takes half a minute of a processor */
const mostNumbers = 1_000_000;
/** Prometheus answers no more than 11,000 points a series; a day of minutes is far below. */
const mostSteps = 1_440;
/** of all series of an answer together: some megabytes, parsed in some tens of milliseconds */
const mostPoints = 100_000;

/** Until `now`, on the grid of the step, so that who asks twice is answered out of a cache. */
export function pastParts(query: string, now: Instant, step: Milliseconds, series: number): readonly RangeQuery[] {
  const affordable = Math.floor(mostNumbers / Math.max(1, series)) * step;
  const reach = Math.max(shortestReach, Math.min(longestReach, affordable));
  const end = Math.floor(now / step) * step;
  const steps = Math.max(1, Math.min(mostSteps, Math.floor(mostPoints / Math.max(1, series))));
  const parts: RangeQuery[] = [];
  for (let from = Math.ceil((end - reach) / step) * step; from <= end; from += steps * step) {
    const to = Math.min(end, from + (steps - 1) * step);
    parts.push({ query, start: from / 1000, end: to / 1000, step: step / 1000 });
  }
  return parts;
}
