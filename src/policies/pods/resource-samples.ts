// The big answers of the resource queries, read once a tick: what each pod uses, for all targets.
import type { PrometheusSample } from '../../model/snapshot.ts';
import { seconds, type Instant } from '../../model/units.ts';
import type { Answers } from './answers.ts';
import { wholeMilli, type PodSample, type PodSamples } from './readiness.ts';
import { sampleValue } from './sample-value.ts';
import type { Order, Seats } from './seats.ts';

/** The resource queries rate over a minute. */
const window = seconds(60);

const keyOf = (query: string, container: string | null): string =>
  container === null ? query : `${query}\n${container}`;

type Samples = readonly PrometheusSample[];

const seriesAStep = 4_096;

export class ResourceSamples {
  readonly #answers: Answers;
  readonly #now: Instant;
  /** by query and container */
  readonly #usage = new Map<string, Usage>();

  constructor(answers: Answers, now: Instant) {
    this.#answers = answers;
    this.#now = now;
  }

  /** Thousandths by pod: of one container, or of all together. */
  of(query: string, namespace: string, container: string | null): PodSamples {
    const key = keyOf(query, container);
    let usage = this.#usage.get(key);
    if (usage === undefined) {
      const reading = this.reading(query, container);
      let step = reading.next();
      while (step.done !== true) step = reading.next();
      usage = step.value;
    }
    return usage.in(namespace);
  }

  /** With places to take a breath: these answers have a series for every container of the cluster. */
  *reading(query: string, container: string | null): Generator<undefined, Usage> {
    const vector = this.#answers.vector(query);
    const samples = vector.state === 'ok' ? vector.value : [];
    const { recurring } = this.#answers;
    const order = recurring.order(recurring.pods, query);
    order.begin(samples.length);
    const usage = new Usage(recurring.pods, samples, this.#now);
    for (let from = 0; from < samples.length; from += seriesAStep) {
      if (from > 0) yield;
      usage.take(from, Math.min(from + seriesAStep, samples.length), order, container);
    }
    this.#usage.set(keyOf(query, container), usage);
    return usage;
  }
}

/** What pods use, in thousandths, by their seats. Read when it is asked for: most pods of a cluster nobody scales. */
class Usage {
  readonly #seats: Seats;
  readonly #samples: Samples;
  readonly #now: Instant;
  /** one more than the place of a seat's first series, and of its last; 0: it has none */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  /** for each series, the same of the next one of its pod */
  readonly #next: Int32Array;
  readonly #namespaces = new Map<string, PodSamples>();

  constructor(seats: Seats, samples: Samples, now: Instant) {
    this.#seats = seats;
    this.#samples = samples;
    this.#now = now;
    this.#first = new Int32Array(seats.size + samples.length);
    this.#last = new Int32Array(seats.size + samples.length);
    this.#next = new Int32Array(samples.length);
  }

  /** The series of one container, or of all that name none. */
  take(from: number, to: number, order: Order, container: string | null): void {
    for (let place = from; place < to; place++) {
      const metric = this.#samples[place]?.metric as
        { readonly namespace?: string; readonly pod?: string; readonly container?: string } | undefined;
      if (metric?.pod === undefined) continue;
      const seat = order.next(metric.namespace ?? '', metric.pod);
      if (container !== null && metric.container !== container) continue;
      const before = this.#last[seat] ?? 0;
      if (before === 0) this.#first[seat] = place + 1;
      else this.#next[before - 1] = place + 1;
      this.#last[seat] = place + 1;
    }
  }

  in(namespace: string): PodSamples {
    let samples = this.#namespaces.get(namespace);
    if (samples === undefined) {
      samples = {
        get: (pod) => this.#of(this.#seats.seatOf(namespace, pod)),
        ofAll: (pods) => this.#ofAll(pods.seatsIn(this.#seats, namespace)),
      };
      this.#namespaces.set(namespace, samples);
    }
    return samples;
  }

  #of(seat: number): PodSample | undefined {
    const value = this.#milliOf(seat);
    return Number.isNaN(value) ? undefined : { value, at: this.#now, window };
  }

  #ofAll(seats: readonly number[]): number | null {
    let used = 0;
    for (const seat of seats) {
      const milli = this.#milliOf(seat);
      if (Number.isNaN(milli)) return null;
      used += wholeMilli(milli);
    }
    return used;
  }

  /** All its series together; NaN: there is none with a number. */
  #milliOf(seat: number): number {
    let milli = Number.NaN;
    for (let place = this.#first[seat] ?? 0; place !== 0; place = this.#next[place - 1] ?? 0) {
      const sample = this.#samples[place - 1];
      const own = sample === undefined ? Number.NaN : sampleValue(sample) * 1000;
      if (Number.isFinite(own)) milli = Number.isNaN(milli) ? own : milli + own;
    }
    return milli;
  }
}
