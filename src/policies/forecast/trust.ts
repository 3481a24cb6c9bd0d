// Whether the bounds may be believed: how often they held of late against what they claim, and whether a plain margin would have done better.
import type { ForecastDoubt } from '../../model/forecast.ts';

const hour = 3_600_000;
const halfLife = 4 * hour;
/** Bounds claim to hold for 95 % of the time: where they are doubted, and how near they must come again. */
const holding = { doubted: 0.9, believed: 0.93 };
/** the share of the time in which a plain margin may hold where the bound does not */
const outdone = { doubted: 0.1, believed: 0.05 };
/** what a plain margin fills a replica to */
const plain = 0.7;

interface Judged {
  readonly bound: number;
  /** the load when it was said */
  readonly load: number;
  /** the highest that came */
  readonly highest: number;
  readonly passed: number;
}

export class Trust {
  #weight = 0;
  #held = 0;
  #outdone = 0;
  #doubt: ForecastDoubt | null = null;

  get doubt(): ForecastDoubt | null {
    return this.#doubt;
  }

  /** The share of the bounds that held of late; null: too few to judge. */
  get coverage(): number | null {
    return this.#weight < hour ? null : this.#held / this.#weight;
  }

  judge({ bound, load, highest, passed }: Judged): void {
    const keep = Math.pow(0.5, passed / halfLife);
    const held = highest <= bound * (1 + 1e-6);
    this.#weight = this.#weight * keep + passed;
    this.#held = this.#held * keep + (held ? passed : 0);
    this.#outdone = this.#outdone * keep + (!held && highest <= load / plain ? passed : 0);
    if (this.#weight >= hour) this.#look();
  }

  #look(): void {
    const limit = this.#doubt === null ? 'doubted' : 'believed';
    if (this.#outdone / this.#weight > outdone[limit]) this.#doubt = 'patternChanged';
    else if (this.#held / this.#weight < holding[limit]) this.#doubt = 'coverageTooLow';
    else this.#doubt = null;
  }
}
