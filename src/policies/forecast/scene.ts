// What every expert looks at: the newest sample, the minutes before it, and what is usual.
import type { Instant } from '../../model/units.ts';
import type { Minutes } from './minutes.ts';
import type { Recent } from './recent.ts';

export interface Scene {
  at: Instant;
  /** the minute of `at`, counted from the epoch */
  minute: number;
  /** the newest sample */
  load: number;
  /** the mean load of about a day */
  level: number;
  /** the same, never nothing: what residuals and features are measured by */
  usual: number;
  readonly minutes: Minutes;
  readonly recent: Recent;
}

/** A family of experts: each says how high the load will be at its highest within the horizon. */
export interface Family {
  readonly names: readonly string[];
  /** Writes one forecast a name from `first` on; `ahead` is the horizon in milliseconds. */
  say(scene: Scene, ahead: number, into: Float64Array, first: number): void;
}
