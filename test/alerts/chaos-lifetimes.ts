// When a process lived in a life full of deaths: what is due while none does is late by no fault of its own.
import type { Instant } from '../../src/model/units.ts';

export class Lifetimes {
  readonly #all: { readonly from: Instant; readonly until: Instant }[] = [];

  add(from: Instant, until: Instant): void {
    this.#all.push({ from, until });
  }

  /** The longest that one process lived between the two. */
  longest(from: number, until: number): number {
    return Math.max(0, ...this.#all.map((life) => Math.min(life.until, until) - Math.max(life.from, from)));
  }
}
