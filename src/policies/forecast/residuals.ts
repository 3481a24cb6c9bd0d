// What experts were wrong by of late, as decayed histograms, and the quantiles that make a bound out of an expert's word.
const below = 10;
const above = 22;
const bins = below + above;
/** the finest difference that matters, in parts of an expert's scale; bins grow from there */
const narrow = 0.02;
const stepBelow = Math.log1p(2 / narrow) / below;
const stepAbove = Math.log1p(10 / narrow) / above;
const edges = Float64Array.from({ length: bins + 1 }, (_, edge) =>
  edge < below ? -narrow * Math.expm1((below - edge) * stepBelow) : narrow * Math.expm1((edge - below) * stepAbove),
);

/** The shares of what came true that an expert's bounds are to hold for. */
export const shares = [0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.997, 1] as const;

function binOf(residual: number): number {
  if (residual < 0) return Math.max(0, below - 1 - Math.floor(Math.log(1 - residual / narrow) / stepBelow));
  return Math.min(bins - 1, below + Math.floor(Math.log(1 + residual / narrow) / stepAbove));
}

export class Residuals {
  readonly #weights: Float32Array;
  /** a row of quantiles an expert */
  readonly quantiles: Float32Array;
  #gain = 1;

  constructor(experts: number) {
    this.#weights = new Float32Array(experts * bins);
    this.quantiles = new Float32Array(experts * shares.length);
  }

  /** Newer ones weigh more: growing them is cheaper than shrinking the others. */
  age(keep: number): void {
    this.#gain /= keep;
    if (this.#gain < 1e9) return;
    for (let index = 0; index < this.#weights.length; index++)
      this.#weights[index] = (this.#weights[index] ?? 0) / this.#gain;
    this.#gain = 1;
  }

  add(expert: number, residual: number): void {
    const index = expert * bins + binOf(residual);
    this.#weights[index] = (this.#weights[index] ?? 0) + this.#gain;
  }

  /** Reads the quantiles of one expert off its histogram. */
  settle(expert: number): void {
    const weights = this.#weights;
    const row = expert * bins;
    let total = 0;
    for (let bin = 0; bin < bins; bin++) total += weights[row + bin] ?? 0;
    let bin = 0;
    let passed = 0;
    for (let index = 0; index < shares.length; index++) {
      const wanted = (shares[index] ?? 1) * total * (1 - 1e-6);
      while (bin < bins - 1 && passed + (weights[row + bin] ?? 0) < wanted) passed += weights[row + bin++] ?? 0;
      const inside = weights[row + bin] ?? 0;
      const bottom = edges[bin] ?? 0;
      const top = edges[bin + 1] ?? 0;
      const part = inside > 0 ? Math.min(1, Math.max(0, (wanted - passed) / inside)) : 1;
      this.quantiles[expert * shares.length + index] = bottom + (top - bottom) * part;
    }
  }
}
