// The ways of many expressions as one tree of moves over a value: what begins alike is walked once for all of them.
import { anyButLineFeed, type Characters, type Run, type Way } from './linear-form.ts';

/** So many characters of a set, one behind the other. */
export interface Stretch {
  readonly set: number;
  readonly times: number;
}

/** By numbers of stretches: so many characters of a set, and then so many of any but a line feed. */
export interface Step {
  readonly kind: 'step';
  readonly single: number;
  readonly whole: number;
  readonly times: number;
  readonly gap: number;
  readonly over: number;
}

/** Any number of characters of a set. */
interface Flood {
  readonly kind: 'flood';
  readonly single: number;
}

/** Up to so many characters of a set: the stretches by which it gets there. */
interface Spread {
  readonly kind: 'spread';
  readonly parts: readonly {
    readonly stretch: number;
    readonly times: number;
  }[];
}

export interface Repeat {
  readonly kind: 'repeat';
  readonly ways: readonly (readonly PlainMove[])[];
  readonly least: number;
  readonly most: number;
}

export type PlainMove = Step | Flood | Spread;
export type Move = PlainMove | Repeat;

/** A move that begins behind the one before it in the list of all that stands a level higher. */
export interface Branch {
  readonly move: Move;
  readonly depth: number;
  /** the number of the next one that does not go on from here */
  readonly next: number;
  /** of characters that the shortest way on needs, this move's own among them */
  readonly least: number;
  /** of expressions that end here; null: none does */
  readonly ends: readonly number[] | null;
  /** of those behind which any text may stand that has no line feed */
  readonly loose: readonly number[] | null;
}

export interface WayTree {
  readonly sets: readonly Characters[];
  /** the first one is any character but a line feed */
  readonly stretches: readonly Stretch[];
  readonly branches: readonly Branch[];
  /** of expressions that take the empty value */
  readonly empty: readonly number[];
  /** of moves one behind the other */
  readonly depth: number;
}

export interface NumberedWay {
  readonly number: number;
  readonly way: Way;
}

interface Growing {
  readonly move: Move;
  least: number;
  readonly ends: number[];
  readonly loose: number[];
  readonly further: Map<string, Growing>;
}

/** A move, and how many characters it needs. */
interface Needing {
  readonly move: Move;
  readonly least: number;
}

type StretchOf = (characters: Characters, times: number) => number;

/** Of the stretch of a single character but a line feed. */
export const dot = 0;

export function wayTree(ways: readonly NumberedWay[]): WayTree {
  const { sets, stretches, stretchOf } = stretchBook();
  const root = newBranch({ kind: 'flood', single: stretchOf(anyButLineFeed, 1) }, 0);
  let depth = 0;
  for (const { number, way } of ways) {
    const moves = movesOf(way, stretchOf);
    plant(root, moves, number);
    depth = Math.max(depth, moves.length);
  }
  const branches: Branch[] = [];
  for (const one of root.further.values()) list(one, 0, branches);
  return { sets, stretches, branches, empty: root.ends, depth };
}

/** Alike sets are one, and so are alike stretches. */
function stretchBook(): Pick<WayTree, 'sets' | 'stretches'> & {
  readonly stretchOf: StretchOf;
} {
  const sets: Characters[] = [];
  const stretches: Stretch[] = [];
  const setNumbers = new Map<string, number>();
  const stretchNumbers = new Map<string, number>();
  const stretchOf: StretchOf = (characters, times) => {
    const name = characters.join();
    const set = setNumbers.get(name) ?? sets.push(characters) - 1;
    setNumbers.set(name, set);
    const key = `${set} ${times}`;
    const number = stretchNumbers.get(key) ?? stretches.push({ set, times }) - 1;
    stretchNumbers.set(key, number);
    return number;
  };
  return { sets, stretches, stretchOf };
}

const newBranch = (move: Move, least: number): Growing => ({
  move,
  least,
  ends: [],
  loose: [],
  further: new Map(),
});

function list({ move, least, ends, loose, further }: Growing, depth: number, branches: Branch[]): void {
  const place = branches.length;
  const branch = {
    move,
    depth,
    next: 0,
    least,
    ends: orNull(ends),
    loose: orNull(loose),
  };
  branches.push(branch);
  for (const one of further.values()) list(one, depth + 1, branches);
  branches[place] = { ...branch, next: branches.length };
}

const orNull = (numbers: readonly number[]): readonly number[] | null => (numbers.length === 0 ? null : numbers);

function plant(root: Growing, moves: readonly Needing[], number: number): void {
  const last = moves.at(-1)?.move;
  const isLoose = moves.length > 1 && last?.kind === 'flood' && last.single === dot;
  let branch = root;
  let left = moves.reduce((sum, { least }) => sum + least, 0);
  for (const { move, least } of isLoose ? moves.slice(0, -1) : moves) {
    const key = JSON.stringify(move);
    const next = branch.further.get(key) ?? newBranch(move, left);
    branch.further.set(key, next);
    next.least = Math.min(next.least, left);
    left -= least;
    branch = next;
  }
  (isLoose ? branch.loose : branch.ends).push(number);
}

const movesOf = (way: Way, stretchOf: StretchOf): readonly Needing[] => {
  const moves: Needing[] = [];
  let runs: Run[] = [];
  const endRuns = (): void => {
    moves.push(...plainMovesOf(runs, stretchOf));
    runs = [];
  };
  for (const piece of way)
    if (piece.kind === 'run') runs.push(piece);
    else if (piece.most > 0) {
      endRuns();
      const inner = piece.ways.map((one) => plainMovesOf(one, stretchOf));
      const ways = inner.map((one) => one.map(({ move }) => move));
      const shortest = Math.min(...inner.map((one) => one.reduce((sum, { least }) => sum + least, 0)));
      const { least, most } = piece;
      moves.push({
        move: { kind: 'repeat', ways, least, most },
        least: least * shortest,
      });
    }
  endRuns();
  return moves;
};

function plainMovesOf(
  runs: readonly Run[],
  stretchOf: StretchOf,
): readonly { readonly move: PlainMove; readonly least: number }[] {
  const moves: { readonly move: PlainMove; readonly least: number }[] = [];
  for (const { characters, least, most } of runs) {
    const single = stretchOf(characters, 1);
    const before = moves.at(-1);
    // A distance belongs to the step before it: mostly it needs no work of its own.
    if (least > 0 && single === dot && before?.move.kind === 'step') {
      const gap = before.move.gap + least;
      const move = {
        ...before.move,
        gap,
        over: stretchOf(anyButLineFeed, gap),
      };
      moves[moves.length - 1] = { move, least: before.least + least };
    } else if (least > 0) {
      const whole = stretchOf(characters, least);
      moves.push({
        move: { kind: 'step', single, whole, times: least, gap: 0, over: dot },
        least,
      });
    }
    if (most === Infinity) moves.push({ move: { kind: 'flood', single }, least: 0 });
    else if (most > least)
      moves.push({
        move: {
          kind: 'spread',
          parts: partsOf(most - least, characters, stretchOf),
        },
        least: 0,
      });
  }
  return moves;
}

/** Who may have gone so far and goes on by a part that is no longer leaves no distance out: each doubles it. */
function partsOf(times: number, characters: Characters, stretchOf: StretchOf): Spread['parts'] {
  const parts: Spread['parts'][number][] = [];
  for (let reached = 0; reached < times;) {
    const part = Math.min(reached + 1, times - reached);
    parts.push({ stretch: stretchOf(characters, part), times: part });
    reached += part;
  }
  return parts;
}
