// Calendars that end soon: after its last day nobody has said which days are holidays.
import type { Instant } from '../../model/units.ts';
import { dayLength, zoneOf } from './zone.ts';

/** What is asked of a Calendar document. */
export interface DatedCalendar {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly timeZone: string; readonly validUntil?: string | undefined };
}

export interface ExpiringCalendar {
  readonly name: string;
  /** the last day that it covers, as written: "2026-12-31" */
  readonly validUntil: string;
  /** the end of that day */
  readonly expires: Instant;
  readonly expired: boolean;
}

const warnedBefore = 30 * dayLength;

/** Those whose last day is less than 30 days ahead or over, the earliest first. */
export function calendarsExpiring(calendars: readonly DatedCalendar[], at: Instant): ExpiringCalendar[] {
  return calendars
    .flatMap(({ metadata, spec }): ExpiringCalendar[] => {
      if (spec.validUntil === undefined) return [];
      const lastDay = Date.parse(`${spec.validUntil}T00:00:00Z`);
      const expires = zoneOf(spec.timeZone).firstShowing(lastDay + dayLength);
      if (at < expires - warnedBefore) return [];
      return [{ name: metadata.name, validUntil: spec.validUntil, expires, expired: at >= expires }];
    })
    .toSorted((one, other) => one.expires - other.expires);
}
