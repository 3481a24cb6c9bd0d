// What of the pod tier somebody should be told: targets at their limit, unknown, stuck, fought over; and the guard over all.
import type { TargetMemory } from '../model/memory.ts';
import type { MetricReading } from '../model/plan.ts';
import type { AlertName, Facts, PodReason } from '../model/reason.ts';
import type { ControlFacts } from '../model/snapshot.ts';
import { targetKey, targetName } from '../model/target.ts';
import { instantOf, minutes, seconds, type Instant, type Milliseconds } from '../model/units.ts';
import type { TargetProblem } from '../targets/select.ts';
import { awaitingApproval, aMinute, atOnce, type Condition, type Found } from './condition.ts';
import type { Undescribed } from './pods/finish.ts';

/** Reasons that a person has to mend, told in the same way. */
const toldReasons: Readonly<
  Partial<
    Record<
      PodReason,
      { readonly name: AlertName; readonly severity: Condition['severity']; readonly after: Milliseconds }
    >
  >
> = {
  ForeignAutoscaler: { name: 'SpringtideForeignWriter', severity: 'warning', after: atOnce },
  ForeignWriter: { name: 'SpringtideForeignWriter', severity: 'warning', after: atOnce },
  TargetStuck: { name: 'SpringtideTargetStuck', severity: 'page', after: aMinute },
  ClaimedTwice: { name: 'SpringtideTargetConflict', severity: 'warning', after: aMinute },
  AmbiguousSelector: { name: 'SpringtideTargetConflict', severity: 'warning', after: aMinute },
  InvalidSelector: { name: 'SpringtideTargetConflict', severity: 'warning', after: aMinute },
  InvalidAnnotation: { name: 'SpringtideTargetConflict', severity: 'warning', after: atOnce },
};

/** An answer that is missing, where nothing was said to take instead. */
const isUnknown = ({ state, target, standIn }: MetricReading): boolean =>
  state !== 'ok' && target !== null && standIn !== 'treatAs';

/** A way down is held for want of an answer that is no metric: nobody can tell which pods should go. */
const isBlind = ({ reason, metrics }: Undescribed): boolean =>
  reason === 'SomeMetricsUnknown' && !metrics.some(isUnknown);

const isUnreadable = (reason: PodReason): boolean => reason === 'FailedGetScale' || reason === 'FailedGetPods';

/** Learning is how everything begins; what was trusted and is not any more somebody may want to know. */
const hasSteppedBack = ({ forecast, mode }: Undescribed): boolean =>
  forecast?.state === 'steppedBack' && forecast.mode === 'act' && mode !== 'off';

/** A burst that no forecast could know is over in minutes. */
const doubtTold = minutes(10);

const isAtMaximum = ({ limitedBy, mode }: Undescribed): boolean =>
  limitedBy.length > 0 && mode !== 'off' && limitedBy.includes('TooManyReplicas');

/** Few decisions are: the others are not looked at again. */
export function isWorthTelling(decision: Undescribed, { failure }: TargetMemory): boolean {
  const { reason, metrics } = decision;
  return (
    failure !== null ||
    toldReasons[reason] !== undefined ||
    isUnreadable(reason) ||
    isAtMaximum(decision) ||
    isBlind(decision) ||
    hasSteppedBack(decision) ||
    metrics.some(isUnknown)
  );
}

function ofDecision(decision: Undescribed, found: Found): readonly Condition[] {
  const { reason, metrics, current, desired, facts } = decision;
  const failure = found.targets[targetKey(decision.target)]?.failure ?? null;
  const told = toldReasons[reason];
  const unknown = metrics.filter(isUnknown);
  const unreadable = isUnreadable(reason);
  const target = targetName(decision.target);
  const labels = { namespace: decision.target.namespace, target: decision.target.name };
  const conditions: Condition[] = [];
  const add = (name: AlertName, severity: Condition['severity'], after: Milliseconds, more: Facts): void => {
    conditions.push({ name, severity, labels, facts: { target, ...more }, after, lasts: atOnce });
  };
  if (isAtMaximum(decision))
    add('SpringtideReplicasAtMaximum', 'warning', aMinute, {
      current: current ?? 0,
      count: facts['proposal'] ?? desired ?? 0,
      max: facts['max'] ?? '',
    });
  if (hasSteppedBack(decision))
    add('SpringtideForecastSteppedBack', 'info', doubtTold, {
      what: decision.forecast?.metric ?? '',
      why: decision.forecast?.doubt ?? '',
      current: current ?? 0,
    });
  if (unknown.length > 0 || unreadable || isBlind(decision))
    add('SpringtideMetricUnknown', 'warning', aMinute, {
      what: unknown.map((metric) => metric.name).join(', ') || (facts['unknown'] ?? 'the object'),
      why: unknown.map((metric) => `${metric.name}: ${metric.why ?? metric.state}`).join('; ') || (facts['what'] ?? ''),
    });
  if (failure !== null)
    add('SpringtideScalingFailed', 'page', seconds(30), {
      why: `${failure.code}: ${failure.message}`,
      current: current ?? 0,
      desired: desired ?? 0,
    });
  if (decision.asked !== undefined && reason === 'AwaitingApproval')
    conditions.push(
      awaitingApproval(
        decision.asked,
        { ...labels, policy: decision.policy.name },
        {
          ...facts,
          target,
          policy: decision.policy.name,
          what: `${current ?? 0} → ${decision.asked.to}`,
        },
      ),
    );
  if (told !== undefined)
    add(told.name, told.severity, told.after, {
      reason,
      why: String(facts['why'] ?? facts['by'] ?? facts['annotation'] ?? ''),
      current: current ?? 0,
    });
  return conditions;
}

function ofProblem(problem: TargetProblem): readonly Condition[] {
  if (problem.kind !== 'unexpectedCount') return [];
  const { namespace, name } = problem.policy.metadata;
  return [
    {
      name: 'SpringtideTargetsUnexpected',
      severity: 'page',
      labels: { namespace, policy: name },
      facts: { policy: `${namespace}/${name}`, count: problem.count, min: problem.expect.min, max: problem.expect.max },
      after: aMinute,
      lasts: atOnce,
    },
  ];
}

function ofGuard({ podGuard: { tripped } }: Found): readonly Condition[] {
  if (tripped === null) return [];
  const { guard, count, of, percent } = tripped;
  const facts = { guard, count, of, percent, what: `${percent} %` };
  return [{ name: 'SpringtideGuardTripped', severity: 'page', labels: { guard }, facts, after: atOnce, lasts: atOnce }];
}

/** A switch that somebody forgot is told again every day by the alert's own repetition. */
const switchTold = minutes(5);

function ofSwitch(control: ControlFacts | undefined, now: Instant): readonly Condition[] {
  if (control === undefined || control.off.length === 0) return [];
  const until = instantOf(control.until);
  if (until !== null && until <= now) return [];
  const facts = { what: control.off.join(', '), by: control.by, why: control.why, until: control.until ?? '-' };
  return [{ name: 'SpringtideSwitchedOff', severity: 'info', labels: {}, facts, after: switchTold, lasts: atOnce }];
}

const decisionsAStep = 256;

export function* ofPods(found: Found, now: Instant): Generator<undefined, readonly Condition[]> {
  const conditions: Condition[] = [];
  let count = 0;
  for (const decision of found.pods) {
    conditions.push(...ofDecision(decision, found));
    if (++count % decisionsAStep === 0) yield;
  }
  return [
    ...conditions,
    ...found.problems.flatMap(ofProblem),
    ...ofGuard(found),
    ...ofSwitch(found.snapshot.control, now),
  ];
}
