// The calendar of jobs that do I/O: a cron expression in the time zone that it is meant in, kept by node-schedule.
import { scheduleJob, type Job } from 'node-schedule';
import type { Instant } from './model/units.ts';

export interface Appointment {
  /** null: never again */
  next(): Instant | null;
  cancel(): void;
}

/** null: node-schedule does not take the expression, and says no more than that. */
export function appoint(expression: string, timeZone: string, run: () => void): Appointment | null {
  const job = scheduleJob({ rule: expression, tz: timeZone }, run) as Job | null;
  if (job === null) return null;
  return {
    next: () => {
      const next: Date | null = job.nextInvocation();
      return next === null ? null : (next.getTime() as Instant);
    },
    cancel: () => job.cancel(),
  };
}
