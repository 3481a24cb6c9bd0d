// How long to wait before the next attempt: growing by half, spread out, at most a minute and a half.

const first = 500;
const longest = 60_000;

/** `chance` is in [0, 1): many notifications that failed together must not come back together. */
export const backoffAfter = (attempts: number, chance: number): number =>
  Math.round(Math.min(longest, first * 1.5 ** Math.max(0, attempts - 1)) * (0.5 + chance));
