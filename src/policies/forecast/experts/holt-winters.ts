// Holt-Winters, additive, on maxima of five minutes with a day as its season.
import { minute, type Scene } from '../scene.ts';

const slots = 288;
const span = 5 * minute;
const levelGain = 0.4;
const trendGain = 0.02;
const trendKept = 0.96;
const seasonGain = 0.3;

export class HoltWinters {
  readonly #season = new Float32Array(slots);
  #level = 0;
  #trend = 0;
  #seen = 0;
  #slot = -1;

  /** Called with every step; it learns a slot when that is over. */
  learn({ at, minutes }: Scene): void {
    const slot = Math.floor(at / span);
    if (slot === this.#slot) return;
    const over = this.#slot;
    this.#slot = slot;
    if (over < 0) return;
    const load = minutes.highest(over * span, (over + 1) * span - 1);
    if (load === null) return;
    if (slot - over > 12) this.#trend = 0;
    const index = over % slots;
    if (this.#seen < slots) {
      this.#season[index] = load;
      this.#seen++;
      if (this.#seen === slots) this.#start(load, index);
      return;
    }
    const season = this.#season[index] ?? 0;
    const level = this.#level;
    this.#level = levelGain * (load - season) + (1 - levelGain) * (level + this.#trend);
    this.#trend = trendGain * (this.#level - level) + trendKept * this.#trend;
    this.#season[index] = season + seasonGain * (load - this.#level - season);
  }

  /** null: it has not seen a day yet. */
  highest(scene: Scene, ahead: number): number | null {
    if (this.#seen < slots) return null;
    const steps = 1 + Math.ceil(ahead / span);
    const current = Math.floor(scene.at / span);
    let top = 0;
    for (let step = 0; step <= steps; step++) {
      const load = this.#level + this.#trend * step + (this.#season[(current + step) % slots] ?? 0);
      if (load > top) top = load;
    }
    return top;
  }

  #start(load: number, at: number): void {
    let sum = 0;
    for (const each of this.#season) sum += each;
    const mean = sum / slots;
    for (let index = 0; index < slots; index++) this.#season[index] = (this.#season[index] ?? 0) - mean;
    this.#level = load - (this.#season[at] ?? 0);
  }
}
