// Ridge regression on lags and seasonal values, its past fading over a week; solved anew every few hours.
export class Ridge {
  readonly #size: number;
  /** the lower half of the decayed normal equations, packed by rows */
  readonly #products: Float64Array;
  readonly #sums: Float64Array;
  readonly weights: Float64Array;
  #gain = 1;
  #seen = 0;
  #solved = false;

  constructor(size: number) {
    this.#size = size;
    this.#products = new Float64Array((size * (size + 1)) / 2);
    this.#sums = new Float64Array(size);
    this.weights = new Float64Array(size);
  }

  learn(features: Float32Array, from: number, truth: number, keep: number): void {
    this.#gain /= keep;
    const size = this.#size;
    let cell = 0;
    for (let row = 0; row < size; row++) {
      const grown = (features[from + row] ?? 0) * this.#gain;
      this.#sums[row] = (this.#sums[row] ?? 0) + grown * truth;
      for (let column = 0; column <= row; column++, cell++)
        this.#products[cell] = (this.#products[cell] ?? 0) + grown * (features[from + column] ?? 0);
    }
    this.#seen++;
    if (this.#gain > 1e12) this.#shrink();
    if (this.#seen >= 300 && this.#seen % 180 === 0) this.#solve();
  }

  /** null: it has not seen enough yet. */
  say(features: Float32Array, from: number): number | null {
    if (!this.#solved) return null;
    let sum = 0;
    for (let index = 0; index < this.#size; index++) sum += (this.weights[index] ?? 0) * (features[from + index] ?? 0);
    return sum;
  }

  #shrink(): void {
    for (let cell = 0; cell < this.#products.length; cell++)
      this.#products[cell] = (this.#products[cell] ?? 0) / this.#gain;
    for (let row = 0; row < this.#size; row++) this.#sums[row] = (this.#sums[row] ?? 0) / this.#gain;
    this.#gain = 1;
  }

  /** Cholesky's decomposition, packed as the products are. */
  #solve(): void {
    const size = this.#size;
    const lower = Float64Array.from(this.#products);
    const cellOf = (row: number, column: number): number => (row * (row + 1)) / 2 + column;
    const at = (row: number, column: number): number => lower[cellOf(row, column)] ?? 0;
    let trace = 0;
    for (let row = 0; row < size; row++) trace += at(row, row);
    const penalty = (1e-4 * trace) / size + 1e-12;
    for (let row = 0; row < size; row++)
      for (let column = 0; column <= row; column++) {
        let sum = at(row, column) + (row === column ? penalty : 0);
        for (let inner = 0; inner < column; inner++) sum -= at(row, inner) * at(column, inner);
        if (row === column && !(sum > 0)) return;
        lower[cellOf(row, column)] = row === column ? Math.sqrt(sum) : sum / at(column, column);
      }
    const found = this.weights;
    for (let row = 0; row < size; row++) {
      let sum = this.#sums[row] ?? 0;
      for (let inner = 0; inner < row; inner++) sum -= at(row, inner) * (found[inner] ?? 0);
      found[row] = sum / at(row, row);
    }
    for (let row = size - 1; row >= 0; row--) {
      let sum = found[row] ?? 0;
      for (let inner = row + 1; inner < size; inner++) sum -= at(inner, row) * (found[inner] ?? 0);
      found[row] = sum / at(row, row);
    }
    this.#solved = found.every((weight) => Number.isFinite(weight));
  }
}
