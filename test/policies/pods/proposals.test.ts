// The arithmetic of one metric against the HPA's own tables.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { rfc3339, seconds, type QueryText } from '../../../src/model/units.ts';
import { byPodSamples, requestOf } from '../../../src/policies/pods/measure.ts';
import { byAverage, byPodAverage, byValue } from '../../../src/policies/pods/proposals.ts';
import { groupPods, readyRunning, type PodSample } from '../../../src/policies/pods/readiness.ts';
import { aPod, at, noon } from '../../builders.ts';
import { vectorCases } from '../../vectors/cases.ts';

interface VectorPod {
  readonly name: string;
  readonly phase: string;
  readonly ready?: boolean;
  readonly readyCondition?: { readonly status: string; readonly changedSecondsAgo: number } | null;
  readonly readyConditionChangedSecondsAgo?: number;
  readonly startedSecondsAgo: number | null;
  readonly deleting: boolean;
  readonly requestsMilli?: Readonly<Record<string, number>>;
}

function podOf(vector: VectorPod): Pod {
  const condition =
    vector.readyCondition === undefined
      ? {
          status: vector.ready === true ? 'True' : 'False',
          changedSecondsAgo: vector.readyConditionChangedSecondsAgo ?? 0,
        }
      : vector.readyCondition;
  const pod = aPod(vector.name)
    .spec({
      containers: Object.entries(vector.requestsMilli ?? {}).map(([name, milli]) => ({
        name,
        resources: { requests: { cpu: `${milli}m` } },
      })),
    })
    .status({
      phase: vector.phase,
      ...(vector.startedSecondsAgo === null ? {} : { startTime: rfc3339(at(-vector.startedSecondsAgo)) }),
      conditions:
        condition === null
          ? []
          : [
              {
                type: 'Ready',
                status: condition.status,
                lastTransitionTime: rfc3339(at(-condition.changedSecondsAgo)),
              },
            ],
    });
  return (vector.deleting ? pod.deleting(noon) : pod).build();
}

interface Rules {
  readonly cpuInitializationPeriodSeconds: number;
  readonly initialReadinessDelaySeconds: number;
}
const rulesOf = (input: Rules) => ({
  cpuInitializationPeriod: seconds(input.cpuInitializationPeriodSeconds),
  initialReadinessDelay: seconds(input.initialReadinessDelaySeconds),
});
interface VectorTolerance {
  readonly tolerance: { readonly scaleUp: number; readonly scaleDown: number };
}
const toleranceOf = ({ tolerance }: VectorTolerance) => ({ up: tolerance.scaleUp, down: tolerance.scaleDown });

describe('which pods count (vectors hpa/group_pods)', () => {
  interface Input extends Rules {
    readonly resource: string;
    readonly pods: readonly VectorPod[];
    readonly metrics: Readonly<Record<string, { value: number; sampledSecondsAgo: number; windowSeconds: number }>>;
  }
  interface Expected {
    readonly readyPodCount: number;
    readonly unreadyPods: readonly string[];
    readonly missingPods: readonly string[];
    readonly ignoredPods: readonly string[];
  }
  it.each(vectorCases<Input, Expected>('hpa/group_pods'))('%s', (_, { input, expected }) => {
    const samples = new Map<string, PodSample>(
      Object.entries(input.metrics).map(([name, sample]) => [
        name,
        { value: sample.value, at: at(-sample.sampledSecondsAgo), window: seconds(sample.windowSeconds) },
      ]),
    );
    const resource = input.resource === 'cpu' || input.resource === 'memory' ? input.resource : 'other';
    const groups = groupPods(input.pods.map(podOf), samples, resource, rulesOf(input), noon);
    const names = (pods: readonly Pod[]): string[] => pods.map((pod) => pod.metadata.name).sort();
    expect({
      readyPodCount: groups.ready.length,
      unreadyPods: names(groups.unready),
      missingPods: names(groups.missing),
      ignoredPods: names(groups.ignored),
    }).toEqual({
      ...expected,
      unreadyPods: [...expected.unreadyPods].sort(),
      missingPods: [...expected.missingPods].sort(),
      ignoredPods: [...expected.ignoredPods].sort(),
    });
  });
});

