// HTTP to the API server: fresh credentials on every call, a deadline, errors in Kubernetes' own words, and watch streams.
import http from 'node:http';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Milliseconds } from '../../model/units.ts';
import { createHttpClient } from '../http/client.ts';
import { ClientError, codeOfStatus } from '../http/error.ts';
import type { FailedResponse } from '../http/error.ts';
import { createAgents } from '../http/tls.ts';
import type { Agents, TlsSettings } from '../http/tls.ts';
import type { CallObservation, HttpClient, HttpRequest, HttpResponse } from '../http/types.ts';
import type { KubernetesConnection } from './connection.ts';
import { missingRightIn, missingRightText } from './missing-right.ts';

export interface KubernetesTransport {
  request(request: HttpRequest): Promise<HttpResponse>;
  /** An open watch: resolves when the server has said 200. */
  open(request: StreamRequest): Promise<IncomingMessage>;
  close(): void;
}

export interface StreamRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly connectWithin: Milliseconds;
  readonly signal: AbortSignal;
}

export interface TransportOptions {
  readonly connection: KubernetesConnection;
  readonly timeout: Milliseconds;
  readonly onCall?: ((observation: CallObservation) => void) | undefined;
}

/** What the API server says when it refuses: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface KubernetesStatus {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

const source = 'Kubernetes';
const maxBodyBytes = 64 * 1024 * 1024;

export function createTransport(options: TransportOptions): KubernetesTransport {
  const { connection } = options;
  let current: { readonly key: string; readonly client: HttpClient; readonly agents: Agents } | null = null;

  // Clients are made again when the certificates change; calls under way keep their old connections.
  const via = (tls: TlsSettings): { readonly client: HttpClient; readonly agents: Agents } => {
    const key = JSON.stringify(tls);
    if (current?.key === key) return current;
    const client = createHttpClient({
      name: source,
      baseUrl: connection.server,
      tls,
      deadline: options.timeout,
      maxBodyBytes,
      // Reflectors and actuators have their own rhythm of trying again.
      retry: { attempts: 1, baseDelay: 0 as Milliseconds, maxDelay: 0 as Milliseconds },
      breaker: false,
      explain: explainStatus,
      ...(options.onCall && { onCall: options.onCall }),
    });
    current = { key, client, agents: createAgents(source, tls) };
    return current;
  };

  async function once(request: HttpRequest): Promise<HttpResponse> {
    const credentials = await connection.credentials();
    const headers = { ...credentials.headers, ...request.headers };
    return via(credentials.tls).client.request({ ...request, headers });
  }

  return {
    request: (request) => twiceIfRefused(connection, () => once(request)),
    open: (request) =>
      twiceIfRefused(connection, async () => {
        const { headers, tls } = await connection.credentials();
        return openStream(connection.server, request, headers, via(tls).agents);
      }),
    close: () => {
      current?.client.close();
      current?.agents.close();
      current = null;
    },
  };
}

/** A 401 was not carried out, so any call may be repeated with newly read credentials. */
async function twiceIfRefused<T>(connection: KubernetesConnection, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'Unauthorized') throw told(error);
    connection.forget();
    try {
      return await call();
    } catch (again) {
      throw told(again);
    }
  }
}

/** A missing right is told with the rule that would give it. */
function told(error: unknown): unknown {
  if (!(error instanceof ClientError) || error.code !== 'Forbidden') return error;
  const missing = missingRightIn(statusOf(error.response));
  return missing === null ? error : error.retold({ message: `${source}: answered 403: ${missingRightText(missing)}.` });
}

function openStream(
  server: string,
  request: StreamRequest,
  headers: Readonly<Record<string, string>>,
  agents: Agents,
): Promise<IncomingMessage> {
  const url = new URL(`${server}${request.path}`);
  for (const [key, value] of Object.entries(request.query)) url.searchParams.set(key, value);
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const fail = (code: ClientError['code'], what: string, response?: FailedResponse, cause?: unknown): void => {
      clearTimeout(timer);
      const pause = Number(response?.headers['retry-after'] ?? Number.NaN);
      const message = `${source}: watch ${url.pathname}: ${what}.`;
      const retryAfterMs = Number.isNaN(pause) ? undefined : pause * 1000;
      reject(new ClientError({ code, source, message, response, retryAfterMs, cause }));
      outgoing.destroy();
    };
    const outgoing = (secure ? https : http).request(url, {
      headers: { ...headers, accept: 'application/json' },
      agent: secure ? agents.freshHttps : agents.freshHttp,
      signal: request.signal,
    });
    const timer = setTimeout(
      () => fail('Timeout', `no answer within ${request.connectWithin} ms`),
      request.connectWithin,
    );
    outgoing.on('error', (error) =>
      fail(
        request.signal.aborted ? 'Aborted' : 'Unreachable',
        `cannot be reached (${error.message})`,
        undefined,
        error,
      ),
    );
    outgoing.on('response', (incoming) => {
      if (incoming.statusCode === 200) {
        clearTimeout(timer);
        incoming.socket.setKeepAlive(true, 15_000);
        resolve(incoming);
        return;
      }
      const status = incoming.statusCode ?? 0;
      readRefusal(incoming, (body) => {
        const response = { status, headers: headersOf(incoming), body };
        fail(codeOfStatus(status), `answered ${status} (${explainStatus(response) ?? 'no reason given'})`, response);
      });
    });
    outgoing.end();
  });
}

function readRefusal(incoming: IncomingMessage, done: (body: string) => void): void {
  let body = '';
  incoming.setEncoding('utf8');
  incoming.on('data', (text: string) => (body = (body + text).slice(0, 64 * 1024)));
  incoming.on('close', () => done(body));
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) if (typeof value === 'string') headers[name] = value;
  return headers;
}

export function statusOf(response: FailedResponse | null): KubernetesStatus | null {
  if (response === null || !response.body.startsWith('{')) return null;
  try {
    const parsed = JSON.parse(response.body) as KubernetesStatus & { readonly kind?: string };
    return parsed.kind === 'Status' ? parsed : null;
  } catch {
    return null;
  }
}

function explainStatus(response: FailedResponse): string | null {
  const status = statusOf(response);
  if (status === null) return null;
  return [status.reason, status.message].filter((part) => part !== undefined && part !== '').join(': ') || null;
}
