// One answer for many targets, shared out: whose number is where, by the targets' seats.
import type { Split } from '../../model/config.ts';
import type { PrometheusSample } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { sampleValue } from './sample-value.ts';
import type { Asked, Order, Seats } from './seats.ts';

type Samples = readonly PrometheusSample[];

const anyNamespace = '*';
const none: Samples = [];

/** Which label of an answer says what; undefined: none does. */
interface Labels {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

function labelsOf(split: Split): Labels {
  const labels = Object.entries(split);
  return {
    namespace: labels.find(([, part]) => part === 'namespace')?.[0],
    name: labels.find(([, part]) => part === 'name')?.[0],
  };
}

export class Shares {
  readonly #seats: Seats;
  readonly #samples: Samples;
  readonly #byNamespace: boolean;
  /** by seat, one more than the place of its sample; 0: it has none */
  readonly #places: Int32Array;
  /** by seat, its number; NaN: it has none, or several, or it was not read yet */
  readonly #numbers: Float64Array;
  readonly #asked: Asked;
  /** seats with several series */
  readonly #several = new Map<number, PrometheusSample[]>();

  constructor(samples: Samples, split: Split, order: Order) {
    const labels = labelsOf(split);
    const { seats } = order;
    this.#seats = seats;
    this.#samples = samples;
    this.#asked = order.asked;
    this.#byNamespace = labels.namespace !== undefined;
    this.#places = new Int32Array(seats.size + samples.length);
    this.#numbers = new Float64Array(seats.size + samples.length).fill(Number.NaN);
    order.begin(samples.length);
    for (let place = 0; place < samples.length; place++) {
      const sample = samples[place];
      if (sample === undefined) continue;
      const { metric } = sample;
      const namespace = labels.namespace === undefined ? anyNamespace : (metric[labels.namespace] ?? '');
      const name = labels.name === undefined ? '' : (metric[labels.name] ?? '');
      const seat = order.next(namespace, name);
      if (this.#places[seat] !== 0) this.#addTo(seat, sample);
      else {
        this.#places[seat] = place + 1;
        // While it is at hand: to come back for each number takes longer.
        if (this.#asked.has(seat)) this.#numbers[seat] = sampleValue(sample);
      }
    }
  }

  #addTo(seat: number, sample: PrometheusSample): void {
    this.#numbers[seat] = Number.NaN;
    const known = this.#several.get(seat);
    if (known === undefined) this.#several.set(seat, [...this.#at(seat), sample]);
    else known.push(sample);
  }

  /** The one number of a target; NaN where it has none, or not one only. */
  numberOf(target: TargetRef, seat: number | undefined): number {
    const own = this.#byNamespace && seat !== undefined ? seat : this.#seatOf(target);
    const number = this.#numbers[own] ?? Number.NaN;
    return Number.isNaN(number) ? this.#read(own) : number;
  }

  /** Not asked for before, or there is none. */
  #read(seat: number): number {
    this.#asked.add(seat);
    if (this.#several.has(seat)) return Number.NaN;
    const sample = this.#samples[(this.#places[seat] ?? 0) - 1];
    return sample === undefined ? Number.NaN : (this.#numbers[seat] = sampleValue(sample));
  }

  of(target: TargetRef): Samples {
    return this.#at(this.#seatOf(target));
  }

  /** What has none of the labels is everybody's; null: there is nothing of that kind. */
  common(): Samples | null {
    const samples = this.#at(this.#seats.seatOf(this.#byNamespace ? '' : anyNamespace, ''));
    return samples.length === 0 ? null : samples;
  }

  #seatOf({ namespace, name }: TargetRef): number {
    return this.#seats.seatOf(this.#byNamespace ? namespace : anyNamespace, name);
  }

  #at(seat: number): Samples {
    const several = this.#several.get(seat);
    if (several !== undefined) return several;
    const sample = this.#samples[(this.#places[seat] ?? 0) - 1];
    return sample === undefined ? none : [sample];
  }
}
