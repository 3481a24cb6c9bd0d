// Timers in the order in which they are due, those of one instant in the order in which they were set: a heap that knows each one's place.

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

interface Entry extends Timer {
  /** where it stands in the heap; -1: not any more */
  place: number;
}

const isBefore = (one: Timer, other: Timer): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

export class Timers {
  readonly #heap: Entry[] = [];
  #order = 0;

  get first(): Timer | undefined {
    return this.#heap[0];
  }

  /** The returned function takes it out again, as often as it is called. */
  add(at: number, run: () => void): () => void {
    const entry: Entry = { at, order: this.#order++, run, place: -1 };
    this.#rise(entry, this.#heap.length);
    return () => {
      if (entry.place >= 0) this.#takeOut(entry);
    };
  }

  /** The first one, where it is due by then. */
  take(until: number): Timer | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.at > until) return undefined;
    this.#takeOut(first);
    return first;
  }

  #takeOut(entry: Entry): void {
    const { place } = entry;
    entry.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    const above = this.#heap[(place - 1) >> 1];
    if (place > 0 && above !== undefined && isBefore(last, above)) this.#rise(last, place);
    else this.#sink(last, place);
  }

  #rise(entry: Entry, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.#put(above, place);
      place = parent;
    }
    this.#put(entry, place);
  }

  #sink(entry: Entry, from: number): void {
    let place = from;
    for (;;) {
      const [left, right] = [this.#heap[2 * place + 1], this.#heap[2 * place + 2]];
      if (left === undefined) break;
      const sooner = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(sooner, entry)) break;
      const next = sooner.place;
      this.#put(sooner, place);
      place = next;
    }
    this.#put(entry, place);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}
