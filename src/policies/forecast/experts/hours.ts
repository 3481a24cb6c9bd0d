// Experts who look at the same minutes of earlier hours: what a clock starts comes again at its minute.
import { hour, minute, type Family, type Scene } from '../scene.ts';

const hoursBack = 24;

export class Hours implements Family {
  readonly names = ['highest of 3 hours', 'highest of 12 hours', 'second of 12 hours', 'third of 24 hours'];
  readonly #highest = new Float64Array(4);
  #looked = -1;

  say(scene: Scene, ahead: number, into: Float64Array, first: number): void {
    const now = Math.floor(scene.at / minute);
    if (now !== this.#looked) this.#look(scene, ahead);
    this.#looked = now;
    for (let index = 0; index < 4; index++) into[first + index] = Math.max(scene.load, this.#highest[index] ?? 0);
  }

  #look({ at, past }: Scene, ahead: number): void {
    let first = 0;
    let second = 0;
    let third = 0;
    for (let back = 1; back <= hoursBack; back++) {
      const then = at - back * hour;
      const load = past.highest(then, then + ahead) ?? 0;
      if (load > first) {
        third = second;
        second = first;
        first = load;
      } else if (load > second) {
        third = second;
        second = load;
      } else if (load > third) third = load;
      if (back === 3) this.#highest[0] = first;
      if (back === 12) {
        this.#highest[1] = first;
        this.#highest[2] = second;
      }
    }
    this.#highest[3] = third;
  }
}
