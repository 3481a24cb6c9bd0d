// Label matchers as Alertmanager's classic parser reads them; regular expressions are RE2 and anchored.
import { RE2JS } from 're2js';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

export interface CompiledMatcher extends Matcher {
  readonly matches: (labels: Readonly<Record<string, string>>) => boolean;
}

/** Why a matcher cannot be used; the caller knows where it stands. */
export class MatcherError extends Error {
  readonly input: string;

  constructor(input: string, why: string) {
    super(`"${input}" is no matcher: ${why} (write severity="page" or team=~"pay|core")`);
    this.name = 'MatcherError';
    this.input = input;
  }
}

const shape = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*$/s;

/** `{a="b",c=~"d"}`, with or without the braces. */
export function parseMatchers(text: string): Matcher[] {
  const inner = text.replace(/^\{/, '').replace(/\}$/, '');
  return splitAtCommas(inner).map((part) => parseMatcher(part));
}

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let escaped = false;
  for (const character of text) {
    if (character === ',' && !quoted) {
      parts.push(part);
      part = '';
      continue;
    }
    if (character === '"' && !escaped) quoted = !quoted;
    escaped = character === '\\' && !escaped;
    part += character;
  }
  return part.trim() === '' ? parts : [...parts, part];
}

function parseMatcher(text: string): Matcher {
  const found = shape.exec(text);
  if (found === null) throw new MatcherError(text, 'a label name, an operator and a value are expected');
  const [, name = '', operator = '', raw = ''] = found;
  return { name, operator: operator as MatchOperator, value: unquote(text, raw) };
}

function unquote(text: string, raw: string): string {
  const quoted = raw.startsWith('"');
  const body = quoted ? raw.slice(1) : raw;
  let value = '';
  for (let index = 0; index < body.length; index += 1) {
    const character = body.charAt(index);
    const last = index === body.length - 1;
    if (character === '\\' && !last) {
      index += 1;
      value += unescaped(body.charAt(index));
    } else if (character === '"') {
      if (!quoted || !last) throw new MatcherError(text, 'a double quote inside the value needs a backslash');
      return value;
    } else value += character;
  }
  if (quoted) throw new MatcherError(text, 'the closing double quote is missing');
  return value;
}

function unescaped(character: string): string {
  if (character === 'n') return '\n';
  return character === '"' || character === '\\' ? character : `\\${character}`;
}

/** Ready to be asked; an absent label is the empty string. */
export function compileMatcher(matcher: Matcher): CompiledMatcher {
  const test = testOf(matcher);
  return { ...matcher, matches: (labels) => test(labels[matcher.name] ?? '') };
}

function testOf(matcher: Matcher): (value: string) => boolean {
  const { operator, value: wanted } = matcher;
  switch (operator) {
    case '=':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '=~':
    case '!~': {
      const pattern = anchored(matcher);
      return (value) => pattern.matches(value) === (operator === '=~');
    }
  }
}

function anchored(matcher: Matcher): RE2JS {
  try {
    return RE2JS.compile(`^(?:${matcher.value})$`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MatcherError(printMatcher(matcher), `its regular expression is not RE2: ${why}`);
  }
}

export const printMatcher = ({ name, operator, value }: Matcher): string => `${name}${operator}${quote(value)}`;

/** The labels or matchers of a key: quoted as Go would. */
export const quote = (value: string): string =>
  `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
