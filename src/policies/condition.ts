// A condition of springtide's own: what a tick found that somebody should be told.
import type { Asked } from '../model/approval.ts';
import type { GuardMemory, GroupMemory, NodeGuardMemory, PeakMemory, TargetMemory } from '../model/memory.ts';
import type { AlertName, Facts } from '../model/reason.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { minutes, seconds, type Milliseconds } from '../model/units.ts';
import type { TargetProblem } from '../targets/select.ts';
import type { UndescribedNodes } from './nodes/group-decision.ts';
import type { Undescribed } from './pods/finish.ts';

export const atOnce = seconds(0);
export const aMinute = minutes(1);
export const anEvent = minutes(5);

export interface Condition {
  readonly name: AlertName;
  readonly severity: 'info' | 'warning' | 'page';
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Facts;
  /** how long it must last before it is told */
  readonly after: Milliseconds;
  /** how long it stays after it was last seen: an event is told as a condition that lasts a while */
  readonly lasts: Milliseconds;
}

export interface Found {
  readonly snapshot: Snapshot;
  /** decisions that somebody may have to be told of */
  readonly pods: readonly Undescribed[];
  readonly problems: readonly TargetProblem[];
  readonly podGuard: GuardMemory;
  readonly nodeGuard: NodeGuardMemory | undefined;
  readonly peaks: PeakMemory | undefined;
  readonly nodes: readonly UndescribedNodes[];
  readonly targets: Readonly<Record<string, TargetMemory>>;
  readonly groups: Readonly<Record<string, GroupMemory>>;
}

/** The plan is one of its labels: what grows is asked, and told, anew. */
export const awaitingApproval = ({ id }: Asked, labels: Condition['labels'], facts: Facts): Condition => ({
  name: 'SpringtideAwaitingApproval',
  severity: 'warning',
  labels: { ...labels, plan: id },
  facts: { ...facts, plan: id },
  after: atOnce,
  lasts: atOnce,
});
