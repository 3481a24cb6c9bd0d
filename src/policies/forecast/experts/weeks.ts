// Experts who look at the same minutes of the week before, and of all its days.
import { day, minute, week, type Family, type Scene } from '../scene.ts';
import { ratio } from './days.ts';

const quarter = 14 * minute;

export class Weeks implements Family {
  readonly names = ['week', 'week or now', 'week by ratio', 'highest of 7 days', 'second of 7 days'];
  #looked = -1;
  #then: number | null = null;
  #thenNow: number | null = null;
  #highest = 0;
  #second = 0;

  say(scene: Scene, ahead: number, into: Float64Array, first: number): void {
    const { at, load, minutes } = scene;
    const looked = Math.floor(at / minute);
    if (looked !== this.#looked) this.#look(scene, ahead);
    this.#looked = looked;
    const then = this.#then;
    into[first] = then ?? load;
    into[first + 1] = Math.max(load, then ?? load);
    into[first + 2] = then === null ? load : then * ratio(minutes.mean(at - quarter, at) ?? load, this.#thenNow);
    into[first + 3] = Math.max(load, this.#highest);
    into[first + 4] = Math.max(load, this.#second);
  }

  #look({ at, past }: Scene, ahead: number): void {
    this.#then = past.highest(at - week, at - week + ahead);
    this.#thenNow = past.mean(at - week - quarter, at - week);
    this.#highest = 0;
    this.#second = 0;
    for (let back = 1; back <= 7; back++) {
      const load = past.highest(at - back * day, at - back * day + ahead) ?? 0;
      if (load > this.#highest) {
        this.#second = this.#highest;
        this.#highest = load;
      } else if (load > this.#second) this.#second = load;
    }
  }
}
