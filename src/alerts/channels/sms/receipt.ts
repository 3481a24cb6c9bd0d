// What a vendor says afterwards about a message that it had taken.
import type { Instant } from '../../../model/units.ts';

export interface Receipt {
  readonly gateway: string;
  /** as it was given when the message was taken */
  readonly providerId: string;
  /** other ways to write it, the likeliest first */
  readonly alsoWritten?: readonly string[];
  /** our own reference, where the vendor says it back */
  readonly reference: string | null;
  readonly to: string | null;
  readonly status: 'delivered' | 'failed' | 'unknown';
  /** the vendor's own word */
  readonly code: string | null;
  /** null: when it came in */
  readonly at: Instant | null;
}
