// Windows for tests: what is not said does nothing.
import type { CalendarDays, ScheduleWindow, TimeRule, Weekday } from '../../../src/model/schedule.ts';
import type { Instant, Milliseconds } from '../../../src/model/units.ts';

export const instant = (text: string): Instant => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error(`${text} is no instant`);
  return at as Instant;
};

const everyDay: readonly Weekday[] = [0, 1, 2, 3, 4, 5, 6];

const minutesOf = (clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
};

/** `daily('Europe/Berlin', '08:00-20:00', [1, 2])` */
export function daily(
  timeZone: string,
  span: string,
  days: readonly Weekday[] | 'workday' | 'holiday' = everyDay,
  calendar: CalendarDays | null = null,
): TimeRule {
  const [start = '', end = ''] = span.split('-');
  return {
    kind: 'daily',
    start: minutesOf(start),
    end: minutesOf(end),
    days: {
      weekdays: typeof days === 'string' ? [] : days,
      workday: days === 'workday',
      holiday: days === 'holiday',
    },
    timeZone,
    calendar,
  };
}

export const once = (from: string | null, until: string | null): TimeRule => ({
  kind: 'once',
  from: from === null ? null : instant(from),
  until: until === null ? null : instant(until),
});

export const cron = (timeZone: string, start: string, end: string): TimeRule => ({
  kind: 'cron',
  start,
  end,
  timeZone,
});

export const aWindow = (name: string, rule: TimeRule, values: Partial<ScheduleWindow>): ScheduleWindow => ({
  name,
  rule,
  min: null,
  max: null,
  replicas: null,
  scaleDown: null,
  readyBefore: 0 as Milliseconds,
  priority: 0,
  ...values,
});

export const anyZone = [
  'UTC',
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'America/St_Johns',
] as const;
