// What the series is at each time of the day, or of the week: the mean of each visit to a slot, newer visits counting more.
import { pack, type Packed, type Unpacking } from './packing.ts';

export class Profile {
  readonly #slotLength: number;
  /** how much of a slot its last visit makes up */
  readonly #share: number;
  readonly #means: Float64Array;
  #slot = -1;
  #sum = 0;
  #count = 0;

  constructor(period: number, slots: number, share: number) {
    this.#slotLength = period / slots;
    this.#share = share;
    this.#means = new Float64Array(slots).fill(Number.NaN);
  }

  /** What is usual at this time: of the slot and those beside it what is nearest to the value. NaN: this time was never visited. */
  usual(at: number, value: number): number {
    const slots = this.#means.length;
    const slot = this.#slotOf(at);
    let nearest = this.#means[slot] ?? Number.NaN;
    if (Number.isNaN(nearest)) return nearest;
    for (const other of [(slot + slots - 1) % slots, (slot + 1) % slots]) {
      const mean = this.#means[other] ?? Number.NaN;
      if (Math.abs(value - mean) < Math.abs(value - nearest)) nearest = mean;
    }
    return nearest;
  }

  /** The lowest and the highest that is usual at this time. */
  band(at: number): readonly [number, number] {
    const slots = this.#means.length;
    const slot = this.#slotOf(at);
    const near = [slot, (slot + slots - 1) % slots, (slot + 1) % slots]
      .map((index) => this.#means[index] ?? Number.NaN)
      .filter((mean) => !Number.isNaN(mean));
    return [Math.min(...near), Math.max(...near)];
  }

  learn(at: number, value: number): void {
    const slot = this.#slotOf(at);
    if (slot !== this.#slot) {
      this.#close();
      this.#slot = slot;
    }
    this.#sum += value;
    this.#count += 1;
  }

  #slotOf(at: number): number {
    return Math.floor(at / this.#slotLength) % this.#means.length;
  }

  #close(): void {
    if (this.#count === 0) return;
    const mean = this.#sum / this.#count;
    const before = this.#means[this.#slot] ?? Number.NaN;
    this.#means[this.#slot] = Number.isNaN(before) ? mean : before + this.#share * (mean - before);
    this.#sum = 0;
    this.#count = 0;
  }

  pack(into: Packed): void {
    pack(into, this.#slot, this.#sum, this.#count, ...this.#means);
  }

  unpack(from: Unpacking): void {
    this.#slot = from.one();
    this.#sum = from.one();
    this.#count = from.one();
    from.fill(this.#means);
  }
}
