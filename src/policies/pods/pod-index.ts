// Pods by namespace and label, so that 20,000 selectors cost one pass over 100,000 pods and not one each.
import type { LabelSelector, Pod } from '../../model/kubernetes.ts';
import { selectorMatches } from '../selectors.ts';

type Selector = LabelSelector | Readonly<Record<string, string>>;
type Pods = readonly Pod[];

const none: Pods = [];

const pairsOf = (selector: Selector): Readonly<Record<string, string>> => {
  const { matchLabels, matchExpressions } = selector as LabelSelector;
  if (typeof matchLabels === 'object') return matchLabels;
  return Array.isArray(matchExpressions) ? {} : (selector as Readonly<Record<string, string>>);
};

/** null: there is more to it than one label. */
function onlyLabelOf(selector: Selector): { readonly label: string; readonly value: string } | null {
  const { matchExpressions } = selector as LabelSelector;
  if (Array.isArray(matchExpressions) && matchExpressions.length > 0) return null;
  let only: { readonly label: string; readonly value: string } | null = null;
  const pairs = pairsOf(selector);
  for (const label in pairs) {
    if (only !== null) return null;
    only = { label, value: pairs[label] ?? '' };
  }
  return only;
}

const sameList = (one: Pods, other: Pods): boolean =>
  one.length === other.length && one.every((pod, index) => pod === other[index]);

/** The pods of one namespace; a list that is as it was before is the same array, so that what is known of it stays known. */
class Namespace {
  readonly all: Pods;
  readonly #before: Namespace | null;
  readonly #byLabel = new Map<string, ReadonlyMap<string, Pods>>();

  constructor(all: Pods, before: Namespace | null) {
    this.all = all;
    this.#before = before === null ? null : before.#withoutPast();
  }

  labelled(label: string): ReadonlyMap<string, Pods> {
    let byValue = this.#byLabel.get(label);
    if (byValue === undefined) this.#byLabel.set(label, (byValue = this.#read(label)));
    return byValue;
  }

  #read(label: string): ReadonlyMap<string, Pods> {
    const byValue = new Map<string, Pod[]>();
    for (const pod of this.all) {
      const value = pod.metadata.labels?.[label];
      if (value === undefined) continue;
      const known = byValue.get(value);
      if (known === undefined) byValue.set(value, [pod]);
      else known.push(pod);
    }
    const before = this.#before === null ? undefined : this.#before.#byLabel.get(label);
    if (before === undefined) return byValue;
    const kept = new Map<string, Pods>();
    for (const [value, pods] of byValue) {
      const last = before.get(value);
      kept.set(value, last !== undefined && sameList(last, pods) ? last : pods);
    }
    return kept;
  }

  /** One step back is enough, and all that is kept. */
  #withoutPast(): Namespace {
    const copy = new Namespace(this.all, null);
    for (const [label, byValue] of this.#byLabel) copy.#byLabel.set(label, byValue);
    return copy;
  }
}

export class PodIndex {
  readonly #namespaces = new Map<string, Namespace>();
  /** lists that are all pods of a namespace with one value of one label: two of them share no pod */
  readonly #labels = new WeakMap<Pods, string>();

  /** `before`: the index of the tick before; what has not changed since is taken over. */
  constructor(pods: Pods, before: PodIndex | null = null) {
    const lists = new Map<string, Pod[]>();
    let [namespace, list]: [string | null, Pod[]] = [null, []];
    for (const pod of pods) {
      const own = pod.metadata.namespace ?? '';
      if (own !== namespace) {
        namespace = own;
        const known = lists.get(own);
        list = known ?? [];
        if (known === undefined) lists.set(own, list);
      }
      list.push(pod);
    }
    for (const [name, all] of lists) {
      const last = before === null ? null : (before.#namespaces.get(name) ?? null);
      this.#namespaces.set(name, last !== null && sameList(last.all, all) ? last : new Namespace(all, last));
    }
  }

  podsOf(namespace: string, selector: Selector): Pods {
    const found = this.#namespaces.get(namespace);
    if (found === undefined) return none;
    const only = onlyLabelOf(selector);
    if (only !== null) {
      const pods = found.labelled(only.label).get(only.value) ?? none;
      this.#labels.set(pods, only.label);
      return pods;
    }
    let fewest: Pods = found.all;
    let by: string | null = null;
    for (const [label, value] of Object.entries(pairsOf(selector))) {
      const pods = found.labelled(label).get(value) ?? none;
      if (by === null || pods.length < fewest.length) [fewest, by] = [pods, label];
    }
    const matches = (pod: Pod): boolean => selectorMatches(selector, pod.metadata.labels ?? {});
    if (!fewest.every(matches)) return fewest.filter(matches);
    if (by !== null) this.#labels.set(fewest, by);
    return fewest;
  }

  /** The one label that a list was found by; null where it took more. */
  labelOf(pods: Pods): string | null {
    return this.#labels.get(pods) ?? null;
  }
}

const indexes = new WeakMap<Pods, PodIndex>();
/** The one that was made last, under what the caller's ticks have in common. */
const latest = new WeakMap<object, PodIndex>();

/** One index for one list: the same array is the same pods. `series`: ticks that follow each other share it. */
export function podIndexOf(pods: Pods, series: object): PodIndex {
  let index = indexes.get(pods);
  if (index === undefined) indexes.set(pods, (index = new PodIndex(pods, latest.get(series) ?? null)));
  latest.set(series, index);
  return index;
}
