// Many expressions asked about a value at once: one pass of an automaton that RE2 builds as values come.
import { RE2Set } from 're2js';

/** For what it has built; then it begins anew. */
const memory = 2_097_152;
/** Values that must have been answered until then: else building takes more than it saves. */
const worthwhile = 1000;

/** The numbers of those that take the whole value; null: they are to be asked one by one. */
export type AskAll = (value: string) => readonly number[] | null;

/** Of expressions that RE2 has read. Built when the first value comes. */
export function expressionSet(patterns: readonly string[]): AskAll {
  let set: RE2Set | null | undefined;
  let asked = 0;
  return (value) => {
    if (set === undefined) set = built(patterns);
    if (set === null) return null;
    const found = set.match(value);
    asked += 1;
    // It forgets where it begins when what it has built does not fit any more.
    if (set.dfa.startStates.size === 0) {
      if (asked < worthwhile) set = null;
      asked = 0;
    }
    return found;
  };
}

/** Null: each is small enough for RE2, and all of them together are not. */
function built(patterns: readonly string[]): RE2Set | null {
  const set = new RE2Set(RE2Set.ANCHOR_BOTH, 0, memory);
  try {
    for (const pattern of patterns) set.add(`^(?:${pattern})$`);
    set.compile();
    return set;
  } catch {
    return null;
  }
}
