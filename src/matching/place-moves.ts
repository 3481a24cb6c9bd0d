// Where a reader may stand in a value after a move, of all places that it may stand at before: thirty-two of them moved at once.
import { ordinary, wordsFor, type PlaceMasks } from './place-masks.ts';
import { dot, type Move, type PlainMove, type Repeat, type Step } from './way-tree.ts';

/** Rows of places, by their numbers. */
export interface PlaceMoves {
  /** for the value whose masks were read: row 0 is its beginning */
  readonly begin: (length: number) => void;
  /** of one row into another; false: to no place at all */
  readonly move: (move: Move, from: number, to: number) => boolean;
  readonly isAtEnd: (row: number) => boolean;
  /** whether any text that has no line feed leads from there to the end */
  readonly isLooselyAtEnd: (row: number) => boolean;
  /** whether it leads to the end, where nothing else is asked of it */
  readonly endsBy: (move: Step, from: number) => boolean;
  /** whether it leads anywhere behind which any text may stand that has no line feed */
  readonly endsLooselyBy: (move: Step, from: number) => boolean;
  /** the first place of a row */
  readonly lowest: (row: number) => number;
}

/** Behind those that were asked for: of the move under way, and of what is repeated. */
const spare = 6;
/** Of work for one move that repeats: then it leads to any place behind, which may be too many. */
const repeatedWork = 1024;

