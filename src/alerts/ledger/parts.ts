// What is too large for one object: its bytes in several, under a generation that its own object names once all of them are there.
import type { OwnObject, OwnObjects } from '../../clients/kubernetes/own-objects.ts';
import type { Home } from './homes.ts';

/** Which parts make up the whole. */
export interface Cut {
  readonly generation: string;
  readonly count: number;
}

export interface PartsPlace {
  readonly own: OwnObjects;
  readonly namespace: string;
  /** of the object of a home; its parts are called after it */
  readonly nameOf: (home: Home) => string;
  readonly labels: Readonly<Record<string, string>>;
  /** one opening of the ledger: what another one still writes has other names */
  readonly writer: string;
}

interface Part {
  readonly home: Home;
  readonly name: string;
  readonly generation: string;
  /** null: nobody knows whether it is there */
  uid: string | null;
}

const form = /^(.+)\.(\d+-[0-9a-f]+)\.\d+$/;
const field = 'part';

const partName = (head: string, generation: string, number: number): string => `${head}.${generation}.${number}`;

export const isPart = ({ metadata }: OwnObject): boolean => form.test(metadata.name);

/** null: the object holds all of it itself */
export function cutOf({ data }: OwnObject): Cut | null {
  const { generation, parts } = data ?? {};
  return generation === undefined ? null : { generation, count: Number(parts) };
}

export const cutData = ({ generation, count }: Cut): Readonly<Record<string, string>> => ({
  generation,
  parts: String(count),
});

/** The bytes that the parts of a head add up to. One that is missing shows when they are unpacked. */
export function joinedParts(head: string, cut: Cut, byName: ReadonlyMap<string, OwnObject>): Buffer {
  const pieces: Buffer[] = [];
  for (let number = 0; number < cut.count; number += 1) {
    const piece = byName.get(partName(head, cut.generation, number))?.binaryData?.[field];
    pieces.push(Buffer.from(piece ?? '', 'base64'));
  }
  return Buffer.concat(pieces);
}

export class PartObjects {
  readonly #place: PartsPlace;
  /** all that may be there, also of writes that never came to their end */
  readonly #known = new Map<Home, Part[]>();
  /** a newer generation is committed: nothing names them any more */
  #removable: Part[] = [];

  constructor(place: PartsPlace) {
    this.#place = place;
  }

  /** One that was read at the start. */
  found(home: Home, { metadata }: OwnObject): void {
    const [, , generation = ''] = form.exec(metadata.name) ?? [];
    this.#of(home).push({ home, name: metadata.name, generation, uid: metadata.uid ?? null });
  }

  /** It is named by an object that names this generation. */
  isOf({ metadata }: OwnObject, generation: string | undefined): boolean {
    return form.exec(metadata.name)?.[2] === generation;
  }

  has(home: Home): boolean {
    return this.#known.has(home);
  }

  get areRemovable(): boolean {
    return this.#removable.length > 0;
  }

  /** Higher than any that is there. */
  nextGeneration(home: Home): string {
    const numbers = (this.#known.get(home) ?? []).map(({ generation }) => Number.parseInt(generation, 10));
    return `${Math.max(0, ...numbers) + 1}-${this.#place.writer}`;
  }

  async write(home: Home, generation: string, number: number, bytes: Buffer): Promise<void> {
    const { own, namespace, nameOf, labels } = this.#place;
    const part: Part = { home, name: partName(nameOf(home), generation, number), generation, uid: null };
    this.#of(home).push(part);
    const { metadata } = await own.create({
      kind: 'ConfigMap',
      metadata: { namespace, name: part.name, labels },
      binaryData: { [field]: bytes.toString('base64') },
    });
    part.uid = metadata.uid ?? null;
  }

  /** The object of this home names this generation now, or (null) needs none. */
  committed(home: Home, generation: string | null): void {
    const kept: Part[] = [];
    for (const part of this.#known.get(home) ?? [])
      (part.generation === generation ? kept : this.#removable).push(part);
    if (kept.length > 0) this.#known.set(home, kept);
    else this.#known.delete(home);
  }

  /** One that nothing names. Where that fails it is tried again after the next commit of its home: nobody waits for it. */
  async removeOne(): Promise<void> {
    const part = this.#removable.shift();
    if (part === undefined) return;
    const { own, namespace } = this.#place;
    try {
      const uid = part.uid ?? (await own.get('ConfigMap', namespace, part.name))?.metadata.uid;
      if (uid !== undefined) await own.remove('ConfigMap', namespace, part.name, { uid });
    } catch {
      this.#of(part.home).push(part);
    }
  }

  #of(home: Home): Part[] {
    const known = this.#known.get(home) ?? [];
    this.#known.set(home, known);
    return known;
  }
}
