// hpa: one whole cycle, from the world as the snapshot shows it through decide() to the write and what is said of it.
import type { Pod, Workload } from '../../../../src/model/kubernetes.ts';
import { emptyMemory, emptyTargetMemory, type Memory, type TargetMemory } from '../../../../src/model/memory.ts';
import type { OutcomeStatus } from '../../../../src/model/outcome.ts';
import type { PodDecision } from '../../../../src/model/plan.ts';
import type { Snapshot, SourceError } from '../../../../src/model/snapshot.ts';
import { targetKey } from '../../../../src/model/target.ts';
import { rfc3339 } from '../../../../src/model/units.ts';
import { decide } from '../../../../src/policies/decide.ts';
import { conditionsAfter } from '../../../../src/policies/pods/scaling-conditions.ts';
import { behaviorOf, loadPolicies, namespace, toleranceOf, type PolicyText, type VectorBehavior } from '../policies.ts';
import { ago, now, podOf, type Milli, type VectorPod } from '../pods.ts';
import { adapter, type Fields } from '../vector.ts';
import { historyOf } from './behavior.ts';
import { answerOf, metricText, type VectorMetric } from './reconcile-metrics.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export interface ReconcileInput {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly behavior: VectorBehavior | null;
  readonly metrics: readonly VectorMetric[];
  readonly pods: readonly VectorPod[];
  readonly levels: readonly Milli[];
  readonly recommendationHistory: 'seed' | readonly { readonly replicas: number; readonly secondsAgo: number }[];
  readonly conditionsBefore?: readonly Condition[];
  readonly features: { readonly scaleToZero: boolean; readonly configurableTolerance: boolean };
  readonly selector: string;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly otherPoliciesSelectors?: readonly string[];
  readonly failures?: readonly string[];
}
export interface ReconcileExpected {
  readonly desiredReplicas?: number;
  readonly scaleWritten?: boolean;
  readonly error?: boolean;
  readonly conditions?: readonly Condition[];
  readonly reportedCpuUtilization?: number;
}

interface Constants {
  readonly cpuInitializationPeriodSeconds: number;
  readonly initialReadinessDelaySeconds: number;
}

const own = 'own';
/** Something that is known by its scale alone, as the HPA knows every target. */
const scaled = { apiVersion: 'example.com/v1', kind: 'Widget' };
const target = { ...scaled, namespace, name: own };

function policyText(input: ReconcileInput, constants: Constants): PolicyText {
  // The feature gate of the cluster is the opt-in of the policy, without which the least of all minima is 1.
  const zero = input.features.scaleToZero && input.minReplicas === 0;
  return {
    name: own,
    spec: {
      target: { ...scaled, name: own },
      replicas: { min: zero ? 0 : Math.max(1, input.minReplicas), max: input.maxReplicas },
      ...(zero && { zero: { after: '0s' } }),
      metrics: input.metrics.map((metric, index) => metricText(metric, index, zero)),
      behavior: behaviorOf(input.behavior),
      ...(input.features.configurableTolerance && { tolerance: toleranceOf(input.behavior) }),
      advanced: {
        cpuInitializationPeriod: `${constants.cpuInitializationPeriodSeconds}s`,
        initialReadinessDelay: `${constants.initialReadinessDelaySeconds}s`,
      },
      mode: 'act',
    },
  };
}

const otherPolicy = (name: string): PolicyText => ({
  name,
  spec: {
    target: { ...scaled, name },
    replicas: { max: 10 },
    metrics: [{ name: 'load', query: 'load_of_another', target: { averageValue: 1 } }],
    mode: 'act',
  },
});

function worldOf(input: ReconcileInput, others: readonly string[]): Snapshot {
  const failures = new Set(input.failures ?? []);
  const errors: SourceError[] = [];
  const queries: Record<string, ReturnType<typeof answerOf>['answer']> = {};
  for (const [index, metric] of input.metrics.entries()) {
    const { query, answer } = answerOf(metric, index, input.levels);
    if (failures.has('metrics') || failures.has(metric.type))
      errors.push({ source: 'prometheus', what: query, code: 'Timeout', message: 'no answer' });
    else queries[query] = answer;
  }
  const scaleOf = (name: string, selector: string, replicas: number, statusReplicas: number) => ({
    metadata: { name, namespace, resourceVersion: '100' },
    target: scaled,
    spec: { replicas },
    status: { replicas: statusReplicas, selector },
  });
  if (failures.has('getScale'))
    errors.push({ source: 'kubernetes', what: `scales ${namespace}/${own}`, code: 'Timeout', message: 'no answer' });
  const pods: readonly Pod[] = input.pods.map((pod) => podOf(pod, 'cpu', { namespace, labels: input.podLabels }));
  return {
    time: rfc3339(now),
    kubernetes: {
      ...noWorkloads,
      pods,
      scales: [
        ...(failures.has('getScale') ? [] : [scaleOf(own, input.selector, input.specReplicas, input.statusReplicas)]),
        ...others.map((name, index) => scaleOf(name, input.otherPoliciesSelectors?.[index] ?? '', 1, 1)),
      ],
      nodes: [],
      horizontalpodautoscalers: [],
    },
    magnum: {},
    nova: {},
    prometheus: { queries },
    errors,
  };
}

