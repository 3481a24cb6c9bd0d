// What the alert API asks of the pipeline behind it.
import type { AlertPipeline } from '../../alerts/pipeline-interface.ts';
import type { AlertsDocument } from '../../model/config.ts';
import type { Instant } from '../../model/units.ts';

export interface AlertDesk extends Pick<
  AlertPipeline,
  'push' | 'silencer' | 'eachAlert' | 'eachGroup' | 'status' | 'acknowledge' | 'receive' | 'explain' | 'sendTest'
> {
  readonly document: () => AlertsDocument;
  readonly now: () => Instant;
  readonly startedAt: Instant;
  readonly version: string;
}

/** The sender must know of it; the rest of what it sent is taken, so that sending it again changes nothing. */
export const noPlace = (leftOut: number): string =>
  `limits.alerts of alerts.yaml leaves no place for ${leftOut} of them, the others are taken`;
