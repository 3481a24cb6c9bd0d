// Expressions that JavaScript's engine reads exactly as RE2 does and answers as safely: a small part of the syntax, translated.
import { lettersOf } from './letters.ts';

// One unbounded repetition beside another may be tried at every place of the value: no more than two.
const unboundedAtMost = 2;
const depthAtMost = 2;
/** Each choice that may be made otherwise doubles the ways to fail: groups with alternatives, and what may be left out. */
const choicesAtMost = 4;
/** Longer values are left to RE2. */
export const longestNativeValue = 1000;

const token =
  /(?<plain>[\w\-:@ ,;%&#!~="'<>]|[\u00a0-\ud7ff]|\\[.^$*+?()[\]{}|/\\]|\\[dw])|(?<dot>\.)|(?<set>\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[\w.:@ ]|\\[dw])+\])|(?<open>\((?:\?:)?)|(?<close>\))|(?<bar>\|)/y;
const repeat = /(?:(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})\??)?/y;
/** So many times and no other: nothing may be tried otherwise. */
const fixed = /^\{\d+\}/;

/** Without case the two agree about ASCII, but for the class of word characters. */
const beyondSmallLetters = /[^ -~]|\\w/;

/** Null: not one of them. What RE2 refuses must have been refused before. */
export function nativeExpression(given: string): RegExp | null {
  const { letters, rest: pattern } = lettersOf(given);
  if (letters === 'small' && beyondSmallLetters.test(pattern)) return null;
  let translated = '';
  let unbounded = 0;
  let depth = 0;
  let choices = 0;
  /** for each open group, whether it is one with alternatives */
  const branched: boolean[] = [];
  for (let at = 0; at < pattern.length;) {
    token.lastIndex = at;
    const found = token.exec(pattern);
    if (found === null) return null;
    const [text] = found;
    const { dot, open, close, bar } = found.groups ?? {};
    at += text.length;
    if (open !== undefined) {
      depth += 1;
      branched.push(false);
    }
    if (close !== undefined) {
      depth -= 1;
      branched.pop();
    }
    if (bar !== undefined && branched.at(-1) === false) {
      branched[branched.length - 1] = true;
      choices += 1;
    }
    if (depth < 0 || depth > depthAtMost) return null;
    translated += dot === undefined ? (open === undefined ? text : '(?:') : '[^\\n]';
    repeat.lastIndex = at;
    const [times = ''] = repeat.exec(pattern) ?? [];
    if (times === '') continue;
    if (open !== undefined || bar !== undefined || (close !== undefined && times !== '?')) return null;
    if (times[0] === '?') choices += 1;
    else if (!fixed.test(times)) unbounded += 1;
    at += times.length;
    translated += times;
  }
  if (unbounded > unboundedAtMost || choices > choicesAtMost || depth !== 0) return null;
  return new RegExp(`^(?:${translated})$`, letters === 'small' ? 'iu' : 'u');
}
