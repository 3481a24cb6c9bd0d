// Why a matcher cannot be used, and where in its text; the caller knows where the text stands.

export class MatcherError extends Error {
  readonly input: string;
  /** counts characters within the text */
  readonly offset: number;
  readonly why: string;

  constructor(input: string, offset: number, why: string) {
    super(`"${input}" is no matcher: ${why} (write severity="page" or team=~"pay|core")`);
    this.name = 'MatcherError';
    this.input = input;
    this.offset = offset;
    this.why = why;
  }
}
