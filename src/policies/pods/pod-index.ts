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

export interface OneLabel {
  readonly label: string;
  readonly value: string;
}

/** null: there is more to it than one label. */
export function onlyLabelOf(selector: Selector): OneLabel | null {
  const { matchExpressions } = selector as LabelSelector;
  if (Array.isArray(matchExpressions) && matchExpressions.length > 0) return null;
  let only: OneLabel | null = null;
  const pairs = pairsOf(selector);
  for (const label in pairs) {
    if (only !== null) return null;
    only = { label, value: pairs[label] ?? '' };
  }
  return only;
}

const sameList = (one: Pods, other: Pods): boolean =>
  one.length === other.length && one.every((pod, index) => pod === other[index]);

/** A namespace's pods by the values of one label, each list in the order of the namespace's own. */
interface Groups {
  /** by value, its place in `lists`: one map for the namespace as it was and as it is */
  readonly places: Map<string, number>;
  /** for each pod of the namespace, the place of its value; -1: it has none */
  readonly of: Int32Array;
  readonly lists: readonly Pods[];
}

function placeOf(places: Map<string, number>, value: string | undefined): number {
  if (value === undefined) return -1;
  let place = places.get(value);
  if (place === undefined) places.set(value, (place = places.size));
  return place;
}

/** Values that are gone keep their places until they are most of all. */
const isCrowded = ({ places, of }: Groups): boolean => places.size > 2 * of.length + 100;

/** The pods of one namespace; a list that is as it was before is the same array, so that what is known of it stays known. */
export class Namespace {
  readonly all: Pods;
  readonly #before: Namespace | null;
  readonly #byLabel = new Map<string, Groups>();

  constructor(all: Pods, before: Namespace | null) {
    this.all = all;
    this.#before = before === null ? null : before.#withoutPast();
  }

  labelled({ label, value }: OneLabel): Pods {
    let groups = this.#byLabel.get(label);
    if (groups === undefined) this.#byLabel.set(label, (groups = this.#read(label)));
    return groups.lists[groups.places.get(value) ?? -1] ?? none;
  }

  find(selector: Selector): Selected {
    let fewest: Pods = this.all;
    let by: string | null = null;
    for (const [label, value] of Object.entries(pairsOf(selector))) {
      const pods = this.labelled({ label, value });
      if (by === null || pods.length < fewest.length) [fewest, by] = [pods, label];
    }
    const matches = (pod: Pod): boolean => selectorMatches(selector, pod.metadata.labels ?? {});
    return fewest.every(matches) ? { pods: fewest, label: by } : { pods: fewest.filter(matches), label: null };
  }

  /** Of pods that were here before nothing is read, and lists that nobody came to or went from stay. */
  #read(label: string): Groups {
    const last = this.#before === null ? undefined : this.#before.#byLabel.get(label);
    const known = last === undefined || isCrowded(last) ? null : last;
    const places = known?.places ?? new Map<string, number>();
    const of = new Int32Array(this.all.length);
    const changed = new Map<number, Pod[]>();
    const walk = new Walk(known === null ? none : (this.#before?.all ?? none), this.all);
    for (let at = 0; at < of.length; at++) {
      const { from, count } = walk.together();
      if (known !== null) of.set(known.of.subarray(from, from + count), at);
      at += count;
      if (at >= of.length) break;
      const before = walk.next();
      const place =
        known === null || before === null
          ? placeOf(places, this.all[at]?.metadata.labels?.[label])
          : (known.of[before] ?? -1);
      of[at] = place;
      if (before === null && place >= 0) changed.set(place, []);
    }
    for (const gone of walk.gone()) changed.set(known?.of[gone] ?? -1, []);
    if (changed.size > 0) for (const [at, pod] of this.all.entries()) changed.get(of[at] ?? -1)?.push(pod);
    const lists = [...(known?.lists ?? [])];
    for (const [place, pods] of changed) if (place >= 0 && !sameList(lists[place] ?? none, pods)) lists[place] = pods;
    return { places, of, lists };
  }

  /** One step back is enough, and all that is kept. */
  #withoutPast(): Namespace {
    const copy = new Namespace(this.all, null);
    for (const [label, groups] of this.#byLabel) copy.#byLabel.set(label, groups);
    return copy;
  }
}

export interface Selected {
  readonly pods: Pods;
  /** they are all pods of the namespace with one value of this label: two such lists share no pod; null: there is more to it */
  readonly label: string | null;
}

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

/** Some milliseconds of the first look. */
const podsAStep = 16_384;

const namespaceOf = (pod: Pod | undefined): string => pod?.metadata.namespace ?? '';

export class PodIndex {
  readonly #pods: Pods;
  readonly #numbers: Numbers;
  /** for each pod of the list, its namespace */
  readonly #places: Int32Array;
  readonly #namespaces: (Namespace | null)[];
  #asked: string | null = null;
  #answered: Namespace | null = null;

