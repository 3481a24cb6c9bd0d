// Errors as people meet them: a stable code, what happened where, why, and how to mend it.

/** Codes are part of the interface: never renamed, never used again for something else. */
export type ErrorCode =
  | 'ConfigInvalid'
  | 'ConfigEmpty'
  | 'ConfigUnreadable'
  | 'RecordingInvalid'
  | 'MemoryTooNew'
  | 'MemoryUnreadable'
  | 'LedgerUnwritable'
  | 'LedgerUnreadable'
  | 'CredentialsMissing'
  | 'CredentialsInvalid'
  | 'WorldUnreadable'
  | 'PortInUse'
  | 'TermStuck'
  | 'StateMoved'
  | 'UsageInvalid'
  | 'TraceInvalid';

export interface ErrorParts {
  readonly code: ErrorCode;
  readonly what: string;
  readonly where?: string;
  readonly mend?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export class SpringtideError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly mend: string | undefined;
  readonly retryable: boolean;

  constructor(parts: ErrorParts) {
    const place = parts.where === undefined ? '' : `${parts.where}: `;
    const advice = parts.mend === undefined ? '' : ` (${parts.mend})`;
    super(`${place}${parts.what}${advice}`, { cause: parts.cause });
    this.name = 'SpringtideError';
    this.code = parts.code;
    this.where = parts.where;
    this.mend = parts.mend;
    this.retryable = parts.retryable ?? false;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
