// What really happened to each intention of a Plan. Memory learns from these alone.
import type { UsedApproval } from './approval.ts';
import type { DrainStep } from './plan.ts';
import type { TargetRef } from './target.ts';

export type OutcomeStatus =
  | 'succeeded'
  | 'failed'
  /** not tried: the world had moved, or the mode forbids it */
  | 'refused'
  | 'dryRun';

interface Result {
  readonly status: OutcomeStatus;
  /** why it failed or was refused: a client's code, `Moved`, `ConfirmNeeded` … */
  readonly code?: string;
  readonly message?: string;
  /** RFC 3339 */
  readonly at: string;
  /** the yes of a person that it has used up */
  readonly approval?: UsedApproval;
}

export interface ScaleOutcome extends Result {
  readonly kind: 'scale';
  readonly target: TargetRef;
  readonly from: number;
  readonly to: number;
  readonly resourceVersion?: string;
}

export interface ResizeOutcome extends Result {
  readonly kind: 'resize';
  readonly nodeGroup: string;
  readonly from: number;
  readonly to: number;
  readonly remove: readonly { readonly node: string; readonly serverId: string }[];
  /** OpenStack's request id */
  readonly requestId?: string;
  /** it failed without an answer: Magnum may have it all the same */
  readonly unanswered?: true;
}

export interface DeniedEviction {
  readonly pod: string;
  readonly words: string;
}

export interface DrainOutcome extends Result {
  readonly kind: 'drain';
  readonly nodeGroup: string;
  readonly node: string;
  readonly step: DrainStep['step'];
  /** pods that the Eviction API accepted, and those that it refused for now */
  readonly evicted?: readonly string[];
  readonly refusedPods?: readonly string[];
  /** pods that somebody else than a budget lets nobody evict, and in which words */
  readonly denied?: readonly DeniedEviction[];
}

export type Outcome = ScaleOutcome | ResizeOutcome | DrainOutcome;
