// Expressions that are one character after the other, each from a set and so many times: read into steps that can be counted in bits.
import { lettersOf, type Letters } from './letters.ts';

/** Code points from the first to the second, both within, one pair after the other. */
export type Characters = readonly number[];

/** Where a reader of the value may stand: behind what it entered with, before all that follows. Alike ones are one object. */
export interface Step {
  /** null: the beginning */
  readonly enter: Characters | null;
  /** what is read without leaving; null: nothing */
  readonly stay: Characters | null;
  /** may be entered from the step before without reading */
  readonly optional: boolean;
}

export interface LinearForm {
  readonly letters: Letters;
  /** the value is taken where one of them is walked to its end */
  readonly ways: readonly (readonly Step[])[];
}

interface Piece {
  readonly characters: Characters;
  readonly least: number;
  /** Infinity: as many as there are */
  readonly most: number;
}

type Way = readonly Piece[];

const waysAtMost = 16;
const stepsAtMost = 2048;
const last = 0x10ffff;

const digits: Characters = [48, 57];
const wordCharacters: Characters = [48, 57, 65, 90, 95, 95, 97, 122];
const spaces: Characters = [9, 10, 12, 13, 32, 32];
const anyButLineFeed: Characters = [0, 9, 11, last];
const classes: Readonly<Record<string, Characters>> = { d: digits, w: wordCharacters, s: spaces };

const single = /[^\\.^$*+?()[\]{}|\ud800-\udfff]|\\[!-/:-@[-`{-~]/y;
const classOf = /\\[dws]/y;
const set =
  /\[\^?-?(?:(?:[A-Za-z0-9]-[A-Za-z0-9]|[^\\\]\-[^\ud800-\udfff]|\\[!-/:-@[-`{-~])(?!-[^\]])|\\[dws](?!-))*-?\]/y;
