// Many linear expressions asked about a value at once: where each may have come to, by a bit for each place of the value.
import type { LinearForm, Way } from './linear-form.ts';
import { ordinary, placeMasks } from './place-masks.ts';
import { placeMoves } from './place-moves.ts';
import { wayTree, type NumberedWay } from './way-tree.ts';

export interface NumberedForm {
  readonly number: number;
  readonly form: LinearForm;
}

/** So many expressions that begin with the same repeated group. */
const worthwhile = 16;
/** For what is known of the characters of the longest value. */
const memoryAtMost = 8_388_608;

/** The numbers of those that take the whole value, in their order; of a group that is repeated, also some that may. */
export type AskLinear = (value: string) => readonly number[];

/** All of the same letters, in which values are read before they come here. */
export function linearSet(forms: readonly NumberedForm[], memory = memoryAtMost): AskLinear {
  const ways = forms.flatMap(({ number, form }) => form.ways.map((way) => ({ number, way })));
  const isFromEnd = whetherFromEnd(ways);
  const forwards = treeWalk(
    ways.filter(({ way }) => !isFromEnd(way)),
    memory,
  );
  const backwards = treeWalk(
    ways.filter(({ way }) => isFromEnd(way)).map(({ number, way }) => ({ number, way: reversed(way) })),
    memory,
  );
  const highest = forms.reduce((most, { number }) => Math.max(most, number), 0);
  const found = new Int32Array((highest >>> 5) + 1);
  const all = forms.map(({ number }) => number).sort((one, other) => one - other);
  let points = new Int32Array(256);
  return (value) => {
    if (points.length < value.length || points.length > Math.max(value.length, ordinary))
      points = new Int32Array(Math.max(value.length, 256));
    const length = readPoints(value, points);
    found.fill(0);
    if (!forwards(points, length, found)) return all;
    points.subarray(0, length).reverse();
    return backwards(points, length, found) ? placesIn(found) : all;
  };
}

function readPoints(value: string, points: Int32Array): number {
  let length = 0;
  for (let at = 0; at < value.length; at += 1) {
    const point = value.codePointAt(at) ?? 0;
    points[length] = point;
    length += 1;
    if (point > 0xffff) at += 1;
  }
  return length;
}

/** Where it is known where an expression ends, and not where it begins; but what is repeated there is walked once for all that share it. */
function whetherFromEnd(ways: readonly NumberedWay[]): (way: Way) => boolean {
  const sharing = new Map<string, number>();
  const keyOf = (piece: Way[number]): string => JSON.stringify(piece);
  for (const {
    way: [piece],
  } of ways)
    if (piece?.kind === 'group') sharing.set(keyOf(piece), (sharing.get(keyOf(piece)) ?? 0) + 1);
  const isOpen = (piece: Way[number] | undefined): boolean => piece?.most === Infinity;
  return (way) => {
    const [piece] = way;
    if (!isOpen(piece) || isOpen(way.at(-1))) return false;
    return piece?.kind !== 'group' || (sharing.get(keyOf(piece)) ?? 0) < worthwhile;
  };
}

const reversed = (way: Way): Way =>
  way
    .map((piece) => (piece.kind === 'run' ? piece : { ...piece, ways: piece.ways.map((runs) => runs.toReversed()) }))
    .reverse();

/** False: the value is too long for it. */
function treeWalk(
  ways: readonly NumberedWay[],
  memory: number,
): (points: Int32Array, length: number, found: Int32Array) => boolean {
  if (ways.length === 0) return () => true;
  const tree = wayTree(ways);
  const masks = placeMasks(tree, memory);
  const moves = placeMoves(masks, tree.depth + 1);
  return (points, length, found) => {
    if (length > masks.longest) return false;
    masks.read(points, length);
    moves.begin(length);
    if (length === 0) mark(tree.empty, found);
    for (let at = 0; at < tree.branches.length;) {
      const branch = tree.branches[at];
      if (branch === undefined) break;
      const { move, depth: from, next, least, ends, loose } = branch;
      if (moves.lowest(from) + least > length) at = next;
      else if (move.kind === 'step' && next === at + 1) {
        if (ends !== null && moves.endsBy(move, from)) mark(ends, found);
        if (loose !== null && moves.endsLooselyBy(move, from)) mark(loose, found);
        at = next;
      } else if (moves.move(move, from, from + 1)) {
        if (ends !== null && moves.isAtEnd(from + 1)) mark(ends, found);
        if (loose !== null && moves.isLooselyAtEnd(from + 1)) mark(loose, found);
        at += 1;
      } else at = next;
    }
    return true;
  };
}

function mark(numbers: readonly number[], found: Int32Array): void {
  for (const number of numbers) found[number >>> 5] = (found[number >>> 5] ?? 0) | (1 << (number & 31));
}

function placesIn(found: Int32Array): readonly number[] {
  const places: number[] = [];
  found.forEach((word, index) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) places.push(index * 32 + 31 - Math.clz32(rest & -rest));
  });
  return places;
}
