// Times at which other bounds hold: windows as the configuration resolved them, calendars and references already filled in.
import type { Instant, Milliseconds } from './units.ts';

/** 0 is Sunday, as in cron. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** Which days of a calendar count; `workday` and `holiday` as the calendar's own lists move them. */
export interface DayRule {
  readonly weekdays: readonly Weekday[];
  readonly workday: boolean;
  readonly holiday: boolean;
}

/** Days as "2026-10-01". */
export interface CalendarDays {
  readonly name: string;
  readonly holidays: readonly string[];
  readonly workdays: readonly string[];
}

export type TimeRule =
  /** one span; null: open at that end */
  | { readonly kind: 'once'; readonly from: Instant | null; readonly until: Instant | null }
  /** minutes of the local day; an end at or before the start is on the next day */
  | {
      readonly kind: 'daily';
      readonly start: number;
      readonly end: number;
      readonly days: DayRule;
      readonly timeZone: string;
      readonly calendar: CalendarDays | null;
    }
  /** five-field cron expressions: open while the next end comes before the next start */
  | { readonly kind: 'cron'; readonly start: string; readonly end: string; readonly timeZone: string };

export interface ScheduleWindow {
  readonly name: string;
  readonly rule: TimeRule;
  /** floor */
  readonly min: number | null;
  /** ceiling */
  readonly max: number | null;
  /** exact: both */
  readonly replicas: number | null;
  readonly scaleDown: 'off' | null;
  /** replicas are Ready this long before the window begins */
  readonly readyBefore: Milliseconds;
  readonly priority: number;
}

/** When something is allowed or forbidden, by the name that people know it by. */
export interface NamedWindow {
  readonly name: string;
  readonly rule: TimeRule;
}

/** What a NodePolicy's schedule asks of one group while the window is open. */
export interface NodeWindow extends NamedWindow {
  readonly nodeGroup: string;
  /** floor */
  readonly min: number | null;
  /** ceiling */
  readonly max: number | null;
  readonly shrink: 'off' | null;
}
