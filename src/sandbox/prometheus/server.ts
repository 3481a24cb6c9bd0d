// The HTTP side: real sockets, the API's envelope and status codes, authentication, and the faults of transport.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { sleep } from '../../clock.ts';
import { answerApi } from './api.ts';
import type { ApiWorld } from './api.ts';
import type { FaultBoard } from './faults.ts';
import { QueryError } from './values.ts';

export type PrometheusAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

export interface ServerWorld extends ApiWorld {
  readonly clock: Clock;
  readonly faults: FaultBoard;
  readonly auth: PrometheusAuth | null;
}

const statusOf = { bad_data: 400, execution: 422, timeout: 503 } as const;
const maximumBody = 1 << 20;
const defaultFlood = 64 * 1024 * 1024;

export function prometheusServer(world: ServerWorld): Server {
  return createServer((request, response) => {
    response.on('error', () => undefined);
    handle(world, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { status: 'error', errorType: 'internal', error: String(error) });
      else response.destroy();
    });
  });
}

async function handle(world: ServerWorld, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { faults } = world;
  if (faults.has('hang')) return;
  const slow = faults.get('slow');
  if (slow !== undefined) {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    await sleep(world.clock, slow.delay, gone.signal);
    if (response.destroyed) return;
  }
  const url = new URL(request.url ?? '/', 'http://prometheus');
  const plain = plainAnswer(world, request, url.pathname);
  if (plain !== null) {
    if (plain.status === 401)
      response.setHeader('www-authenticate', world.auth?.kind === 'bearer' ? 'Bearer' : 'Basic');
    text(response, plain.status, plain.body);
  } else if (faults.has('tooManyBytes')) {
    flood(response, faults.get('tooManyBytes')?.bytes ?? defaultFlood);
  } else {
    const parameters = await parametersOf(request, url);
    if (parameters === null) text(response, 413, 'Request Entity Too Large');
    else answer(world, url.pathname, parameters, response);
  }
}

/** What is said without a look at the parameters; null where the API answers. */
function plainAnswer(
  { faults, auth }: ServerWorld,
  request: IncomingMessage,
  path: string,
): { readonly status: number; readonly body: string } | null {
  if (faults.has('unavailable')) return { status: 503, body: 'Service Unavailable' };
  if (path === '/-/healthy') return { status: 200, body: 'Prometheus Server is Healthy.\n' };
  if (path === '/-/ready') return { status: 200, body: 'Prometheus Server is Ready.\n' };
  if (!authorized(auth, request)) return { status: 401, body: 'Unauthorized' };
  if (faults.has('garbage')) return { status: 200, body: '<html><body>upstream connect error</body></html>' };
  if (request.method !== 'GET' && request.method !== 'POST') return { status: 405, body: 'Method Not Allowed' };
  return null;
}

function answer(world: ServerWorld, path: string, parameters: URLSearchParams, response: ServerResponse): void {
  try {
    const result = answerApi(world, path, parameters);
    if (result.kind === 'notFound') {
      text(response, 404, '404 page not found\n');
      return;
    }
    const { data, warnings } =
      result.kind === 'query' ? world.faults.spoil(result.data) : { data: result.data, warnings: [] };
    const body = { status: 'success', data, ...(warnings.length === 0 ? {} : { warnings }) };
    send(response, 200, body, world.faults.has('half'));
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { errorType, message } = error;
    send(response, statusOf[errorType], { status: 'error', errorType, error: message });
  }
}

function authorized(auth: PrometheusAuth | null, request: IncomingMessage): boolean {
  const given = request.headers.authorization;
  if (auth === null) return true;
  if (auth.kind === 'bearer') return given === `Bearer ${auth.token}`;
  return given === `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

/** Of the URL and of a form; null where the form is too large. */
async function parametersOf(request: IncomingMessage, url: URL): Promise<URLSearchParams | null> {
  const parameters = new URLSearchParams(url.searchParams);
  if (request.method !== 'POST') return parameters;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumBody) return null;
    chunks.push(chunk);
  }
  // the form comes first, as in Go: the first value of a name counts
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  for (const [name, value] of parameters) form.append(name, value);
  return form;
}

function send(response: ServerResponse, status: number, body: unknown, half = false): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  if (!half) {
    response.end(bytes);
    return;
  }
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Writes only as fast as the client reads, so that the flood fills the client's memory and not ours. */
function flood(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"status":"success","data":{"resultType":"vector","result":[');
  const chunk = Buffer.alloc(65_536, ' ');
  let left = bytes;
  const pour = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', pour);
        return;
      }
    }
    response.end(']}}');
  };
  pour();
}
