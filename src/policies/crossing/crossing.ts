// Learns one series, a value at a time, and says how likely it is to cross a limit within a span from now, and when.
import { minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import { Bins } from './bins.ts';
import { expertCount, sayOf, type Scene } from './experts.ts';

export interface CrossingTerms {
  readonly within: Milliseconds;
  readonly side: 'above' | 'below';
  readonly limit: number;
  /** how far apart its values are */
  readonly step: Milliseconds;
}

export interface CrossingOutlook {
  /** 0 to 1 */
  readonly probability: number;
  /** the highest that is expected within the span; the lowest where it may not fall below */
  readonly expected: number;
  /** when it is expected to cross, at the end of the span at the latest; now where it has; null: it is not likely to */
  readonly at: Instant | null;
}

/** The past that counts: two weeks know the weekend. */
const reach = 14 * 24 * minutes(60);
/** how many forecasts are kept to be judged by */
const kept = 1_024;
const rarest = minutes(20);
/** so many must have come true before it speaks, and so long must the series be known */
const practised = 36;
const shortest = minutes(12 * 60);
/** an earlier moment was as high as now: within this share of all that was seen, and what it moves from forecast to forecast */
const alike = 0.03;
/** whoever asks for less is not told when */
const hardly = 0.25;
/** fewer moments like this one prove nothing */
const fewest = 3;

/** how fine values are told apart */
const spanOf = (within: number, step: number): number =>
  Math.max(step, Math.min(rarest, Math.max(minutes(1), Math.round(within / 32))));

/** How far apart values may be that are learnt from. */
export const crossingStep = ({ within, step }: Pick<CrossingTerms, 'within' | 'step'>): Milliseconds =>
  spanOf(within, step) as Milliseconds;

/** What the newest forecasts make of the past, until the next one is added. */
interface Opinion {
  readonly expert: number;
  /** what came true less what was said, in order */
  readonly residuals: Float32Array;
  /** how far below this level an earlier moment may have been to be as high, and what was said then below what is said */
  readonly slack: { readonly level: number; readonly said: number };
}

export class Crossing {
  readonly #within: number;
  readonly #sign: 1 | -1;
  readonly #limit: number;
  readonly #bins: Bins;
  readonly #every: number;
  readonly #halfLife: number;
  readonly #times = new Float64Array(kept);
  readonly #levels = new Float32Array(kept);
  readonly #truths = new Float32Array(kept);
  readonly #said = new Float32Array(kept * expertCount);
  readonly #errors = new Float64Array(expertCount);
  /** forecasts that were made, and of those the ones that have come true */
  #made = 0;
  #true = 0;
  #begun = 0;
  #scene: Scene | null = null;
  #opinion: Opinion | null = null;

  /** What may not fall below is learnt upside down. */
  constructor({ within, side, limit, step }: CrossingTerms) {
    this.#within = within;
    this.#sign = side === 'above' ? 1 : -1;
    this.#limit = limit * this.#sign;
    this.#bins = new Bins(spanOf(within, step), reach + within);
    this.#every = Math.max(this.#bins.span, Math.min(rarest, within / 6));
    this.#halfLife = Math.max(shortest, 2 * within);
  }

  /** In the order of time; what is older than the last value, or no number, says nothing. */
  observe(at: Instant, value: number): void {
    if (!Number.isFinite(value) || (this.#scene !== null && at <= this.#scene.at)) return;
    if (this.#scene === null) this.#begun = at;
    const level = value * this.#sign;
    this.#bins.put(at, level);
    this.#scene = { at, level, bins: this.#bins };
    this.#judge(at);
    const last = this.#times[(this.#made - 1 + kept) % kept] ?? 0;
    if (this.#made === 0 || at - last >= this.#every) this.#forecast(this.#scene);
  }

  /** null: too little is known to say. */
  outlook(): CrossingOutlook | null {
    const scene = this.#scene;
    if (scene === null || this.#true < practised) return null;
    if (scene.at - this.#begun < Math.max(shortest, 1.5 * this.#within)) return null;
    const opinion = (this.#opinion ??= this.#weigh(scene));
    const { expert, residuals } = opinion;
    const said = sayOf(expert, scene, this.#within);
    const usual = residuals[residuals.length >> 1] ?? 0;
    const expected = (said + usual) * this.#sign;
    if (scene.level > this.#limit) return { probability: 1, expected, at: scene.at as Instant };
    const probability = Math.min(shareAbove(residuals, this.#limit - said), this.#shareOfAlike(opinion, scene));
    return { probability, expected, at: probability < hardly ? null : this.#when(expert, scene, usual) };
  }

  #forecast(scene: Scene): void {
    const slot = this.#made % kept;
    this.#times[slot] = scene.at;
    this.#levels[slot] = scene.level;
    for (let expert = 0; expert < expertCount; expert++)
      this.#said[slot * expertCount + expert] = sayOf(expert, scene, this.#within);
    this.#made += 1;
    this.#true = Math.max(this.#true, this.#made - kept);
    this.#opinion = null;
  }

  /** What has come true by now: the newer it is the more it counts. */
  #judge(now: number): void {
    for (; this.#true < this.#made; this.#true++) {
      const slot = this.#true % kept;
      const at = this.#times[slot] ?? 0;
      if (at + this.#within > now) return;
      const truth = this.#bins.highest(at, at + this.#within);
      this.#truths[slot] = truth;
      const keep = Math.pow(0.5, this.#every / this.#halfLife);
      for (let expert = 0; expert < expertCount; expert++) {
        const error = Math.abs(truth - (this.#said[slot * expertCount + expert] ?? 0));
        this.#errors[expert] = (this.#errors[expert] ?? 0) * keep + error;
      }
    }
  }

  /** The expert that erred least. What has been outdone already need not be waited for: so a new course shows at once. */
  #weigh({ at }: Scene): Opinion {
    const errors = Float64Array.from(this.#errors);
    for (let one = this.#true; one < this.#made; one++) {
      const slot = one % kept;
      const soFar = this.#bins.highest(this.#times[slot] ?? at, at);
      for (let expert = 0; expert < expertCount; expert++)
        errors[expert] = (errors[expert] ?? 0) + Math.max(0, soFar - (this.#said[slot * expertCount + expert] ?? 0));
    }
    const expert = errors.reduce((best, error, index) => (error < (errors[best] ?? Infinity) ? index : best), 0);
    const residuals = new Float32Array(this.#true - this.#oldest());
    let [lowest, highest, moved] = [Infinity, -Infinity, 0];
    for (let index = 0; index < residuals.length; index++) {
      const slot = (this.#oldest() + index) % kept;
      residuals[index] = (this.#truths[slot] ?? 0) - (this.#said[slot * expertCount + expert] ?? 0);
      const level = this.#levels[slot] ?? 0;
      lowest = Math.min(lowest, level);
      highest = Math.max(highest, level);
      moved += Math.abs((this.#levels[(slot + 1) % kept] ?? level) - level);
    }
    const share = alike * (highest - lowest);
    const step = moved / Math.max(1, residuals.length);
    return { expert, residuals: residuals.sort(), slack: { level: share + step, said: share + step / 2 } };
  }

  #oldest(): number {
    return Math.max(0, this.#made - kept);
  }

  /**
   * Of the moments that were as high as this one and of which the same was said: how many did cross. What is cleaned up
   * each time before it is full looks like something that fills up.
   */
  #shareOfAlike({ expert, slack }: Opinion, scene: Scene): number {
    const level = scene.level - slack.level;
    const least = Math.max(this.#limit, sayOf(expert, scene, this.#within) - slack.said);
    let [count, crossed] = [0, 0];
    for (let one = this.#oldest(); one < this.#true; one++) {
      const slot = one % kept;
      if ((this.#levels[slot] ?? 0) < level || (this.#levels[slot] ?? 0) > this.#limit) continue;
      if ((this.#said[slot * expertCount + expert] ?? 0) <= least) continue;
      count += 1;
      if ((this.#truths[slot] ?? 0) > this.#limit) crossed += 1;
    }
    return count < fewest ? 1 : crossed / count;
  }

  #when(expert: number, scene: Scene, usual: number): Instant {
    const steps = 48;
    for (let step = 1; step < steps; step++) {
      const ahead = (this.#within * step) / steps;
      if (sayOf(expert, scene, ahead) + (usual * step) / steps > this.#limit) return (scene.at + ahead) as Instant;
    }
    return (scene.at + this.#within) as Instant;
  }
}

/** Of values in order: the share that is above one. */
function shareAbove(sorted: Float32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return sorted.length === 0 ? 0 : 1 - low / sorted.length;
}
