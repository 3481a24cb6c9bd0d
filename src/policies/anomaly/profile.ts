// What the series is at each time of the day, or of the week: the median of the last visits, so that one odd day is not expected again.

/** of a time so many visits are kept */
const kept = 3;
/** digits of a mean that are kept: it is a comparison */
const digits = 7;

function medianOf(visits: Float64Array): number {
  const known = visits.filter((mean) => !Number.isNaN(mean)).sort();
  const half = known.length / 2;
  return ((known[Math.floor(half)] ?? Number.NaN) + (known[Math.ceil(half) - 1] ?? Number.NaN)) / 2;
}

export class Profile {
  readonly #slotLength: number;
  readonly #slots: number;
  /** of each slot the means of its last visits, the newest first */
  readonly #visits: Float64Array;
  readonly #means: Float64Array;
  #slot = -1;
  #sum = 0;
  #count = 0;

  constructor(period: number, slots: number) {
    this.#slotLength = period / slots;
    this.#slots = slots;
    this.#visits = new Float64Array(slots * kept).fill(Number.NaN);
    this.#means = new Float64Array(slots).fill(Number.NaN);
  }

  /** What is usual at this time: of the slot and those beside it what is nearest to the value. NaN: this time was never visited. */
  usual(at: number, value: number): number {
    const slots = this.#slots;
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
    const slots = this.#slots;
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
    return Math.floor(at / this.#slotLength) % this.#slots;
  }

  #close(): void {
    if (this.#count === 0) return;
    const visits = this.#visitsOf(this.#slot);
    visits.copyWithin(1, 0, kept - 1);
    visits[0] = Number((this.#sum / this.#count).toPrecision(digits));
    this.#means[this.#slot] = medianOf(visits);
    this.#sum = 0;
    this.#count = 0;
  }

  #visitsOf(slot: number): Float64Array {
    return this.#visits.subarray(slot * kept, (slot + 1) * kept);
  }
}