  private constructor(pods: Pods, before: PodIndex | null) {
    this.#pods = pods;
    this.#numbers = before === null ? new Numbers() : before.#numbers;
    this.#places = new Int32Array(pods.length);
    this.#namespaces = before === null ? [] : [...before.#namespaces];
  }

  /** `before`: the index of the tick before; what has not changed since is taken over. */
  static *reading(pods: Pods, before: PodIndex | null = null): Generator<undefined, PodIndex> {
    const index = new PodIndex(pods, before);
    const changed = before === null ? yield* index.#readAll() : index.#readChanged(before);
    yield* index.#gather(changed);
    return index;
  }

  /** The same object while its pods are the same; null: there is none. Targets ask namespace by namespace. */
  namespace(name: string): Namespace | null {
    if (name !== this.#asked)
      [this.#asked, this.#answered] = [name, this.#namespaces[this.#numbers.find(name) ?? -1] ?? null];
    return this.#answered;
  }

  podsOf(namespace: string, selector: Selector): Pods {
    const only = onlyLabelOf(selector);
    const place = this.namespace(namespace);
    return (only === null ? place?.find(selector).pods : place?.labelled(only)) ?? none;
  }

  /** Better begun anew. */
  isCrowded(): boolean {
    const gone = this.#namespaces.filter((one) => one === null).length;
    return gone > mostGone && gone * 2 > this.#namespaces.length;
  }

  *#readAll(): Generator<undefined, ReadonlySet<number>> {
    const numbers = new Set<number>();
    for (let from = 0; from < this.#pods.length; from += podsAStep) {
      this.#readSome(from, Math.min(from + podsAStep, this.#pods.length), numbers);
      yield;
    }
    return numbers;
  }

  #readSome(from: number, until: number, numbers: Set<number>): void {
    for (let place = from; place < until; place++) {
      const number = this.#numbers.of(namespaceOf(this.#pods[place]));
      this.#places[place] = number;
      numbers.add(number);
    }
  }

  /** New lists for the namespaces in which something has changed. */
  *#gather(changed: ReadonlySet<number>): Generator<undefined> {
    if (changed.size === 0) return;
    const lists: Pod[][] = [];
    for (const number of changed) lists[number] = [];
    for (let from = 0; from < this.#pods.length; from += podsAStep) {
      this.#gatherSome(from, Math.min(from + podsAStep, this.#pods.length), lists);
      yield;
    }
    for (const number of changed) {
      const all = lists[number] ?? [];
      const last = this.#namespaces[number] ?? null;
      const same = last !== null && sameList(last.all, all);
      this.#namespaces[number] = all.length === 0 ? null : same ? last : new Namespace(all, last);
    }
  }

  #gatherSome(from: number, until: number, lists: readonly Pod[][]): void {
    for (let place = from; place < until; place++) {
      const pod = this.#pods[place];
      if (pod !== undefined) lists[this.#places[place] ?? 0]?.push(pod);
    }
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
export function* indexing(pods: Pods, series: object): Generator<undefined, PodIndex> {
  let index = indexes.get(pods);
  if (index === undefined) {
    const before = latest.get(series) ?? null;
    index = yield* PodIndex.reading(pods, before === null || before.isCrowded() ? null : before);
    indexes.set(pods, index);
  }
  latest.set(series, index);
  return index;
}
