// Which children of a route an alert may match at all: most say a value of a label, and are found by it.
import type { CompiledMatcher } from '../matching/matchers.ts';
import type { LabelSet } from './alert.ts';

interface Child {
  readonly matchers: readonly CompiledMatcher[];
}

/** With fewer of them it is no work to ask each. */
const worthwhile = 8;

/** In their order; some of them may not match all the same. */
export function candidatesIn<Route extends Child>(children: readonly Route[]): (labels: LabelSet) => readonly Route[] {
  if (children.length < worthwhile) return () => children;
  const byLabel = new Map<string, Map<string, number[]>>();
  const others: number[] = [];
  const popularity = popularityOf(children);
  children.forEach((child, index) => {
    const [by] = countable(child).sort(
      (one, other) => (popularity.get(other.name) ?? 0) - (popularity.get(one.name) ?? 0),
    );
    if (by === undefined) others.push(index);
    for (const value of new Set(by?.values)) {
      const name = by?.name ?? '';
      const values = byLabel.get(name) ?? new Map<string, number[]>();
      byLabel.set(name, values.set(value, [...(values.get(value) ?? []), index]));
    }
  });
  if (byLabel.size === 0) return () => children;
  const always = others.flatMap((index) => children[index] ?? []);
  return (labels) => {
    const found: number[] = [];
    for (const [name, values] of byLabel)
      if (Object.hasOwn(labels, name)) found.push(...(values.get(labels[name] ?? '') ?? []));
    if (found.length === 0) return always;
    return [...others, ...found].sort((one, other) => one - other).flatMap((index) => children[index] ?? []);
  };
}

const countable = ({ matchers }: Child): CompiledMatcher[] => matchers.filter(({ values }) => values !== null);

/** One label for as many as possible: fewer places to look. */
function popularityOf(children: readonly Child[]): ReadonlyMap<string, number> {
  const popularity = new Map<string, number>();
  for (const { name } of children.flatMap(countable)) popularity.set(name, (popularity.get(name) ?? 0) + 1);
  return popularity;
}
