// What is written on a node on its way out, so that a restart or the next leader goes on where the last one stopped.
import type { UsedApproval } from './approval.ts';
import type { Instant } from './units.ts';

export const drainAnnotation = 'springtide.io/drain';
export const drainTaint = 'springtide.io/draining';

export interface DrainRecord {
  readonly step: 'draining' | 'removing';
  readonly nodeGroup: string;
  readonly serverId: string;
  readonly startedAt: Instant;
  /** it was cordoned by somebody else before: then it stays cordoned when the drain is taken back */
  readonly wasCordoned: boolean;
  /** set with `removing`: when the resize was about to be sent, and the count that it asks for */
  readonly removingAt?: Instant;
  readonly countAfter?: number;
  /** it did not answer when it was chosen: its pods are not waited for, and it goes back to work if it answers again */
  readonly unready?: true;
  /** a person asked for it (`springtide drain`): nothing but a person takes it back, whatever is needed or switched off */
  readonly request?: DrainRequest;
  /** a person has allowed it (mode confirm): it goes on to its end without being asked for again */
  readonly approval?: UsedApproval;
  /** it began together with others; absent: alone, or by a version before batches, and nobody is waited for */
  readonly batch?: DrainBatch;
}

/** Nodes of one group that begin in one tick: all of them are marked, or none is. */
export interface DrainBatch {
  /** when it began, RFC 3339: the same on all of them */
  readonly id: string;
  /** how many were to be marked */
  readonly nodes: number;
  /** all of them were seen marked: from here on each goes its own way, and may leave before the others */
  readonly sealed?: true;
}

export interface DrainRequest {
  readonly by: string;
  /** keep: it stays in its group, drained and cordoned; remove: it is given back with the next batch */
  readonly then: 'keep' | 'remove';
}
