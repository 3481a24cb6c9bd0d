// One list kept as the API server has it: list, watch, resume, list again; its last known objects are always there.
import { sleep } from '../../clock.ts';
import type { Cancel, Clock } from '../../clock.ts';
import { messageOf } from '../../model/errors.ts';
import type { KubernetesObject } from '../../model/kubernetes.ts';
import { seconds, since } from '../../model/units.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import { backoff } from './backoff.ts';
import type { Discovery } from './discovery.ts';
import { KeptObjects } from './kept-objects.ts';
import { listPages } from './list-pages.ts';
import type { Json } from './projections.ts';
import { pathOf } from './resources.ts';
import type { WatchedResource } from './resources.ts';
import type { KubernetesStatus, KubernetesTransport } from './transport.ts';
import { readWatch } from './watch-stream.ts';
import type { WatchEvent } from './watch-stream.ts';

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly resource: WatchedResource<T>;
  readonly transport: KubernetesTransport;
  readonly discovery: Discovery;
  readonly clock: Clock;
  /** within [0, 1): spreads reconnections */
  readonly random: () => number;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly timing?: Partial<ReflectorTiming>;
}

/** Watches are short, so that the age of what we know is never more than a minute, and a dead connection shows. */
export interface ReflectorTiming {
  readonly pageSize: number;
  /** how long the server keeps one watch open; a bookmark comes just before its end */
  readonly watchFor: Milliseconds;
  readonly silentAfter: Milliseconds;
  readonly connectWithin: Milliseconds;
  readonly firstPause: Milliseconds;
  readonly longestPause: Milliseconds;
}

const usual: ReflectorTiming = {
  pageSize: 250,
  watchFor: seconds(45),
  silentAfter: seconds(55),
  connectWithin: seconds(10),
  firstPause: seconds(1),
  longestPause: seconds(30),
};
/** A watch that lived this long was a good one: the next failure is the first again. */
const goodLife = seconds(5);

export interface ReflectorFailure {
  readonly code: string;
  readonly message: string;
  readonly since: Instant;
}

