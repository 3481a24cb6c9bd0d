// Homes that no single object holds: written in parts, one a turn, the object that names them last; what nothing names goes first.
import type { HeldObject } from '../../clients/kubernetes/held-object.ts';
import type { OwnObject, OwnObjects } from '../../clients/kubernetes/own-objects.ts';
import { seconds, type Instant } from '../../model/units.ts';
import type { Due } from './changes.ts';
import { homeIn, nameOf, partLabels } from './home-objects.ts';
import type { Home } from './homes.ts';
import { TooLarge } from './packing.ts';
import { restLeft, type Rest } from './rest.ts';
import { cutData, cutOf, isPart, PartObjects } from './parts.ts';

/** etcd is the customer's: 20 MiB of one group, and a part a second of it at the most in the long run. */
const mostParts = 32;
const restForPart = seconds(1);

/** What is being written in parts, as it was at one instant. */
interface LargeWrite {
  readonly home: Home;
  /** it holds all up to this change */
  readonly change: number;
  readonly generation: string;
  readonly pieces: readonly Buffer[];
  /** pieces that are there; the object that names them is the last of all */
  done: number;
}

export interface LargeWritesPlace {
  readonly own: OwnObjects;
  readonly namespace: string;
  /** one opening of the ledger: what another one still writes has other names */
  readonly opening: string;
  /** what one object holds, packed */
  readonly objectBytes: number;
  /** the object that names the parts of this home */
  readonly headOf: (home: Home) => HeldObject;
}

export class LargeWrites {
  readonly #place: LargeWritesPlace;
  readonly #parts: PartObjects;
  /** homes that need parts: none is begun again at once */
  readonly #rests = new Map<Home, Rest>();
  /** one at a time */
  #large: LargeWrite | null = null;

  constructor(place: LargeWritesPlace) {
    this.#place = place;
    const { own, namespace, opening } = place;
    this.#parts = new PartObjects({ own, namespace, nameOf, labels: partLabels, writer: opening });
  }

  /** As they were read at the start. Gives the homes of parts that nothing names, though the process that wrote them may be about to: they go once the object that would has been written anew. */
  found(objects: readonly OwnObject[], now: Instant): ReadonlySet<Home> {
    const generations = new Map<Home, string>();
    for (const object of objects) {
      const cut = isPart(object) ? null : cutOf(object);
      if (cut === null) continue;
      generations.set(homeIn(object), cut.generation);
      this.#rests.set(homeIn(object), { from: now, length: 0 });
    }
    const unnamed = new Set<Home>();
    for (const object of objects.filter(isPart)) {
      const home = homeIn(object);
      this.#parts.found(home, object);
      if (!this.#parts.isOf(object, generations.get(home))) unnamed.add(home);
    }
    return unnamed;
  }

  /** It needed parts when it was written last, so that all of it in one object is not tried. */
  needsParts(home: Home): boolean {
    return this.#rests.has(home);
  }

  /** Some of its parts may be there. */
  hasParts(home: Home): boolean {
    return this.#parts.has(home);
  }

  /** Parts that nothing names any more wait to be removed: those who close do not wait for that. */
  hasWork(isClosing: boolean): boolean {
    return this.#large !== null || (this.#parts.areRemovable && !isClosing);
  }

  /** What is being written in parts at this time. */
  get underWay(): Due | null {
    return this.#large === null ? null : [this.#large.home, this.#large.change];
  }

  /** Whether it can be written now; one that needs parts rests after each time, and waits for the one that is being written. */
  mayBegin(home: Home, isClosing: boolean, now: Instant): boolean {
    if (home === this.#large?.home) return false;
    const rest = this.#rests.get(home);
    return rest === undefined || (this.#large === null && (isClosing || restLeft(rest, now) === 0));
  }

  /** For how long it rests; in milliseconds. */
  restOf(home: Home, now: Instant): number {
    const rest = this.#rests.get(home);
    return rest === undefined ? 0 : restLeft(rest, now);
  }

  /** Its parts are written in turn with what others have. Where another one is being written it is looked at again after that. */
  begin([home, change]: Due, bytes: Buffer, now: Instant): void {
    const most = this.#place.objectBytes;
    const count = Math.ceil(bytes.length / most);
    if (count > mostParts) throw new TooLarge(`${nameOf(home)} would be larger than ${mostParts} times ${most} bytes`);
    this.#rest(home, this.#large === null ? count : 0, now);
    if (this.#large !== null) return;
    const pieces = Array.from({ length: count }, (_, number) => bytes.subarray(number * most, (number + 1) * most));
    this.#large = { home, change, generation: this.#parts.nextGeneration(home), pieces, done: 0 };
  }

  /** One write: what is over goes first, so that never more than two generations are there. Gives what is durable by it. */
  async step(isClosing: boolean, now: () => Instant): Promise<Due | null> {
    if (this.#parts.areRemovable && !isClosing) {
      await this.#parts.removeOne();
      return null;
    }
    const large = this.#large;
    if (large === null) return null;
    const { home, change, generation, pieces } = large;
    try {
      const piece = pieces[large.done];
      if (piece !== undefined) {
        await this.#parts.write(home, generation, large.done, piece);
        large.done += 1;
        return null;
      }
      await this.#place.headOf(home).write({ data: cutData({ generation, count: pieces.length }) });
    } catch (thrown) {
      // What is there of it goes after the next commit: nobody knows whether this one arrived.
      this.#large = null;
      throw thrown;
    }
    this.#large = null;
    this.#rest(home, pieces.length, now());
    this.#parts.committed(home, generation);
    return [home, change];
  }

  /** One object holds all of it again, or nothing is left of it. */
  written(home: Home): void {
    this.#parts.committed(home, null);
    this.#rests.delete(home);
  }

  #rest(home: Home, parts: number, from: Instant): void {
    this.#rests.set(home, { from, length: parts * restForPart });
  }
}
