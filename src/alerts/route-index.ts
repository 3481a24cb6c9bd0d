// Which children of a route an alert may match at all: most name a value of a label, or its beginning, and are found by it.
import type { CompiledMatcher } from '../matching/matchers.ts';
import type { LabelSet } from './alert.ts';

interface Child {
  readonly matchers: readonly CompiledMatcher[];
}

/** By what a child is found: the values of one label, or what they begin with. */
interface Handle {
  readonly name: string;
  readonly kind: 'value' | 'prefix';
  readonly keys: readonly string[];
}

/** The numbers of the children, by the values of one label and by their beginnings of each length. */
interface Shelf {
  readonly values: Map<string, number[]>;
  readonly prefixes: Map<number, Map<string, number[]>>;
}

/** With fewer of them it is no work to ask each. */
const worthwhile = 8;

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
  if (shelves.size === 0) return () => children;
  const routesAt = (numbers: readonly number[]): readonly Route[] =>
    numbers.toSorted((one, other) => one - other).flatMap((index) => children[index] ?? []);
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
  for (const [name, { values, prefixes }] of shelves) {
    if (!Object.hasOwn(labels, name)) continue;
    const value = labels[name] ?? '';
    const whole = values.get(value);
    if (whole !== undefined) found.push(whole);
    for (const [length, beginnings] of prefixes) {
      const begun = beginnings.get(value.slice(0, length));
      if (begun !== undefined) found.push(begun);
    }
  }
  return found;
}

function shelve(shelves: Map<string, Shelf>, { name, kind, keys }: Handle, index: number): void {
  const shelf: Shelf = shelves.get(name) ?? { values: new Map(), prefixes: new Map() };
  shelves.set(name, shelf);
  for (const key of new Set(keys)) {
    const ofLength = shelf.prefixes.get(key.length) ?? new Map<string, number[]>();
    if (kind === 'prefix') shelf.prefixes.set(key.length, ofLength);
    const place = kind === 'value' ? shelf.values : ofLength;
    const numbers = place.get(key);
    if (numbers === undefined) place.set(key, [index]);
    else numbers.push(index);
  }
}

const handlesOf = ({ matchers }: Child): Handle[] =>
  matchers.flatMap(({ name, values, prefix }): Handle[] => {
    if (values !== null) return [{ name, kind: 'value', keys: values }];
    return prefix === '' ? [] : [{ name, kind: 'prefix', keys: [prefix] }];
  });

/** For each the one that it shares with the fewest; of equal ones a label that many have: fewer places to look. */
function chosenHandles(children: readonly Child[]): readonly (Handle | undefined)[] {
  const all = children.map(handlesOf);
  const sharing = countOf(all.flat().flatMap(({ name, keys }) => keys.map((key) => `${name} ${key}`)));
  const popularity = countOf(all.flat().map(({ name }) => name));
  const crowd = ({ name, keys }: Handle): number => Math.max(...keys.map((key) => sharing.get(`${name} ${key}`) ?? 0));
  return all.map((handles) =>
    handles
      .map((handle) => ({ handle, crowd: crowd(handle), popularity: popularity.get(handle.name) ?? 0 }))
      .sort((one, other) => one.crowd - other.crowd || other.popularity - one.popularity)
      .map(({ handle }) => handle)
      .at(0),
  );
}

function countOf(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
