// Whether somebody must be told again: the record of what they know against what is so now.
import type { Instant, Milliseconds } from '../model/units.ts';

/** What one recipient was last told. */
export interface ToldEntry {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** announced and muted since, or perhaps announced: their end is still to be told, and they are news where they may be told */
  readonly muted?: readonly string[];
  readonly at: Instant;
  /** alerts that a sender only counted; absent: none */
  readonly truncated?: number;
}

export type TellReason =
  'FirstNotification' | 'NewAlerts' | 'AllResolved' | 'NewResolved' | 'RepeatIntervalElapsed' | 'StillOwed';

export interface CurrentState {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly sendResolved: boolean;
  /** alerts that a sender only counted: more of them are new ones; absent: none */
  readonly truncated?: number;
}

const longestMemory = 120 * 3_600_000;

/** 120 h, or two repeats where those are longer: a long repeat must not come early. */
export const recordLife = (repeat: Milliseconds): Milliseconds => Math.max(longestMemory, 2 * repeat) as Milliseconds;

export function liveEntry(entry: ToldEntry | undefined, repeat: Milliseconds, now: Instant): ToldEntry | null {
  if (entry === undefined || now - entry.at > recordLife(repeat)) return null;
  return entry;
}

const within = (some: readonly string[], all: readonly string[]): boolean => {
  const known = new Set(all);
  return some.every((one) => known.has(one));
};

/** The reason to tell, or null. */
export function needsUpdate(
  entry: ToldEntry | null,
  current: CurrentState,
  repeat: Milliseconds,
  now: Instant,
): Exclude<TellReason, 'StillOwed'> | null {
  const { firing, resolved, sendResolved, truncated = 0 } = current;
  if (entry === null) return firing.length > 0 ? 'FirstNotification' : null;
  if (!within(firing, entry.firing)) return 'NewAlerts';
  if (firing.length > 0 && truncated > (entry.truncated ?? 0)) return 'NewAlerts';
  if (firing.length === 0) return entry.firing.length > 0 ? 'AllResolved' : null;
  if (sendResolved && !within(resolved, entry.resolved)) return 'NewResolved';
  return entry.at < now - repeat ? 'RepeatIntervalElapsed' : null;
}
