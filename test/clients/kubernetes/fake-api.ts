// An API server of one list, small enough to misbehave on command: paging, watches, refusals, silence, garbage.
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesConnection } from '../../../src/clients/kubernetes/connection.ts';

export interface FakeObject {
  readonly metadata: {
    name: string;
    namespace?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    ownerReferences?: readonly object[];
  };
  readonly [field: string]: unknown;
}
interface Change {
  readonly type: string;
  readonly object: FakeObject;
  readonly version: number;
}
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export class FakeApi {
  readonly #server = http.createServer((request, response) => this.#answer(request, response));
  readonly #objects = new Map<string, FakeObject>();
  readonly #changes: Change[] = [];
  readonly #watches = new Set<ServerResponse>();
  readonly #instead: { readonly matches: RegExp; readonly answer: Answer }[] = [];
  readonly #seen: URL[] = [];
  readonly #waiting: { readonly matches: RegExp; readonly count: number; readonly resolve: () => void }[] = [];
  #version = 100;
  #oldest = 0;
  readonly listPath: string;

  constructor(listPath = '/api/v1/pods') {
    this.listPath = listPath;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connection(): KubernetesConnection {
    const credentials = { headers: { authorization: 'Bearer t' }, tls: {} };
    return {
      server: this.url,
      namespace: null,
      credentials: () => Promise.resolve(credentials),
      forget: () => undefined,
    };
  }

  get version(): string {
    return String(this.#version);
  }

  put(object: FakeObject): void {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.#objects.set(key, stored);
    this.#tell({ type, object: stored, version: this.#version });
  }

  remove(name: string, namespace = 'shop'): void {
    const object = this.#objects.get(`${namespace}/${name}`);
    this.#objects.delete(`${namespace}/${name}`);
    if (object === undefined) return;
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.#tell({ type: 'DELETED', object: { ...object, metadata }, version: this.#version });
  }

  bookmark(): void {
    const object = { kind: 'Pod', metadata: { name: '', resourceVersion: String(++this.#version) } };
    this.say(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Raw text into every open watch. */
  say(text: string | Buffer): void {
    for (const watch of this.#watches) watch.write(text);
  }

  /** The sockets die, as with a network that breaks. */
  drop(): void {
    for (const watch of this.#watches) watch.destroy();
    this.#watches.clear();
  }

  /** Watches end in good order, as at their timeout. */
  end(): void {
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }

  /** Versions before now can be resumed no more. */
  compact(): void {
    this.#oldest = this.#version;
    this.#changes.length = 0;
  }

  /** The next request whose path and query match is answered by this instead. */
  next(matches: RegExp, answer: Answer): void {
    this.#instead.push({ matches, answer });
  }

  requests(matches: RegExp): readonly URL[] {
    return this.#seen.filter((url) => matches.test(`${url.pathname}${url.search}`));
  }

  /** Resolves when so many matching requests have come in all. */
  asked(matches: RegExp, count = 1): Promise<void> {
    if (this.requests(matches).length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ matches, count, resolve }));
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    this.say(`${JSON.stringify({ type: change.type, object: change.object })}\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    this.#seen.push(url);
    const index = this.#instead.findIndex(({ matches }) => matches.test(request.url ?? ''));
    const [instead] = index === -1 ? [] : this.#instead.splice(index, 1);
    if (instead !== undefined) instead.answer(request, response);
    else if (url.pathname !== this.listPath) refuse(404, 'NotFound')(request, response);
    else if (url.searchParams.get('watch') === 'true') this.#watch(url, request, response);
    else this.#list(url, response);
    for (const waiting of [...this.#waiting])
      if (this.requests(waiting.matches).length >= waiting.count) {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.resolve();
      }
  }

  #watch(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < this.#oldest) {
      refuse(410, 'Expired')(request, response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const { version, type, object } of this.#changes)
      if (version > from) response.write(`${JSON.stringify({ type, object })}\n`);
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
  }

  #list(url: URL, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? '500');
    const start = Number(url.searchParams.get('continue') ?? '0');
    const all = [...this.#objects.values()];
    const more = all.length > start + limit ? { continue: String(start + limit) } : {};
    const metadata = { resourceVersion: this.version, ...more };
    const items = all.slice(start, start + limit);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata, items }));
  }
}

export const refuse =
  (code: number, reason: string, message = `${reason} for a test`, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message }));
  };

export const answer =
  (text: string, code = 200): Answer =>
  (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(text);
  };

export const aPod = (name: string, labels: Record<string, string> = {}): FakeObject => ({
  metadata: { name, namespace: 'shop', labels },
  spec: { nodeName: 'node-1', containers: [{ name: 'app', env: [{ name: 'PASSWORD', value: 'secret' }] }] },
  status: { phase: 'Running' },
});