const member = /([A-Za-z0-9])-([A-Za-z0-9])|\\([dws])|\\(.)|([^\\])/g;
const repeat = /([*+?]|\{(\d{1,4})(,(\d{0,4}))?\})(\??)/y;
const isRepeat = /[*+?{]/;

/** Null: not one of them, or too long a one. What RE2 refuses must have been refused before. */
export function linearForm(given: string): LinearForm | null {
  const { letters, rest } = lettersOf(given);
  // Beside ASCII case folds in ways of its own, and classes of word characters fold with it.
  if (letters === 'small' && /[^ -~]|\\[ws]/.test(rest)) return null;
  const read = readWays({ text: rest, letters, at: 0 }, 0);
  if (read === null) return null;
  const ways = read.map(stepsOf);
  return ways.reduce((sum, { length }) => sum + length, 0) > stepsAtMost ? null : { letters, ways };
}

interface Reader {
  readonly text: string;
  readonly letters: Letters;
  at: number;
}

const deepest = 8;

/** Alternatives up to the end, or up to the bracket that closes them. */
function readWays(reader: Reader, depth: number): readonly Way[] | null {
  const all: Way[] = [];
  let ways: readonly Way[] = [[]];
  for (;;) {
    const character = reader.text[reader.at];
    if (character === undefined || character === ')') {
      if ((character === undefined) !== (depth === 0)) return null;
      return withinBounds([...all, ...ways]);
    }
    if (character === '|') {
      reader.at += 1;
      all.push(...ways);
      ways = [[]];
      continue;
    }
    const next = character === '(' ? readGroup(reader, depth) : readPiece(reader);
    if (next === null) return null;
    const joined = withinBounds(ways.flatMap((way) => next.map((more) => [...way, ...more])));
    if (joined === null) return null;
    ways = joined;
  }
}

const withinBounds = (ways: readonly Way[]): readonly Way[] | null => (ways.length > waysAtMost ? null : ways);

/** Once, or not at all: what is repeated as a whole is not linear. */
function readGroup(reader: Reader, depth: number): readonly Way[] | null {
  if (depth === deepest) return null;
  reader.at += reader.text.startsWith('(?:', reader.at) ? 3 : 1;
  if (reader.text[reader.at] === '?') return null;
  const ways = readWays(reader, depth + 1);
  if (ways === null) return null;
  reader.at += 1;
  const times = readTimes(reader);
  if (times === null || times.most !== 1) return null;
  return times.least === 1 ? ways : [...ways, []];
}

function readPiece(reader: Reader): readonly Way[] | null {
  const characters = readCharacters(reader);
  const times = characters === null ? null : readTimes(reader);
  return characters === null || times === null ? null : [[{ characters, ...times }]];
}

function readTimes(reader: Reader): Pick<Piece, 'least' | 'most'> | null {
  const [text, sign, from, range, to] = taken(repeat, reader) ?? [];
  // Whether more of them is a mistake or a habit, RE2 knows.
  if (isRepeat.test(reader.text[reader.at] ?? '')) return null;
  if (text === undefined) return { least: 1, most: 1 };
  if (sign === '*') return { least: 0, most: Infinity };
  if (sign === '+') return { least: 1, most: Infinity };
  if (sign === '?') return { least: 0, most: 1 };
  const least = Number(from);
  return { least, most: range === undefined ? least : to === '' ? Infinity : Number(to) };
}

function readCharacters(reader: Reader): Characters | null {
  if (reader.text[reader.at] === '.') {
    reader.at += 1;
    return anyButLineFeed;
  }
  const [one] = taken(single, reader) ?? [];
  if (one !== undefined) return folded(pointOf(one.slice(-1)), reader.letters);
  const [named] = taken(classOf, reader) ?? [];
  if (named !== undefined) return classes[named.slice(1)] ?? null;
  const [members] = taken(set, reader) ?? [];
  return members === undefined ? null : readSet(members, reader.letters);
}

function readSet(text: string, letters: Letters): Characters | null {
  const negated = text.startsWith('[^');
  const inner = text.slice(negated ? 2 : 1, -1);
  if (inner === '') return null;
  const found: number[] = [];
  for (const [, from, to, named, escaped, one = escaped] of inner.matchAll(member)) {
    if (named !== undefined) found.push(...(classes[named] ?? []));
    else if (one !== undefined) found.push(...folded(pointOf(one), letters));
    else found.push(...foldedRange(pointOf(from), pointOf(to), letters));
  }
  const united = unite(found);
  return negated ? complement(united) : united;
}

function taken(token: RegExp, reader: Reader): RegExpExecArray | null {
  token.lastIndex = reader.at;
  const found = token.exec(reader.text);
  if (found !== null) reader.at = token.lastIndex;
  return found;
}

const pointOf = (text = ''): number => text.codePointAt(0) ?? 0;

/** Where case does not count values come in small letters. */
const folded = (point: number, letters: Letters): Characters => foldedRange(point, point, letters);

function foldedRange(from: number, to: number, letters: Letters): Characters {
  if (letters === 'exact') return [from, to];
  const found: number[] = [];
  for (let point = from; point <= to; point += 1) {
    const small = point >= 65 && point <= 90 ? point + 32 : point;
    found.push(small, small);
  }
  return found;
}

/** In their order, and none beside or upon another. */
function unite(pairs: Characters): Characters {
  const ranges = Array.from({ length: pairs.length / 2 }, (_, index): readonly [number, number] => [
    pairs[2 * index] ?? 0,
    pairs[2 * index + 1] ?? 0,
  ]).sort(([one], [other]) => one - other);
  const united: number[] = [];
  for (const [from, to] of ranges) {
    const end = united.at(-1) ?? -2;
    if (from <= end + 1) united[united.length - 1] = Math.max(end, to);
    else united.push(from, to);
  }
  return united;
}

function complement(united: Characters): Characters {
  const rest: number[] = [];
  let next = 0;
  for (let at = 0; at < united.length; at += 2) {
    const from = united[at] ?? 0;
    if (from > next) rest.push(next, from - 1);
    next = (united[at + 1] ?? 0) + 1;
  }
  return next > last ? rest : [...rest, next, last];
}

/** What may be read any number of times belongs to the step before, where that has none yet. */
function stepsOf(way: Way): readonly Step[] {
  const steps: Step[] = [{ enter: null, stay: null, optional: false }];
  for (const { characters, least, most } of way) {
    const times = most === Infinity ? least : most;
    const needed: Step = { enter: characters, stay: null, optional: false };
    const optional: Step = { ...needed, optional: true };
    for (let count = 0; count < times && steps.length <= stepsAtMost; count += 1)
      steps.push(count < least ? needed : optional);
    if (most !== Infinity) continue;
    const before = steps.at(-1);
    if (before?.stay === null) steps[steps.length - 1] = { ...before, stay: characters };
    else steps.push({ enter: characters, stay: characters, optional: true });
  }
  return steps;
}
