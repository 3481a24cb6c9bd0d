// What has changed since it was written, home by home, and who waits until it is written.
import { applyRecord } from './fold.ts';
import { spokenOf, touchedBy, type Home } from './homes.ts';
import type { LedgerRecord } from './records.ts';
import type { MutableLedgerState } from './state.ts';

/** a home, and the number of its last change */
export type Due = readonly [Home, number];
/** what must be durable, each at least as of this change */
export type Wanted = ReadonlyMap<Home, number>;

interface Waiting {
  readonly homes: Map<Home, number>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Changes {
  /** by the number of the last change; in the order of their first */
  readonly #dirty = new Map<Home, number>();
  #waiting: Waiting[] = [];
  #count = 0;

  /** How many homes wait to be written. */
  get size(): number {
    return this.#dirty.size;
  }

  /** The longest changed first. */
  all(): Iterable<Due> {
    return this.#dirty;
  }

  has(home: Home): boolean {
    return this.#dirty.has(home);
  }

  /** It is written anew, although nothing in it has changed. */
  renew(home: Home): void {
    this.#dirty.set(home, this.#count);
  }

  /** Into the state; gives what must be written before they are durable. */
  apply(records: readonly LedgerRecord[], state: MutableLedgerState): Wanted {
    const wanted = new Map<Home, number>();
    const change = (this.#count += 1);
    for (const record of records) {
      applyRecord(state, record);
      const { at, beside } = touchedBy(record, state);
      for (const home of at) wanted.set(home, change);
      for (const home of spokenOf(record, state)) {
        const known = this.#dirty.get(home);
        if (known !== undefined) wanted.set(home, known);
      }
      for (const home of [...at, ...beside]) this.#dirty.set(home, change);
    }
    return wanted;
  }

  /** Resolves when all of them are written. */
  until(wanted: Wanted): Promise<void> {
    if (wanted.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ homes: new Map(wanted), resolve, reject }));
  }

  /** The home is written up to this change. */
  durable(home: Home, change: number): void {
    this.#clean(home, change);
    this.#waiting = this.#waiting.filter(({ homes, resolve }) => {
      const wanted = homes.get(home);
      if (wanted !== undefined && wanted <= change) homes.delete(home);
      if (homes.size > 0) return true;
      resolve();
      return false;
    });
  }

  /** It cannot be written as it is: tried again with its next record. Whoever waits for it is told, and everybody else goes on. */
  setAside(home: Home, change: number, error: Error): void {
    this.#clean(home, change);
    this.#waiting = this.#waiting.filter(({ homes, reject }) => {
      if ((homes.get(home) ?? Infinity) > change) return true;
      reject(error);
      return false;
    });
  }

  /** Nothing was written, and all of it stays to be written with the next record; whoever waits is told. */
  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #clean(home: Home, change: number): void {
    if (this.#dirty.get(home) === change) this.#dirty.delete(home);
  }
}
