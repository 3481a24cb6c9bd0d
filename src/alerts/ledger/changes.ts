// What has changed since it was written, home by home, and who waits until it is written.
import type { Instant } from '../../model/units.ts';
import { later } from '../../model/units.ts';
import { applyRecord } from './fold.ts';
import { spokenOf, touchedBy, type Home } from './homes.ts';
import { dueOf, following } from './patience.ts';
import type { LedgerRecord } from './records.ts';
import type { MutableLedgerState } from './state.ts';

/** a home, and the number of its last change */
export type Due = readonly [Home, number];
/** what must be durable, each at least as of this change */
export type Wanted = ReadonlyMap<Home, number>;

interface Dirty {
  /** the number of the last one */
  change: number;
  /** by then it is to be written: those who are due first go first, so that nobody is passed by for ever */
  due: Instant;
  /** what came since it began to be written: it takes its turn behind those who have waited meanwhile; null: nothing */
  dueAfter: Instant | null;
  isBeingWritten: boolean;
}

interface Waiting {
  readonly homes: Map<Home, number>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const earlier = (one: Instant | null, other: Instant): Instant => (one !== null && one < other ? one : other);

/** In its old place. */
function putBack(known: Dirty): void {
  known.due = earlier(known.dueAfter, known.due);
  known.dueAfter = null;
  known.isBeingWritten = false;
}

export class Changes {
  readonly #dirty = new Map<Home, Dirty>();
  #waiting: Waiting[] = [];
  #count = 0;

  /** How many homes wait to be written. */
  get size(): number {
    return this.#dirty.size;
  }

  /** How many go before whatever comes now. */
  before(now: Instant): number {
    let count = 0;
    for (const { due } of this.#dirty.values()) if (due <= now) count += 1;
    return count;
  }

  /** In the order in which they are to be written. */
  all(): readonly Due[] {
    return [...this.#dirty]
      .sort(([, one], [, other]) => one.due - other.due)
      .map(([home, { change }]): Due => [home, change]);
  }

  has(home: Home): boolean {
    return this.#dirty.has(home);
  }

  /** It is written anew, although nothing in it has changed. */
  renew(home: Home, now: Instant): void {
    this.#mark(home, later(now, following));
  }

  /** Into the state; gives what must be written before they are durable. `isRefused`: nobody waits for them. */
  apply(records: readonly LedgerRecord[], state: MutableLedgerState, now: Instant, isRefused = false): Wanted {
    const wanted = new Map<Home, number>();
    const change = (this.#count += 1);
    for (const record of records) {
      applyRecord(state, record);
      const { at, beside } = touchedBy(record, state);
      const due = dueOf(record, now, isRefused);
      for (const home of at) {
        wanted.set(home, change);
        this.#mark(home, due);
      }
      for (const home of spokenOf(record, state)) {
        const known = this.#dirty.get(home);
        if (known === undefined) continue;
        wanted.set(home, known.change);
        this.#mark(home, due, known.change);
      }
      for (const home of beside) this.#mark(home, later(now, following));
    }
    return wanted;
  }

  #mark(home: Home, due: Instant, change = this.#count): void {
    const known = this.#dirty.get(home);
    if (known === undefined) this.#dirty.set(home, { change, due, dueAfter: null, isBeingWritten: false });
    else {
      known.change = change;
      if (known.isBeingWritten) known.dueAfter = earlier(known.dueAfter, due);
      else known.due = earlier(known.due, due);
    }
  }

  /** What changes from now on is not in what is written of it. */
  begin(home: Home): void {
    const known = this.#dirty.get(home);
    if (known !== undefined) known.isBeingWritten = true;
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
    this.#tell(home, change, error);
  }

  /** It stays to be written. Whoever waits for it is told, and everybody else goes on. */
  refused(home: Home, change: number, error: Error): void {
    const known = this.#dirty.get(home);
    if (known !== undefined) putBack(known);
    this.#tell(home, change, error);
  }

  #tell(home: Home, change: number, error: Error): void {
    this.#waiting = this.#waiting.filter(({ homes, reject }) => {
      if ((homes.get(home) ?? Infinity) > change) return true;
      reject(error);
      return false;
    });
  }

  /** Nothing was written, and all of it stays to be written. */
  putBack(): void {
    for (const known of this.#dirty.values()) putBack(known);
  }

  /** Whoever waits is told. */
  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #clean(home: Home, change: number): void {
    const known = this.#dirty.get(home);
    if (known === undefined) return;
    if (known.change === change) this.#dirty.delete(home);
    else {
      known.due = known.dueAfter ?? known.due;
      known.dueAfter = null;
      known.isBeingWritten = false;
    }
  }
}
