// Experts who look at the last minutes only: what was will stay, and what rises goes on rising.
import type { Family, Scene } from '../scene.ts';

const minute = 60_000;

export const lately: Family = {
  names: ['persistence', 'highest of 5 min', 'highest of 15 min', 'highest of 45 min', 'trend', 'steep trend'],
  say({ at, minute: now, load, minutes, recent }: Scene, ahead: number, into: Float64Array, first: number): void {
    const five = Math.max(load, minutes.highest(now - 4, now) ?? 0);
    const fifteen = Math.max(five, minutes.highest(now - 14, now - 5) ?? 0);
    into[first] = load;
    into[first + 1] = five;
    into[first + 2] = fifteen;
    into[first + 3] = Math.max(fifteen, minutes.highest(now - 44, now - 15) ?? 0);
    const before = recent.mean(at - 6 * minute, at - 4 * minute) ?? load;
    const lately = recent.mean(at - 2 * minute, at) ?? load;
    into[first + 4] = Math.max(0, load + ((lately - before) / (4 * minute)) * ahead);
    const early = recent.mean(at - 3 * minute, at - minute) ?? load;
    into[first + 5] = Math.max(0, load + ((load - early) / (2 * minute)) * ahead);
  },
};
