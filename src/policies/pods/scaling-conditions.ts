// What `kubectl describe hpa` would say of a decision: the conditions and reasons that operators of an HPA know.
import type { MetricSource, PodPolicy } from '../../model/config.ts';
import type { OutcomeStatus } from '../../model/outcome.ts';
import type { MetricReading, ScalingCondition } from '../../model/plan.ts';
import type { PodReason } from '../../model/reason.ts';

/** How far the decision came, which is what the conditions tell. */
export type Stage =
  /** the replicas of the target are not known */
  | { readonly kind: 'unreadable' }
  /** known, but held before any metric was looked at */
  | { readonly kind: 'inactive'; readonly reason: string }
  /** brought to its bounds, whatever the metrics say */
  | { readonly kind: 'toBounds' }
  | { readonly kind: 'measured'; readonly limitedBy: readonly PodReason[] };

const condition = (type: ScalingCondition['type'], status: boolean, reason: string): ScalingCondition => ({
  type,
  status: status ? 'True' : 'False',
  reason,
});

const limits: ReadonlySet<PodReason> = new Set(['TooFewReplicas', 'TooManyReplicas', 'ScaleUpLimit', 'ScaleDownLimit']);
const stabilized: ReadonlySet<PodReason> = new Set(['ScaleUpStabilized', 'ScaleDownStabilized']);

export interface Sleep {
  /** the policy may go to zero, or the target stands at our zero */
  readonly concerned: boolean;
  readonly asleep: boolean;
}

type Conditions = readonly ScalingCondition[];

/** There are few different ones, and thousands of targets a tick: each is made once, by its stage and its sleep. */
const made = new Map<string, Conditions[]>();
const madeOfOneLimit = new Map<PodReason, Conditions[]>();

export function scalingConditions(stage: Stage, sleep: Sleep): Conditions {
  const [only] = stage.kind === 'measured' && stage.limitedBy.length === 1 ? stage.limitedBy : noLimits;
  // A text put together for each target would have to be hashed for each.
  if (only !== undefined) return bySleep(madeOfOneLimit, only, stage, sleep);
  return bySleep(made, keyOf(stage), stage, sleep);
}

const noLimits: readonly PodReason[] = [];

function bySleep<Key>(all: Map<Key, Conditions[]>, key: Key, stage: Stage, sleep: Sleep): Conditions {
  const place = sleep.concerned ? (sleep.asleep ? 2 : 1) : 0;
  let some = all.get(key);
  if (some === undefined) all.set(key, (some = []));
  return (some[place] ??= conditionsOf(stage, sleep));
}

function keyOf(stage: Stage): string {
  switch (stage.kind) {
    case 'inactive':
      return `inactive ${stage.reason}`;
    case 'measured':
      return stage.limitedBy.length === 0 ? 'measured' : `measured ${stage.limitedBy.join()}`;
    case 'unreadable':
    case 'toBounds':
      return stage.kind;
  }
}

function conditionsOf(stage: Stage, sleep: Sleep): readonly ScalingCondition[] {
  const zero = sleep.concerned
    ? [condition('ScaledToZero', sleep.asleep, sleep.asleep ? 'ScaledToZero' : 'NotScaledToZero')]
    : [];
  switch (stage.kind) {
    case 'unreadable':
      return [condition('AbleToScale', false, 'FailedGetScale')];
    case 'inactive':
      return [condition('AbleToScale', true, 'SucceededGetScale'), condition('ScalingActive', false, stage.reason)];
    case 'toBounds':
      return [condition('AbleToScale', true, 'ReadyForNewScale'), ...zero];
    case 'measured': {
      const held = stage.limitedBy.find((reason) => stabilized.has(reason));
      const limit = stage.limitedBy.findLast((reason) => limits.has(reason));
      return [
        condition('AbleToScale', true, held ?? 'ReadyForNewScale'),
        condition('ScalingActive', true, 'ValidMetricFound'),
        condition('ScalingLimited', limit !== undefined, limit ?? 'DesiredWithinRange'),
        ...zero,
      ];
    }
  }
}

/** The same conditions once the write has been tried. */
export function conditionsAfter(
  conditions: readonly ScalingCondition[],
  outcome: OutcomeStatus | null,
): readonly ScalingCondition[] {
  const able = (status: boolean, reason: string): readonly ScalingCondition[] =>
    conditions.map((one) => (one.type === 'AbleToScale' ? condition('AbleToScale', status, reason) : one));
  switch (outcome) {
    case 'succeeded':
      return able(true, 'SucceededRescale');
    case 'failed':
      return able(false, 'FailedUpdateScale');
    case 'refused':
    case 'dryRun':
    case null:
      return conditions;
  }
}

function failureOf(source: MetricSource): string {
  switch (source.kind) {
    case 'resource':
      return source.container === null ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric';
    case 'query':
      return source.byPod ? 'FailedGetPodsMetric' : 'FailedGetExternalMetric';
    case 'formula':
      return 'FailedGetExternalMetric';
  }
}

/** The HPA's name for the failure of the first metric that has no value. */
export function metricFailure(policy: PodPolicy, readings: readonly MetricReading[]): string {
  const index = readings.findIndex((reading) => reading.target !== null && reading.state !== 'ok');
  const source = policy.spec.metrics[index]?.source;
  return source === undefined ? 'FailedGetExternalMetric' : failureOf(source);
}
