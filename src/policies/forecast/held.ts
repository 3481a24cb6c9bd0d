// The highest of what was asked for within a span: what a delayed shrink still holds. Two blocks of time, no list.
export class Held {
  #now = 0;
  #before = 0;
  #ends = 0;

  /** Takes in what is asked for at a moment, and says what is held then. */
  hold(at: number, asked: number, span: number): number {
    // a clock that came back begins anew
    if (at >= this.#ends || at < this.#ends - span) {
      this.#before = at > this.#ends + span ? 0 : this.#now;
      this.#now = 0;
      this.#ends = at + (span * 2) / 3;
    }
    if (asked > this.#now) this.#now = asked;
    return Math.max(this.#now, this.#before);
  }
}
