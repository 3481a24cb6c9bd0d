// Line and column of an offset. The YAML library's own counter misses lines that lie inside broken scalars.

export interface Place {
  /** both from 1 */
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export class Lines {
  readonly #text: string;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  placeOf(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] ?? 0;
    const text = this.#text.slice(start, start + 2000).split(/\r?\n/, 1)[0] ?? '';
    return { line: low + 1, column: Math.max(1, offset - start + 1), text };
  }
}
