// Which of many linear expressions a value may match, by its first and its last characters: told for thirty-two of them at once.
import { createAlphabet, type Alphabet } from './alphabet.ts';
import type { Characters, Step } from './linear-form.ts';
import { bitOf, leastOf, mark, setsOf, wordOf, type NumberedForm } from './linear-tables.ts';

/** One of the ways of an expression: what its first and its last characters must be. */
interface Ends {
  readonly number: number;
  /** shorter values cannot be taken */
  readonly least: number;
  readonly first: readonly Characters[];
  /** the last one first */
  readonly last: readonly Characters[];
}

/** Further within nothing is looked at. */
export const deepest = 32;

/** Marks the numbers of those that may take the value, and says how many ways there are to. */
export type MarkPossible = (points: readonly number[], found: Int32Array) => number;

export function endsFilter(forms: readonly NumberedForm[]): MarkPossible {
  const all = forms
    .flatMap(({ number, form }) => form.ways.map((steps) => endsOf(number, steps)))
    .sort((one, other) => one.least - other.least);
  const alphabet = createAlphabet(setsOf(forms.flatMap(({ form }) => form.ways)));
  const firsts = tablesOf(all, alphabet, ({ first }) => first);
  const lasts = tablesOf(all, alphabet, ({ last }) => last);
  const possible = new Int32Array(wordOf(all.length - 1) + 1);
  return (points, found) => {
    const longEnough = countUpTo(all, points.length);
    const words = wordOf(longEnough + 31);
    possible.fill(-1, 0, words);
    if (longEnough % 32 !== 0) possible[words - 1] = bitOf(longEnough) - 1;
    for (let at = 0; at < firsts.length && at < points.length; at += 1)
      restrict(possible, words, firsts[at], alphabet.kindOf(points[at] ?? 0));
    for (let at = 0; at < lasts.length && at < points.length; at += 1)
      restrict(possible, words, lasts[at], alphabet.kindOf(points[points.length - 1 - at] ?? 0));
    let count = 0;
    for (let word = 0; word < words; word += 1)
      for (let rest = possible[word] ?? 0; rest !== 0; rest &= rest - 1) {
        mark(found, all[word * 32 + 31 - Math.clz32(rest & -rest)]?.number ?? 0);
        count += 1;
      }
    return count;
  };
}

function endsOf(number: number, steps: readonly Step[]): Ends {
  const first: Characters[] = [];
  for (let at = 1; at < steps.length && first.length < deepest; at += 1) {
    const { enter = null, optional = true } = steps[at] ?? {};
    if (steps[at - 1]?.stay !== null || enter === null || optional) break;
    first.push(enter);
  }
  const last: Characters[] = [];
  for (let at = steps.length - 1; at > 0 && last.length < deepest; at -= 1) {
    const step = steps[at];
    if (step?.stay !== null || step.enter === null || step.optional) break;
    last.push(step.enter);
  }
  return { number, least: leastOf(steps), first, last };
}

/** For each place and each kind of character those that may go on: all that say nothing about the place. */
function tablesOf(
  all: readonly Ends[],
  alphabet: Alphabet,
  side: (ends: Ends) => readonly Characters[],
): readonly Int32Array[] {
  const words = wordOf(all.length - 1) + 1;
  const depth = all.reduce((most, ends) => Math.max(most, side(ends).length), 0);
  const every = Array.from({ length: alphabet.size }, (_, kind) => kind);
  return Array.from({ length: depth }, (_, at) => {
    const table = new Int32Array(alphabet.size * words);
    all.forEach((ends, index) => {
      const characters = side(ends)[at];
      for (const kind of characters === undefined ? every : alphabet.kindsOf(characters))
        mark(table, index, kind * words);
    });
    return table;
  });
}

function restrict(possible: Int32Array, words: number, table: Int32Array | undefined, kind: number): void {
  if (table === undefined) return;
  const row = kind * possible.length;
  for (let word = 0; word < words; word += 1) possible[word] = (possible[word] ?? 0) & (table[row + word] ?? 0);
}

function countUpTo(all: readonly Ends[], length: number): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((all[middle]?.least ?? 0) <= length) low = middle + 1;
    else high = middle;
  }
  return low;
}