const none: readonly Workload[] = [];
const noWorkloads = { deployments: none, statefulsets: none, replicasets: none, replicationcontrollers: none };

/** A daemon that has been running for long. 'seed': it sees the target for the first time. */
function memoryOf(input: ReconcileInput): Memory {
  const memory: Memory = { ...emptyMemory(), lastTick: ago(15), steadySince: ago(86_400) };
  const asleep =
    input.features.scaleToZero &&
    input.conditionsBefore?.some(({ type, status }) => type === 'ScaledToZero' && status === 'True');
  const history = input.recommendationHistory;
  const known: TargetMemory = {
    ...emptyTargetMemory,
    ...(history !== 'seed' && { firstSeen: ago(86_400), recommendations: historyOf(history) }),
    // The mark of its own zero; a zero without it was made by hand.
    ...(asleep && { asleep: { at: ago(3600), previous: 1 } }),
    ...(!asleep && input.specReplicas === 0 && { stoppedByHand: ago(3600) }),
  };
  return { ...memory, targets: { [targetKey(target)]: known } };
}

/** What became of the write: a conflict is tried again and ends well. */
function writeOf(decision: PodDecision, failures: readonly string[]): OutcomeStatus | null {
  if (decision.action !== 'scale' || decision.mode !== 'act') return null;
  return failures.includes('updateScale') ? 'failed' : 'succeeded';
}

/** Ours has one kind of query where the HPA tells objects from external metrics. */
const reasonOf = (reason: string): string => (reason === 'FailedGetObjectMetric' ? 'FailedGetExternalMetric' : reason);
const conditionSet = (conditions: readonly Condition[]): readonly string[] =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reasonOf(reason)}`).sort();

const failed = new Set(['FailedGetScale', 'FailedGetPods', 'InvalidSelector', 'AmbiguousSelector', 'ClaimedTwice']);

export const reconcileCase = adapter<{ input: ReconcileInput; expected: ReconcileExpected }>(
  (input, expected, file) => {
    const others = (input.otherPoliciesSelectors ?? []).map((_, index) => `other-${index}`);
    const policies = [policyText(input, file['constants'] as Constants), ...others.map(otherPolicy)];
    const loaded = loadPolicies(policies);
    const wanted: Fields = {
      ...expected,
      ...(expected.conditions && { conditions: conditionSet(expected.conditions) }),
    };
    // Nothing of a refused policy is in force: the replicas stay.
    if (loaded.status === 'refused')
      return {
        expected: wanted,
        got: { desiredReplicas: input.specReplicas, scaleWritten: false, error: true, refused: loaded.why },
      };
    const { plan } = decide(worldOf(input, others), loaded.config, memoryOf(input), now);
    const decision = plan.pods.find(({ target: { name } }) => name === own);
    if (decision === undefined) throw new Error('the plan has nothing for the target');
    const outcome = writeOf(decision, input.failures ?? []);
    const written = outcome === 'succeeded';
    return {
      expected: wanted,
      got: {
        desiredReplicas: written ? decision.desired : input.specReplicas,
        scaleWritten: written,
        error: outcome === 'failed' || failed.has(decision.reason) || lacksMetric(decision),
        conditions: conditionSet(conditionsAfter(decision.conditions, outcome)),
        reportedCpuUtilization: cpuOf(input, decision),
        reason: decision.reason,
      },
    };
  },
);

/** Of metrics that were asked for: a target that is off or outside its bounds is not measured. */
function lacksMetric({ conditions, metrics }: PodDecision): boolean {
  const active = conditions.find(({ type }) => type === 'ScalingActive');
  return active !== undefined && active.reason !== 'ScalingDisabled' && metrics.some(({ state }) => state !== 'ok');
}

function cpuOf(input: ReconcileInput, decision: PodDecision): number | null {
  const index = input.metrics.findIndex(({ type, name }) => type === 'resource' && name === 'cpu');
  return decision.metrics[index]?.value ?? null;
}
