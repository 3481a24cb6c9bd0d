// A small JSON server for the embedded world: bodies with a cap, answers with headers, and an end that leaves nothing open.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface JsonRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** undefined where there was none; null where it said null. */
  readonly body: unknown;
}

/** `hang`: the connection stays open and nothing comes. `text` goes out as it is. */
export type JsonAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly json?: unknown;
      readonly text?: string;
    }
  | 'hang';

export interface JsonServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const largestBody = 1024 * 1024;

export async function startJsonServer(
  answer: (request: JsonRequest) => JsonAnswer | Promise<JsonAnswer>,
  port = 0,
): Promise<JsonServer> {
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const text = await readBody(incoming);
    const body = parsed(text);
    if (text === null || !body.ok) {
      send(outgoing, {
        status: text === null ? 413 : 400,
        json: { errors: [{ status: 400, title: 'Bad Request', detail: 'The body cannot be read', code: 'client' }] },
      });
      return;
    }
    send(
      outgoing,
      await answer({
        method: incoming.method ?? 'GET',
        path: decodeURIComponent(url.pathname),
        query: url.searchParams,
        headers: incoming.headers,
        body: body.value,
      }),
    );
  };
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string | null): { ok: true; value: unknown } | { ok: false } {
  if (text === null || text === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}

function send(outgoing: ServerResponse, answer: JsonAnswer): void {
  if (answer === 'hang') return;
  const text = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json));
  outgoing.writeHead(answer.status, {
    'content-type': answer.text === undefined ? 'application/json' : 'text/html',
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  });
  outgoing.end(text);
}

/** A field of a body that came from outside. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

export function textField(value: unknown, ...path: readonly string[]): string | undefined {
  const found = field(value, ...path);
  return typeof found === 'string' ? found : undefined;
}
