// Pods by namespace and label, so that 20,000 selectors cost one pass over 100,000 pods and not one each.
import type { LabelSelector, Pod } from '../../model/kubernetes.ts';
import { selectorMatches } from '../selectors.ts';
import { Walk } from './walk.ts';

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
export class Namespace {
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

  find(selector: Selector): Selected {
    const only = onlyLabelOf(selector);
    if (only !== null) return { pods: this.labelled(only.label).get(only.value) ?? none, label: only.label };
    let fewest: Pods = this.all;
    let by: string | null = null;
    for (const [label, value] of Object.entries(pairsOf(selector))) {
      const pods = this.labelled(label).get(value) ?? none;
      if (by === null || pods.length < fewest.length) [fewest, by] = [pods, label];
    }
    const matches = (pod: Pod): boolean => selectorMatches(selector, pod.metadata.labels ?? {});
    return fewest.every(matches) ? { pods: fewest, label: by } : { pods: fewest.filter(matches), label: null };
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

export interface Selected {
  readonly pods: Pods;
  /** they are all pods of the namespace with one value of this label: two such lists share no pod; null: there is more to it */
  readonly label: string | null;
}

const nobody: Selected = { pods: none, label: null };

/** Namespaces by numbers, for arrays: given once, and never to another. */
class Numbers {
  readonly #byName = new Map<string, number>();

  get size(): number {
    return this.#byName.size;
  }

  find(name: string): number | undefined {
    return this.#byName.get(name);
  }

  of(name: string): number {
    let number = this.#byName.get(name);
    if (number === undefined) this.#byName.set(name, (number = this.#byName.size));
    return number;
  }
}

/** Namespaces that are gone keep their numbers until they are half of all. */
const mostGone = 1_000;

const namespaceOf = (pod: Pod | undefined): string => pod?.metadata.namespace ?? '';

export class PodIndex {
  readonly #pods: Pods;
  readonly #numbers: Numbers;
  /** for each pod of the list, its namespace */
  readonly #places: Int32Array;
  readonly #namespaces: (Namespace | null)[];

  /** `before`: the index of the tick before; what has not changed since is taken over. */
  constructor(pods: Pods, before: PodIndex | null = null) {
    this.#pods = pods;
    this.#numbers = before === null ? new Numbers() : before.#numbers;
    this.#places = new Int32Array(pods.length);
    this.#namespaces = before === null ? [] : [...before.#namespaces];
    const changed = before === null ? this.#readAll() : this.#readChanged(before);
    const lists = new Map<number, Pod[]>();
    for (const number of changed) lists.set(number, []);
    const isChanged = new Uint8Array(this.#numbers.size);
    for (const number of changed) isChanged[number] = 1;
    for (let place = 0; place < pods.length; place++) {
      const number = this.#places[place] ?? 0;
      if (isChanged[number] !== 1) continue;
      const pod = pods[place];
      if (pod !== undefined) lists.get(number)?.push(pod);
    }
    for (const [number, all] of lists) {
      const last = this.#namespaces[number] ?? null;
      const same = last !== null && sameList(last.all, all);
      this.#namespaces[number] = all.length === 0 ? null : same ? last : new Namespace(all, last);
    }
  }

  /** The same object while its pods are the same; null: there is none. */
  namespace(name: string): Namespace | null {
    return this.#namespaces[this.#numbers.find(name) ?? -1] ?? null;
  }

  podsOf(namespace: string, selector: Selector): Pods {
    return (this.namespace(namespace)?.find(selector) ?? nobody).pods;
  }

  /** Better begun anew. */
  isCrowded(): boolean {
    const gone = this.#namespaces.filter((one) => one === null).length;
    return gone > mostGone && gone * 2 > this.#namespaces.length;
  }

  #readAll(): ReadonlySet<number> {
    const numbers = new Set<number>();
    for (const [place, pod] of this.#pods.entries()) {
      const number = this.#numbers.of(namespaceOf(pod));
      this.#places[place] = number;
      numbers.add(number);
    }
    return numbers;
  }

  /** The namespaces of all that has come or gone. Whoever stayed, in the order as before, is not looked at. */
  #readChanged(before: PodIndex): ReadonlySet<number> {
    const changed = new Set<number>();
    const places = before.#places;
    const walk = new Walk(before.#pods, this.#pods);
    for (let place = 0; place < this.#pods.length; place++) {
      const { from, count } = walk.together();
      this.#places.set(places.subarray(from, from + count), place);
      place += count;
      if (place >= this.#pods.length) break;
      const last = walk.next();
      if (last !== null) this.#places[place] = places[last] ?? 0;
      else changed.add((this.#places[place] = this.#numbers.of(namespaceOf(this.#pods[place]))));
    }
    for (const gone of walk.gone()) changed.add(places[gone] ?? 0);
    return changed;
  }
}

const indexes = new WeakMap<Pods, PodIndex>();
/** The one that was made last, under what the caller's ticks have in common. */
const latest = new WeakMap<object, PodIndex>();

/** One index for one list: the same array is the same pods. `series`: ticks that follow each other share it. */
export function podIndexOf(pods: Pods, series: object): PodIndex {
  let index = indexes.get(pods);
  if (index === undefined) {
    const before = latest.get(series) ?? null;
    index = new PodIndex(pods, before === null || before.isCrowded() ? null : before);
    indexes.set(pods, index);
  }
  latest.set(series, index);
  return index;
}
