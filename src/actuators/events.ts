// The Events on targets, one constructor each: what it says, what it is known by, and how long it is not said again.
import type { EventRequest } from '../clients/kubernetes/event.ts';
import type { ScaleOutcome } from '../model/outcome.ts';
import type { PodDecision } from '../model/plan.ts';
import type { PodReason } from '../model/reason.ts';
import { targetKey, type TargetKey } from '../model/target.ts';
import { minutes, type Milliseconds } from '../model/units.ts';

export interface Repetition {
  /** who is concerned, what is said, and whose fault it is */
  readonly key: string;
  /** how long it is silent after it was told, while it lasts */
  readonly silence: Milliseconds;
  /** told again at once when it had ended and has come back */
  readonly returns: boolean;
}

export interface TargetEvent {
  readonly target: TargetKey;
  readonly request: EventRequest;
  /** null: each one is told */
  readonly repetition: Repetition | null;
}

const hourly = minutes(60);
/** A person did it on purpose: saying so once is enough. The API server forgets Events after an hour. */
const never = Number.POSITIVE_INFINITY as Milliseconds;
const failureSilence = minutes(10);

type Parts = Pick<EventRequest, 'type' | 'reason' | 'note'>;

const onTarget = (decision: PodDecision, parts: Parts, repetition: Omit<Repetition, 'key'> | null, fault = '') => ({
  target: targetKey(decision.target),
  // By the uid `kubectl describe` finds the Events of an object.
  request: { regarding: { ...decision.target, uid: decision.uid }, action: 'Scale', ...parts },
  // A new object under an old name has heard nothing yet.
  repetition:
    repetition === null
      ? null
      : { ...repetition, key: `${targetKey(decision.target)}|${decision.uid ?? ''}|${parts.reason}|${fault}` },
});

export const successfulRescale = (decision: PodDecision, { to }: ScaleOutcome): TargetEvent =>
  onTarget(
    decision,
    { type: 'Normal', reason: 'SuccessfulRescale', note: `New size: ${to}; reason: ${decision.message}` },
    null,
  );

export function failedRescale(
  decision: PodDecision,
  { to, code = 'Unexpected', message = '' }: ScaleOutcome,
): TargetEvent {
  const note = `New size: ${to}; reason: ${decision.message}; error: ${message}`;
  const repetition = { silence: failureSilence, returns: false };
  return onTarget(decision, { type: 'Warning', reason: 'FailedRescale', note }, repetition, code);
}

const fact =
  (name: string) =>
  ({ facts }: PodDecision): string =>
    String(facts[name] ?? '');
const nobody = (): string => '';
const metricsAtFault = ({ metrics }: PodDecision): string =>
  metrics
    .filter(({ state, target }) => state !== 'ok' && target !== null)
    .map(({ name }) => name)
    .join(',');

/** What needs a person, and who or what is at fault: pods and counts change too often to be part of that. */
const warnings: Readonly<Partial<Record<PodReason, (decision: PodDecision) => string>>> = {
  ClaimedTwice: fact('by'),
  AmbiguousSelector: nobody,
  InvalidSelector: nobody,
  ForeignAutoscaler: fact('by'),
  ForeignWriter: fact('by'),
  TargetStuck: nobody,
  WaitingForNodes: nobody,
  MetricUnknown: metricsAtFault,
  SomeMetricsUnknown: metricsAtFault,
  FallbackReplicas: metricsAtFault,
  GuardTripped: fact('guard'),
  AwaitingApproval: fact('plan'),
  InvalidAnnotation: fact('annotation'),
  UnexpectedTargets: nobody,
};
const wishes: ReadonlySet<PodReason> = new Set(['Paused', 'PausedReplicas']);

/** HPA's own word where it has one: FailedGetResourceMetric in place of MetricUnknown. */
function wordOf({ reason, conditions }: PodDecision): string {
  if (reason !== 'MetricUnknown' && reason !== 'SomeMetricsUnknown') return reason;
  const active = conditions.find(({ type, status }) => type === 'ScalingActive' && status === 'False');
  return active?.reason ?? reason;
}

/** What a decision says on its target while it lasts; null: it concerns nobody. */
export function standingEvent(decision: PodDecision): TargetEvent | null {
  const { reason, message: note } = decision;
  if (wishes.has(reason))
    return onTarget(decision, { type: 'Normal', reason, note }, { silence: never, returns: true });
  const faultOf = warnings[reason];
  if (faultOf === undefined) return null;
  const parts: Parts = { type: 'Warning', reason: wordOf(decision), note };
  return onTarget(decision, parts, { silence: hourly, returns: true }, faultOf(decision));
}
