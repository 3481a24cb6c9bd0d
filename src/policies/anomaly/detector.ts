// Learns what is usual for one series, an observation at a time, and says how unlike that the newest one is.
import type { Instant } from '../../model/units.ts';
import { Bounds } from './bounds.ts';
import { Facets, facetTraits } from './facets.ts';
import { scoreOf, type Judgement } from './judgement.ts';

const minute = 60_000;
const day = 1440 * minute;
/** observations that follow each other faster count as parts of one: a day is a day, however often it is looked at */
const usualStep = 5 * minute;
/** so many observations it listens to before it speaks: half a day, where they are not rarer */
const learning = 150;
/** in so long the range of what was seen halves, if nothing keeps it up */
const rangeHalves = 100 * day;
/** half of a new level is usual after so long */
const levelHalves = 60 * minute;
/** rounding is not a range: differences this small beside the values are none */
const finest = 1e-9;
/** and so is a hundredth more or less variation */
const finestLogarithm = 0.01;
/** for so many observations only what is stronger is news */
const wakeLasts = 100;
/** and stronger is by more than what the same is worth later on */
const stronger = 1.05;

export class AnomalyDetector {
  readonly #facets = new Facets();
  readonly #bounds = facetTraits.map(() => new Bounds());
  #at = Number.NaN;
  #count = 0;
  #largest = 0;
  #lasting = 0;
  #wake = 0;
  #sinceWake = 0;
  #isOfWindow = false;

  /** Observations come in the order of their time; one that is not later than the last one is a gap, as are null and NaN. */
  observe(at: Instant, value: number | null): Judgement {
    if (value === null || !Number.isFinite(value) || at <= this.#at)
      return { score: scoreOf(this.#lasting), onset: 0, usual: this.#usual(at), known: 'gap' };
    const usual = this.#usual(at);
    const passed = Number.isNaN(this.#at) ? usualStep : at - this.#at;
    this.#at = at;
    const passage = {
      step: Math.min(1, passed / usualStep),
      fades: (Math.LN2 * Math.min(passed, day)) / rangeHalves,
      settles: 1 - 2 ** (-Math.min(passed, levelHalves) / levelHalves),
    };
    this.#largest = Math.max(this.#largest, Math.abs(value));
    const fresh = { moment: 0, window: 0 };
    const lasting = { moment: 0, window: 0 };
    const facets = this.#facets.of(at, value);
    for (const [index, { weight, of, measure }] of facetTraits.entries()) {
      const facet = facets[index] ?? Number.NaN;
      if (Number.isNaN(facet)) continue;
      const least = measure === 'unit' ? finest * this.#largest : finestLogarithm;
      const excess = this.#bounds[index]?.observe(facet, passage, least);
      if (excess === undefined) continue;
      lasting[of] = Math.max(lasting[of], weight * excess.lasting);
      fresh[of] = Math.max(fresh[of], weight * excess.fresh);
    }
    this.#count += passage.step;
    const most = Math.max(fresh.moment, fresh.window);
    const onset = this.#news(most);
    if (onset > 0) this.#isOfWindow = fresh.moment < most / 2;
    if (this.#count <= learning) return { score: 0, onset: 0, usual: null, known: 'learning' };
    // A single value stays in the windows for long: what began with it is over when it is.
    this.#lasting = Math.max(most, lasting.moment, this.#isOfWindow ? lasting.window : 0);
    return { score: scoreOf(this.#lasting), onset: scoreOf(onset), usual, known: 'known' };
  }

  /** What is no stronger than what has just been is its wake. */
  #news(fresh: number): number {
    this.#sinceWake += 1;
    if (this.#sinceWake > wakeLasts) this.#wake = 0;
    if (fresh <= this.#wake * stronger) return 0;
    this.#wake = fresh;
    this.#sinceWake = 0;
    return fresh;
  }

  #usual(at: number): Judgement['usual'] {
    return this.#count <= learning ? null : this.#facets.usual(at, this.#bounds);
  }
}
