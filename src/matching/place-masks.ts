// Of one value at a time: before which of its characters a stretch of some set stands, a bit for each place.
import { createAlphabet } from './alphabet.ts';
import type { WayTree } from './way-tree.ts';

export interface PlaceMasks {
  /** its masks are made as they are asked for */
  readonly read: (points: Int32Array, length: number) => void;
  /** of a value; longer ones are not read */
  readonly longest: number;
  readonly hasLineFeed: () => boolean;
  /** where the row of a stretch begins */
  readonly rowOf: (stretch: number) => number;
  readonly rows: () => Int32Array;
}

const lineFeed = 10;
/** Places, and one behind the last character. */
export const wordsFor = (length: number): number => (length >>> 5) + 1;
/** Of characters in a value: room for more is not kept. */
export const ordinary = 4096;

/** With so many bytes for all rows of the longest value. */
export function placeMasks({ sets, stretches }: Pick<WayTree, 'sets' | 'stretches'>, memory: number): PlaceMasks {
  const alphabet = createAlphabet(sets);
  const kinds = sets.map((set) => rangesOf(alphabet.kindsOf(set)));
  const singles = sets.map((_, set) => stretches.findIndex((one) => one.set === set && one.times === 1));
  const made = new Int32Array(stretches.length);
  let value = 0;
  let words = 0;
  let lineFeeds = false;
  let rows = new Int32Array(0);
  /** for each kind where it or one before it stands */
  let upTo = new Int32Array(0);

  function makeSingle(set: number, row: number): void {
    rows.fill(0, row, row + words);
    for (const [from, to] of kinds[set] ?? []) {
      const before = (from - 1) * words;
      const all = to * words;
      for (let word = 0; word < words; word += 1)
        rows[row + word] =
          (rows[row + word] ?? 0) | ((upTo[all + word] ?? 0) & ~(from === 0 ? 0 : (upTo[before + word] ?? 0)));
    }
  }

  /** Twice as many stand where as many stand, and as many again behind them. */
  function makeStretch(single: number, times: number, row: number): void {
    rows.copyWithin(row, single, single + words);
    for (let have = 1; have < times;) {
      const shift = Math.min(have, times - have);
      const whole = shift >>> 5;
      const rest = shift & 31;
      let any = 0;
      for (let word = 0; word < words; word += 1) {
        const low = word + whole < words ? (rows[row + word + whole] ?? 0) : 0;
        const high = rest > 0 && word + whole + 1 < words ? (rows[row + word + whole + 1] ?? 0) : 0;
        const both = (rows[row + word] ?? 0) & ((low >>> rest) | (rest === 0 ? 0 : high << (32 - rest)));
        rows[row + word] = both;
        any |= both;
      }
      if (any === 0) return;
      have += shift;
    }
  }

  const rowOf = (stretch: number): number => (made[stretch] === value ? stretch * words : make(stretch));

  function make(stretch: number): number {
    const row = stretch * words;
    made[stretch] = value;
    const { set = 0, times = 1 } = stretches[stretch] ?? {};
    if (times === 1) makeSingle(set, row);
    else makeStretch(rowOf(singles[set] ?? 0), times, row);
    return row;
  }

  return {
    longest: Math.floor(memory / 4 / (stretches.length + alphabet.size) - 1) * 32,
    read(points, length) {
      value += 1;
      words = wordsFor(length);
      const needed = stretches.length * words;
      if (rows.length < needed || rows.length > stretches.length * Math.max(words, wordsFor(ordinary))) {
        rows = new Int32Array(needed);
        upTo = new Int32Array(alphabet.size * words);
      }
      upTo.fill(0, 0, alphabet.size * words);
      lineFeeds = false;
      for (let at = 0; at < length; at += 1) {
        const point = points[at] ?? 0;
        if (point === lineFeed) lineFeeds = true;
        const place = alphabet.kindOf(point) * words + (at >>> 5);
        upTo[place] = (upTo[place] ?? 0) | (1 << (at & 31));
      }
      for (let at = words; at < alphabet.size * words; at += 1) upTo[at] = (upTo[at] ?? 0) | (upTo[at - words] ?? 0);
    },
    hasLineFeed: () => lineFeeds,
    rowOf,
    rows: () => rows,
  };
}

/** First and last kinds of those that stand beside each other. */
function rangesOf(kinds: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const kind of kinds) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === kind - 1) range[1] = kind;
    else ranges.push([kind, kind]);
  }
  return ranges;
}
