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

interface Neighbourhood {
  readonly name: string;
  pods: number;
  /** of those, with rules about others: somebody will ask */
  ruled: number;
  /** nodes that have some of them, or had */
  readonly rows: number[];
  /** null: nobody has asked yet */
  kins: Map<Kin, Seats> | null;
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
  readonly #namespaces = new Map<string, Neighbourhood>();

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
    for (let index = from; index < until; index += 1) this.#come(row, image, index);
    if (before.ruled !== image.ruled) {
      this.#rule(image, 1);
      this.#rule(before, -1);
    }
    for (let index = from; index < untilBefore; index += 1) this.#go(row, before, index);
    image.row = row;
  }

  /** Whether it is known that this runs there: then nobody has to look for the node by its name. */
  isAt(row: number, image: Image): boolean {
    return image !== nobody && this.#images[row] === image;
  }

  /** Those of one namespace. */
  kinsIn(namespace: string): Kins {
    const neighbourhood = this.#namespaces.get(namespace);
    if (neighbourhood === undefined) return noKins;
    if (neighbourhood.kins === null) {
      neighbourhood.kins = new Map();
      for (const row of neighbourhood.rows) this.#seatAll(row, neighbourhood, neighbourhood.kins);
    }
    return neighbourhood.kins;
  }

  /** Those of all namespaces. */
  *everywhere(): Iterable<Kins> {
    const fresh = new Map<string, Map<Kin, Seats>>();
    for (const neighbourhood of this.#namespaces.values())
      if (neighbourhood.kins === null) fresh.set(neighbourhood.name, (neighbourhood.kins = new Map<Kin, Seats>()));
    if (fresh.size > 0)
      for (const [row, image] of this.#images.entries())
        for (let index = 0; index < image.pods.length; index += 1) {
          const kins = fresh.get(image.pods[index]?.metadata.namespace ?? '');
          if (kins !== undefined) seat(kins, image.kin(index), row, 1);
        }
    for (const { kins } of this.#namespaces.values()) if (kins !== null) yield kins;
  }

  /** What `kinsIn` takes long for, in steps and wherever there are rules: telling which pods are alike. */
  *preparing(): Generator<undefined> {
    for (const neighbourhood of [...this.#namespaces.values()])
      if (neighbourhood.ruled > 0 && neighbourhood.kins === null) yield* this.#preparingOne(neighbourhood);
  }

  *#preparingOne(neighbourhood: Neighbourhood): Generator<undefined> {
    const { version } = this;
    const kins = new Map<Kin, Seats>();
    for (const [index, row] of [...neighbourhood.rows].entries()) {
      this.#seatAll(row, neighbourhood, kins);
      if (index % rowsAStep === rowsAStep - 1) yield;
    }
    // Where something has changed between the steps they are seated anew when somebody asks; who is alike is known by then.
    if (this.version === version) neighbourhood.kins ??= kins;
    yield;
  }

  #rule({ ruled }: Image, change: 1 | -1): void {
    for (const namespace of ruled) {
      const neighbourhood = this.#namespaces.get(namespace);
      if (neighbourhood !== undefined) neighbourhood.ruled += change;
    }
  }

  #seatAll(row: number, { name }: Neighbourhood, kins: Map<Kin, Seats>): void {
    const image = this.#images[row] ?? nobody;
    for (let pod = 0; pod < image.pods.length; pod += 1)
      if ((image.pods[pod]?.metadata.namespace ?? '') === name) seat(kins, image.kin(pod), row, 1);
  }

  #come(row: number, image: Image, index: number): void {
    const name = image.pods[index]?.metadata.namespace ?? '';
    let neighbourhood = this.#namespaces.get(name);
    if (neighbourhood === undefined) {
      neighbourhood = { name, pods: 0, ruled: 0, rows: [], kins: null };
      this.#namespaces.set(name, neighbourhood);
    }
    neighbourhood.pods += 1;
    const { rows, kins } = neighbourhood;
    const at = placeOf(rows, row);
    if (rows[at] !== row) rows.splice(at, 0, row);
    if (kins !== null) seat(kins, image.kin(index), row, 1);
  }

  #go(row: number, image: Image, index: number): void {
    const name = image.pods[index]?.metadata.namespace ?? '';
    const neighbourhood = this.#namespaces.get(name);
    if (neighbourhood === undefined) return;
    neighbourhood.pods -= 1;
    if (neighbourhood.pods === 0) this.#namespaces.delete(name);
    else if (neighbourhood.kins !== null) seat(neighbourhood.kins, image.kin(index), row, -1);
  }
}

const latest = new Census();
/** A few nodes that are only tried out are counted by themselves: they would push out those of the cluster. */
const few = 64;

export const censusFor = (nodes: number): Census => (nodes < few ? new Census() : latest);
