// The kinds of characters that some expressions tell apart: what all of them treat alike is one kind.
import type { Characters } from './linear-form.ts';

export interface Alphabet {
  readonly size: number;
  readonly kindOf: (point: number) => number;
  /** of a set that it was made for */
  readonly kindsOf: (characters: Characters | null) => readonly number[];
}

const ascii = 128;

export function createAlphabet(sets: readonly Characters[]): Alphabet {
  const distinct = [...new Set(sets)];
  const starts = [0, ...boundsOf(distinct)];
  const kindOf = (point: number): number => lastUpTo(starts, point);
  const kinds = new Map<Characters | null, readonly number[]>(distinct.map((set) => [set, kindsWithin(set, kindOf)]));
  const quick = Uint16Array.from({ length: ascii }, (_, point) => kindOf(point));
  return {
    size: starts.length,
    kindOf: (point) => (point < ascii ? (quick[point] ?? 0) : kindOf(point)),
    kindsOf: (characters) => kinds.get(characters) ?? [],
  };
}

/** Where one kind may end and another begin, zero left aside. */
function boundsOf(sets: readonly Characters[]): readonly number[] {
  const bounds = new Set<number>();
  for (const set of sets)
    for (let at = 0; at < set.length; at += 2) {
      bounds.add(set[at] ?? 0);
      bounds.add((set[at + 1] ?? 0) + 1);
    }
  bounds.delete(0);
  return [...bounds].sort((one, other) => one - other);
}

function kindsWithin(set: Characters, kindOf: (point: number) => number): readonly number[] {
  const kinds: number[] = [];
  for (let at = 0; at < set.length; at += 2)
    for (let kind = kindOf(set[at] ?? 0); kind <= kindOf(set[at + 1] ?? 0); kind += 1) kinds.push(kind);
  return kinds;
}

function lastUpTo(starts: readonly number[], point: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= point) low = middle;
    else high = middle - 1;
  }
  return low;
}
