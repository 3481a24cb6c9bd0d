// The big answers of the resource queries, read once a tick: what each pod uses, for all targets.
import type { PrometheusSample } from '../../model/snapshot.ts';
import { seconds, type Instant } from '../../model/units.ts';
import type { Answers } from './answers.ts';
import { wholeMilli, type PodSample, type PodSamples } from './readiness.ts';
import { sampleValue } from './sample-value.ts';
import type { Asked, Order, Seats } from './seats.ts';

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
    const usage = new Usage(order, samples, this.#now);
    for (let from = 0; from < samples.length; from += seriesAStep) {
      if (from > 0) yield;
      usage.take(from, Math.min(from + seriesAStep, samples.length), order, container);
    }
    this.#usage.set(keyOf(query, container), usage);
    return usage;
  }
}

/** What pods use, in thousandths, by their seats: at once where somebody has asked before, else when it is asked for. Most pods of a cluster nobody scales. */
class Usage {
  readonly #seats: Seats;
  readonly #asked: Asked;
  readonly #samples: Samples;
  readonly #now: Instant;
  /** NaN: it has no number, or it was not read yet */
  #milli: Float64Array = new Float64Array(0);
  /** of whom was not read: one more than the place of a seat's last series; 0: it has none */
  #last: Int32Array = new Int32Array(0);
  /** for each such series, the same of the one before it of its pod */
  readonly #before: Int32Array;
  readonly #namespaces = new Map<string, PodSamples>();

  constructor({ seats, asked }: Order, samples: Samples, now: Instant) {
    this.#seats = seats;
    this.#asked = asked;
    this.#samples = samples;
    this.#now = now;
    this.#before = new Int32Array(samples.length);
  }

  /** The series of one container, or of all that name none. */
  take(from: number, to: number, order: Order, container: string | null): void {
    this.#makeRoom(this.#seats.size + to - from);
    const [milli, last] = [this.#milli, this.#last];
    for (let place = from; place < to; place++) {
      const sample = this.#samples[place];
      const metric = sample?.metric as
        { readonly namespace?: string; readonly pod?: string; readonly container?: string } | undefined;
      if (sample === undefined || metric?.pod === undefined) continue;
      const seat = order.next(metric.namespace ?? '', metric.pod);
      if (container !== null && metric.container !== container) continue;
      if (this.#asked.has(seat)) milli[seat] = plus(milli[seat] ?? Number.NaN, sample);
      else {
        this.#before[place] = last[seat] ?? 0;
        last[seat] = place + 1;
      }
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
    const milli = this.#milli[seat] ?? Number.NaN;
    return Number.isNaN(milli) ? this.#read(seat) : milli;
  }

  #read(seat: number): number {
    this.#asked.add(seat);
    const series: PrometheusSample[] = [];
    for (let place = this.#last[seat] ?? 0; place !== 0; place = this.#before[place - 1] ?? 0) {
      const sample = this.#samples[place - 1];
      if (sample !== undefined) series.push(sample);
    }
    const milli = series.reduceRight(plus, Number.NaN);
    if (seat < this.#milli.length) this.#milli[seat] = milli;
    return milli;
  }

  #makeRoom(seats: number): void {
    if (seats <= this.#milli.length) return;
    const milli = new Float64Array(seats + seriesAStep).fill(Number.NaN);
    const last = new Int32Array(milli.length);
    milli.set(this.#milli);
    last.set(this.#last);
    [this.#milli, this.#last] = [milli, last];
  }
}

/** One series more of a pod; what is no number does not count. */
function plus(milli: number, sample: PrometheusSample): number {
  const own = sampleValue(sample) * 1000;
  return Number.isFinite(own) ? (Number.isNaN(milli) ? own : milli + own) : milli;
}
