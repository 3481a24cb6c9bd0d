// The highest load of every slot of time, in a ring of 16-bit codes: a week in 10 KB.
import { codeOf, loadOf, missing } from './codes.ts';

export class Slots {
  readonly #span: number;
  readonly #codes: Uint16Array;
  #last = -1;

  constructor(span: number, count: number) {
    this.#span = span;
    this.#codes = new Uint16Array(count);
  }

  put(at: number, load: number): void {
    const codes = this.#codes;
    const kept = codes.length;
    const slot = Math.floor(at / this.#span);
    if (this.#last < 0 || slot > this.#last + kept) codes.fill(missing);
    else for (let skipped = this.#last + 1; skipped <= slot; skipped++) codes[skipped % kept] = missing;
    this.#last = Math.max(this.#last, slot);
    const index = slot % kept;
    codes[index] = Math.max(codes[index] ?? missing, codeOf(load));
  }

  /** A clock that was ahead came back: what was written ahead of it is forgotten. */
  rewind(at: number): void {
    const kept = this.#codes.length;
    const slot = Math.floor(at / this.#span);
    for (let wrong = Math.max(slot + 1, this.#last - kept + 1); wrong <= this.#last; wrong++)
      this.#codes[wrong % kept] = missing;
    this.#last = Math.min(this.#last, slot);
  }

  /** The highest of the slots from one moment to another; null: nothing is known of them. */
  highest(from: number, to: number): number | null {
    const codes = this.#codes;
    const kept = codes.length;
    const end = Math.min(Math.floor(to / this.#span), this.#last);
    let slot = Math.max(Math.floor(from / this.#span), this.#last - kept + 1, 0);
    let index = slot % kept;
    let top = missing;
    for (; slot <= end; slot++) {
      const code = codes[index] ?? missing;
      if (code > top) top = code;
      index = index + 1 === kept ? 0 : index + 1;
    }
    return top === missing ? null : loadOf(top);
  }

  /** The mean of the slots' maxima; null: nothing is known of them. */
  mean(from: number, to: number): number | null {
    const codes = this.#codes;
    const kept = codes.length;
    const end = Math.min(Math.floor(to / this.#span), this.#last);
    let slot = Math.max(Math.floor(from / this.#span), this.#last - kept + 1, 0);
    let index = slot % kept;
    let sum = 0;
    let known = 0;
    for (; slot <= end; slot++) {
      const code = codes[index] ?? missing;
      if (code !== missing) {
        sum += loadOf(code);
        known++;
      }
      index = index + 1 === kept ? 0 : index + 1;
    }
    return known === 0 ? null : sum / known;
  }
}
