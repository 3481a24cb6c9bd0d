// What carries out a Plan: one port for the daemon, one actuator a mode, and what every outcome is made of.
import { ClientError } from '../clients/http/error.ts';
import { messageOf } from '../model/errors.ts';
import type { UsedApproval } from '../model/approval.ts';
import type { Mode, NodeDecision, PodDecision } from '../model/plan.ts';
import type { DrainOutcome, Outcome, ResizeOutcome, ScaleOutcome } from '../model/outcome.ts';
import type { DrainStep } from '../model/plan.ts';
import { rfc3339, type Instant } from '../model/units.ts';
import type { TargetEvent } from './events.ts';

export interface Moment {
  readonly now: Instant;
  /** aborted: finish what is under way, begin nothing */
  readonly signal: AbortSignal;
  /** Magnum's uuid or name of the cluster */
  readonly cluster: string;
}

/** Carries out decisions of one mode. Never throws: what went wrong is an outcome. */
export interface Actuator {
  scale(decision: PodDecision, moment: Moment): Promise<ScaleOutcome>;
  /** The mark alone, where the replicas stay: a person's zero is signed, or a target is awake without our doing. Best effort. */
  mark(decision: PodDecision): Promise<void>;
  drain(decision: NodeDecision, step: DrainStep, moment: Moment): Promise<DrainOutcome | null>;
  resize(decision: NodeDecision, moment: Moment): Promise<ResizeOutcome>;
  /** Events on the targets: best effort, nothing depends on them. */
  tell(events: readonly TargetEvent[], moment: Moment): Promise<void>;
}

export type Actuators = Readonly<Record<Exclude<Mode, 'off'>, Actuator>>;

interface Failure {
  readonly code: string;
  readonly message: string;
}

export const failureOf = (thrown: unknown): Failure => ({
  code: thrown instanceof ClientError ? thrown.code : 'Unexpected',
  message: messageOf(thrown),
});

type Parts<Kind extends Outcome> = Omit<
  Kind,
  'kind' | 'target' | 'from' | 'to' | 'nodeGroup' | 'node' | 'step' | 'remove' | 'at'
>;

/** What a person has allowed is used up by the try: memory learns of it by the outcome. */
const approvalIn = ({ asked }: Pick<PodDecision, 'asked'>): { readonly approval?: UsedApproval } =>
  asked?.by === undefined || asked.at === undefined ? {} : { approval: { id: asked.id, by: asked.by, at: asked.at } };

export const scaleOutcome = (decision: PodDecision, moment: Moment, parts: Parts<ScaleOutcome>): ScaleOutcome => ({
  kind: 'scale',
  target: decision.target,
  from: decision.current ?? 0,
  to: decision.desired ?? 0,
  at: rfc3339(moment.now),
  ...approvalIn(decision),
  ...parts,
});

export const resizeOutcome = (decision: NodeDecision, moment: Moment, parts: Parts<ResizeOutcome>): ResizeOutcome => ({
  kind: 'resize',
  nodeGroup: decision.nodeGroup,
  from: decision.current ?? 0,
  to: decision.resize?.to ?? decision.current ?? 0,
  remove: decision.resize?.remove ?? [],
  at: rfc3339(moment.now),
  ...approvalIn(decision),
  ...parts,
});

export const drainOutcome = (
  decision: NodeDecision,
  step: DrainStep,
  moment: Moment,
  parts: Parts<DrainOutcome>,
): DrainOutcome => ({
  kind: 'drain',
  nodeGroup: decision.nodeGroup,
  node: step.node,
  step: step.step,
  at: rfc3339(moment.now),
  ...approvalIn(decision),
  ...parts,
});
