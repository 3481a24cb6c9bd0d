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
    const usage = new Usage(recurring.pods, samples.length, this.#now);
    for (let from = 0; from < samples.length; from += seriesAStep) {
      if (from > 0) yield;
      usage.read(samples, from, Math.min(from + seriesAStep, samples.length), order, container);
    }
    this.#usage.set(keyOf(query, container), usage);
    return usage;
  }
}

/** What pods use, in thousandths, by their seats. */
class Usage {
  readonly #seats: Seats;
  readonly #now: Instant;
  readonly #milli: Float64Array;
  /** 1: there is a sample */
  readonly #known: Uint8Array;
  readonly #namespaces = new Map<string, PodSamples>();

  constructor(seats: Seats, more: number, now: Instant) {
    this.#seats = seats;
    this.#now = now;
    this.#milli = new Float64Array(seats.size + more);
    this.#known = new Uint8Array(seats.size + more);
  }

  /** The series of one container, or of all that name none. */
  read(samples: Samples, from: number, to: number, order: Order, container: string | null): void {
    for (let place = from; place < to; place++) {
      const sample = samples[place];
      if (sample === undefined) continue;
      const { metric } = sample;
      const { namespace = '', pod } = metric as { readonly namespace?: string; readonly pod?: string };
      if (pod === undefined) continue;
      const seat = order.next(namespace, pod);
      if (container === null || metric['container'] === container) this.#add(seat, sampleValue(sample) * 1000);
    }
  }

  #add(seat: number, milli: number): void {
    if (!Number.isFinite(milli)) return;
    this.#milli[seat] = (this.#milli[seat] ?? 0) + milli;
    this.#known[seat] = 1;
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
    return this.#known[seat] === 1 ? { value: this.#milli[seat] ?? 0, at: this.#now, window } : undefined;
  }

  #ofAll(seats: readonly number[]): number | null {
    let used = 0;
    for (const seat of seats) {
      if (this.#known[seat] !== 1) return null;
      used += wholeMilli(this.#milli[seat] ?? 0);
    }
    return used;
  }
}
