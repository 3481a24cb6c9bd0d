// The big answers of the resource queries, read once a tick: what each pod uses, by namespace, for all targets.
import { seconds, type Instant } from '../../model/units.ts';
import { sampleValue, type Answers } from './answers.ts';
import type { PodSample } from './readiness.ts';

/** The resource queries rate over a minute. */
const window = seconds(60);
const none: ReadonlyMap<string, PodSample> = new Map();

type ByPod = Map<string, PodSample>;

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
    const key = container === null ? query : `${query}\n${container}`;
    let byNamespace = this.#index.get(key);
    if (byNamespace === undefined) this.#index.set(key, (byNamespace = this.#read(query, container)));
    return byNamespace.get(namespace) ?? none;
  }

  #read(query: string, container: string | null): Map<string, ByPod> {
    const byNamespace = new Map<string, ByPod>();
    const vector = this.#answers.vector(query);
    for (const sample of vector.state === 'ok' ? vector.value : []) {
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
    return byNamespace;
  }
}