export function placeMoves(masks: PlaceMasks, count: number): PlaceMoves {
  const first = new Int32Array(count + spare);
  const last = new Int32Array(count + spare);
  const over = count;
  const [one, two, branch, walked, other] = [count + 1, count + 2, count + 3, count + 4, count + 5];
  let places = new Int32Array(0);
  let words = 0;
  let end = 0;
  let length = 0;
  let mask = masks.rows();

  /** Who stands before a stretch stands behind it, or further on. */
  function shift(stretch: number, distance: number, from: number, to: number): boolean {
    const at = masks.rowOf(stretch);
    const whole = distance >>> 5;
    const rest = distance & 31;
    const source = from * words;
    const target = to * words + whole;
    const low = first[from] ?? 0;
    const high = Math.min(last[from] ?? 0, words - 1 - whole);
    let carry = 0;
    let any = 0;
    for (let word = low; word <= high; word += 1) {
      const standing = (places[source + word] ?? 0) & (mask[at + word] ?? 0);
      const now = (standing << rest) | carry;
      // in two parts: by 32 at once nothing would be moved
      carry = (standing >>> 1) >>> (31 - rest);
      places[target + word] = now;
      any |= now;
    }
    first[to] = low + whole;
    last[to] = high + whole;
    if (carry !== 0 && high + whole < words - 1) {
      places[target + high + 1] = carry;
      last[to] = high + whole + 1;
      any |= carry;
    }
    return any !== 0 && trim(to);
  }

  /** Leaves aside empty words at both ends, and what a distance has led to beyond the end of the value. */
  function trim(row: number): boolean {
    const at = row * words;
    let high = last[row] ?? 0;
    if (high === words - 1) places[at + high] = (places[at + high] ?? 0) & end;
    let low = first[row] ?? 0;
    while (low <= high && places[at + low] === 0) low += 1;
    while (high > low && places[at + high] === 0) high -= 1;
    first[row] = low;
    last[row] = high;
    return low <= high;
  }

  function standsBefore(stretch: number, row: number): boolean {
    const at = masks.rowOf(stretch);
    for (let word = first[row] ?? 0; word <= (last[row] ?? 0); word += 1)
      if (((places[row * words + word] ?? 0) & (mask[at + word] ?? 0)) !== 0) return true;
    return false;
  }

  /** The sum carries from each place to the end of the run of characters that it stands in. */
  function flood(stretch: number, from: number, to: number): void {
    const at = masks.rowOf(stretch);
    const high = last[from] ?? 0;
    let carry = 0;
    let word = first[from] ?? 0;
    first[to] = word;
    for (; word < words && (word <= high || carry === 1); word += 1) {
      const before = word <= high ? (places[from * words + word] ?? 0) : 0;
      const run = mask[at + word] ?? 0;
      const sum = ((before & run) >>> 0) + (run >>> 0) + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      places[to * words + word] = ((sum | 0) ^ run) | before;
    }
    last[to] = word - 1;
  }

  function copy(from: number, to: number): void {
    first[to] = first[from] ?? 0;
    last[to] = last[from] ?? 0;
    for (let word = first[from] ?? 0; word <= (last[from] ?? 0); word += 1)
      places[to * words + word] = places[from * words + word] ?? 0;
  }

  function add(from: number, to: number): void {
    const low = Math.min(first[from] ?? 0, first[to] ?? 0);
    const high = Math.max(last[from] ?? 0, last[to] ?? 0);
    for (let word = low; word <= high; word += 1) places[to * words + word] = placesAt(to, word) | placesAt(from, word);
    first[to] = low;
    last[to] = high;
  }

  const placesAt = (row: number, word: number): number =>
    word < (first[row] ?? 0) || word > (last[row] ?? 0) ? 0 : (places[row * words + word] ?? 0);

  /** Only what is not in the other one. */
  function without(row: number, known: number): boolean {
    for (let word = first[row] ?? 0; word <= (last[row] ?? 0); word += 1)
      places[row * words + word] = (places[row * words + word] ?? 0) & ~placesAt(known, word);
    return trim(row);
  }

  function plain(move: PlainMove, from: number, to: number): boolean {
    switch (move.kind) {
      case 'step': {
        if (move.times > 1 && !standsBefore(move.single, from)) return false;
        if (move.gap === 0 || !masks.hasLineFeed()) return shift(move.whole, move.times + move.gap, from, to);
        return shift(move.whole, move.times, from, over) && shift(move.over, move.gap, over, to);
      }
      case 'flood':
        flood(move.single, from, to);
        return true;
      case 'spread':
        copy(from, to);
        for (const { stretch, times } of move.parts) {
          if (!shift(stretch, times, to, over)) break;
          add(over, to);
        }
        return true;
    }
  }

  function way(moves: readonly PlainMove[], from: number, to: number): boolean {
    if (moves.length === 0) copy(from, to);
    let at = from;
    for (let index = 0; index < moves.length; index += 1) {
      const next = index === moves.length - 1 ? to : at === walked ? other : walked;
      const move = moves[index];
      if (move === undefined || !plain(move, at, next)) return false;
      at = next;
    }
    return true;
  }

  function repeat(move: Repeat, from: number, to: number): boolean {
    let work = 0;
    let fresh = from;
    let found = one;
    const go = (): boolean => {
      work += (last[fresh] ?? 0) - (first[fresh] ?? 0) + 1;
      let any = false;
      for (const moves of move.ways)
        if (!any) any = way(moves, fresh, found);
        else if (way(moves, fresh, branch)) add(branch, found);
      return any;
    };
    const turn = (): void => {
      fresh = found;
      found = fresh === one ? two : one;
    };
    for (let times = 0; times < move.least; times += 1) {
      if (work > repeatedWork) return behind(from, to);
      if (!go()) return false;
      turn();
    }
    copy(fresh, to);
    for (let times = move.least; times < move.most; times += 1) {
      if (work > repeatedWork) return behind(from, to);
      if (!go() || !without(found, to)) break;
      add(found, to);
      turn();
    }
    return true;
  }

  /** Any place from the first one on. */
  function behind(from: number, to: number): boolean {
    const low = first[from] ?? 0;
    places.fill(-1, to * words + low, (to + 1) * words);
    places[to * words + words - 1] = end;
    first[to] = low;
    last[to] = words - 1;
    return true;
  }

  const isAtEnd = (row: number): boolean =>
    last[row] === words - 1 && ((places[row * words + words - 1] ?? 0) & (end ^ (end >>> 1))) !== 0;

  function isLooselyAtEnd(row: number): boolean {
    if (!masks.hasLineFeed()) return true;
    flood(dot, row, over);
    return isAtEnd(over);
  }

  return {
    begin(of) {
      length = of;
      words = wordsFor(length);
      mask = masks.rows();
      if (places.length < first.length * words || places.length > first.length * Math.max(words, wordsFor(ordinary)))
        places = new Int32Array(first.length * words);
      end = -1 >>> (31 - (length & 31));
      places[0] = 1;
      first[0] = 0;
      last[0] = 0;
    },
    endsBy(move, from) {
      const { whole, times, gap } = move;
      if (gap > 0 && masks.hasLineFeed()) return plain(move, from, walked) && isAtEnd(walked);
      const place = length - times - gap;
      const word = place >>> 5;
      const bit = 1 << (place & 31);
      return (placesAt(from, word) & bit) !== 0 && ((mask[masks.rowOf(whole) + word] ?? 0) & bit) !== 0;
    },
    endsLooselyBy(move, from) {
      if (move.gap === 0 && !masks.hasLineFeed()) return standsBefore(move.whole, from);
      return plain(move, from, walked) && isLooselyAtEnd(walked);
    },
    move: (move, from, to) => (move.kind === 'repeat' ? repeat(move, from, to) : plain(move, from, to)),
    isAtEnd,
    isLooselyAtEnd,
    lowest(row) {
      const word = first[row] ?? 0;
      const standing = places[row * words + word] ?? 0;
      return word * 32 + 31 - Math.clz32(standing & -standing);
    },
  };
}
