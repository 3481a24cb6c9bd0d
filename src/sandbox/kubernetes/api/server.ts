// The HTTP side of the API server: sockets, the token, body limits, faults, counters; meaning is in handle.ts.
import { createServer } from 'node:http';
import { ApiError, tooLarge, unauthorized } from '../status.ts';
import { handle } from './handle.ts';
import { routeOf } from './route.ts';
import { managerOf } from './managed-fields.ts';
import { wantsMetadata } from './partial.ts';
import { wantsTable } from './tables.ts';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Disturbance, Faults } from './faults.ts';
import type { Registry } from './registry.ts';
import type { Answer } from './handle.ts';
import type { Watches } from './watch.ts';

export interface RequestCounters {
  total: number;
  /** By verb and resource path without names: "GET pods". */
  readonly byKind: Record<string, number>;
  readonly byCode: Record<string, number>;
}

const largestBody = 3 * 1024 * 1024;
const open = new Set(['/version', '/healthz', '/livez', '/readyz']);

export class ApiServer {
  readonly requests: RequestCounters = { total: 0, byKind: {}, byCode: {} };
  readonly token: string;
  readonly #registry: Registry;
  readonly #watches: Watches;
  readonly #faults: Faults;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(registry: Registry, watches: Watches, faults: Faults, token: string) {
    this.#registry = registry;
    this.#watches = watches;
    this.#faults = faults;
    this.token = token;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    // idle connections outlive the clients' own keep-alive, so that no request meets a closing socket
    this.#server.keepAliveTimeout = 120_000;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        this.#port = typeof address === 'object' && address !== null ? address.port : port;
        resolve();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy());
    const target = request.url ?? '/';
    // what is no URL at all is looked up like any other unknown page
    const url = new URL(URL.canParse(target, 'http://sandbox') ? target : '/unknown', 'http://sandbox');
    const { path, token } = withoutToken(url.pathname);
    const method = request.method ?? 'GET';
    this.requests.total += 1;
    const kind = `${method} ${kindOfPath(path)}`;
    this.requests.byKind[kind] = (this.requests.byKind[kind] ?? 0) + 1;
    const disturbance = this.#faults.disturb({ method, path });
    try {
      const body = await bodyOf(request);
      if (disturbance.delay > 0) await new Promise((resolve) => setTimeout(resolve, disturbance.delay));
      if (response.destroyed) return;
      if (disturbance.error !== undefined) throw disturbance.error;
      if (!open.has(path) && token !== this.token && request.headers.authorization !== `Bearer ${this.token}`)
        throw unauthorized();
      const route = routeOf(path, this.#registry.served);
      const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
      const answer = handle(this.#registry, this.#faults, route, {
        method,
        path,
        query: url.searchParams,
        contentType,
        body,
        address: this.address,
        table: wantsTable(request.headers.accept ?? ''),
        metadataOnly: wantsMetadata(request.headers.accept ?? ''),
        manager: managerOf(request.headers['user-agent'] ?? ''),
        now: this.#registry.now(),
      });
      this.#answer(response, answer, disturbance);
    } catch (error) {
      const known =
        error instanceof ApiError
          ? error
          : new ApiError(
              500,
              'InternalError',
              `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
            );
      this.#answer(response, { kind: 'json', code: known.code, body: known.toStatus() }, disturbance);
    }
  }

  #answer(response: ServerResponse, answer: Answer, disturbance: Disturbance): void {
    if (response.destroyed) return;
    const code = answer.kind === 'watch' ? 200 : answer.code;
    this.requests.byCode[code] = (this.requests.byCode[code] ?? 0) + 1;
    if (disturbance.body === 'garbage') {
      send(response, 200, 'text/html', '<html><body>Service Unavailable</body>', disturbance);
      return;
    }
    switch (answer.kind) {
      case 'watch':
        this.#watches.open(answer.watch, response);
        return;
      case 'json':
        send(response, code, 'application/json', JSON.stringify(answer.body), disturbance);
        return;
      case 'text':
        send(response, code, 'text/plain; charset=utf-8', answer.body, disturbance);
        return;
    }
  }
}

function send(
  response: ServerResponse,
  code: number,
  type: string,
  text: string,
  { headers, body }: Disturbance,
): void {
  const bytes = Buffer.from(text);
  response.writeHead(code, { ...headers, 'Content-Type': type, 'Content-Length': bytes.length });
  if (body !== 'half') {
    response.end(bytes);
    return;
  }
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largestBody) {
        reject(tooLarge());
        request.resume();
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}

// kubectl sends no token over plain HTTP, so the kubeconfig carries it in the server's path as well.
function withoutToken(path: string): { path: string; token: string | undefined } {
  const found = /^\/token\/([^/]+)(\/.*)?$/.exec(path);
  return found ? { path: found[2] ?? '/', token: found[1] } : { path, token: undefined };
}

function kindOfPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const rest = parts[0] === 'api' ? parts.slice(2) : parts[0] === 'apis' ? parts.slice(3) : [];
  const inner = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  if (inner[0] === undefined) return parts[0] ?? '/';
  return inner[2] === undefined ? inner[0] : `${inner[0]}/${inner[2]}`;
}
