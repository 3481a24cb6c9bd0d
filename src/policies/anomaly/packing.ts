// The state of a detector as a row of numbers: what is not finite is null, as JSON has no word for it.

export type Packed = (number | null)[];

export const pack = (into: Packed, ...values: readonly number[]): void => {
  for (const value of values) into.push(Number.isFinite(value) ? value : null);
};

/** Reads in the order of writing; a row that is too short or holds something else is an error of whoever kept it. */
export class Unpacking {
  readonly #row: readonly unknown[];
  #next = 0;

  constructor(row: readonly unknown[]) {
    this.#row = row;
  }

  one(): number {
    const value = this.#row[this.#next++];
    if (value === null) return Number.NaN;
    if (typeof value !== 'number') throw new TypeError(`number ${this.#next} of a saved detector is none`);
    return value;
  }

  fill(into: Float64Array): void {
    for (let index = 0; index < into.length; index++) into[index] = this.one();
  }

  get isAtEnd(): boolean {
    return this.#next === this.#row.length;
  }
}
