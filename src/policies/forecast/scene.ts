// What every expert looks at: the newest sample, the minutes before it, the week before them, and what is usual.
import type { Instant } from '../../model/units.ts';
import type { Recent } from './recent.ts';
import type { Slots } from './slots.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const week = 7 * day;

export interface Scene {
  at: Instant;
  /** the newest sample */
  load: number;
  /** the mean load of about a day, never nothing: what residuals and features are measured by */
  usual: number;
  /** by how much the load changes from one minute to the next of late */
  unrest: number;
  /** the last samples */
  readonly recent: Recent;
  /** the last hour and a half, by the minute */
  readonly minutes: Slots;
  /** the last week and a bit, by two minutes */
  readonly past: Slots;
}

/** A family of experts: each says how high the load will be at its highest within the horizon. */
export interface Family {
  readonly names: readonly string[];
  /** Writes one forecast a name from `first` on; `ahead` is the horizon in milliseconds. */
  say(scene: Scene, ahead: number, into: Float64Array, first: number): void;
}
