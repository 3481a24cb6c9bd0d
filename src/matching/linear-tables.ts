// Where each step of many linear expressions has its bit, and by which characters it is entered and kept.
import { createAlphabet, type Alphabet } from './alphabet.ts';
import type { Characters, LinearForm, Step } from './linear-form.ts';

export interface NumberedForm {
  readonly number: number;
  readonly form: LinearForm;
}

/** One of the ways of an expression, and where its steps begin. */
interface Line {
  readonly number: number;
  readonly steps: readonly Step[];
  /** shorter values cannot be taken */
  readonly least: number;
  readonly first: number;
}

/** Runs of optional steps: where they may be entered from, where they end, and themselves. */
export interface LeavingOut {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly within: Int32Array;
}

export interface Tables {
  readonly words: number;
  readonly alphabet: Alphabet;
  /** a row of words for each kind of character */
  readonly enter: Int32Array;
  readonly stay: Int32Array;
  /** null: no step is optional */
  readonly leaveOut: LeavingOut | null;
  readonly begin: Int32Array;
  readonly end: Int32Array;
  /** whose end a bit is */
  readonly numberAt: Int32Array;
  /** how many of the words a value of such a length needs */
  readonly needed: (length: number) => number;
}

const bits = 32;

export const wordOf = (place: number): number => place >>> 5;
export const bitOf = (place: number): number => 1 << (place & 31);

export const mark = (table: Int32Array, place: number, row = 0): void => {
  table[row + wordOf(place)] = (table[row + wordOf(place)] ?? 0) | bitOf(place);
};

/** Of characters in a value that is taken. */
export const leastOf = (steps: readonly Step[]): number =>
  steps.filter(({ enter, optional }) => enter !== null && !optional).length;

const lineOf = (number: number, steps: readonly Step[]): Line => ({
  number,
  steps,
  least: leastOf(steps),
  first: 0,
});

const mayLeaveOut = ({ steps }: Line): boolean => steps.some(({ optional }) => optional);

/** Alike steps are one object: most expressions have few of them. */
export const setsOf = (ways: readonly (readonly Step[])[]): readonly Characters[] =>
  ways.flatMap((steps) => [...new Set(steps)].flatMap(({ enter, stay }) => [enter ?? [], stay ?? []]));

/** Those with optional steps by themselves: the others need less work. */
export function tablesOf(forms: readonly NumberedForm[]): readonly Tables[] {
  const ways = forms.flatMap(({ number, form }) => form.ways.map((steps) => lineOf(number, steps)));
  return [ways.filter(mayLeaveOut), ways.filter((line) => !mayLeaveOut(line))]
    .filter(({ length }) => length > 0)
    .map(tablesOfLines);
}

function tablesOfLines(unplaced: readonly Line[]): Tables {
  const lines = laidOut(unplaced);
  const steps = lines.reduce((sum, line) => sum + line.steps.length, 0);
  const words = wordOf(steps - 1) + 1;
  const alphabet = createAlphabet(setsOf(lines.map((line) => line.steps)));
  const enter = new Int32Array(alphabet.size * words);
  const stay = new Int32Array(alphabet.size * words);
  const begin = new Int32Array(words);
  const end = new Int32Array(words);
  const numberAt = new Int32Array(words * bits);
  for (const line of lines) {
    mark(begin, line.first);
    mark(end, line.first + line.steps.length - 1);
    numberAt[line.first + line.steps.length - 1] = line.number;
    line.steps.forEach((step, index) => {
      for (const kind of alphabet.kindsOf(step.enter)) mark(enter, line.first + index, kind * words);
      for (const kind of alphabet.kindsOf(step.stay)) mark(stay, line.first + index, kind * words);
    });
  }
  const leaveOut = leavingOut(lines, words);
  if (leaveOut !== null) markReached(begin, lines);
  return { words, alphabet, enter, stay, leaveOut, begin, end, numberAt, needed: neededOf(lines) };
}

/** Short ones first: of the others a short value needs not be told. */
function laidOut(lines: readonly Line[]): readonly Line[] {
  let next = 0;
  return [...lines]
    .sort((one, other) => one.least - other.least)
    .map((line) => {
      const first = next;
      next += line.steps.length;
      return { ...line, first };
    });
}

/** Before the first character. */
function markReached(begin: Int32Array, lines: readonly Line[]): void {
  for (const { first, steps } of lines)
    for (let index = 1; steps[index]?.optional === true; index += 1) mark(begin, first + index);
}

/** A run that goes on in the next word begins there anew, with its own first bit. */
function leavingOut(lines: readonly Line[], words: number): LeavingOut | null {
  if (!lines.some(mayLeaveOut)) return null;
  const from = new Int32Array(words);
  const to = new Int32Array(words);
  const within = new Int32Array(words);
  for (const { first, steps } of lines)
    steps.forEach(({ optional }, index) => {
      if (!optional) return;
      const place = first + index;
      mark(within, place);
      if (place % bits === 0) mark(from, place);
      else if (steps[index - 1]?.optional !== true) mark(from, place - 1);
      if (steps[index + 1]?.optional !== true || (place + 1) % bits === 0) mark(to, place);
    });
  return { from, to, within };
}

function neededOf(lines: readonly Line[]): (length: number) => number {
  const ends: number[] = [];
  for (const { first, steps, least } of lines) {
    while (ends.length < least) ends.push(ends.at(-1) ?? 0);
    ends[least] = wordOf(first + steps.length - 1) + 1;
  }
  return (length) => ends[Math.min(length, ends.length - 1)] ?? 0;
}
