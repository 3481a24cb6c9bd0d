// Long computations in slices, so that the event loop that answers probes is never blocked for long.
import type { Milliseconds } from './model/units.ts';

/** Far below the 100 ms that a probe may wait: one unlucky step and a collection of garbage come on top. */
const slice = 10 as Milliseconds;

/** When the sliced work of this turn of the event loop began. One budget for all courses: three at once are three slices late, not one of 30 ms. */
let began: number | null = null;
/** Those who have to wait for a turn of their own; each turn goes to one of them. */
const waiting: (() => void)[] = [];

function beginTurn(): number {
  setImmediate(endTurn);
  return (began = performance.now());
}

function endTurn(): void {
  began = null;
  const next = waiting.shift();
  if (next === undefined) return;
  beginTurn();
  next();
}

const isSpent = (): boolean => performance.now() - (began ?? beginTurn()) >= slice;
const ownTurn = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));

/** Before a step that takes a while: waits where this turn of the event loop has had its share of work. */
export async function breathe(): Promise<void> {
  if (isSpent()) await ownTurn();
}

/** Waits for a turn of the event loop that nothing else of this kind has a share of. */
export function turnOfOwn(): Promise<void> {
  if (began === null) beginTurn();
  return ownTurn();
}

/** Runs the course to its end; between slices everybody else has their turn. A short one ends within the call. */
export async function inSlices<Result>(course: Generator<undefined, Result>): Promise<Result> {
  for (;;) {
    if (isSpent()) await ownTurn();
    const next = course.next();
    if (next.done === true) return next.value;
  }
}

/** The same in one piece, where nobody waits. */
export function atOnce<Result>(course: Generator<undefined, Result>): Result {
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
}
