// How long to wait before trying again: doubling, spread, and no shorter than the server asked for.
import type { Milliseconds } from '../../model/units.ts';

export interface BackoffOptions {
  readonly first: Milliseconds;
  readonly longest: Milliseconds;
}

/** `failures` in a row, 1 or more; `random` within [0, 1). Spread over the upper half. */
export function backoff(
  failures: number,
  random: () => number,
  { first, longest }: BackoffOptions,
  atLeast: number | null = null,
): Milliseconds {
  const whole = Math.min(longest, first * 2 ** Math.min(30, failures - 1));
  return Math.max(atLeast ?? 0, whole * (0.5 + random() / 2)) as Milliseconds;
}