export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #timing: ReflectorTiming;
  readonly #objects: KeptObjects<T>;
  #resourceVersion: string | null = null;
  #relist = true;
  #synced = false;
  #lastContact: Instant | null = null;
  #failure: ReflectorFailure | null = null;
  #failures = 0;
  #running: { readonly controller: AbortController; readonly done: Promise<void> } | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#timing = { ...usual, ...options.timing };
    this.#objects = new KeptObjects(options.resource.share);
  }

  /** It has been listed once; from then on there is always something to serve. */
  get synced(): boolean {
    return this.#synced;
  }
  /** When the API server last said anything about this list. */
  get lastContact(): Instant | null {
    return this.#lastContact;
  }
  get resourceVersion(): string | null {
    return this.#resourceVersion;
  }
  get failure(): ReflectorFailure | null {
    return this.#failure;
  }

  /** The same array until something changes. */
  items(): readonly T[] {
    return this.#objects.items();
  }

  /** How much is held that several objects share: never more than those that are there give reason for. */
  get shared(): KeptObjects<T>['shared'] {
    return this.#objects.shared;
  }

  /** By `namespace/name`, or `name` for what has no namespace. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  start(): void {
    if (this.#running !== null) return;
    const controller = new AbortController();
    this.#running = { controller, done: this.#run(controller.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.controller.abort();
    await running?.done;
  }

  /** Called after each change of objects, version or health. */
  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when this version has been seen, by event, bookmark or list; rejects when it has not in time. */
  reached(resourceVersion: string, within: Milliseconds): Promise<void> {
    return this.#until(
      () => this.#resourceVersion !== null && !isOlder(this.#resourceVersion, resourceVersion),
      within,
      `has not reached resourceVersion ${resourceVersion}`,
    );
  }

  ready(within: Milliseconds): Promise<void> {
    return this.#until(() => this.#synced, within, 'has not been listed');
  }

  #until(holds: () => boolean, within: Milliseconds, what: string): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const forget = this.onChange(() => {
        if (!holds()) return;
        forget();
        cancel();
        resolve();
      });
      const cancel = this.#options.clock.after(within, () => {
        forget();
        const why = this.#failure === null ? '' : ` (${this.#failure.message})`;
        const message = `Kubernetes: the watch of ${this.#options.resource.plural} ${what} within ${within} ms${why}.`;
        reject(new ClientError({ code: 'Timeout', source: 'Kubernetes', message }));
      });
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      let askedPause: number | null = null;
      let opened: Instant | null = null;
      try {
        const apiVersion = await this.#apiVersion();
        if (this.#relist) await this.#list(apiVersion, signal);
        const body = await this.#open(apiVersion, signal);
        opened = this.#contact();
        await readWatch({
          body,
          clock,
          silentAfter: this.#timing.silentAfter,
          signal,
          onData: () => this.#contact(),
          onEvent: (event) => this.#apply(event, apiVersion),
        });
      } catch (error) {
        // The loop must survive anything: what it reads was written by others.
        if (signal.aborted) return;
        this.#fail(error);
        // A stream that stays silent past its own end may have swallowed events: what is known is read anew.
        if (opened !== null && error instanceof ClientError && error.code === 'Timeout') this.#relist = true;
        askedPause = error instanceof ClientError ? error.retryAfterMs : null;
      }
      const lived = opened === null ? 0 : since(opened, clock.now());
      this.#failures = lived >= goodLife ? 0 : this.#failures + 1;
      if (this.#failures === 0 && askedPause === null) continue;
      const { firstPause: first, longestPause: longest } = this.#timing;
      await sleep(clock, backoff(Math.max(1, this.#failures), random, { first, longest }, askedPause), signal);
    }
  }

  #apiVersion(): Promise<string> {
    const { resource, discovery } = this.#options;
    return discovery.firstServed(resource.versions, resource.plural);
  }

  get #selectors(): Record<string, string> {
    const { labelSelector, fieldSelector } = this.#options;
    return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
  }

  async #list(apiVersion: string, signal: AbortSignal): Promise<void> {
    const { resource, transport, namespace } = this.#options;
    const listing = this.#objects.list();
    const reading = listPages(
      {
        transport,
        path: pathOf(apiVersion, resource.plural, namespace),
        selectors: this.#selectors,
        pageSize: this.#timing.pageSize,
        fields: resource.fields,
        project: (raw) => this.#project(raw, apiVersion),
        onPage: () => (this.#lastContact = this.#options.clock.now()),
        signal,
      },
      (object) => listing.take(object),
    );
    const resourceVersion = await reading.catch((error: unknown) => {
      listing.abandon();
      throw error;
    });
    listing.complete();
    this.#resourceVersion = resourceVersion;
    this.#relist = false;
    this.#synced = true;
    this.#contact();
  }

  #project(raw: Json, apiVersion: string): T {
    const object = this.#options.resource.project(raw, apiVersion, this.#options.resource.kind);
    if (typeof object.metadata.name === 'string') return object;
    throw new ClientError({
      code: 'NotJson',
      source: 'Kubernetes',
      message: `Kubernetes: ${this.#options.resource.plural} has an object without a name; something else than the API may have answered.`,
    });
  }

  #open(apiVersion: string, signal: AbortSignal): ReturnType<KubernetesTransport['open']> {
    const { resource, transport, namespace, random } = this.#options;
    const { watchFor, connectWithin } = this.#timing;
    return transport.open({
      path: pathOf(apiVersion, resource.plural, namespace),
      query: {
        ...this.#selectors,
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: this.#resourceVersion ?? '0',
        // Spread, so that all the lists do not come back in the same second.
        timeoutSeconds: String(Math.max(1, Math.round((watchFor / 1000) * (0.9 + random() / 10)))),
      },
      connectWithin,
      signal,
    });
  }

  #apply(event: WatchEvent, apiVersion: string): void {
    switch (event.type) {
      case 'ERROR':
        throw watchError(event.object);
      case 'BOOKMARK':
        break;
      case 'DELETED':
        this.#objects.remove(this.#project(event.object, apiVersion));
        break;
      case 'ADDED':
      case 'MODIFIED':
        this.#objects.put(this.#project(event.object, apiVersion));
        break;
      default:
        event.type satisfies never;
    }
    const { resourceVersion } = (event.object['metadata'] ?? {}) as { readonly resourceVersion?: unknown };
    if (typeof resourceVersion === 'string' && resourceVersion !== '') this.#resourceVersion = resourceVersion;
  }

  #contact(): Instant {
    this.#lastContact = this.#options.clock.now();
    this.#failure = null;
    this.#notify();
    return this.#lastContact;
  }

  #fail(error: unknown): void {
    const code = error instanceof ClientError ? error.code : 'Unexpected';
    const gone = error instanceof ClientError && error.status === 410;
    // After a line that could not be read, an event may be lost; too old a version cannot be resumed.
    if (gone || code === 'NotJson' || code === 'BodyTooLarge' || code === 'Unexpected') this.#relist = true;
    if (!gone)
      this.#failure = { code, message: messageOf(error), since: this.#failure?.since ?? this.#options.clock.now() };
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Versions are decimal counters of any length. */
export function isOlder(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length;
}

function watchError(status: KubernetesStatus): ClientError {
  const code = status.code ?? 500;
  return new ClientError({
    code: code === 410 ? 'NotFound' : 'ServerFault',
    source: 'Kubernetes',
    message: `Kubernetes: the watch ended with ${status.reason ?? code}: ${status.message ?? 'no reason given'}.`,
    retryable: true,
    response: { status: code, headers: {}, body: '' },
  });
}
