// Matchers as Alertmanager reads them today: names may be any text in quotes, and what is not in quotes has no special characters.
import { MatcherError } from './matcher-error.ts';
import type { MatchOperator } from './matchers.ts';
import type { Placed } from './parse-classic.ts';
import { unquoted } from './quoted.ts';

type Kind = '{' | '}' | ',' | 'operator' | 'quoted' | 'plain' | 'end';

interface Token {
  readonly kind: Kind;
  readonly text: string;
  readonly at: number;
}

// unicode.IsSpace of Go, which is not \s
const space = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const plain = /[^\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000{}!=~,\\"'`]+/y;
const quoted = /"(?:[^"\\]|\\[^])*"/y;
const operator = /=~|=|!=|!~/y;

/** Braces are optional, but both or none; a comma may end the list. */
export function parseUtf8(text: string): Placed[] {
  const tokens = new Tokens(text);
  const opened = tokens.accept('{');
  const matchers: Placed[] = [];
  const isOver = (): boolean => tokens.next.kind === 'end' || tokens.next.kind === '}';
  if (!isOver())
    do matchers.push(readMatcher(tokens));
    while (tokens.accept(',') && !isOver());
  if (!opened && tokens.next.kind === '}') throw tokens.unexpected('there is no opening brace');
  if (opened && !tokens.accept('}'))
    throw tokens.unexpected(tokens.next.kind === 'end' ? 'the closing brace is missing' : 'a comma is expected');
  if (tokens.next.kind !== 'end')
    throw tokens.unexpected(opened ? 'the text goes on after the brace' : 'a comma is expected');
  return matchers;
}

function readMatcher(tokens: Tokens): Placed {
  const name = tokens.take(['quoted', 'plain'], 'a label name is expected');
  const sign = tokens.take(['operator'], 'one of = != =~ !~ is expected after the label name');
  const value = tokens.take(
    ['quoted', 'plain'],
    tokens.next.kind === 'operator' ? 'equal is written with one =' : 'a value is expected',
  );
  return {
    name: tokens.textOf(name),
    operator: sign.text as MatchOperator,
    value: tokens.textOf(value),
    valueAt: value.at,
  };
}

class Tokens {
  readonly #text: string;
  #next: Token;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#read(0);
  }

  get next(): Token {
    return this.#next;
  }

  accept(kind: Kind): boolean {
    if (this.#next.kind !== kind) return false;
    this.#next = this.#read(this.#next.at + this.#next.text.length);
    return true;
  }

  take(kinds: readonly Kind[], why: string): Token {
    const token = this.#next;
    if (!kinds.includes(token.kind)) throw this.unexpected(why);
    this.accept(token.kind);
    return token;
  }

  unexpected(why: string): MatcherError {
    return new MatcherError(this.#text.trim(), this.#next.at, why);
  }

  textOf({ kind, text, at }: Token): string {
    const value = kind === 'quoted' ? unquoted(text) : text;
    if (value === null)
      throw new MatcherError(
        this.#text.trim(),
        at,
        `${text} has an escape that does not exist (a backslash is written \\\\)`,
      );
    return value;
  }

  #read(from: number): Token {
    const text = this.#text;
    let at = from;
    while (at < text.length && space.test(text.charAt(at))) at += 1;
    if (at >= text.length) return { kind: 'end', text: '', at: text.length };
    const first = text.charAt(at);
    if (first === '{' || first === '}' || first === ',') return { kind: first, text: first, at };
    for (const [kind, pattern] of [
      ['operator', operator],
      ['quoted', quoted],
      ['plain', plain],
    ] as const) {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (found !== null) return { kind, text: found[0], at };
    }
    throw new MatcherError(text.trim(), at, strange(first));
  }
}

function strange(first: string): string {
  if (first === '"') return 'the closing double quote is missing';
  if (first === '!') return '! is followed by = or ~';
  if (first === "'" || first === '`') return 'the value stands in double quotes';
  return `${first} stands in double quotes only`;
}
