// The objects that a reflector has in hand, with the parts that siblings share; a new list takes their place in one step.
import type { KubernetesObject } from '../../model/kubernetes.ts';
import { SharedParts } from './shared-parts.ts';
import type { ShareParts } from './shared-parts.ts';

/** A list that is being read; nobody sees it before it is complete. */
export interface Listing<T> {
  take(object: T): void;
  complete(): void;
  /** It came to nothing: what was known stays. */
  abandon(): void;
}

export class KeptObjects<T extends KubernetesObject> {
  #objects = new Map<string, T>();
  #items: readonly T[] | null = null;
  readonly #shared: SharedParts<T>;

  constructor(share: ShareParts<T> | undefined) {
    this.#shared = new SharedParts(share ?? (() => undefined));
  }

  /** The same array until something changes. */
  items(): readonly T[] {
    return (this.#items ??= [...this.#objects.values()]);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  get shared(): SharedParts<T>['size'] {
    return this.#shared.size;
  }

  put(object: T): void {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    // It joins before the old one leaves: what the two have in common must not be forgotten in between.
    this.#shared.join(object);
    if (known !== undefined) this.#shared.leave(known);
    this.#objects.set(key, object);
    this.#items = null;
  }

  remove(object: T): void {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known !== undefined) this.#shared.leave(known);
    this.#objects.delete(key);
    this.#items = null;
  }

  list(): Listing<T> {
    const fresh = new Map<string, T>();
    const leave = (objects: Iterable<T>): void => {
      for (const object of objects) this.#shared.leave(object);
    };
    return {
      take: (object) => {
        const key = keyOf(object);
        const twice = fresh.get(key);
        const known = this.#sameAs(object);
        if (known === null) this.#shared.join(object);
        else this.#shared.stay(known);
        if (twice !== undefined) this.#shared.leave(twice);
        fresh.set(key, known ?? object);
      },
      complete: () => {
        leave(this.#objects.values());
        this.#objects = fresh;
        this.#items = null;
      },
      abandon: () => leave(fresh.values()),
    };
  }

  /** An object that a new list merely repeats stays the one in hand. */
  #sameAs(object: T): T | null {
    const known = this.#objects.get(keyOf(object));
    const version = object.metadata.resourceVersion;
    return known !== undefined && version !== undefined && known.metadata.resourceVersion === version ? known : null;
  }
}

const keyOf = ({ metadata }: KubernetesObject): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
