// The facets of a series that are watched: its value, how it moves, how it differs from its season, how much it varies.
import type { Bounds } from './bounds.ts';
import type { UsualRange } from './judgement.ts';
import { Profile } from './profile.ts';
import { Recent } from './recent.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** windows, in observations */
const short = 24;
const long = 48;
/** how much of the followed level an observation makes up */
const follows = 0.05;
/** of the typical step between two values, a variation that is as good as none */
const still = 0.05;

/** rounding is no movement */
const finest = 1e-9;

interface FacetTraits {
  /** what is beyond its bounds counts so much */
  readonly weight: number;
  /** what it is made of: the newest observation, or a window that a single one stays in for long */
  readonly of: 'moment' | 'window';
  /** in the unit of the series, or without one */
  readonly measure: 'unit' | 'logarithm';
}

/** In the order of Facets.of. */
export const facetTraits: readonly FacetTraits[] = [
  { weight: 1, of: 'moment', measure: 'unit' },
  { weight: 1, of: 'window', measure: 'unit' },
  { weight: 1, of: 'window', measure: 'unit' },
  { weight: 1, of: 'moment', measure: 'unit' },
  { weight: 1, of: 'window', measure: 'unit' },
  { weight: 0.4, of: 'window', measure: 'unit' },
  { weight: 1, of: 'window', measure: 'logarithm' },
];
const [valueFacet, levelFacet, dayFacet] = [0, 1, 3];

export class Facets {
  readonly #profileOfDay = new Profile(day, 48);
  readonly #profileOfWeek = new Profile(7 * day, 168);
  readonly #values = new Recent(short);
  readonly #offDay = new Recent(short);
  readonly #offWeek = new Recent(short);
  readonly #variation = new Recent(long);
  #last = Number.NaN;
  #level = Number.NaN;
  #steps = 0;
  #stepsKnown = 0;

  /** NaN where a facet is not known yet. */
  of(at: number, value: number): readonly number[] {
    const level = Number.isNaN(this.#level) ? value : this.#level;
    this.#level = level + follows * (value - level);
    const before = this.#values.push(value);
    const offDay = value - this.#profileOfDay.usual(at, value);
    const offWeek = value - this.#profileOfWeek.usual(at, value);
    if (!Number.isNaN(offDay)) this.#offDay.push(offDay);
    if (!Number.isNaN(offWeek)) this.#offWeek.push(offWeek);
    this.#profileOfDay.learn(at, value);
    this.#profileOfWeek.learn(at, value);
    const ofDay = this.#offDay.isFull && !Number.isNaN(offDay) ? this.#offDay.mean : Number.NaN;
    const ofWeek = this.#offWeek.isFull && !Number.isNaN(offWeek) ? this.#offWeek.mean : Number.NaN;
    return [value, value - level, value - before, offDay, ofDay, ofWeek, this.#liveliness(value)];
  }

  /** How much the last values vary, as a logarithm: half as much is as far as twice as much. */
  #liveliness(value: number): number {
    const step = Number.isNaN(this.#last) ? 0 : Math.abs(value - this.#last);
    this.#last = value;
    this.#stepsKnown += 1;
    this.#steps += Math.max(0.001, 1 / this.#stepsKnown) * (step - this.#steps);
    this.#variation.push(value);
    // What never moved would make every later variation look small.
    if (!this.#variation.isFull || this.#steps <= finest * Math.abs(value)) return Number.NaN;
    return Math.log(this.#variation.deviation + still * this.#steps);
  }

  /** A value beyond it would be a record: as such, for the level of late, or for the time of day. */
  usual(at: number, bounds: readonly Bounds[]): UsualRange | null {
    const value = bounds[valueFacet];
    const offLevel = bounds[levelFacet];
    const offDay = bounds[dayFacet];
    if (value === undefined || offLevel === undefined || offDay === undefined) return null;
    let low = Math.max(value.low, this.#level + offLevel.low);
    let high = Math.min(value.high, this.#level + offLevel.high);
    const [lowest, highest] = this.#profileOfDay.band(at);
    if (Number.isFinite(lowest) && Number.isFinite(offDay.low)) {
      low = Math.max(low, lowest + offDay.low);
      high = Math.min(high, highest + offDay.high);
    }
    return low <= high ? { low, high } : { low: value.low, high: value.high };
  }
}
