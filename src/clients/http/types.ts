// What a client of HTTP is made of, asked for and answers.
import type { Milliseconds } from '../../model/units.ts';
import type { Advice, FailedResponse, ClientErrorCode } from './error.ts';
import type { TlsSettings } from './tls.ts';

export interface HttpClientOptions {
  /** The system's name in errors, logs and metrics: "Prometheus", "Keystone". */
  readonly name: string;
  readonly baseUrl?: string;
  readonly tls?: TlsSettings;
  /** Its address: it speaks HTTP or SOCKS. Never taken from the environment: a proxy variable must not catch traffic inside the cluster. */
  readonly proxy?: string;
  /** Told to the proxy when it is asked to connect, and to nobody else; taken for secrets. */
  readonly proxyHeaders?: Readonly<Record<string, string>>;
  /** Over the whole call, its retries included. */
  readonly deadline?: Milliseconds;
  /** Over one attempt; the deadline where absent. */
  readonly attemptTimeout?: Milliseconds;
  readonly maxBodyBytes?: number;
  readonly retry?: { readonly attempts: number; readonly baseDelay: Milliseconds; readonly maxDelay: Milliseconds };
  readonly breaker?: false | { readonly failures: number; readonly openFor: Milliseconds };
  /** Asked before each attempt, so that a token read from a file stays fresh. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** What this system's refusals mean and how to mend them, where the general words say too little. */
  readonly advice?: Advice;
  /** Reads the reason out of an error's body, for the message. */
  readonly explain?: (response: FailedResponse) => string | null;
  readonly onCall?: (observation: CallObservation) => void;
}

export interface CallObservation {
  readonly source: string;
  readonly method: string;
  readonly operation: string;
  readonly attempt: number;
  readonly status: number | null;
  readonly code: ClientErrorCode | null;
  readonly tookMs: number;
}

export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Joined to baseUrl; `url` instead is taken as it is. */
  readonly path?: string;
  readonly url?: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and URLSearchParams go as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly deadline?: Milliseconds;
  /** May be sent twice without harm; by default so for GET, HEAD, PUT and DELETE. */
  readonly idempotent?: boolean;
  /** A connection of its own: for writes that must not be lost on a stale one. */
  readonly freshConnection?: boolean;
  readonly signal?: AbortSignal;
  /** Asked in the moment in which an attempt is sent; it throws what stands against it. */
  readonly beforeSend?: () => void;
  /** Statuses beside 2xx that are answers and not errors. */
  readonly accept?: readonly number[] | 'any';
  /** What fails by itself without the rest of the system: it has a breaker of its own. */
  readonly part?: string;
  /** What must not be repeated to anybody, should the answer quote it; headers and the password of an address never are. */
  readonly secrets?: readonly string[];
  /** A low-cardinality name for metrics; the path where absent. */
  readonly operation?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Parsed when asked for; a ClientError NotJson where it is none. */
  json(): unknown;
}

export interface HttpClient {
  readonly name: string;
  request(request: HttpRequest): Promise<HttpResponse>;
  close(): void;
}
