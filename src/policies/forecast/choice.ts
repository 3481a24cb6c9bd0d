// Which expert with which share decides: the one whose decisions would have cost least of late, idle and unserved work and changes counted.
import { shares } from './residuals.ts';

const wide = shares.length;
/** what a rival must be cheaper by: choices that change for nothing churn */
const clearlyCheaper = 0.98;

/** What would have been there, had one arm decided all the time. */
export class Choice {
  readonly #costs: Float64Array;
  /** the highest bounds of this block of time and of the one before: what stabilization would still hold */
  readonly #held: Float32Array;
  readonly #before: Float32Array;
  #blockEnds = 0;
  #expert = 0;
  #share = 0;

  constructor(experts: number) {
    this.#costs = new Float64Array(experts * wide);
    this.#held = new Float32Array(experts * wide);
    this.#before = new Float32Array(experts * wide);
  }

  get expert(): number {
    return this.#expert;
  }
  get share(): number {
    return this.#share;
  }

  /** Time goes on: what is held longer than `hold` ago is let go. */
  turn(at: number, hold: number): void {
    if (at < this.#blockEnds) return;
    if (at > this.#blockEnds + hold) this.#before.fill(0);
    else this.#before.set(this.#held);
    this.#held.fill(0);
    this.#blockEnds = at + (hold * 2) / 3;
  }

  /** What `bound` would have cost, given what came. */
  judge(
    expert: number,
    share: number,
    bound: number,
    truth: number,
    unit: number,
    price: number,
    weight: number,
  ): void {
    const arm = expert * wide + share;
    if (bound > (this.#held[arm] ?? 0)) this.#held[arm] = bound;
    const there = Math.ceil(Math.max(this.#held[arm] ?? 0, this.#before[arm] ?? 0) / unit - 1e-9) * unit;
    this.#costs[arm] = (this.#costs[arm] ?? 0) + weight * (there + price * Math.max(0, truth - there));
  }

  fade(keep: number): void {
    for (let arm = 0; arm < this.#costs.length; arm++) this.#costs[arm] = (this.#costs[arm] ?? 0) * keep;
  }

  choose(): void {
    let best = this.#expert * wide + this.#share;
    let cost = (this.#costs[best] ?? 0) * clearlyCheaper;
    for (let arm = 0; arm < this.#costs.length; arm++) {
      const other = this.#costs[arm] ?? 0;
      if (other < cost) {
        cost = other;
        best = arm;
      }
    }
    this.#expert = Math.floor(best / wide);
    this.#share = best % wide;
  }
}
