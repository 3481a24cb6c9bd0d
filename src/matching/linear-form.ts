// Expressions that are one set of characters after the other, each so many times, or groups of them: read into pieces.
import { lettersOf, type Letters } from './letters.ts';

/** Code points from the first to the second, both within, one pair after the other. */
export type Characters = readonly number[];

/** So many characters of one set. */
export interface Run {
  readonly kind: 'run';
  readonly characters: Characters;
  readonly least: number;
  /** Infinity: as many as there are */
  readonly most: number;
}

/** What is repeated as a whole. */
export interface Repeated {
  readonly kind: 'group';
  readonly ways: readonly (readonly Run[])[];
  readonly least: number;
  readonly most: number;
}

/** One piece after the other. */
export type Way = readonly (Run | Repeated)[];

export interface LinearForm {
  readonly letters: Letters;
  /** the value is taken where one of them reads all of it */
  readonly ways: readonly Way[];
}

type Times = Pick<Run, 'least' | 'most'>;

const waysAtMost = 16;
const last = 0x10ffff;

const digits: Characters = [48, 57];
const wordCharacters: Characters = [48, 57, 65, 90, 95, 95, 97, 122];
const spaces: Characters = [9, 10, 12, 13, 32, 32];
export const anyButLineFeed: Characters = [0, 9, 11, last];
const classes: Readonly<Record<string, Characters>> = {
  d: digits,
  w: wordCharacters,
  s: spaces,
};

const single = /[^\\.^$*+?()[\]{}|\ud800-\udfff]|\\[!-/:-@[-`{-~]/y;
const classOf = /\\[dws]/y;
const set =
  /\[\^?-?(?:(?:[A-Za-z0-9]-[A-Za-z0-9]|[^\\\]\-[^\ud800-\udfff]|\\[!-/:-@[-`{-~])(?!-[^\]])|\\[dws](?!-))*-?\]/y;
const member = /([A-Za-z0-9])-([A-Za-z0-9])|\\([dws])|\\(.)|([^\\])/g;
const repeat = /([*+?]|\{(\d{1,4})(,(\d{0,4}))?\})(\??)/y;
const isRepeat = /[*+?{]/;

/** Null: not one of them. What RE2 refuses must have been refused before. */
export function linearForm(given: string): LinearForm | null {
  const { letters, rest } = lettersOf(given);
  // Beside ASCII case folds in ways of its own, and classes of word characters fold with it.
  if (letters === 'small' && /[^ -~]|\\[ws]/.test(rest)) return null;
  const ways = readWays({ text: rest, letters, at: 0 }, 0);
  return ways === null ? null : { letters, ways };
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

/** Its alternatives, or what is repeated as a whole: nothing within that is repeated as a whole itself. */
function readGroup(reader: Reader, depth: number): readonly Way[] | null {
  if (depth === deepest) return null;
  reader.at += reader.text.startsWith('(?:', reader.at) ? 3 : 1;
  if (reader.text[reader.at] === '?') return null;
  const ways = readWays(reader, depth + 1);
  if (ways === null) return null;
  reader.at += 1;
  const times = readTimes(reader);
  if (times === null) return null;
  if (times.most === 1) return times.least === 1 ? ways : [...ways, []];
  const runs = ways.map((way) => way.filter((piece) => piece.kind === 'run'));
  if (runs.some(({ length }, index) => length !== ways[index]?.length)) return null;
  return [[{ kind: 'group', ways: runs, ...times }]];
}

function readPiece(reader: Reader): readonly Way[] | null {
  const characters = readCharacters(reader);
  const times = characters === null ? null : readTimes(reader);
  return characters === null || times === null ? null : [[{ kind: 'run', characters, ...times }]];
}

function readTimes(reader: Reader): Times | null {
  const [text, sign, from, range, to] = taken(repeat, reader) ?? [];
  // Whether more of them is a mistake or a habit, RE2 knows.
  if (isRepeat.test(reader.text[reader.at] ?? '')) return null;
  if (text === undefined) return { least: 1, most: 1 };
  if (sign === '*') return { least: 0, most: Infinity };
  if (sign === '+') return { least: 1, most: Infinity };
  if (sign === '?') return { least: 0, most: 1 };
  const least = Number(from);
  return {
    least,
    most: range === undefined ? least : to === '' ? Infinity : Number(to),
  };
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
