// The last samples with their times: what came true of a forecast is read off them.
import type { Instant } from '../../model/units.ts';

const kept = 96;

export class Recent {
  readonly #times = new Float64Array(kept);
  readonly #loads = new Float32Array(kept);
  #count = 0;

  add(at: Instant, load: number): void {
    const slot = this.#count % kept;
    this.#times[slot] = at;
    this.#loads[slot] = load;
    this.#count++;
  }

  clear(): void {
    this.#count = 0;
  }

  /** The highest after `from`, until and with `to`; null: nobody has measured then. */
  highest(from: number, to: number): number | null {
    let top = -1;
    const oldest = Math.max(0, this.#count - kept);
    for (let index = this.#count - 1; index >= oldest; index--) {
      const slot = index % kept;
      const at = this.#times[slot] ?? 0;
      if (at <= from) break;
      const load = this.#loads[slot] ?? 0;
      if (at <= to && load > top) top = load;
    }
    return top < 0 ? null : top;
  }

  /** The mean after `from`, until and with `to`; null: nobody has measured then. */
  mean(from: number, to: number): number | null {
    let sum = 0;
    let known = 0;
    const oldest = Math.max(0, this.#count - kept);
    for (let index = this.#count - 1; index >= oldest; index--) {
      const slot = index % kept;
      const at = this.#times[slot] ?? 0;
      if (at <= from) break;
      if (at > to) continue;
      sum += this.#loads[slot] ?? 0;
      known++;
    }
    return known === 0 ? null : sum / known;
  }
}