describe('utilization (vectors hpa/replicas_resource)', () => {
  interface Input extends Rules, VectorTolerance {
    readonly currentReplicas: number;
    readonly targetUtilizationPercent: number;
    readonly resource: 'cpu' | 'memory';
    readonly container: string | null;
    readonly pods: readonly VectorPod[];
    readonly metrics: Readonly<
      Record<string, { usageMilli: Record<string, number>; sampledSecondsAgo: number; windowSeconds: number }>
    >;
  }
  interface Expected {
    readonly replicas?: number;
    readonly utilizationPercent?: number;
    readonly errorContains?: string;
  }
  it.each(vectorCases<Input, Expected>('hpa/replicas_resource'))('%s', (_, { input, expected }) => {
    const samples = new Map<string, PodSample>();
    for (const [name, sample] of Object.entries(input.metrics)) {
      const value = Object.entries(sample.usageMilli).reduce(
        (sum, [container, milli]) => (input.container === null || container === input.container ? sum + milli : sum),
        0,
      );
      samples.set(name, { value, at: at(-sample.sampledSecondsAgo), window: seconds(sample.windowSeconds) });
    }
    const result = byPodSamples(
      {
        target: { kind: 'utilization', amount: input.targetUtilizationPercent },
        source: { kind: 'resource', resource: input.resource, container: input.container, query: '' as QueryText },
      },
      { advanced: rulesOf(input), tolerance: toleranceOf(input) },
      { current: input.currentReplicas, pods: input.pods.map(podOf) },
      samples,
      noon,
    );
    if (expected.errorContains !== undefined) expect(result.state).not.toBe('ok');
    else
      expect(result).toEqual({
        state: 'ok',
        value: { proposal: expected.replicas, value: expected.utilizationPercent },
      });
  });
});

describe('plain metrics (vectors hpa/replicas_pods_object_external)', () => {
  interface Input extends Rules, VectorTolerance {
    readonly metricKind: 'pods' | 'object_value' | 'object_average' | 'external_value' | 'external_average';
    readonly currentReplicas: number;
    readonly targetMilli: number | string;
    readonly pods: readonly VectorPod[];
    readonly valuesMilliByPod?: Readonly<Record<string, number | string>>;
    readonly valuesMilli?: readonly (number | string)[];
    readonly valueMilli?: number | string;
  }
  interface Expected {
    readonly replicas?: number;
    readonly errorContains?: string;
  }
  it.each(vectorCases<Input, Expected>('hpa/replicas_pods_object_external'))('%s', (_, { input, expected }) => {
    const pods = input.pods.map(podOf);
    const target = Number(input.targetMilli) / 1000;
    const total =
      [...(input.valuesMilli ?? []), ...(input.valueMilli === undefined ? [] : [input.valueMilli])].reduce<number>(
        (sum, milli) => sum + Number(milli),
        0,
      ) / 1000;
    const propose = (): number => {
      switch (input.metricKind) {
        case 'pods': {
          const values = input.valuesMilliByPod ?? {};
          const samples = new Map<string, PodSample>(
            Object.entries(values).map(([name, milli]) => [
              name,
              { value: Number(milli), at: noon, window: seconds(60) },
            ]),
          );
          const groups = groupPods(pods, samples, 'other', rulesOf(input), noon);
          const usage = {
            used: groups.ready.map((pod) => samples.get(pod.metadata.name)?.value ?? 0),
            requested: groups.ready.map(() => 0),
            unreadyRequests: groups.unready.map(() => 0),
            missingRequests: groups.missing.map(() => 0),
          };
          return byPodAverage(usage, target * 1000, input.currentReplicas, toleranceOf(input)).proposal;
        }
        case 'object_value':
        case 'external_value':
          return byValue(total, target, input.currentReplicas, readyRunning(pods), toleranceOf(input));
        case 'object_average':
        case 'external_average':
          return byAverage(total, target, input.currentReplicas, toleranceOf(input));
      }
    };
    expect(propose()).toBe(expected.replicas);
  });
});

describe('requests (vectors hpa/pod_requests)', () => {
  interface VectorContainer {
    readonly name: string;
    readonly cpuRequestMilli: number | null;
    readonly restartPolicy?: string;
  }
  interface Input {
    readonly container: string | null;
    readonly podLevelRequestsEnabled: boolean;
    readonly pods: readonly {
      readonly name: string;
      readonly podLevelRequestMilli: number | null;
      readonly containers: readonly VectorContainer[];
      readonly initContainers: readonly VectorContainer[];
    }[];
  }
  interface Expected {
    readonly requestsMilli?: Readonly<Record<string, number>>;
    readonly errorContains?: string;
  }
  const container = ({ name, cpuRequestMilli, restartPolicy }: VectorContainer) => ({
    name,
    ...(cpuRequestMilli === null ? {} : { resources: { requests: { cpu: `${cpuRequestMilli}m` } } }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  });
  // Requests of the whole pod (a feature of Kubernetes 1.34) are not read: those cases decide by containers here.
  const cases = vectorCases<Input, Expected>('hpa/pod_requests').filter(
    ([, { input }]) =>
      input.container !== null ||
      !input.pods.some((pod) => input.podLevelRequestsEnabled && pod.podLevelRequestMilli !== null),
  );
  it.each(cases)('%s', (_, { input, expected }) => {
    const requests = Object.fromEntries(
      input.pods.map((pod) => {
        const spec = { containers: pod.containers.map(container), initContainers: pod.initContainers.map(container) };
        return [pod.name, requestOf(aPod(pod.name).spec(spec).build(), 'cpu', input.container)];
      }),
    );
    if (expected.errorContains !== undefined) expect(Object.values(requests)).toContain(null);
    else expect(requests).toEqual(expected.requestsMilli);
  });
});
