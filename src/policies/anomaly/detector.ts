// Learns what is usual for one series, an observation at a time, and says how unlike that the newest one is.
import type { Instant } from '../../model/units.ts';
import type { Judgement } from './judgement.ts';

/** What of a detector outlives the process: plain JSON. */
export interface SavedDetector {
  readonly schema: 1;
  readonly state: readonly number[];
}

/** so many observations it listens to before it speaks */
const learning = 100;
/** how much of what was learnt an observation leaves */
const keep = 0.995;

export class AnomalyDetector {
  #count = 0;
  #at = Number.NEGATIVE_INFINITY;
  #mean = 0;
  #variance = 0;
  #score = 0;

  /** Observations come in the order of their time; one that is not later than the last one is a gap, as are null and NaN. */
  observe(at: Instant, value: number | null): Judgement {
    if (value === null || !Number.isFinite(value) || at <= this.#at)
      return { score: this.#score, onset: 0, usual: this.#usual(), known: 'gap' };
    this.#at = at;
    const usual = this.#usual();
    const deviation = Math.sqrt(this.#variance);
    const off = Math.abs(value - this.#mean);
    const isKnown = this.#count >= learning;
    const before = this.#score;
    this.#score = isKnown && off > 0 ? 1 - Math.exp(-off / (6 * deviation + Number.MIN_VALUE)) : 0;
    this.#learn(value);
    const onset = this.#score > before ? this.#score : 0;
    return { score: this.#score, onset, usual, known: isKnown ? 'known' : 'learning' };
  }

  save(): SavedDetector {
    return { schema: 1, state: [this.#count, this.#at, this.#mean, this.#variance, this.#score] };
  }

  /** null: nothing that can be read, or of another version; the past is to be learnt again. */
  static restore(saved: unknown): AnomalyDetector | null {
    if (typeof saved !== 'object' || saved === null || !('schema' in saved) || saved.schema !== 1) return null;
    if (!('state' in saved) || !Array.isArray(saved.state)) return null;
    const [count, at, mean, variance, score] = saved.state as readonly unknown[];
    const detector = new AnomalyDetector();
    detector.#count = Number(count);
    detector.#at = typeof at === 'number' ? at : Number.NEGATIVE_INFINITY;
    detector.#mean = Number(mean);
    detector.#variance = Number(variance);
    detector.#score = Number(score);
    return detector;
  }

  #usual(): Judgement['usual'] {
    if (this.#count < learning) return null;
    const width = 3 * Math.sqrt(this.#variance);
    return { low: this.#mean - width, high: this.#mean + width };
  }

  #learn(value: number): void {
    this.#count += 1;
    const share = Math.max(1 - keep, 1 / this.#count);
    const off = value - this.#mean;
    this.#mean += share * off;
    this.#variance = (1 - share) * (this.#variance + share * off * off);
  }
}
