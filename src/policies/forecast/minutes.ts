// The highest load of every minute of the last week and an hour, in a ring of 20 KB.
import { codeOf, loadOf, missing } from './codes.ts';

export const minutesOfDay = 1440;
export const minutesOfWeek = 7 * minutesOfDay;
const kept = minutesOfWeek + 60;

export class Minutes {
  readonly #codes = new Uint16Array(kept);
  /** the minute under way; -1: none yet */
  last = -1;
  first = -1;

  put(minute: number, load: number): void {
    const codes = this.#codes;
    if (this.last < 0) {
      this.first = minute;
      this.last = minute;
    }
    if (minute > this.last + kept) codes.fill(missing);
    else for (let skipped = this.last + 1; skipped <= minute; skipped++) codes[skipped % kept] = missing;
    this.last = Math.max(this.last, minute);
    const slot = minute % kept;
    codes[slot] = Math.max(codes[slot] ?? missing, codeOf(load));
  }

  /** A clock that was ahead came back: what it wrote ahead is forgotten. */
  rewind(minute: number): void {
    const from = Math.max(minute + 1, this.last - kept + 1);
    for (let wrong = from; wrong <= this.last; wrong++) this.#codes[wrong % kept] = missing;
    this.last = minute;
    this.first = Math.min(this.first, minute);
  }

  /** The highest from one minute to another, both included; null: nothing is known of them. */
  highest(from: number, to: number): number | null {
    const codes = this.#codes;
    const end = Math.min(to, this.last);
    let slot = Math.max(from, this.last - kept + 1, 0);
    let top = missing;
    let at = slot % kept;
    for (; slot <= end; slot++) {
      const code = codes[at] ?? missing;
      if (code > top) top = code;
      at = at + 1 === kept ? 0 : at + 1;
    }
    return top === missing ? null : loadOf(top);
  }

  /** The mean of the minutes' maxima; null: nothing is known of them. */
  mean(from: number, to: number): number | null {
    let sum = 0;
    let known = 0;
    for (let minute = Math.max(from, this.last - kept + 1, 0); minute <= Math.min(to, this.last); minute++) {
      const code = this.#codes[minute % kept] ?? missing;
      if (code === missing) continue;
      sum += loadOf(code);
      known++;
    }
    return known === 0 ? null : sum / known;
  }
}
