// Along two lists that follow each other: what of the second was in the first, and where. Most of it was, in the same order.

/** How far is looked ahead for where the lists go on together. */
const farthest = 64;
/** Lists that are not alike are not searched for what they have in common. */
const mostSearches = 2_000;

export class Walk<Item> {
  readonly #before: readonly Item[];
  readonly #now: readonly Item[];
  readonly #gone: number[] = [];
  #at = 0;
  #place = 0;
  /** items of the second list that are known to be new */
  #come = 0;
  #searches = 0;

  constructor(before: readonly Item[], now: readonly Item[]) {
    this.#before = before;
    this.#now = now;
  }

  /** For each item of the second list in turn, its place in the first; null: it is new, or came in another order. */
  next(): number | null {
    const place = this.#place++;
    if (this.#come === 0 && this.#at < this.#before.length && this.#before[this.#at] !== this.#now[place])
      this.#search(place);
    if (this.#come > 0) {
      this.#come -= 1;
      return null;
    }
    return this.#at < this.#before.length ? this.#at++ : null;
  }

  /** How many go on together from here, and where they are in the first list: both lists are past them then. */
  together(): { readonly from: number; readonly count: number } {
    const from = this.#at;
    if (this.#come > 0) return { from, count: 0 };
    const most = Math.min(this.#before.length - from, this.#now.length - this.#place);
    let count = 0;
    while (count < most && this.#before[from + count] === this.#now[this.#place + count]) count += 1;
    this.#at += count;
    this.#place += count;
    return { from, count };
  }

  /** What of the first list was not met, once the second has ended. */
  gone(): readonly number[] {
    this.#leave(this.#before.length - this.#at);
    return this.#gone;
  }

  /** The nearest place where both go on together: some have gone, some have come. */
  #search(place: number): void {
    const reach = this.#searches++ < mostSearches ? farthest : 1;
    for (let distance = 1; distance <= reach; distance++)
      for (let gone = 0; gone <= distance; gone++) {
        const item = this.#before[this.#at + gone];
        if (item === undefined || item !== this.#now[place + distance - gone]) continue;
        this.#leave(gone);
        this.#come = distance - gone;
        return;
      }
    this.#leave(1);
    this.#come = 1;
  }

  #leave(count: number): void {
    for (let left = 0; left < count; left++) this.#gone.push(this.#at++);
  }
}
