// What the pipeline asks of a channel: take one notification to some recipients, and say for each how it went.
import type { AlertsDocument } from '../../model/config.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { Notice } from '../render.ts';

export interface Delivery {
  /** the same whenever this notification is tried again */
  readonly id: string;
  readonly at: Instant;
  readonly notice: Notice;
  /** what an SMS says */
  readonly text: string;
  /** those who are still owed it, as the configuration names them */
  readonly to: readonly string[];
  /** with those who have it already, or were refused; absent: there are none */
  readonly everybody?: readonly string[];
  readonly document: AlertsDocument;
  readonly signal: AbortSignal;
}

/** Closed: it becomes a metric label. */
export type FailureReason =
  | 'Unreachable'
  | 'Timeout'
  | 'TlsFailed'
  | 'RateLimited'
  | 'ServerError'
  | 'AuthRefused'
  | 'AccountRefused'
  | 'ClientError'
  | 'RecipientRefused'
  | 'AddressInvalid'
  | 'AddressUnreadable'
  | 'Misconfigured'
  | 'Interrupted'
  | 'Unexpected';

export type SendResult =
  | {
      readonly to: string;
      readonly status: 'sent';
      readonly providerId: string | null;
      /** the ids of its parts, where it went in several: each is reported on by itself */
      readonly parts?: readonly string[];
      /** whose id that is, where several give ids */
      readonly gateway?: string;
    }
  | {
      readonly to: string;
      readonly status: 'retry';
      readonly reason: FailureReason;
      readonly message: string;
      /** the provider may have taken it all the same */
      readonly uncertain: boolean;
      /** how long the provider asked us to wait */
      readonly retryAfter: Milliseconds | null;
    }
  | { readonly to: string; readonly status: 'failed'; readonly reason: FailureReason; readonly message: string };

export interface Channel<Settings> {
  /** together: one transmission for all recipients; apart: one for each, so that a kill leaves one doubt only */
  readonly style: 'together' | 'apart';
  send(delivery: Delivery, settings: Settings): Promise<readonly SendResult[]>;
  close(): void;
}

export const failed = (to: string, reason: FailureReason, message: string): SendResult => ({
  to,
  status: 'failed',
  reason,
  message,
});

export const retry = (
  to: string,
  reason: FailureReason,
  message: string,
  more: { readonly uncertain?: boolean; readonly retryAfter?: Milliseconds | null } = {},
): SendResult => ({
  to,
  status: 'retry',
  reason,
  message,
  uncertain: more.uncertain ?? false,
  retryAfter: more.retryAfter ?? null,
});
