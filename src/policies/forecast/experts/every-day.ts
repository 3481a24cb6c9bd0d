// What the load reached on each of the last days within the same window: what is removed before it has to be ordered again.
import { day, type Scene } from '../scene.ts';

const daysBack = 3;

/** null: fewer than two of the days are known. */
export function everyDay({ at, past }: Scene, ahead: number): number | null {
  let known = 0;
  let lowest = Infinity;
  for (let back = 1; back <= daysBack; back++) {
    const load = past.highest(at - back * day, at - back * day + ahead);
    if (load === null) continue;
    known++;
    lowest = Math.min(lowest, load);
  }
  return known < 2 ? null : lowest;
}
