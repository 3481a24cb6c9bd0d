// A regular expression of a matcher as a question about a value: RE2, anchored, and cheap where many alerts ask many routes.
import { RE2JS } from 're2js';
import { lettersOf, readAs, type Letters } from './letters.ts';
import { longestNativeValue, nativeExpression } from './native-regex.ts';
import { requiredText, type RequiredText } from './required-text.ts';

export type ValueTest = (value: string) => boolean;

export interface Expression {
  readonly test: ValueTest;
  /** all that it accepts, where that can be counted */
  readonly values: readonly string[] | null;
  /** what all of them begin with; empty: nothing is known */
  readonly prefix: string;
  /** of each list every value that it accepts holds at least one text */
  readonly inside: readonly (readonly string[])[];
  /** how values are read before they are compared with these texts */
  readonly letters: Letters;
}

const remembered = 500;
const plainText = /^(?:[\w\-/:@ ,;%&#!~="'<>\u00a0-\ud7ff]|\\[.\-/:_+*?()[\]{}|$^\\])*$/;

/** Throws where RE2 cannot read it. */
export function anchored(pattern: string): Expression {
  // RE2 reads it in any case: what is refused there must be refused here.
  const compiled = RE2JS.compile(`^(?:${pattern})$`);
  const plain = alternatives(pattern);
  if (plain !== null) return plain;
  const native = nativeExpression(pattern);
  const slow = memo((value) => compiled.matches(value));
  const test: ValueTest =
    native === null ? slow : (value) => (value.length <= longestNativeValue ? native.test(value) : slow(value));
  const text = requiredText(pattern);
  return {
    test: withText(text, test),
    values: null,
    prefix: text.prefix,
    inside: text.inside.map((one) => [one]),
    letters: text.letters,
  };
}

/** A thousand expressions are asked about each new value: nearly all of them are answered here. */
function withText({ prefix, inside: [inside = ''], letters }: RequiredText, test: ValueTest): ValueTest {
  if (letters !== 'exact' || (prefix === '' && inside === '')) return test;
  if (inside === '') return (value) => value.startsWith(prefix) && test(value);
  return (value) => value.startsWith(prefix) && value.includes(inside) && test(value);
}

/** Only where all of it is plain texts, each with `.*` or `.+` before or after it. */
function alternatives(pattern: string): Expression | null {
  const { letters, rest: branches } = lettersOf(pattern);
  if (letters === 'small' && !/^[ -~]*$/.test(branches)) return null;
  const tests: ValueTest[] = [];
  const whole = new Set<string>();
  const texts: string[] = [];
  for (const branch of branches.split('|')) {
    // A backslash at the end would have escaped the bar.
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(branch)) return null;
    const before = /^\.[*+](?![*+?{])/.exec(branch)?.[0] ?? '';
    const rest = branch.slice(before.length);
    const after = /(?<=^|[^\\])\.[*+]$/.exec(rest)?.[0] ?? '';
    const middle = rest.slice(0, rest.length - after.length);
    if (!plainText.test(middle)) return null;
    const text = readAs(letters, middle.replace(/\\(.)/g, '$1'));
    texts.push(text);
    if (before === '' && after === '') whole.add(text);
    else tests.push(around(before, text, after));
  }
  if (tests.length === 0)
    return { test: reading(letters, (value) => whole.has(value)), values: [...whole], prefix: '', inside: [], letters };
  const { prefix } = requiredText(pattern);
  return {
    test: reading(letters, (value) => whole.has(value) || tests.some((test) => test(value))),
    values: null,
    prefix,
    inside: texts.includes('') ? [] : [texts],
    letters,
  };
}

const reading = (letters: Letters, test: ValueTest): ValueTest =>
  letters === 'exact' ? test : (value) => test(readAs(letters, value));

/** A dot is any character but a line feed. */
function around(before: string, text: string, after: string): ValueTest {
  const least = text.length + (before === '.+' ? 1 : 0) + (after === '.+' ? 1 : 0);
  const fits = (value: string): boolean => value.length >= least && !value.includes('\n');
  if (before === '') return (value) => value.startsWith(text) && fits(value);
  if (after === '') return (value) => value.endsWith(text) && fits(value);
  const from = before === '.+' ? 1 : 0;
  return (value) => {
    if (!fits(value)) return false;
    const found = value.indexOf(text, from);
    return found >= 0 && (after === '.*' || found + text.length < value.length);
  };
}

/** Values of labels repeat. What does not fit any more begins anew. */
function memo(test: ValueTest): ValueTest {
  const known = new Map<string, boolean>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const answer = test(value);
    if (known.size >= remembered) known.clear();
    known.set(value, answer);
    return answer;
  };
}
