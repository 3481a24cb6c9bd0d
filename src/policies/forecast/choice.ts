// Which bounds decide: those whose decisions would have cost least of late, idle and unserved work counted, the cheaper the more.
import { shares } from './residuals.ts';

const wide = shares.length;
/** how much dearer than the cheapest a bound may have been to have a third of its say */
const leniency = 0.06;
/** the weights change slowly, and weighing takes longer than all else */
const weighEvery = 180_000;
/** below this share of the say a bound is not asked */
const faint = 0.002;

/** What came of a moment, and by what a decision for it is judged. */
export interface Outcome {
  at: number;
  /** the load that had to be served */
  truth: number;
  /** what was asked for whatever the experts said */
  floor: number;
  /** what a replica bears: capacity comes in these */
  unit: number;
  /** how long a shrink is held back */
  hold: number;
  /** what a unit of unserved load costs, in units of idle capacity */
  price: number;
  /** how much of what it has cost so far still counts */
  keep: number;
  /** how much time it stands for */
  weight: number;
}

export class Choice {
  readonly #costs: Float32Array;
  /** the highest bounds of this block of time and of the one before: what a delayed shrink would still hold */
  readonly #held: Float32Array;
  readonly #before: Float32Array;
  #ends = 0;
  /** the bounds that have a say, and how much of it */
  readonly #arms: Uint16Array;
  readonly #says: Float32Array;
  #count = 1;
  #weighed = 0;
  /** the expert of the cheapest bound */
  expert = 0;

  constructor(experts: number) {
    this.#arms = new Uint16Array(experts * wide);
    this.#says = new Float32Array(experts * wide);
    this.#says[0] = 1;
    this.#costs = new Float32Array(experts * wide);
    this.#held = new Float32Array(experts * wide);
    this.#before = new Float32Array(experts * wide);
  }

  /** Time goes on: what was asked for too long ago is let go. */
  turn({ at, hold }: Outcome): void {
    if (at < this.#ends && at >= this.#ends - hold) return;
    if (at > this.#ends + hold) this.#before.fill(0);
    else this.#before.set(this.#held);
    this.#held.fill(0);
    this.#ends = at + (hold * 2) / 3;
  }

  /** What the bounds of one expert would have cost: `said` and the quantiles of its residuals, by their scale. */
  judge(expert: number, said: number, scale: number, quantiles: Float32Array, outcome: Outcome): void {
    const { truth, floor, unit, price, weight, keep } = outcome;
    const perUnit = 1 / unit;
    const costs = this.#costs;
    const held = this.#held;
    const before = this.#before;
    const end = (expert + 1) * wide;
    for (let arm = expert * wide; arm < end; arm++) {
      let asked = said + (quantiles[arm] ?? 0) * scale;
      if (asked < floor) asked = floor;
      const top = held[arm] ?? 0;
      if (asked > top) held[arm] = asked;
      else asked = top;
      const older = before[arm] ?? 0;
      const there = Math.ceil((older > asked ? older : asked) * perUnit - 1e-9) * unit;
      const lacking = truth - there;
      costs[arm] = (costs[arm] ?? 0) * keep + weight * (lacking > 0 ? there + price * lacking : there);
    }
  }

  /** Weighs the bounds anew, now and then. */
  choose(at: number): void {
    if (Math.abs(at - this.#weighed) < weighEvery) return;
    this.#weighed = at;
    const costs = this.#costs;
    let least = Infinity;
    for (let arm = 0; arm < costs.length; arm++) {
      const cost = costs[arm] ?? 0;
      if (cost >= least) continue;
      least = cost;
      this.expert = Math.floor(arm / wide);
    }
    if (!(least > 0)) return;
    const furthest = least * (1 - leniency * Math.log(faint));
    let count = 0;
    let sum = 0;
    for (let arm = 0; arm < costs.length; arm++) {
      const cost = costs[arm] ?? 0;
      if (cost > furthest) continue;
      const say = Math.exp((1 - cost / least) / leniency);
      this.#arms[count] = arm;
      this.#says[count++] = say;
      sum += say;
    }
    for (let index = 0; index < count; index++) this.#says[index] = (this.#says[index] ?? 0) / sum;
    this.#count = count;
  }

  /** What the bounds that have a say come to together. */
  bound(said: Float64Array, scales: Float64Array, quantiles: Float32Array, floor: number): number {
    let together = 0;
    for (let index = 0; index < this.#count; index++) {
      const arm = this.#arms[index] ?? 0;
      const expert = Math.floor(arm / wide);
      const bound = (said[expert] ?? 0) + (quantiles[arm] ?? 0) * (scales[expert] ?? 0);
      together += (this.#says[index] ?? 0) * (bound > floor ? bound : floor);
    }
    return together;
  }
}
