// Experts who look at the last minutes only: what was will stay, and what rises goes on rising.
import { minute, type Family, type Scene } from '../scene.ts';

export const lately: Family = {
  names: ['persistence', 'highest of 5 min', 'highest of 15 min', 'highest of 45 min', 'trend', 'steep trend'],
  say({ at, load, minutes, recent }: Scene, ahead: number, into: Float64Array, first: number): void {
    const five = Math.max(load, minutes.highest(at - 4 * minute, at) ?? 0);
    const fifteen = Math.max(five, minutes.highest(at - 14 * minute, at - 5 * minute) ?? 0);
    into[first] = load;
    into[first + 1] = five;
    into[first + 2] = fifteen;
    into[first + 3] = Math.max(fifteen, minutes.highest(at - 44 * minute, at - 15 * minute) ?? 0);
    const before = recent.mean(at - 6 * minute, at - 4 * minute) ?? load;
    const now = recent.mean(at - 2 * minute, at) ?? load;
    into[first + 4] = Math.max(0, load + ((now - before) / (4 * minute)) * ahead);
    const early = recent.mean(at - 3 * minute, at - minute) ?? load;
    into[first + 5] = Math.max(0, load + ((load - early) / (2 * minute)) * ahead);
  },
};
