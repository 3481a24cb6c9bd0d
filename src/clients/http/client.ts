// HTTP as every client needs it: a deadline over connect, headers and body, a cap on the body, retries, a breaker, clear errors.
import axios from 'axios';
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  DelegateBackoff,
  circuitBreaker,
  handleWhen,
  noop,
  retry,
} from 'cockatiel';
import { defaults, failure, headersOf, parseJson, prepare, refusal, transportFailure } from './call.ts';
import type { Call } from './call.ts';
import { ClientError } from './error.ts';
import type { ClientErrorCode, FailedResponse } from './error.ts';
import { forgetting } from './forget.ts';
import { proxyOf } from './proxy.ts';
import { isSocks } from './socks.ts';
import { createAgents } from './tls.ts';
import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from './types.ts';

const breakerCounts: ReadonlySet<ClientErrorCode> = new Set(['Timeout', 'Unreachable', 'TlsRefused', 'ServerFault']);

const mostParts = 256;

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const agents = createAgents(options.name, options.tls, options);
  const transport = axios.create({
    adapter: 'http',
    // One that speaks SOCKS is asked by the agents.
    proxy: options.proxy === undefined || isSocks(options.proxy) ? false : proxyOf(options.proxy),
    httpAgent: agents.http,
    httpsAgent: agents.https,
    maxRedirects: 0,
    maxContentLength: options.maxBodyBytes ?? defaults.maxBodyBytes,
    maxBodyLength: Infinity,
    responseType: 'text',
    validateStatus: () => true,
    transformRequest: [(body: unknown) => body],
    transformResponse: [(body: unknown) => body],
  });
  const retrying = options.retry ?? defaults.retry;
  const breaking = options.breaker ?? defaults.breaker;
  const newBreaker = () =>
    breaking === false
      ? noop
      : circuitBreaker(
          handleWhen((error) => error instanceof ClientError && breakerCounts.has(error.code)),
          { halfOpenAfter: breaking.openFor, breaker: new ConsecutiveBreaker(breaking.failures) },
        );
  const whole = newBreaker();
  const parts = new Map<string, ReturnType<typeof newBreaker>>();
  /** The oldest is forgotten first: parts come and go, and a new breaker is merely closed. */
  const breakerOf = (part: string | undefined): ReturnType<typeof newBreaker> => {
    if (part === undefined) return whole;
    const known = parts.get(part) ?? newBreaker();
    parts.delete(part);
    parts.set(part, known);
    const [oldest] = parts.keys();
    if (parts.size > mostParts && oldest !== undefined) parts.delete(oldest);
    return known;
  };

  async function attempt(call: Call, number: number): Promise<HttpResponse> {
    const { request } = call;
    const started = performance.now();
    const seen = (status: number | null, code: ClientErrorCode | null): void =>
      options.onCall?.({
        source: options.name,
        method: call.method,
        operation: request.operation ?? call.url.pathname,
        attempt: number,
        status,
        code,
        tookMs: performance.now() - started,
      });
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const timer = setTimeout(abort, options.attemptTimeout ?? call.deadline);
    call.signal.addEventListener('abort', abort, { once: true });
    try {
      const fixed = typeof options.headers === 'function' ? options.headers() : options.headers;
      request.beforeSend?.();
      const answer = await transport.request<string>({
        url: call.url.href,
        method: call.method,
        headers: { ...fixed, ...call.headers },
        data: call.body,
        timeout: call.deadline,
        signal: controller.signal,
        ...(request.freshConnection === true && { httpAgent: agents.freshHttp, httpsAgent: agents.freshHttps }),
      });
      const isGood = answer.status >= 200 && answer.status < 300;
      const forget = forgetting({
        url: call.url,
        headers: { ...fixed, ...call.headers },
        secrets: [...(request.secrets ?? []), ...Object.values(options.proxyHeaders ?? {})],
      });
      const said = answer.data ?? '';
      const response: FailedResponse = {
        status: answer.status,
        headers: headersOf(answer.headers),
        // Who reads whatever comes quotes it; a good answer to others is data, and left as it is.
        body: isGood && request.accept !== 'any' ? said : forget(said),
      };
      const accepted = isGood || request.accept === 'any' || request.accept?.includes(response.status) === true;
      if (!accepted) throw refusal(options, call, response);
      seen(response.status, null);
      return { ...response, json: () => parseJson(options.name, call, response) };
    } catch (error) {
      const failure = error instanceof ClientError ? error : transportFailure(options, call, controller.signal, error);
      seen(failure.status, failure.code);
      throw failure;
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener('abort', abort);
    }
  }

  async function request(wanted: HttpRequest): Promise<HttpResponse> {
    const call = prepare(options, wanted);
    const idempotent = wanted.idempotent ?? ['GET', 'HEAD', 'PUT', 'DELETE'].includes(call.method);
    const started = performance.now();
    let tried = 0;
    let pause = 0;
    // The pause is drawn here, because one that outlives the deadline means: give up now, with the true reason.
    const worthwhile = handleWhen((error) => {
      if (!(error instanceof ClientError) || !error.retryable || error.code === 'BreakerOpen' || !idempotent)
        return false;
      pause = Math.max(error.retryAfterMs ?? 0, jittered(retrying, ++tried));
      return performance.now() - started + pause < call.deadline;
    });
    const policy = retry(worthwhile, {
      maxAttempts: Math.max(0, retrying.attempts - 1),
      backoff: new DelegateBackoff(() => pause),
    }).dangerouslyUnref();
    const run = policy.execute(async ({ attempt: number }) => {
      call.signal.throwIfAborted();
      return breakerOf(wanted.part).execute(() => attempt(call, number + 1));
    }, call.signal);
    try {
      return await Promise.race([run, call.ended]);
    } catch (error) {
      if (error instanceof ClientError) throw error;
      if (error instanceof BrokenCircuitError)
        throw failure(options.name, call, 'BreakerOpen', 'was not called', error);
      throw transportFailure(options, call, call.signal, error);
    } finally {
      call.finish();
    }
  }

  return { name: options.name, request, close: () => agents.close() };
}

/** Doubling, and spread over its upper half so that many callers do not come back together. */
function jittered(retrying: { readonly baseDelay: number; readonly maxDelay: number }, number: number): number {
  return Math.min(retrying.maxDelay, retrying.baseDelay * 2 ** (number - 1)) * (0.5 + Math.random() / 2);
}
