// The cluster's memory: immutable objects, one counter of versions, and a bounded history to resume watches from.
import { isDeepStrictEqual } from 'node:util';
import { keyOfObject } from './objects.ts';
import type { Kinds, KubeObject, ResourceName } from './objects.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';
export interface Change {
  readonly type: ChangeType;
  readonly resource: ResourceName;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly version: number;
}

interface Table {
  readonly objects: Map<string, KubeObject>;
  /** Keys in list order; undefined after an addition or a removal. */
  sorted: string[] | undefined;
  readonly history: Change[];
  /** The version of the newest change that is no longer remembered. */
  forgotten: number;
}

export class Store {
  #version = 1;
  readonly #tables = new Map<ResourceName, Table>();
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #historySize: number;

  constructor(historySize: number) {
    this.#historySize = historySize;
  }

  get version(): number {
    return this.#version;
  }

  /** Listeners only note what changed and act later: a write from within would overtake the change it answers. */
  subscribe(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  get<R extends ResourceName>(resource: R, key: string): Kinds[R] | undefined {
    return this.#table(resource).objects.get(key) as Kinds[R] | undefined;
  }

  /** All objects in the order of namespace and name. */
  list<R extends ResourceName>(resource: R): Kinds[R][] {
    const table = this.#table(resource);
    table.sorted ??= [...table.objects.keys()].sort(byCodeUnits);
    return table.sorted.map((key) => table.objects.get(key) as Kinds[R]);
  }

  /** The objects in no order of their own: cheaper where the order does not matter. */
  values<R extends ResourceName>(resource: R): IterableIterator<Kinds[R]> {
    return this.#table(resource).objects.values() as IterableIterator<Kinds[R]>;
  }

  /** The list as it was at a version: today's with the later changes undone. */
  listAt(resource: ResourceName, version: number): KubeObject[] | 'expired' {
    const table = this.#table(resource);
    if (version < table.forgotten) return 'expired';
    const objects = new Map(table.objects);
    for (let at = table.history.length - 1; at >= 0; at -= 1) {
      const change = table.history[at];
      if (change === undefined || change.version <= version) break;
      const key = keyOfObject(change.object);
      if (change.previous === undefined) objects.delete(key);
      else objects.set(key, change.previous);
    }
    return [...objects].sort(([left], [right]) => byCodeUnits(left, right)).map(([, object]) => object);
  }

  /** The changes after a version, oldest first. */
  since(resource: ResourceName, version: number): readonly Change[] | 'expired' {
    const table = this.#table(resource);
    if (version < table.forgotten) return 'expired';
    return table.history.filter((change) => change.version > version);
  }

  oldest(resource: ResourceName): number {
    return this.#table(resource).forgotten;
  }

  /** Stores the object under a new version; an object that says nothing new changes nothing, as in the real server. */
  put<R extends ResourceName>(resource: R, object: Kinds[R]): Kinds[R] {
    const table = this.#table(resource);
    const key = keyOfObject(object);
    const previous = table.objects.get(key);
    if (previous !== undefined) {
      object.metadata.resourceVersion = previous.metadata.resourceVersion;
      if (isDeepStrictEqual(previous, object)) return previous as Kinds[R];
    } else table.sorted = undefined;
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    table.objects.set(key, object);
    this.#record(table, {
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      resource,
      object,
      previous,
      version: this.#version,
    });
    return object;
  }

  remove(resource: ResourceName, key: string): KubeObject | undefined {
    const table = this.#table(resource);
    const previous = table.objects.get(key);
    if (previous === undefined) return undefined;
    table.objects.delete(key);
    table.sorted = undefined;
    this.#version += 1;
    const object: KubeObject = {
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(this.#version) },
    };
    this.#record(table, { type: 'DELETED', resource, object, previous, version: this.#version });
    return object;
  }

  /** As after a compaction: nothing before the current version can be resumed or paged any more. */
  forgetHistory(): void {
    this.#version += 1;
    for (const table of this.#tables.values()) {
      table.history.length = 0;
      table.forgotten = this.#version;
    }
  }

  #record(table: Table, change: Change): void {
    table.history.push(change);
    // trimmed in bulk, so that a change costs no shift of the whole history
    if (table.history.length >= this.#historySize * 2) {
      const dropped = table.history.splice(0, table.history.length - this.#historySize);
      table.forgotten = dropped.at(-1)?.version ?? table.forgotten;
    }
    for (const listener of this.#listeners) listener(change);
  }

  #table(resource: ResourceName): Table {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = { objects: new Map(), sorted: undefined, history: [], forgotten: 0 };
      this.#tables.set(resource, table);
    }
    return table;
  }
}

const byCodeUnits = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
