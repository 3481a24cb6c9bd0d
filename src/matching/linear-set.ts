// Many linear expressions asked about a value in one pass: a bit for each step, thirty-two of them moved at once.
import { endsFilter } from './ends-filter.ts';
import { bitOf, tablesOf, wordOf, type LeavingOut, type NumberedForm, type Tables } from './linear-tables.ts';

/** So few are asked by their own matchers as quickly. */
const fewEnough = 40;

/** The numbers of those that may take the whole value, in their order: surely if they are more than a few. */
export type AskLinear = (value: string) => readonly number[];

/** All of the same letters, in which values are read before they come here. */
export function linearSet(forms: readonly NumberedForm[], few = fewEnough): AskLinear {
  const markPossible = endsFilter(forms);
  const walks = tablesOf(forms).map(walkOf);
  const highest = forms.reduce((most, { number }) => Math.max(most, number), 0);
  const found = new Int32Array(wordOf(highest) + 1);
  return (value) => {
    const points = Array.from(value, (character) => character.codePointAt(0) ?? 0);
    found.fill(0);
    if (markPossible(points, found) > few) {
      found.fill(0);
      for (const walk of walks) walk(points, found);
    }
    return placesIn(found);
  };
}

function walkOf(tables: Tables): (points: readonly number[], found: Int32Array) => void {
  const { words, alphabet, enter, stay, leaveOut, begin, needed } = tables;
  const state = new Int32Array(words);
  return (points, found) => {
    const last = needed(points.length);
    state.set(begin);
    for (const point of points) {
      const row = alphabet.kindOf(point) * words;
      const alive =
        leaveOut === null
          ? advance(state, enter, stay, row, last)
          : advanceLeavingOut(state, enter, stay, row, last, leaveOut);
      if (alive === 0) return;
    }
    collect(tables, state, last, found);
  };
}

function collect({ end, numberAt }: Tables, state: Int32Array, last: number, found: Int32Array): void {
  for (let word = 0; word < last; word += 1) {
    let ended = (state[word] ?? 0) & (end[word] ?? 0);
    while (ended !== 0) {
      const bit = 31 - Math.clz32(ended);
      ended ^= 1 << bit;
      const number = numberAt[word * 32 + bit] ?? 0;
      found[wordOf(number)] = (found[wordOf(number)] ?? 0) | bitOf(number);
    }
  }
}

function placesIn(found: Int32Array): readonly number[] {
  const places: number[] = [];
  found.forEach((word, index) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) places.push(index * 32 + 31 - Math.clz32(rest & -rest));
  });
  return places;
}

/** Zero: nobody is left. */
function advance(state: Int32Array, enter: Int32Array, stay: Int32Array, row: number, last: number): number {
  let carry = 0;
  let alive = 0;
  for (let word = 0; word < last; word += 1) {
    const before = state[word] ?? 0;
    const now = (((before << 1) | carry) & (enter[row + word] ?? 0)) | (before & (stay[row + word] ?? 0));
    carry = before >>> 31;
    alive |= now;
    state[word] = now;
  }
  return alive;
}

function advanceLeavingOut(
  state: Int32Array,
  enter: Int32Array,
  stay: Int32Array,
  row: number,
  last: number,
  { from, to, within }: LeavingOut,
): number {
  let carry = 0;
  let left = 0;
  let alive = 0;
  for (let word = 0; word < last; word += 1) {
    const before = state[word] ?? 0;
    const inside = within[word] ?? 0;
    let now =
      (((before << 1) | carry) & (enter[row + word] ?? 0)) | (before & (stay[row + word] ?? 0)) | (left & inside);
    if (now !== 0) {
      // The difference borrows from where a run is entered up to its lowest step that is reached: those above are reached as well.
      const ended = now | (to[word] ?? 0);
      now |= inside & ~((ended - (from[word] ?? 0)) ^ ended);
    }
    carry = before >>> 31;
    left = now >>> 31;
    alive |= now;
    state[word] = now;
  }
  return alive;
}
