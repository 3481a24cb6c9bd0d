// Many expressions asked about a value at once: linear ones by their steps, the others by an automaton that RE2 builds as values come.
import { RE2Set } from 're2js';
import { readAs, type Letters } from './letters.ts';
import { linearForm, type Way } from './linear-form.ts';
import { linearSet, type NumberedForm } from './linear-set.ts';

/** For what it has built; then it begins anew. */
const memory = 2_097_152;
/** Values that must have been answered until then: else building takes more than it saves. */
const worthwhile = 1000;
/** One that cannot be asked together with others spoils it for no more than these. */
const askedTogether = 250;
/** Of linear expressions that are asked in one pass: each takes some hundred bytes. */
const piecesAtMost = 65_536;

/** The numbers of those that may take the whole value, in their order: each that takes it, and what cannot be asked together. */
export type AskAll = (value: string) => readonly number[];

/** Numbers in their order. */
type AskSome = (value: string) => readonly number[];

/** Of expressions that RE2 has read. Built when the first value comes. */
export function expressionSet(patterns: readonly string[], pieces = piecesAtMost): AskAll {
  let parts: readonly AskSome[] | undefined;
  return (value) => {
    parts ??= partsOf(patterns, pieces);
    const answers = parts.map((part) => part(value)).filter(({ length }) => length > 0);
    return answers.length > 1 ? answers.flat().sort((one, other) => one - other) : (answers[0] ?? []);
  };
}

function partsOf(patterns: readonly string[], pieces: number): readonly AskSome[] {
  const linear: Readonly<Record<Letters, NumberedForm[]>> = {
    exact: [],
    small: [],
  };
  const others: number[] = [];
  patterns.forEach((pattern, number) => {
    const form = linearForm(pattern);
    if (form === null) others.push(number);
    else linear[form.letters].push({ number, form });
  });
  const parts: AskSome[] = [];
  for (const letters of ['exact', 'small'] as const) {
    const { fitting, left } = fittingOf(linear[letters], pieces);
    others.push(...left);
    if (fitting.length === 0) continue;
    const ask = linearSet(fitting);
    parts.push((value) => ask(readAs(letters, value)));
  }
  others.sort((one, other) => one - other);
  for (let at = 0; at < others.length; at += askedTogether)
    parts.push(automatonOf(patterns, others.slice(at, at + askedTogether)));
  return parts;
}

/** Those with few pieces first. */
function fittingOf(
  forms: readonly NumberedForm[],
  pieces: number,
): {
  readonly fitting: readonly NumberedForm[];
  readonly left: readonly number[];
} {
  const sized = forms
    .map((one) => ({
      one,
      size: one.form.ways.reduce((sum, way) => sum + sizeOf(way), 0),
    }))
    .sort((one, other) => one.size - other.size);
  let all = 0;
  const end = sized.findIndex(({ size }) => {
    all += size;
    return all > pieces;
  });
  const fitting = (end === -1 ? sized : sized.slice(0, end)).map(({ one }) => one);
  const left = end === -1 ? [] : sized.slice(end).map(({ one }) => one.number);
  return { fitting, left };
}

const sizeOf = (way: Way): number =>
  way.reduce((sum, piece) => sum + (piece.kind === 'run' ? 1 : piece.ways.flat().length + 1), 1);

function automatonOf(patterns: readonly string[], numbers: readonly number[]): AskSome {
  let set = automaton(numbers.map((number) => patterns[number] ?? ''));
  let asked = 0;
  return (value) => {
    if (set === null) return numbers;
    const found = set.match(value);
    asked += 1;
    // It forgets where it begins when what it has built does not fit any more.
    if (set.dfa.startStates.size === 0) {
      if (asked < worthwhile) set = null;
      asked = 0;
    }
    return found.map((place) => numbers[place] ?? -1);
  };
}

/** Null: each is small enough for RE2, and all of them together are not. */
function automaton(patterns: readonly string[]): RE2Set | null {
  const set = new RE2Set(RE2Set.ANCHOR_BOTH, 0, memory);
  try {
    for (const pattern of patterns) set.add(`^(?:${pattern})$`);
    set.compile();
    return set;
  } catch {
    return null;
  }
}
