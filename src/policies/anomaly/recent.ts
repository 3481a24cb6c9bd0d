// The last values, in a ring.

export class Recent {
  readonly #values: Float64Array;
  #next = 0;
  #count = 0;

  constructor(length: number) {
    this.#values = new Float64Array(length);
  }

  /** Gives the value that had to go; NaN as long as there is room. */
  push(value: number): number {
    const oldest = this.isFull ? (this.#values[this.#next] ?? Number.NaN) : Number.NaN;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
    return oldest;
  }

  get isFull(): boolean {
    return this.#count === this.#values.length;
  }

  get mean(): number {
    let sum = 0;
    for (const value of this.#values) sum += value;
    return sum / this.#values.length;
  }

  /** Of a full ring. */
  get deviation(): number {
    const mean = this.mean;
    let squares = 0;
    for (const value of this.#values) squares += (value - mean) ** 2;
    return Math.sqrt(squares / this.#values.length);
  }
}
