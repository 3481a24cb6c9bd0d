// What experts were wrong by of late, as decayed histograms, and the quantiles that make a bound out of an expert's word.
const bins = 64;
const narrow = 0.02;
const lowest = Math.asinh(-2 / narrow);
const width = (Math.asinh(10 / narrow) - lowest) / bins;
const upperEdge = Float64Array.from({ length: bins }, (_, bin) => narrow * Math.sinh(lowest + (bin + 1) * width));

/** The shares of what came true that an expert's bounds are to hold for. */
export const shares = [0.5, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.998, 1] as const;

export class Residuals {
  readonly #weights: Float32Array;
  /** quantiles of every expert, one row each */
  readonly quantiles: Float32Array;
  #gain = 1;

  constructor(experts: number) {
    this.#weights = new Float32Array(experts * bins);
    this.quantiles = new Float32Array(experts * shares.length);
  }

  /** Newer ones weigh more: growing them is cheaper than shrinking the others. */
  age(keep: number): void {
    this.#gain /= keep;
    if (this.#gain < 1e12) return;
    for (let index = 0; index < this.#weights.length; index++)
      this.#weights[index] = (this.#weights[index] ?? 0) / this.#gain;
    this.#gain = 1;
  }

  add(expert: number, residual: number): void {
    const bin = Math.floor((Math.asinh(residual / narrow) - lowest) / width);
    const index = expert * bins + Math.min(bins - 1, Math.max(0, bin));
    this.#weights[index] = (this.#weights[index] ?? 0) + this.#gain;
  }

  settle(expert: number): void {
    const weights = this.#weights;
    const row = expert * bins;
    let total = 0;
    for (let bin = 0; bin < bins; bin++) total += weights[row + bin] ?? 0;
    let below = 0;
    let bin = 0;
    for (let index = 0; index < shares.length; index++) {
      const wanted = (shares[index] ?? 1) * total * (1 - 1e-6);
      while (bin < bins - 1 && below + (weights[row + bin] ?? 0) < wanted) below += weights[row + bin++] ?? 0;
      const inside = weights[row + bin] ?? 0;
      const top = upperEdge[bin] ?? 0;
      const bottom = bin === 0 ? -2 : (upperEdge[bin - 1] ?? 0);
      this.quantiles[expert * shares.length + index] =
        inside > 0 ? bottom + (top - bottom) * Math.min(1, (wanted - below) / inside) : top;
    }
  }
}
