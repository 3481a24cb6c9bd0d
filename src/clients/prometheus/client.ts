// Prometheus: instant and range queries; its own JSON is handed on, warnings included, once its shape is known to be right.
import type { DaemonSpec } from '../../model/config.ts';
import type { PrometheusAnswer } from '../../model/snapshot.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { createHttpClient } from '../http/client.ts';
import { ClientError } from '../http/error.ts';
import type { FailedResponse } from '../http/error.ts';
import type { CallObservation, HttpClientOptions } from '../http/types.ts';
import { answerOf } from './answer.ts';
import { authorizationOf } from './authorization.ts';

export interface PrometheusClient {
  query(text: string, options?: QueryOptions): Promise<PrometheusAnswer>;
  queryRange(range: RangeQuery, options?: Omit<QueryOptions, 'at'>): Promise<PrometheusAnswer>;
  close(): void;
}

export interface QueryOptions {
  /** The instant that is asked about; Prometheus's own now where absent. */
  readonly at?: Instant;
  readonly deadline?: Milliseconds;
  readonly signal?: AbortSignal;
}

/** Times and step in seconds, as Prometheus takes them. */
export interface RangeQuery {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface PrometheusClientOptions {
  readonly settings: Pick<DaemonSpec['prometheus'], 'url' | 'auth' | 'tls' | 'headers' | 'timeout'>;
  readonly env?: NodeJS.ProcessEnv;
  readonly retry?: HttpClientOptions['retry'];
  readonly breaker?: HttpClientOptions['breaker'];
  readonly maxBodyBytes?: number;
  readonly onCall?: (observation: CallObservation) => void;
}

const source = 'Prometheus';
const largestAnswer = 32 * 1024 * 1024;

export function createPrometheusClient(options: PrometheusClientOptions): PrometheusClient {
  const { settings, retry, breaker, onCall } = options;
  const authorization = authorizationOf(settings.auth, options.env ?? process.env);
  const http = createHttpClient({
    name: source,
    baseUrl: settings.url,
    deadline: settings.timeout,
    maxBodyBytes: options.maxBodyBytes ?? largestAnswer,
    headers: () => ({ ...settings.headers, ...authorization() }),
    explain: explainError,
    ...(settings.tls && { tls: settings.tls }),
    ...(retry && { retry }),
    ...(breaker !== undefined && { breaker }),
    ...(onCall && { onCall }),
  });

  async function ask(
    path: string,
    form: Record<string, string>,
    { deadline = settings.timeout, signal }: QueryOptions,
  ): Promise<PrometheusAnswer> {
    // Prometheus is told our deadline, so that it does not work on for nobody.
    const body = new URLSearchParams({ ...form, timeout: `${deadline}ms` });
    try {
      const answer = await http.request({
        method: 'POST',
        path,
        body,
        deadline,
        idempotent: true,
        operation: path.slice('/api/v1/'.length),
        ...(signal && { signal }),
      });
      return answerOf(answer.json());
    } catch (error) {
      throw error instanceof ClientError && errorOf(error.response)?.errorType === 'timeout'
        ? error.retold({ code: 'Timeout', message: error.message })
        : error;
    }
  }

  return {
    query: (query, asked = {}) =>
      ask('/api/v1/query', { query, ...(asked.at !== undefined && { time: (asked.at / 1000).toFixed(3) }) }, asked),
    queryRange: ({ query, start, end, step }, asked = {}) =>
      ask('/api/v1/query_range', { query, start: `${start}`, end: `${end}`, step: `${step}` }, asked),
    close: () => http.close(),
  };
}

function errorOf(response: FailedResponse | null): { readonly errorType?: unknown; readonly error?: unknown } | null {
  if (response === null || !response.body.startsWith('{')) return null;
  try {
    return JSON.parse(response.body) as { readonly errorType?: unknown; readonly error?: unknown };
  } catch {
    return null;
  }
}

function explainError(response: FailedResponse): string | null {
  const { errorType, error } = errorOf(response) ?? {};
  return typeof error === 'string' ? `${String(errorType)}: ${error}` : null;
}
