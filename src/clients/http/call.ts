// One call under way: its address, its body, its end, and what its failures are called.
import { ClientError, adviceFor, codeOfStatus } from './error.ts';
import type { Advice, ClientErrorCode, FailedResponse } from './error.ts';
import { socksFault } from './socks.ts';
import type { HttpClientOptions, HttpRequest } from './types.ts';

export const defaults = {
  deadline: 10_000,
  maxBodyBytes: 16 * 1024 * 1024,
  retry: { attempts: 3, baseDelay: 200, maxDelay: 2_000 },
  breaker: { failures: 5, openFor: 10_000 },
};
export interface Call {
  readonly request: HttpRequest;
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Rejects when the deadline or the caller ends the call, whatever it is waiting for. */
  readonly ended: Promise<never>;
  finish(): void;
}

export function prepare(options: HttpClientOptions, request: HttpRequest): Call {
  const url = urlOf(options, request);
  const deadline = request.deadline ?? options.deadline ?? defaults.deadline;
  const controller = new AbortController();
  const { signal } = controller;
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, deadline);
  const ended = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('ended')), { once: true });
  });
  ended.catch(() => undefined);
  // One listener on the caller's signal, taken off at the end: that signal may live as long as the process.
  request.signal?.addEventListener('abort', abort, { once: true });
  if (request.signal?.aborted === true) abort();
  const { body, contentType } = encode(request.body);
  const headers = {
    accept: 'application/json',
    ...(contentType && { 'content-type': contentType }),
    ...request.headers,
  };
  const finish = (): void => {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
  };
  return { request, method: request.method ?? 'GET', url, headers, body, deadline, signal, ended, finish };
}

function urlOf(options: HttpClientOptions, request: HttpRequest): URL {
  const text =
    request.url ?? `${(options.baseUrl ?? '').replace(/\/+$/, '')}/${(request.path ?? '').replace(/^\/+/, '')}`;
  if (!/^https?:/i.test(text) || !URL.canParse(text))
    throw new ClientError({
      code: 'BadRequest',
      source: options.name,
      message: `${options.name}: the configured address is not a URL; write it like https://host:port/path.`,
    });
  const url = new URL(text);
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value === undefined) continue;
    if (typeof value === 'object') value.forEach((one) => url.searchParams.append(key, one));
    else url.searchParams.append(key, String(value));
  }
  return url;
}

function encode(body: unknown): { body: string | Buffer | undefined; contentType: string | null } {
  if (body === undefined) return { body: undefined, contentType: null };
  if (typeof body === 'string' || Buffer.isBuffer(body)) return { body, contentType: null };
  if (body instanceof URLSearchParams)
    return { body: body.toString(), contentType: 'application/x-www-form-urlencoded' };
  return { body: JSON.stringify(body), contentType: 'application/json' };
}

export function headersOf(raw: object): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw))
    if (value !== undefined && value !== null)
      headers[key.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
  return headers;
}

export function parseJson(source: string, call: Call, response: FailedResponse): unknown {
  try {
    return JSON.parse(response.body) as unknown;
  } catch (cause) {
    const kind = response.headers['content-type'] ?? 'no content type';
    throw failure(source, call, 'NotJson', `answered ${response.status} with ${kind}, not JSON`, cause, response);
  }
}

export function refusal(options: HttpClientOptions, call: Call, response: FailedResponse): ClientError {
  const code = codeOfStatus(response.status);
  const reason = options.explain?.(response) ?? null;
  const what = `answered ${response.status}${reason === null ? '' : ` (${reason})`}`;
  return failure(options.name, call, code, what, undefined, response, options.advice);
}

export function transportFailure(
  options: HttpClientOptions,
  call: Call,
  ended: AbortSignal,
  error: unknown,
): ClientError {
  if (call.request.signal?.aborted === true) return failure(options.name, call, 'Aborted', 'was abandoned', error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = error instanceof Error ? error.message : String(error);
  if (ended.aborted || call.signal.aborted || code === 'ETIMEDOUT' || code === 'ECONNABORTED') {
    const after = call.signal.aborted ? call.deadline : (options.attemptTimeout ?? call.deadline);
    return failure(
      options.name,
      call,
      'Timeout',
      `had no whole answer after ${after} ms`,
      error,
      undefined,
      options.advice,
    );
  }
  if (text.includes('maxContentLength'))
    return failure(
      options.name,
      call,
      'BodyTooLarge',
      `answered more than ${options.maxBodyBytes ?? defaults.maxBodyBytes} bytes`,
      error,
    );
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH/.test(code))
    return failure(options.name, call, 'TlsRefused', `has a TLS connection that cannot be trusted (${code})`, error);
  return failure(
    options.name,
    call,
    'Unreachable',
    `cannot be reached (${code === socksFault ? text : code || text})`,
    error,
    undefined,
    options.advice,
  );
}

export function failure(
  source: string,
  call: Call,
  code: ClientErrorCode,
  what: string,
  cause?: unknown,
  response?: FailedResponse,
  advice?: Advice,
): ClientError {
  const retryAfter = response === undefined ? undefined : retryAfterOf(response);
  const { host, pathname } = call.url;
  const place = call.request.secrets?.includes(pathname) === true ? host : `${host}${pathname}`;
  return new ClientError({
    code,
    source,
    message: `${source}: ${call.method} ${place} ${what}; ${adviceFor(code, advice)}.`,
    response,
    retryAfterMs: retryAfter,
    cause,
  });
}

/** Seconds or an HTTP date. */
function retryAfterOf(response: FailedResponse): number | undefined {
  const text = response.headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
