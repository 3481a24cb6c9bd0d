// hpa: which pods count, and what they request.
import type { Pod } from '../../../../src/model/kubernetes.ts';
import { seconds } from '../../../../src/model/units.ts';
import { requestOf } from '../../../../src/policies/pods/pod-list.ts';
import { groupPods, type PodSample } from '../../../../src/policies/pods/readiness.ts';
import { ago, containerOf, now, podOf, readinessOf, type VectorPod, type VectorReadiness } from '../pods.ts';
import { adapter } from '../vector.ts';

type Resource = 'cpu' | 'memory' | 'other';
export const resourceOf = (name: string): Resource => (name === 'cpu' || name === 'memory' ? name : 'other');

interface GroupInput extends VectorReadiness {
  readonly resource: string;
  readonly pods: readonly VectorPod[];
  readonly metrics: Readonly<
    Record<string, { readonly value: number; readonly sampledSecondsAgo: number; readonly windowSeconds: number }>
  >;
}
interface GroupExpected {
  readonly readyPodCount?: number;
  readonly unreadyPods?: readonly string[];
  readonly missingPods?: readonly string[];
  readonly ignoredPods?: readonly string[];
}

const sorted = (names: readonly string[] | undefined) => names?.toSorted();

export const groupPodsCase = adapter<{ input: GroupInput; expected: GroupExpected }>((input, expected) => {
  const samples = new Map<string, PodSample>(
    Object.entries(input.metrics).map(([name, sample]) => [
      name,
      { value: sample.value, at: ago(sample.sampledSecondsAgo), window: seconds(sample.windowSeconds) },
    ]),
  );
  const pods = input.pods.map((pod) => podOf(pod));
  const groups = groupPods(pods, samples, resourceOf(input.resource), readinessOf(input), now);
  const names = (found: readonly Pod[]) => sorted(found.map((pod) => pod.metadata.name));
  return {
    expected: {
      ...expected,
      ...(expected.unreadyPods && { unreadyPods: sorted(expected.unreadyPods) }),
      ...(expected.missingPods && { missingPods: sorted(expected.missingPods) }),
      ...(expected.ignoredPods && { ignoredPods: sorted(expected.ignoredPods) }),
    },
    got: {
      readyPodCount: groups.ready.length,
      unreadyPods: names(groups.unready),
      missingPods: names(groups.missing),
      ignoredPods: names(groups.ignored),
    },
  };
});

interface RequestContainer {
  readonly name: string;
  readonly restartPolicy?: string | null;
  /** cpuRequestMilli, memoryRequestMilli */
  readonly [request: string]: unknown;
}
interface RequestsInput {
  readonly container: string | null;
  readonly resource: 'cpu' | 'memory';
  readonly podLevelRequestsEnabled: boolean;
  readonly pods: readonly {
    readonly name: string;
    readonly podLevelRequestMilli: number | null;
    readonly containers: readonly RequestContainer[];
    readonly initContainers: readonly RequestContainer[];
  }[];
}

export const podRequestsCase = adapter<{ input: RequestsInput; expected: object }>(
  ({ resource, container, pods, ...input }) => {
    const containersOf = (given: readonly RequestContainer[]) =>
      given.map((one) => ({
        ...containerOf(one.name, one[`${resource}RequestMilli`] as number | null, resource),
        ...(typeof one.restartPolicy === 'string' && { restartPolicy: one.restartPolicy }),
      }));
    const requests = pods.map((given) => {
      // A cluster without the feature never stores the field.
      const whole = input.podLevelRequestsEnabled ? given.podLevelRequestMilli : null;
      const pod: Pod = {
        metadata: { name: given.name },
        spec: {
          containers: containersOf(given.containers),
          initContainers: containersOf(given.initContainers),
          ...(whole !== null && { resources: { requests: { [resource]: `${whole}m` } } }),
        },
      };
      return [given.name, requestOf(pod, resource, container)] as const;
    });
    const error = requests.some(([, request]) => request === null);
    return { got: error ? { error } : { error, requestsMilli: Object.fromEntries(requests) } };
  },
);
