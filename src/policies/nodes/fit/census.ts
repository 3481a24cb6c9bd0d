// Who runs where, by namespace. It outlives the tick: only nodes whose pods have changed are looked at again, and only namespaces that a rule asks about.
import { changedPart } from './changed-part.ts';
import { nobody, type Image } from './image.ts';
import type { Kin } from './needs.ts';

/** The nodes that pods of a kin run on, by their rows and in order, and how many on each. */
export interface Seats {
  readonly rows: number[];
  readonly counts: number[];
}

export type Kins = ReadonlyMap<Kin, Seats>;

/** Of one namespace. */
interface Whereabouts {
  pods: number;
  /** nodes that have some of them, or had */
  readonly rows: number[];
}

const noKins: Kins = new Map();
const rowsAStep = 64;

/** Where it stands among them, or belongs: most come in order. */
function placeOf(rows: readonly number[], row: number): number {
  let high = rows.length;
  const last = rows[high - 1] ?? -1;
  if (last <= row) return last === row ? high - 1 : high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

function seat(kins: Map<Kin, Seats>, kin: Kin, row: number, change: 1 | -1): void {
  const known = kins.get(kin);
  if (known === undefined) {
    kins.set(kin, { rows: [row], counts: [change] });
    return;
  }
  const { rows, counts } = known;
  const at = placeOf(rows, row);
  if (rows[at] !== row) {
    rows.splice(at, 0, row);
    counts.splice(at, 0, change);
    return;
  }
  const left = (counts[at] ?? 0) + change;
  counts[at] = left;
  if (left > 0) return;
  rows.splice(at, 1);
  counts.splice(at, 1);
  if (rows.length === 0) kins.delete(kin);
}

export class Census {
  /** another number after each change */
  version = 0;
  /** another number after rows have become free for other nodes */
  generation = 0;
  /** by row */
  readonly #images: Image[] = [];
  readonly #rowOf = new Map<string, number>();
  readonly #free: number[] = [];
  /** by namespace, of those that somebody has asked about */
  readonly #kins = new Map<string, Map<Kin, Seats>>();
  /** all are asked about, those that are to come included */
  #asksAll = false;
  /** by namespace, how many have rules about others: somebody will ask */
  readonly #ruled = new Map<string, number>();
  /** by namespace; null: nobody has asked about one that nobody was prepared for */
  #whereabouts: Map<string, Whereabouts> | null = null;

  /** A node keeps its row until it is forgotten. */
  rowOf(node: string): number {
    const known = this.#rowOf.get(node);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.#images.length;
    this.#images[row] ??= nobody;
    this.#rowOf.set(node, row);
    return row;
  }

  /** All nodes but these are no more. */
  keepOnly(rows: number, isThere: (row: number) => boolean): void {
    if (this.#rowOf.size === rows) return;
    this.generation += 1;
    this.version += 1;
    for (const [node, row] of this.#rowOf) {
      if (isThere(row)) continue;
      this.set(row, nobody);
      this.#rowOf.delete(node);
      this.#free.push(row);
    }
  }

  set(row: number, image: Image): void {
    const before = this.#images[row] ?? nobody;
    if (before === image) return;
    this.version += 1;
    this.#images[row] = image;
    const { from, untilBefore, until } = changedPart(before.pods, image.pods);
    const isTold = this.#asksAll || this.#kins.size > 0 || this.#whereabouts !== null;
    if (isTold) for (let index = from; index < until; index += 1) this.#come(row, image, index);
    if (before.ruled !== image.ruled) {
      this.#rule(image, 1);
      this.#rule(before, -1);
    }
    if (isTold) for (let index = from; index < untilBefore; index += 1) this.#go(row, before, index);
    image.row = row;
  }

  /** Whether it is known that this runs there: then nobody has to look for the node by its name. */
  isAt(row: number, image: Image): boolean {
    return image !== nobody && this.#images[row] === image;
  }

  /** Those of one namespace. */
  kinsIn(namespace: string): Kins {
    const known = this.#kins.get(namespace);
    if (known !== undefined) return known;
    const rows = this.#allWhereabouts().get(namespace)?.rows;
    if (rows === undefined) return noKins;
    const kins = new Map([[namespace, new Map<Kin, Seats>()]]);
    for (const row of rows) this.#seatOn(row, kins);
    return this.#know(kins).get(namespace) ?? noKins;
  }

  /** Those of all namespaces. */
  everywhere(): Iterable<Kins> {
    if (!this.#asksAll) {
      const kins = new Map([...this.#allWhereabouts().keys()].map((name) => [name, new Map<Kin, Seats>()]));
      for (const name of this.#kins.keys()) kins.delete(name);
      for (const row of this.#images.keys()) this.#seatOn(row, kins);
      this.#know(kins);
      this.#asksAll = true;
    }
    return this.#kins.values();
  }

  /** What `kinsIn` takes long for, in steps and wherever there are rules: telling which pods are alike. All namespaces at once, so that nobody is looked at twice. */
  *preparing(): Generator<undefined> {
    const kins = new Map<string, Map<Kin, Seats>>();
    for (const name of this.#ruled.keys()) if (!this.#kins.has(name)) kins.set(name, new Map<Kin, Seats>());
    if (kins.size === 0) return;
    const { version } = this;
    for (const row of this.#images.keys()) {
      this.#seatOn(row, kins);
      if (row % rowsAStep === rowsAStep - 1) yield;
    }
    // Where something has changed between the steps they are seated anew when somebody asks; who is alike is known by then.
    if (this.version === version) this.#know(kins);
    yield;
  }

  #know(kins: Map<string, Map<Kin, Seats>>): ReadonlyMap<string, Kins> {
    for (const [name, one] of kins) if (one.size > 0 && !this.#kins.has(name)) this.#kins.set(name, one);
    return this.#kins;
  }

  #allWhereabouts(): ReadonlyMap<string, Whereabouts> {
    if (this.#whereabouts !== null) return this.#whereabouts;
    const all = new Map<string, Whereabouts>();
    for (const [row, image] of this.#images.entries())
      for (let index = 0; index < image.pods.length; index += 1) isAt(all, image.namespaceOf(index), row);
    this.#whereabouts = all;
    return all;
  }

  #rule({ ruled }: Image, change: 1 | -1): void {
    for (const namespace of ruled) {
      const pods = (this.#ruled.get(namespace) ?? 0) + change;
      if (pods > 0) this.#ruled.set(namespace, pods);
      else this.#ruled.delete(namespace);
    }
  }

  /** Those of a node that are of these namespaces. */
  #seatOn(row: number, kins: ReadonlyMap<string, Map<Kin, Seats>>): void {
    const image = this.#images[row] ?? nobody;
    for (let index = 0; index < image.pods.length; index += 1) {
      const one = kins.get(image.namespaceOf(index));
      if (one !== undefined) seat(one, image.kin(index), row, 1);
    }
  }

  #come(row: number, image: Image, index: number): void {
    const name = image.namespaceOf(index);
    if (this.#whereabouts !== null) isAt(this.#whereabouts, name, row);
    let kins = this.#kins.get(name);
    if (kins === undefined && this.#asksAll) this.#kins.set(name, (kins = new Map<Kin, Seats>()));
    if (kins !== undefined) seat(kins, image.kin(index), row, 1);
  }

  #go(row: number, image: Image, index: number): void {
    const name = image.namespaceOf(index);
    const whereabouts = this.#whereabouts?.get(name);
    if (whereabouts !== undefined) {
      whereabouts.pods -= 1;
      if (whereabouts.pods === 0) this.#whereabouts?.delete(name);
    }
    const kins = this.#kins.get(name);
    if (kins === undefined) return;
    seat(kins, image.kin(index), row, -1);
    if (kins.size === 0) this.#kins.delete(name);
  }
}

function isAt(whereabouts: Map<string, Whereabouts>, namespace: string, row: number): void {
  let one = whereabouts.get(namespace);
  if (one === undefined) whereabouts.set(namespace, (one = { pods: 0, rows: [] }));
  one.pods += 1;
  const at = placeOf(one.rows, row);
  if (one.rows[at] !== row) one.rows.splice(at, 0, row);
}

const latest = new Census();
/** A few nodes that are only tried out are counted by themselves: they would push out those of the cluster. */
const few = 64;

export const censusFor = (nodes: number): Census => (nodes < few ? new Census() : latest);
