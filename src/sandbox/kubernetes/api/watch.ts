// Watches: every open stream with its filter, fed from the store's changes, resumable from its history.
import { groupVersion } from '../resources.ts';
import { expired } from '../status.ts';
import { tableOf } from './tables.ts';
import { toVersion } from './versions.ts';
import type { ServerResponse } from 'node:http';
import type { Cancel } from '../../../clock.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Agenda } from '../agenda.ts';
import type { KubeObject } from '../objects.ts';
import type { Predicate } from '../selectors.ts';
import type { Change, ChangeType, Store } from '../store.ts';
import type { ApiError } from '../status.ts';
import type { Scope } from './list.ts';

export interface WatchRequest extends Scope {
  readonly matches: Predicate;
  /** Objects are shown as tables of one row. */
  readonly table: boolean;
  readonly from: number | undefined;
  readonly bookmarks: boolean;
  readonly timeout: Milliseconds;
}

interface Watch extends WatchRequest {
  readonly response: ServerResponse;
  readonly cancelTimeout: Cancel;
  /** A muted stream stays open and says nothing more, like a connection whose peer is gone. */
  muted: boolean;
}

const bookmarkEvery = 60_000 as Milliseconds;
// a client that reads nothing is cut off before its backlog fills the memory
const largestBacklog = 64 * 1024 * 1024;

export class Watches {
  readonly #store: Store;
  readonly #agenda: Agenda;
  readonly #open = new Set<Watch>();
  /** One change's text for the many streams it goes to; undefined while a single stream catches up. */
  #texts: Map<string, string> | undefined;
  #bookmarking = false;
  /** While true every stream, old or new, falls silent. */
  #silent = false;

  constructor(store: Store, agenda: Agenda) {
    this.#store = store;
    this.#agenda = agenda;
    store.subscribe((change) => this.#publish(change));
  }

  get count(): number {
    return this.#open.size;
  }

  open(request: WatchRequest, response: ServerResponse): void {
    const watch: Watch = {
      ...request,
      response,
      muted: this.#silent,
      cancelTimeout: this.#agenda.after(request.timeout, () => {
        if (!watch.muted) this.#end(watch);
      }),
    };
    this.#open.add(watch);
    response.once('close', () => this.#forget(watch));
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
    response.flushHeaders();
    this.#catchUp(watch);
    this.#armBookmarks();
  }

  /** Tells every stream that asked for bookmarks how far it has come. */
  sendBookmarks(): void {
    const version = String(this.#store.version);
    for (const watch of this.#open) {
      if (!watch.bookmarks) continue;
      const { resource } = watch;
      const object = {
        kind: resource.kind,
        apiVersion: groupVersion(resource.group, watch.version),
        metadata: { resourceVersion: version, creationTimestamp: null },
      };
      this.#write(watch, `${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    }
  }

  /** Ends every stream with an ERROR event. */
  fail(error: ApiError): void {
    const line = `${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`;
    for (const watch of this.#open) {
      this.#write(watch, line);
      this.#end(watch);
    }
  }

  drop(): void {
    for (const watch of this.#open) watch.response.destroy();
  }

  silence(on: boolean): void {
    this.#silent = on;
    if (on) for (const watch of this.#open) watch.muted = true;
  }

  #catchUp(watch: Watch): void {
    const { name } = watch.resource;
    if (watch.from === undefined || watch.from === 0) {
      for (const object of this.#store.list(name)) if (watch.matches(object)) this.#emit(watch, 'ADDED', object);
      return;
    }
    const changes = this.#store.since(name, watch.from);
    if (changes === 'expired') {
      const error = expired(watch.from, this.#store.oldest(name));
      this.#write(watch, `${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`);
      this.#end(watch);
      return;
    }
    for (const change of changes) this.#deliver(watch, change);
  }

  #publish(change: Change): void {
    this.#texts = new Map();
    for (const watch of this.#open) if (watch.resource.name === change.resource) this.#deliver(watch, change);
    this.#texts = undefined;
  }

  #deliver(watch: Watch, change: Change): void {
    if (watch.from !== undefined && change.version <= watch.from) return;
    const type = seenAs(change, watch.matches);
    if (type !== undefined) this.#emit(watch, type, change.object);
  }

  #emit(watch: Watch, type: ChangeType, object: KubeObject): void {
    const id = `${type} ${watch.resource.group} ${watch.version} ${watch.table}`;
    const text = this.#texts?.get(id) ?? `${JSON.stringify({ type, object: this.#shown(watch, object) })}\n`;
    this.#texts?.set(id, text);
    this.#write(watch, text);
  }

  #shown({ resource, version, table }: Watch, object: KubeObject): object {
    const { resourceVersion } = object.metadata;
    return table
      ? tableOf(resource.name, [object], { resourceVersion }, this.#agenda.now())
      : toVersion(resource, object, version);
  }

  #write(watch: Watch, text: string): void {
    if (watch.muted || watch.response.writableEnded || watch.response.destroyed) return;
    watch.response.write(text);
    if (watch.response.writableLength > largestBacklog) watch.response.destroy();
  }

  #end(watch: Watch): void {
    this.#forget(watch);
    watch.response.end();
  }

  #forget(watch: Watch): void {
    watch.cancelTimeout();
    this.#open.delete(watch);
  }

  #armBookmarks(): void {
    if (this.#bookmarking) return;
    this.#bookmarking = true;
    this.#agenda.after(bookmarkEvery, () => {
      this.#bookmarking = false;
      this.sendBookmarks();
      if (this.#open.size > 0) this.#armBookmarks();
    });
  }
}

/** A selector turns a change into what this stream sees: an object may enter or leave its view. */
function seenAs({ type, object, previous }: Change, matches: Predicate): ChangeType | undefined {
  const before = previous !== undefined && matches(previous);
  if (type === 'DELETED') return before ? 'DELETED' : undefined;
  const after = matches(object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}
