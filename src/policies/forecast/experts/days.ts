// Experts who look at the same minutes of earlier days, as they were and by how the load of today differs.
import { day, minute, type Family, type Scene } from '../scene.ts';

const daysBack = 3;
/** how far a ratio to an earlier day is believed */
const mostRatio = 3;
const quarter = 14 * minute;

/** What the load of now is to that of then, within reason. */
export const ratio = (now: number, then: number | null): number =>
  then === null || then <= 0 ? 1 : Math.min(mostRatio, Math.max(1 / mostRatio, now / then));

export class Days implements Family {
  readonly names = [
    'day by ratio',
    'day by difference',
    'highest of 3 days',
    'mean of 3 days',
    'highest of 3 days or now',
    'half mean of 3 days',
    'wide highest of 3 days',
  ];
  #looked = -1;
  #yesterday: number | null = null;
  #yesterdayNow: number | null = null;
  #highest = -1;
  #wide = -1;
  #mean = -1;

  say(scene: Scene, ahead: number, into: Float64Array, first: number): void {
    const { at, load, minutes } = scene;
    const looked = Math.floor(at / minute);
    if (looked !== this.#looked) this.#look(scene, ahead);
    this.#looked = looked;
    const now = minutes.mean(at - quarter, at) ?? load;
    const mean = this.#mean < 0 ? load : this.#mean;
    const highest = this.#highest < 0 ? load : this.#highest;
    const then = this.#yesterday;
    const thenNow = this.#yesterdayNow;
    into[first] = then === null ? load : then * ratio(now, thenNow);
    into[first + 1] = then === null || thenNow === null ? load : now + Math.max(0, then - thenNow);
    into[first + 2] = highest;
    into[first + 3] = mean;
    into[first + 4] = Math.max(load, highest);
    into[first + 5] = (load + mean) / 2;
    into[first + 6] = this.#wide < 0 ? load : this.#wide;
  }

  #look({ at, past }: Scene, ahead: number): void {
    let sum = 0;
    let known = 0;
    this.#highest = -1;
    this.#wide = -1;
    for (let back = 1; back <= daysBack; back++) {
      const then = at - back * day;
      const load = past.highest(then, then + ahead);
      if (back === 1) this.#yesterday = load;
      if (load === null) continue;
      sum += load;
      known++;
      this.#highest = Math.max(this.#highest, load);
      this.#wide = Math.max(this.#wide, past.highest(then - 5 * minute, then + ahead + 5 * minute) ?? load);
    }
    this.#mean = known === 0 ? -1 : sum / known;
    this.#yesterdayNow = past.mean(at - day - quarter, at - day);
  }
}
