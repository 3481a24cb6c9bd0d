// The one error of all clients: a stable code, whether a repeat may help, which system, and a sentence that says how to mend it.

export type ClientErrorCode =
  | 'Timeout'
  | 'Unreachable'
  | 'TlsRefused'
  | 'BodyTooLarge'
  | 'NotJson'
  | 'BreakerOpen'
  | 'Aborted'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'Conflict'
  | 'NotAcceptable'
  | 'TooManyRequests'
  | 'QuotaExceeded'
  | 'ServerFault'
  | 'BadRequest'
  | 'NotLeading'
  | 'Unexpected';

/** What the other side answered; kept out of JSON and logs because a body may hold anything. */
export interface FailedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ClientErrorDetails {
  readonly code: ClientErrorCode;
  readonly source: string;
  readonly message: string;
  readonly retryable?: boolean;
  readonly response?: FailedResponse;
  /** How long the other side asked us to wait. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

const retryableByNature: ReadonlySet<ClientErrorCode> = new Set([
  'Timeout',
  'Unreachable',
  'NotJson',
  'BreakerOpen',
  'TooManyRequests',
  'ServerFault',
]);

export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly source: string;
  readonly retryable: boolean;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly #response: FailedResponse | null;

  constructor(details: ClientErrorDetails) {
    super(details.message);
    this.name = 'ClientError';
    this.code = details.code;
    this.source = details.source;
    this.retryable = details.retryable ?? retryableByNature.has(details.code);
    this.status = details.response?.status ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.#response = details.response ?? null;
    // Axios errors carry the whole request with its credentials: only what names the cause is kept.
    if (details.cause instanceof Error)
      Object.defineProperty(this, 'cause', { value: causeOf(details.cause), enumerable: false });
  }

  get response(): FailedResponse | null {
    return this.#response;
  }

  /** The same failure, told better by a client that could read the answer. */
  retold(changes: {
    readonly code?: ClientErrorCode;
    readonly message: string;
    readonly retryable?: boolean;
  }): ClientError {
    return new ClientError({
      code: changes.code ?? this.code,
      source: this.source,
      message: changes.message,
      retryable:
        changes.retryable ?? (changes.code === undefined ? this.retryable : retryableByNature.has(changes.code)),
      response: this.#response ?? undefined,
      retryAfterMs: this.retryAfterMs ?? undefined,
    });
  }
}

function causeOf(error: Error): { readonly code: string | null; readonly message: string } {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { code, message: error.message };
}

export function codeOfStatus(status: number): ClientErrorCode {
  if (status >= 500) return 'ServerFault';
  switch (status) {
    case 400:
    case 422:
      return 'BadRequest';
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 406:
      return 'NotAcceptable';
    case 408:
      return 'Timeout';
    case 409:
      return 'Conflict';
    case 429:
      return 'TooManyRequests';
    default:
      return 'Unexpected';
  }
}

export type Advice = Readonly<Partial<Record<ClientErrorCode, string>>>;

const advice: Readonly<Record<ClientErrorCode, string>> = {
  Timeout: 'look at its load and at the network, or allow it more time',
  Unreachable: 'check the address, DNS, network policies and whether it runs',
  TlsRefused: 'check the CA file, the server name and the dates of the certificates',
  BodyTooLarge: 'narrow the request or raise the limit',
  NotJson: 'something else than the API answered: check the address and any proxy between',
  BreakerOpen: 'it failed several times in a row and is left alone for a moment; its own errors came before this one',
  Aborted: 'the caller gave up',
  Unauthorized: 'check the credentials and their expiry',
  Forbidden: 'give this account the missing permission',
  NotFound: 'check the name and the address',
  Conflict: 'somebody else changed it; read it again',
  NotAcceptable: 'it does not know the version of the API that was asked for',
  TooManyRequests: 'it limits our rate; ask less often or raise its limit',
  QuotaExceeded: 'raise the quota of the project or free some of it',
  ServerFault: 'look at its own log',
  BadRequest: 'it refused the request as it is',
  NotLeading: 'the process that leads by now decides anew',
  Unexpected: 'check its version and what stands between',
};

export const adviceFor = (code: ClientErrorCode, own: Advice = {}): string => own[code] ?? advice[code];
