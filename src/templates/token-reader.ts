// Walks along the tokens of a template.
import { tokensOf } from './tokens.ts';
import type { Token } from './tokens.ts';
import { TemplateError } from './template-error.ts';

export class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
    this.#end = text.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }

  /** Of the token that was read last. */
  get offset(): number {
    return this.#tokens[this.#at - 1]?.offset ?? this.#end;
  }

  /** A mark such as `|`, taken if it is next. */
  mark(text: string): boolean {
    const token = this.peek();
    if (token?.kind !== 'mark' || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  close(word: string): void {
    const token = this.next();
    if (token?.kind !== 'close')
      throw new TemplateError(
        token?.offset ?? this.#end,
        `}} is missing, here stands ${seen(token)}`,
        `close the ${word}`,
      );
  }
}

export const seen = (token: Token | undefined): string =>
  token === undefined ? 'the end' : token.kind === 'string' ? JSON.stringify(token.text) : token.text;
