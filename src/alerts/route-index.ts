// Which children of a route an alert may match at all: most name a value of a label, its beginning or a text in it, and are found by that.
import { expressionSet, type AskAll } from '../matching/expression-set.ts';
import { readAs, type Letters } from '../matching/letters.ts';
import type { CompiledMatcher } from '../matching/matchers.ts';
import { textFinder } from '../matching/text-finder.ts';
import type { LabelSet } from './alert.ts';

interface Child {
  readonly matchers: readonly CompiledMatcher[];
}

/** By what a child is found: the values of one label, what they begin with, or what one of them holds. */
interface Texts {
  readonly name: string;
  readonly kind: 'value' | 'prefix' | 'inside';
  readonly keys: readonly string[];
  readonly letters: Letters;
}

/** Or by an expression as a whole. */
interface Whole {
  readonly name: string;
  readonly kind: 'expression';
  readonly pattern: string;
}

type Handle = Texts | Whole;

type Numbers = readonly number[];

/** The numbers of the children, by the values of one label, by their beginnings of each length, and by texts in them. */
interface Shelf {
  readonly name: string;
  readonly letters: Letters;
  readonly values: Map<string, number[]>;
  readonly prefixes: Map<number, Map<string, number[]>>;
  readonly insides: Map<string, number[]>;
  /** which of the texts in a value are on the shelf */
  textsIn: (value: string) => readonly string[];
}

/** Those of which no text is known. */
interface Asked {
  readonly name: string;
  readonly numbers: Numbers;
  readonly ask: AskAll;
}

/** With fewer of them it is no work to ask each. */
const worthwhile = 8;
/** To look for texts within a value takes as long as asking so many routes. */
const workOfSearch = 20;
/** To ask many expressions at once takes as long as asking so many of them. */
const workOfAsking = 60;

/** In their order; some of them may not match all the same. */
export function candidatesIn<Route extends Child>(children: readonly Route[]): (labels: LabelSet) => Iterable<Route> {
  if (children.length < worthwhile) return () => children;
  const handles = chosenHandles(children);
  const shelves = new Map<string, Shelf>();
  const expressions = new Map<string, Map<number, string>>();
  const others: number[] = [];
  handles.forEach((handle, index) => {
    if (handle === undefined) others.push(index);
    else if (handle.kind === 'expression') gather(expressions, handle, index);
    else shelve(shelves, handle, index);
  });
  for (const shelf of shelves.values()) if (shelf.insides.size > 0) shelf.textsIn = textFinder(shelf.insides.keys());
  const asked: Asked[] = [];
  for (const [name, patterns] of expressions)
    if (patterns.size <= workOfAsking) others.push(...patterns.keys());
    else asked.push({ name, numbers: [...patterns.keys()], ask: expressionSet([...patterns.values()]) });
  if (shelves.size === 0 && asked.length === 0) return () => children;
  others.sort((one, other) => one - other);
  const always = [...inOrder(children, [others])];
  // most alerts are found in one place only: what stands there is put in order once
  const ready = new Map<Numbers, readonly Route[]>();
  return (labels) => {
    const found = placesOf(labels, shelves);
    const answers = asked.map((one) => answersOf(one, labels)).filter(({ length }) => length > 0);
    const [only] = found;
    if (found.length > 1 || answers.length > 0) return inOrder(children, [others, ...found, ...answers]);
    if (only === undefined) return always;
    const known = ready.get(only);
    if (known !== undefined) return known;
    const routes = [...inOrder(children, [others, only])];
    ready.set(only, routes);
    return routes;
  };
}

/** One by one: the first that matches is mostly the last that is asked for. */
function* inOrder<Route>(children: readonly Route[], lists: readonly Numbers[]): Generator<Route, undefined> {
  const places = lists.map(() => 0);
  const nextOf = (list: number): number => lists[list]?.[places[list] ?? 0] ?? Infinity;
  for (;;) {
    let next = Infinity;
    for (let list = 0; list < lists.length; list += 1) next = Math.min(next, nextOf(list));
    const route = children[next];
    if (route === undefined) return undefined;
    yield route;
    for (let list = 0; list < lists.length; list += 1)
      if (nextOf(list) === next) places[list] = (places[list] ?? 0) + 1;
  }
}

function placesOf(labels: LabelSet, shelves: ReadonlyMap<string, Shelf>): readonly Numbers[] {
  const found: Numbers[] = [];
  for (const { name, letters, values, prefixes, insides, textsIn } of shelves.values()) {
    if (!Object.hasOwn(labels, name)) continue;
    const value = readAs(letters, labels[name] ?? '');
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

/** A label that is not there is empty, and an expression may take that. */
function answersOf({ name, numbers, ask }: Asked, labels: LabelSet): Numbers {
  const places = ask(Object.hasOwn(labels, name) ? (labels[name] ?? '') : '');
  return places.map((place) => numbers[place] ?? -1);
}

function gather(expressions: Map<string, Map<number, string>>, { name, pattern }: Whole, index: number): void {
  const patterns = expressions.get(name) ?? new Map<number, string>();
  expressions.set(name, patterns.set(index, pattern));
}

function shelve(shelves: Map<string, Shelf>, { name, kind, keys, letters }: Texts, index: number): void {
  const id = `${letters} ${name}`;
  const shelf: Shelf = shelves.get(id) ?? {
    name,
    letters,
    values: new Map(),
    prefixes: new Map(),
    insides: new Map(),
    textsIn: () => [],
  };
  shelves.set(id, shelf);
  for (const key of new Set(keys)) {
    const place = placeFor(shelf, kind, key);
    const numbers = place.get(key);
    if (numbers === undefined) place.set(key, [index]);
    else numbers.push(index);
  }
}

function placeFor({ values, prefixes, insides }: Shelf, kind: Texts['kind'], key: string): Map<string, number[]> {
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
  matchers.flatMap(({ name, operator, value, values, prefix, inside, letters }): Handle[] => {
    if (values !== null) return [{ name, kind: 'value', keys: values, letters }];
    if (operator !== '=~') return [];
    const beginning: Handle[] = prefix === '' ? [] : [{ name, kind: 'prefix', keys: [prefix], letters }];
    const within = inside.map((keys): Handle => ({ name, kind: 'inside', keys, letters }));
    return [...beginning, ...within, { name, kind: 'expression', pattern: value }];
  });

const keysOf = (handle: Handle): readonly string[] =>
  handle.kind === 'expression'
    ? []
    : handle.keys.map((key) => `${handle.kind} ${handle.letters} ${handle.name} ${key}`);

/** For each the one that it shares with the fewest; of equal ones a label that many have (fewer places to look), and longer texts. */
function chosenHandles(children: readonly Child[]): readonly (Handle | undefined)[] {
  const all = children.map(handlesOf);
  const sharing = countOf(all.flat().flatMap(keysOf));
  const popularity = countOf(all.flat().map(({ name }) => name));
  const work = (handle: Handle): number => {
    if (handle.kind === 'expression') return workOfAsking;
    const shared = Math.max(...keysOf(handle).map((key) => sharing.get(key) ?? 0));
    return shared + (handle.kind === 'inside' ? workOfSearch : 0);
  };
  return all.map((handles) =>
    handles
      .map((handle) => ({
        handle,
        work: work(handle),
        popularity: popularity.get(handle.name) ?? 0,
        length: handle.kind === 'expression' ? 0 : Math.min(...handle.keys.map((key) => key.length)),
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
