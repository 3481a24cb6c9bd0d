// All watched lists together: one reflector a list, or one a namespace where springtide may see only some.
import type { Clock } from '../../clock.ts';
import type { KubernetesObject } from '../../model/kubernetes.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { Discovery } from './discovery.ts';
import { Reflector } from './reflector.ts';
import type { ReflectorFailure, ReflectorTiming } from './reflector.ts';
import { watchedLists, watchedResources } from './resources.ts';
import type { ObjectOf, WatchedList, WatchedResource } from './resources.ts';
import type { KubernetesTransport } from './transport.ts';

export interface ListReading<T> {
  readonly items: readonly T[];
  readonly synced: boolean;
  /** the oldest of its parts */
  readonly lastContact: Instant | null;
  readonly failure: ReflectorFailure | null;
}

export interface WatchedLists {
  start(): void;
  stop(): Promise<void>;
  /** Resolves when every list has been read once; rejects with the name of one that has not. */
  ready(within: Milliseconds): Promise<void>;
  read<List extends WatchedList>(list: List): ListReading<ObjectOf<List>>;
  get<List extends WatchedList>(list: List, key: string): ObjectOf<List> | undefined;
  /** Resolves when the watch has seen the version of our own write. */
  reached(list: WatchedList, resourceVersion: string, within: Milliseconds, namespace?: string): Promise<void>;
  onChange(list: WatchedList, listener: () => void): () => void;
  /** Pods and nodes of the whole cluster are seen: false where namespaces are named. */
  readonly seesAll: boolean;
}

export interface WatchedListsOptions {
  readonly transport: KubernetesTransport;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly random: () => number;
  /** none: all */
  readonly namespaces: readonly string[];
  readonly lists?: readonly WatchedList[];
  readonly timing?: Partial<ReflectorTiming>;
}

interface Part {
  readonly namespace: string | undefined;
  readonly reflector: Reflector<KubernetesObject>;
}

export function createWatchedLists(options: WatchedListsOptions): WatchedLists {
  const parts = new Map<WatchedList, readonly Part[]>();
  const joined = new Map<
    WatchedList,
    { readonly of: readonly (readonly unknown[])[]; readonly items: readonly unknown[] }
  >();
  for (const list of options.lists ?? watchedLists) parts.set(list, partsOf(options, list));
  const all = (): Reflector<KubernetesObject>[] => [...parts.values()].flat().map((part) => part.reflector);
  const of = (list: WatchedList): readonly Part[] => parts.get(list) ?? [];

  /** The same array while no part has changed. */
  function items(list: WatchedList): readonly unknown[] {
    const arrays = of(list).map((part) => part.reflector.items());
    if (arrays.length === 1) return arrays[0] ?? [];
    const known = joined.get(list);
    if (known !== undefined && known.of.every((part, index) => part === arrays[index])) return known.items;
    const items = arrays.flat();
    joined.set(list, { of: arrays, items });
    return items;
  }

  return {
    seesAll: options.namespaces.length === 0,
    start: () => all().forEach((reflector) => reflector.start()),
    stop: async () => {
      await Promise.all(all().map((reflector) => reflector.stop()));
    },
    ready: async (within) => {
      await Promise.all(all().map((reflector) => reflector.ready(within)));
    },
    read: <List extends WatchedList>(list: List): ListReading<ObjectOf<List>> => {
      const reflectors = of(list).map((part) => part.reflector);
      const contacts = reflectors.map((reflector) => reflector.lastContact);
      return {
        items: items(list) as readonly ObjectOf<List>[],
        synced: reflectors.length > 0 && reflectors.every((reflector) => reflector.synced),
        lastContact: contacts.reduce(
          (oldest, at) => (oldest === null || at === null ? null : oldest < at ? oldest : at),
          contacts[0] ?? null,
        ),
        failure: reflectors.find((reflector) => reflector.failure !== null)?.failure ?? null,
      };
    },
    get: <List extends WatchedList>(list: List, key: string): ObjectOf<List> | undefined => {
      for (const { reflector } of of(list)) {
        const found = reflector.get(key);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    reached: async (list, resourceVersion, within, namespace) => {
      const wanted = of(list).filter((part) => part.namespace === undefined || part.namespace === namespace);
      await Promise.all(wanted.map((part) => part.reflector.reached(resourceVersion, within)));
    },
    onChange: (list, listener) => {
      const cancels = of(list).map((part) => part.reflector.onChange(listener));
      return () => cancels.forEach((cancel) => cancel());
    },
  };
}

function partsOf(options: WatchedListsOptions, list: WatchedList): readonly Part[] {
  const resource: WatchedResource<KubernetesObject> = watchedResources[list];
  const { transport, discovery, clock, random, timing } = options;
  const everywhere = !resource.namespaced || options.namespaces.length === 0;
  return (everywhere ? [undefined] : options.namespaces).map((namespace) => ({
    namespace,
    reflector: new Reflector({ resource, transport, discovery, clock, random, namespace, ...(timing && { timing }) }),
  }));
}
