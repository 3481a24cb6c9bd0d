// Which children of a route an alert may match at all: most name a value of a label, its beginning or a text in it, and are found by that.
import type { CompiledMatcher } from '../matching/matchers.ts';
import { textFinder } from '../matching/text-finder.ts';
import type { LabelSet } from './alert.ts';

interface Child {
  readonly matchers: readonly CompiledMatcher[];
}

/** By what a child is found: the values of one label, what they begin with, or what one of them holds. */
interface Handle {
  readonly name: string;
  readonly kind: 'value' | 'prefix' | 'inside';
  readonly keys: readonly string[];
}

/** The numbers of the children, by the values of one label, by their beginnings of each length, and by texts in them. */
interface Shelf {
  readonly values: Map<string, number[]>;
  readonly prefixes: Map<number, Map<string, number[]>>;
  readonly insides: Map<string, number[]>;
  /** which of the texts in a value are on the shelf */
  textsIn: (value: string) => readonly string[];
}

/** With fewer of them it is no work to ask each. */
const worthwhile = 8;
/** To look for texts within a value takes as long as asking so many routes. */
const workOfSearch = 20;

/** In their order; some of them may not match all the same. */
export function candidatesIn<Route extends Child>(children: readonly Route[]): (labels: LabelSet) => readonly Route[] {
  if (children.length < worthwhile) return () => children;
  const handles = chosenHandles(children);
  const shelves = new Map<string, Shelf>();
  const others: number[] = [];
  handles.forEach((handle, index) => {
    if (handle === undefined) others.push(index);
    else shelve(shelves, handle, index);
  });
  for (const shelf of shelves.values()) if (shelf.insides.size > 0) shelf.textsIn = textFinder(shelf.insides.keys());
  if (shelves.size === 0) return () => children;
  const routesAt = (numbers: readonly number[]): readonly Route[] =>
    [...new Set(numbers)].sort((one, other) => one - other).flatMap((index) => children[index] ?? []);
  const always = routesAt(others);
  // most alerts are found in one place only: what stands there is put in order once
  const ready = new Map<readonly number[], readonly Route[]>();
  return (labels) => {
    const found = placesOf(labels, shelves);
    const [only] = found;
    if (only === undefined) return always;
    if (found.length > 1) return routesAt([...others, ...found.flat()]);
    const known = ready.get(only);
    if (known !== undefined) return known;
    const routes = routesAt([...others, ...only]);
    ready.set(only, routes);
    return routes;
  };
}

function placesOf(labels: LabelSet, shelves: ReadonlyMap<string, Shelf>): readonly (readonly number[])[] {
  const found: (readonly number[])[] = [];
  for (const [name, { values, prefixes, insides, textsIn }] of shelves) {
    if (!Object.hasOwn(labels, name)) continue;
    const value = labels[name] ?? '';
    const whole = values.get(value);
    if (whole !== undefined) found.push(whole);
    for (const [length, beginnings] of prefixes) {
      const begun = beginnings.get(value.slice(0, length));
      if (begun !== undefined) found.push(begun);
    }
    for (const text of textsIn(value)) found.push(insides.get(text) ?? []);
  }
  return found;
}

function shelve(shelves: Map<string, Shelf>, { name, kind, keys }: Handle, index: number): void {
  const shelf: Shelf = shelves.get(name) ?? {
    values: new Map(),
    prefixes: new Map(),
    insides: new Map(),
    textsIn: () => [],
  };
  shelves.set(name, shelf);
  for (const key of new Set(keys)) {
    const place = placeFor(shelf, kind, key);
    const numbers = place.get(key);
    if (numbers === undefined) place.set(key, [index]);
    else numbers.push(index);
  }
}

function placeFor({ values, prefixes, insides }: Shelf, kind: Handle['kind'], key: string): Map<string, number[]> {
  switch (kind) {
    case 'value':
      return values;
    case 'prefix': {
      const ofLength = prefixes.get(key.length) ?? new Map<string, number[]>();
      prefixes.set(key.length, ofLength);
      return ofLength;
    }
    case 'inside':
      return insides;
  }
}

const handlesOf = ({ matchers }: Child): Handle[] =>
  matchers.flatMap(({ name, values, prefix, inside }): Handle[] => {
    if (values !== null) return [{ name, kind: 'value', keys: values }];
    const beginning: Handle[] = prefix === '' ? [] : [{ name, kind: 'prefix', keys: [prefix] }];
    return [...beginning, ...inside.map((keys): Handle => ({ name, kind: 'inside', keys }))];
  });

/** For each the one that it shares with the fewest; of equal ones a label that many have (fewer places to look), and longer texts. */
function chosenHandles(children: readonly Child[]): readonly (Handle | undefined)[] {
  const all = children.map(handlesOf);
  const keysOf = ({ name, kind, keys }: Handle): string[] => keys.map((key) => `${kind} ${name} ${key}`);
  const sharing = countOf(all.flat().flatMap(keysOf));
  const popularity = countOf(all.flat().map(({ name }) => name));
  const work = (handle: Handle): number =>
    Math.max(...keysOf(handle).map((key) => sharing.get(key) ?? 0)) + (handle.kind === 'inside' ? workOfSearch : 0);
  return all.map((handles) =>
    handles
      .map((handle) => ({
        handle,
        work: work(handle),
        popularity: popularity.get(handle.name) ?? 0,
        length: Math.min(...handle.keys.map((key) => key.length)),
      }))
      .sort((one, other) => one.work - other.work || other.popularity - one.popularity || other.length - one.length)
      .map(({ handle }) => handle)
      .at(0),
  );
}

function countOf(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
