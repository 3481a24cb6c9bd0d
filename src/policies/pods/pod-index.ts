// Pods by namespace and label, so that 20,000 selectors cost one pass over 100,000 pods and not one each.
import type { LabelSelector, Pod } from '../../model/kubernetes.ts';
import { selectorMatches } from '../selectors.ts';

type Selector = LabelSelector | Readonly<Record<string, string>>;

const none: readonly Pod[] = [];

const pairsOf = (selector: Selector): Readonly<Record<string, string>> => {
  const { matchLabels, matchExpressions } = selector as LabelSelector;
  if (typeof matchLabels === 'object') return matchLabels;
  return Array.isArray(matchExpressions) ? {} : (selector as Readonly<Record<string, string>>);
};

function push<Key>(index: Map<Key, Pod[]>, key: Key, pod: Pod): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [pod]);
  else known.push(pod);
}

export class PodIndex {
  readonly #byNamespace = new Map<string, Pod[]>();
  /** label key -> namespace -> value -> pods; made for the keys that selectors use */
  readonly #byLabel = new Map<string, Map<string, Map<string, Pod[]>>>();

  constructor(pods: readonly Pod[]) {
    for (const pod of pods) push(this.#byNamespace, pod.metadata.namespace ?? '', pod);
  }

  podsOf(namespace: string, selector: Selector): readonly Pod[] {
    let fewest: readonly Pod[] | undefined;
    for (const [label, value] of Object.entries(pairsOf(selector))) {
      const pods = this.#labelled(namespace, label).get(value) ?? none;
      if (fewest === undefined || pods.length < fewest.length) fewest = pods;
    }
    const candidates = fewest ?? this.#byNamespace.get(namespace) ?? none;
    return candidates.every((pod) => selectorMatches(selector, pod.metadata.labels ?? {}))
      ? candidates
      : candidates.filter((pod) => selectorMatches(selector, pod.metadata.labels ?? {}));
  }

  #labelled(namespace: string, label: string): ReadonlyMap<string, readonly Pod[]> {
    let byNamespace = this.#byLabel.get(label);
    if (byNamespace === undefined) this.#byLabel.set(label, (byNamespace = new Map<string, Map<string, Pod[]>>()));
    let byValue = byNamespace.get(namespace);
    if (byValue === undefined) {
      byNamespace.set(namespace, (byValue = new Map<string, Pod[]>()));
      for (const pod of this.#byNamespace.get(namespace) ?? none) {
        const value = pod.metadata.labels?.[label];
        if (value !== undefined) push(byValue, value, pod);
      }
    }
    return byValue;
  }
}

const indexes = new WeakMap<readonly Pod[], PodIndex>();

/** One index for one list: the same array is the same pods. */
export function podIndexOf(pods: readonly Pod[]): PodIndex {
  let index = indexes.get(pods);
  if (index === undefined) indexes.set(pods, (index = new PodIndex(pods)));
  return index;
}
