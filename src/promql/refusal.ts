// A mistake in a PromQL text with its place: thrown inside the reader, handed out as a value.

/** Never leaves this room: parsePromql turns it into its error result. */
export class Refusal extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Thrown by the helpers that want a correct text (selectorsOf and the like) when it is none. */
export class PromqlError extends Error {
  readonly code = 'PromqlInvalid';
  readonly retryable = false;
  readonly offset: number;

  constructor(text: string, offset: number, message: string) {
    const before = text.slice(0, offset).split('\n');
    super(`${String(before.length)}:${String((before.at(-1) ?? '').length + 1)}: ${message}`);
    this.name = 'PromqlError';
    this.offset = offset;
  }
}
