// The plain text that every value of an expression must hold: most values are told apart by it, before any engine is asked.
import { lettersOf, readAs, type Letters } from './letters.ts';

export interface RequiredText {
  /** the values begin with it */
  readonly prefix: string;
  /** they hold each of these somewhere; the longest comes first */
  readonly inside: readonly string[];
  /** how values are read before they are compared with them */
  readonly letters: Letters;
}

const nothing: RequiredText = { prefix: '', inside: [], letters: 'exact' };
const ascii = /^[ -~]+$/;
const plain = /^[\w\-/:@ ,;%&#!~="'<>\u00a0-\ud7ff]$/;
const escapedPlain = /^\\[.\-/:_+*?()[\]{}|$^\\]$/;
const escapedClass = /^\\[dDwWsS]$/;
/** Flags, quoted parts, code points, assertions: what they mean for the rest is not looked into. */
const beyond = /\(\?[^:]|\\[^dDwWsS.\-/:_+*?()[\]{}|$^\\]/;

/** Of an expression that RE2 has read: empty texts where none is known for sure. */
export function requiredText(pattern: string): RequiredText {
  const { letters, rest } = lettersOf(pattern);
  if (beyond.test(rest)) return nothing;
  let prefix: string | null = null;
  const inside: string[] = [];
  let run = '';
  const endRun = (): void => {
    if (prefix === null) prefix = run;
    else if (run !== '') inside.push(run);
    run = '';
  };
  for (let at = 0; at < rest.length;) {
    const piece = rest[at] === '\\' ? rest.slice(at, at + 2) : (rest[at] ?? '');
    // A bracket that closes nothing here closes the one that Alertmanager writes around the whole.
    if (piece === '|' || piece === ')') return nothing;
    const isPlain = escapedPlain.test(piece) || plain.test(piece);
    const end = isPlain || escapedClass.test(piece) ? at + piece.length : endOf(rest, at);
    const times = /^(?:[*+?]|\{[\d,]+\})/.exec(rest.slice(end))?.[0] ?? '';
    const isKnown = isPlain && (letters === 'exact' || ascii.test(piece));
    if (isKnown && (times === '' || times === '+')) run += piece.slice(-1);
    if (!isKnown || times !== '') endRun();
    at = end + times.length;
  }
  endRun();
  const read = (text: string): string => readAs(letters, text);
  const longestFirst = inside.sort((one, other) => other.length - one.length);
  return { prefix: read(prefix ?? ''), inside: longestFirst.map(read), letters };
}

/** Behind a group, a set, or any other piece. */
function endOf(pattern: string, from: number): number {
  let depth = 0;
  for (let at = from; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === '\\') at += 1;
    else if (character === '[') at = endOfSet(pattern, at);
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    if (depth <= 0) return at + 1;
  }
  return pattern.length;
}

/** At its closing bracket: one that comes first is itself a member. */
function endOfSet(pattern: string, from: number): number {
  let at = from + 1;
  if (pattern[at] === '^') at += 1;
  if (pattern[at] === ']') at += 1;
  for (; at < pattern.length && pattern[at] !== ']'; at += 1) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern.startsWith('[:', at)) at = Math.max(at, pattern.indexOf(':]', at) + 1);
  }
  return at;
}
