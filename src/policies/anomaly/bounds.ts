// Between which bounds one facet of a series has stayed, and how far beyond them it goes now.

/** The most a record counts: beyond it, larger is not more unusual. */
const most = 1;
/** so many observations give a record half of its weight, squared: the first ones are records by chance */
const weighty = 1000;
/** what a record lets later ones of the same side count, and how many observations it takes to be forgotten */
const dulls = 0.3;
const dullFor = 3000;
/** a record from this strength on dulls, once in so many observations */
const dullsFrom = 0.02;
const dullsEvery = 100;
/** a bound goes so many ranges further at once at most: one absurd value does not hide all that follow it */
const reach = 3;

/** What has passed since the observation before. */
export interface Passage {
  /** how much of an observation this one is */
  readonly step: number;
  /** the share of the range that has been forgotten */
  readonly fades: number;
  /** the share of what is beyond the bounds that has become usual */
  readonly settles: number;
}

export interface Excess {
  /** beyond all that was seen, as a share of its range */
  readonly fresh: number;
  /** beyond what was seen before the series left it, until that has become usual */
  readonly lasting: number;
}

interface Side {
  /** the bound as it was before it was broken, on its way to the new one */
  settled: number;
  dullness: number;
  quiet: number;
}

export class Bounds {
  #count = 0;
  #high = Number.NaN;
  #low = Number.NaN;
  readonly #above: Side = { settled: Number.NaN, dullness: 0, quiet: dullsEvery };
  readonly #below: Side = { settled: Number.NaN, dullness: 0, quiet: dullsEvery };

  get high(): number {
    return this.#high;
  }

  get low(): number {
    return this.#low;
  }

  observe(value: number, { step, fades, settles }: Passage, finest: number): Excess {
    if (Number.isNaN(this.#high)) {
      this.#high = this.#low = this.#above.settled = this.#below.settled = value;
      return { fresh: 0, lasting: 0 };
    }
    const seen = this.#high - this.#low;
    const range = Math.max(seen, finest, Number.MIN_VALUE);
    const trust = Math.sqrt(this.#count / (this.#count + weighty));
    this.#count += step;
    const above = this.#excess(this.#above, (value - this.#high) / range, trust, step);
    const below = this.#excess(this.#below, (this.#low - value) / range, trust, step);
    const shrink = (fades * seen) / 2;
    const furthest = seen > finest ? reach * seen : Number.POSITIVE_INFINITY;
    this.#high = Math.max(this.#high - shrink, Math.min(value, this.#high + furthest));
    this.#low = Math.min(this.#low + shrink, Math.max(value, this.#low - furthest));
    const beyond = Math.max(value - this.#above.settled, this.#below.settled - value) / range;
    this.#above.settled += settles * (this.#high - this.#above.settled);
    this.#below.settled += settles * (this.#low - this.#below.settled);
    return { fresh: Math.max(above, below), lasting: trust * Math.min(most, Math.max(0, beyond)) };
  }

  #excess(side: Side, beyond: number, trust: number, step: number): number {
    side.dullness *= 1 - step / dullFor;
    side.quiet += step;
    if (!(beyond > 0)) return 0;
    const plain = trust * Math.min(most, beyond);
    const strength = plain / (1 + dulls * side.dullness);
    if (plain > dullsFrom && side.quiet > dullsEvery) {
      side.dullness += 1;
      side.quiet = 0;
    }
    return strength;
  }
}
