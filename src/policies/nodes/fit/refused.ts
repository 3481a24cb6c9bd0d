// Nodes that are known to refuse a kind of pod because of who runs there: while nobody leaves they are not asked again.
import type { Board } from './board.ts';
import type { Spread } from './ask.ts';

export class Refused {
  readonly #spreads: readonly Spread[];
  /** by slot: where to look next; a chain that is shortened whenever it is followed */
  #next: number[] = [];
  #loosened = -1;
  readonly #least: number[] = [];

  constructor(spreads: readonly Spread[]) {
    this.#spreads = spreads;
  }

  /** Forgets all when somebody has left since, or when the domain that has least has more than before. */
  current(board: Board): this {
    let risen = board.loosened !== this.#loosened;
    for (let index = 0; index < this.#spreads.length; index += 1) {
      const { counter, minDomains } = this.#spreads[index] as Spread;
      const least = counter.least(minDomains);
      if (least > (this.#least[index] ?? 0)) risen = true;
      this.#least[index] = least;
    }
    if (risen) {
      this.#next = [];
      this.#loosened = board.loosened;
    }
    return this;
  }

  next(slot: number): number {
    let end = slot;
    for (let step = this.#next[end]; step !== undefined; step = this.#next[end]) end = step;
    for (let at = slot; at !== end;) {
      const step = this.#next[at] ?? end;
      this.#next[at] = end;
      at = step;
    }
    return end;
  }

  close(slot: number): void {
    this.#next[slot] = slot + 1;
  }
}
