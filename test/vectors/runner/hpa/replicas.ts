// hpa: one metric of one target as a number of replicas, before any bound, window or rate.
import { seconds, type QueryText } from '../../../../src/model/units.ts';
import type { PrometheusAnswer, PrometheusSample, Snapshot } from '../../../../src/model/snapshot.ts';
import { Answers } from '../../../../src/policies/pods/answers.ts';
import { byPodSamples, measureAll, type TargetFacts } from '../../../../src/policies/pods/measure.ts';
import type { PodSample } from '../../../../src/policies/pods/readiness.ts';
import { ResourceSamples } from '../../../../src/policies/pods/resource-samples.ts';
import { namespace, policyOf } from '../policies.ts';
import {
  ago,
  decimalOf,
  now,
  podOf,
  readinessOf,
  toleranceOf,
  type Milli,
  type VectorPod,
  type VectorReadiness,
  type VectorTolerance,
} from '../pods.ts';
import { adapter, type Fields } from '../vector.ts';
import { resourceOf } from './pods.ts';

interface ResourceInput extends VectorReadiness, VectorTolerance {
  readonly currentReplicas: number;
  readonly targetUtilizationPercent: number;
  readonly resource: string;
  readonly container: string | null;
  readonly pods: readonly VectorPod[];
  readonly metrics: Readonly<
    Record<
      string,
      {
        readonly usageMilli: Readonly<Record<string, number>>;
        readonly sampledSecondsAgo: number;
        readonly windowSeconds: number;
      }
    >
  >;
}

export const resourceCase = adapter<{ input: ResourceInput; expected: object }>((input) => {
  const { container } = input;
  const resource = resourceOf(input.resource);
  const samples = new Map<string, PodSample>();
  for (const [pod, sample] of Object.entries(input.metrics)) {
    const used = Object.entries(sample.usageMilli).filter(([name]) => container === null || name === container);
    const value = used.reduce((sum, [, milli]) => sum + milli, 0);
    if (used.length > 0)
      samples.set(pod, { value, at: ago(sample.sampledSecondsAgo), window: seconds(sample.windowSeconds) });
  }
  const result = byPodSamples(
    { resource, container, target: { kind: 'utilization', amount: input.targetUtilizationPercent } },
    { advanced: readinessOf(input), tolerance: toleranceOf(input) },
    { current: input.currentReplicas, pods: input.pods.map((pod) => podOf(pod, input.resource)) },
    samples,
    now,
  );
  if (result.state !== 'ok') return { got: { error: true } };
  const { proposal, value, detail } = result.value;
  return {
    got: {
      error: false,
      replicas: proposal,
      utilizationPercent: value,
      averageUsageMilli: Math.trunc((Number(detail['used']) * 1000) / Number(detail['readyPods'])),
    },
  };
});

interface PlainInput extends VectorReadiness, VectorTolerance {
  readonly metricKind: 'pods' | 'object_value' | 'object_average' | 'external_value' | 'external_average';
  readonly currentReplicas: number;
  readonly targetMilli: Milli;
  readonly pods: readonly VectorPod[];
  readonly valuesMilliByPod?: Readonly<Record<string, Milli>>;
  readonly valuesMilli?: readonly Milli[];
  readonly valueMilli?: Milli;
}

const query = 'load';
export const sampleOf = (value: string, metric: Readonly<Record<string, string>> = {}): PrometheusSample => ({
  metric,
  value: [now / 1000, value],
});
export const vectorOf = (result: readonly PrometheusSample[]): PrometheusAnswer => ({
  status: 'success',
  data: { resultType: 'vector', result },
});

/** Several series of an object or external metric are summed: in ours by the query. */
function answerOf(input: PlainInput): PrometheusAnswer {
  if (input.metricKind === 'pods')
    return vectorOf(
      Object.entries(input.valuesMilliByPod ?? {}).map(([pod, milli]) =>
        sampleOf(decimalOf(milli), { namespace, pod }),
      ),
    );
  const values = [...(input.valuesMilli ?? []), ...(input.valueMilli === undefined ? [] : [input.valueMilli])];
  if (values.length === 0) return vectorOf([]);
  return vectorOf([sampleOf(decimalOf(String(values.reduce<bigint>((sum, milli) => sum + BigInt(milli), 0n))))]);
}

function metricOf(input: PlainInput): Fields {
  const amount = `${input.targetMilli}m`;
  switch (input.metricKind) {
    case 'pods':
      return { name: 'load', query, by: 'pod', target: { averageValue: amount } };
    case 'object_average':
    case 'external_average':
      return { name: 'load', query, target: { averageValue: amount } };
    case 'object_value':
    case 'external_value':
      return { name: 'load', query, target: { value: amount } };
  }
}

/** The largest number that a case can state; ours go on as floating point. */
const asInt64 = (milli: number): number => Math.min(Math.round(milli), Number(2n ** 63n - 1n));

interface PlainExpected {
  readonly reportedUsageMilli?: Milli;
}

export const plainCase = adapter<{ input: PlainInput; expected: PlainExpected }>((input, expected) => {
  const { spec, ...policy } = policyOf({ metrics: [metricOf(input)] });
  const facts: TargetFacts = {
    target: { kind: 'Deployment', namespace, name: 'target' },
    current: input.currentReplicas,
    statusReplicas: input.currentReplicas,
    pods: input.pods.map((pod) => podOf(pod)),
  };
  const snapshot: Snapshot = {
    time: new Date(now).toISOString(),
    kubernetes: {},
    magnum: {},
    nova: {},
    prometheus: { queries: { [query as QueryText]: answerOf(input) } },
    errors: [],
  };
  const answers = new Answers(snapshot);
  const measures = { answers, resources: new ResourceSamples(answers, now), now };
  const rules = { ...policy, spec: { ...spec, tolerance: toleranceOf(input), advanced: readinessOf(input) } };
  const [measured] = measureAll(rules, facts, measures);
  const { reading } = measured ?? {};
  const { reportedUsageMilli, ...rest } = expected;
  if (reading?.state !== 'ok') return { got: { error: true } };
  return {
    expected: { ...rest, ...(reportedUsageMilli !== undefined && { reportedUsageMilli: Number(reportedUsageMilli) }) },
    got: {
      error: false,
      replicas: reading.proposal,
      reportedUsageMilli: asInt64(Number(reading.detail?.['perReplica'] ?? reading.value) * 1000),
    },
  };
});
