// Label matchers as Alertmanager has them: read by both of its parsers, printed, and compiled into questions about labels.
import { messageOf } from '../model/errors.ts';
import type { Letters } from './letters.ts';
import { MatcherError } from './matcher-error.ts';
import { parseClassic, type Placed } from './parse-classic.ts';
import { parseUtf8 } from './parse-utf8.ts';
import { quotedText } from './quoted.ts';
import { anchored, type Expression, type ValueTest } from './value-test.ts';

export { MatcherError };

export type MatchOperator = '=' | '!=' | '=~' | '!~';
type Labels = Readonly<Record<string, string>>;

export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

export interface CompiledMatcher extends Matcher {
  /** of a single value; an absent label is the empty string */
  readonly accepts: ValueTest;
  /** all values that it accepts, where they can be counted: none of them is empty */
  readonly values: readonly string[] | null;
  /** what every value that it accepts begins with; empty: nothing is known */
  readonly prefix: string;
  /** of each list every value that it accepts holds at least one text */
  readonly inside: readonly (readonly string[])[];
  /** how a value is read before it is compared with `values`, `prefix` and `inside` */
  readonly letters: Letters;
  readonly matches: (labels: Labels) => boolean;
}

/** `fallback` is Alertmanager's own: UTF-8 first, and the older reading where that alone can be read or the two differ. */
export type ParserMode = 'fallback' | 'utf8' | 'classic';

/** `{a="b",c=~"d"}`, with or without the braces. Throws a MatcherError. */
export function parseMatchers(text: string, mode: ParserMode = 'fallback'): Matcher[] {
  switch (mode) {
    case 'utf8':
      return checked(text, parseUtf8(text));
    case 'classic':
      return checked(text, parseClassic(text));
    case 'fallback': {
      const modern = attempt(() => parseMatchers(text, 'utf8'));
      const classic = attempt(() => parseMatchers(text, 'classic'));
      if (modern instanceof MatcherError) {
        if (classic instanceof MatcherError) throw modern;
        return classic;
      }
      return classic instanceof MatcherError || isSame(modern, classic) ? modern : classic;
    }
  }
}

/** Exactly one. */
export function parseMatcher(text: string, mode: ParserMode = 'fallback'): Matcher {
  const [matcher, another] = parseMatchers(text, mode);
  if (matcher === undefined) throw new MatcherError(text.trim(), 0, 'a matcher is expected');
  if (another !== undefined) throw new MatcherError(text.trim(), 0, 'a single matcher is expected');
  return matcher;
}

/** What is wrong with a text, and where; null where it is right. */
export function matcherMistake(text: string): { readonly offset: number; readonly message: string } | null {
  const found = attempt(() => parseMatchers(text));
  if (!(found instanceof MatcherError)) return null;
  return { offset: found.offset, message: `"${found.input}" is no matcher: ${found.why}` };
}

function attempt(parse: () => Matcher[]): Matcher[] | MatcherError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof MatcherError) return error;
    throw error;
  }
}

const isSame = (some: readonly Matcher[], others: readonly Matcher[]): boolean =>
  some.length === others.length && some.every((one, index) => isEqual(one, others[index]));

const isEqual = (one: Matcher, other: Matcher | undefined): boolean =>
  one.name === other?.name && one.operator === other.operator && one.value === other.value;

const checked = (text: string, placed: readonly Placed[]): Matcher[] =>
  placed.map(({ valueAt, ...matcher }) => {
    expressionOf(matcher, text, valueAt);
    return matcher;
  });

/** The spelling before `matchers`: values that are equal, values that are like. */
export const oldMatchers = (equal: Labels = {}, like: Labels = {}): Matcher[] => [
  ...Object.entries(equal).map(([name, value]): Matcher => ({ name, operator: '=', value })),
  // Upstream anchors them here already, and its route keys show it.
  ...Object.entries(like).map(([name, value]): Matcher => ({ name, operator: '=~', value: `^(?:${value})$` })),
];

/** Throws a MatcherError for an expression that is not RE2. */
export function compileMatcher(matcher: Matcher): CompiledMatcher {
  const { test: accepts, values: counted, prefix, inside, letters } = expressionOf(matcher, printMatcher(matcher), 0);
  const values = counted?.includes('') === true ? null : counted;
  const { name, operator, value } = matcher;
  const compiled = { ...matcher, accepts, values, prefix, inside, letters };
  // What every object has by itself is no label.
  if (name in Object.prototype)
    return { ...compiled, matches: (labels) => accepts(Object.hasOwn(labels, name) ? (labels[name] ?? '') : '') };
  if (operator === '=' && value !== '') return { ...compiled, matches: (labels) => labels[name] === value };
  return { ...compiled, matches: (labels) => accepts(labels[name] ?? '') };
}

export const compileMatchers = (text: string): CompiledMatcher[] => parseMatchers(text).map(compileMatcher);

/** Nothing is known of the values that it accepts. */
const unknown = { values: null, prefix: '', inside: [], letters: 'exact' } as const;

function expressionOf({ operator, value: wanted }: Matcher, text: string, place: number): Expression {
  switch (operator) {
    case '=':
      return { ...unknown, test: (value) => value === wanted, values: [wanted] };
    case '!=':
      return { ...unknown, test: (value) => value !== wanted };
    case '=~':
      return readExpression(wanted, text, place);
    case '!~': {
      const { test } = readExpression(wanted, text, place);
      return { ...unknown, test: (value) => !test(value) };
    }
  }
}

function readExpression(pattern: string, text: string, place: number): Expression {
  try {
    return anchored(pattern);
  } catch (error) {
    const why = messageOf(error).replace('error parsing regexp: ', '');
    throw new MatcherError(text.trim(), place, `the regular expression ${pattern} cannot be read: ${why}`);
  }
}

const isReserved = /^$|[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000{}!=~,\\"'`]/;

/** What it prints it reads. */
export const printMatcher = ({ name, operator, value }: Matcher): string =>
  isReserved.test(name) ? `${quotedText(name)}${operator}${quotedText(value)}` : `${name}${operator}${quote(value)}`;

/** A value within a key or a list: backslash, quote and line feed escaped. */
export const quote = (value: string): string =>
  `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
