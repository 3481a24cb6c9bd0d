// The big answers of the resource queries, read once a tick: what each pod uses, by namespace, for all targets.
import { seconds, type Instant } from '../../model/units.ts';
import { sampleValue, type Answers } from './answers.ts';
import type { PodSample } from './readiness.ts';

/** The resource queries rate over a minute. */
const window = seconds(60);
const none: ReadonlyMap<string, PodSample> = new Map();

type ByPod = Map<string, PodSample>;

const keyOf = (query: string, container: string | null): string =>
  container === null ? query : `${query}\n${container}`;

const seriesAStep = 4_096;

export class ResourceSamples {
  readonly #answers: Answers;
  readonly #now: Instant;
  /** query and container -> namespace -> pod */
  readonly #index = new Map<string, Map<string, ByPod>>();

  constructor(answers: Answers, now: Instant) {
    this.#answers = answers;
    this.#now = now;
  }

  /** Thousandths by pod: of one container, or of all together. */
  of(query: string, namespace: string, container: string | null): ReadonlyMap<string, PodSample> {
    const key = keyOf(query, container);
    let byNamespace = this.#index.get(key);
    if (byNamespace === undefined) {
      const reading = this.reading(query, container);
      while (reading.next().done !== true);
      byNamespace = this.#index.get(key);
    }
    return byNamespace?.get(namespace) ?? none;
  }

  /** With places to take a breath: these answers have a series for every container of the cluster. */
  *reading(query: string, container: string | null): Generator<undefined, undefined> {
    const byNamespace = new Map<string, ByPod>();
    const vector = this.#answers.vector(query);
    let count = 0;
    for (const sample of vector.state === 'ok' ? vector.value : []) {
      if (++count % seriesAStep === 0) yield;
      const { metric } = sample;
      const { namespace = '', pod } = metric as { readonly namespace?: string; readonly pod?: string };
      if (pod === undefined || (container !== null && metric['container'] !== container)) continue;
      const milli = sampleValue(sample) * 1000;
      if (!Number.isFinite(milli)) continue;
      let byPod = byNamespace.get(namespace);
      if (byPod === undefined) byNamespace.set(namespace, (byPod = new Map<string, PodSample>()));
      const known = byPod.get(pod);
      byPod.set(pod, { value: known === undefined ? milli : known.value + milli, at: this.#now, window });
    }
    this.#index.set(keyOf(query, container), byNamespace);
    return undefined;
  }
}
