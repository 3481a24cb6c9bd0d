// keda: the world of a case: one Deployment, its pods, and what Prometheus answers or does not.
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { rfc3339, type Instant } from '../../../../src/model/units.ts';
import { sampleOf, vectorOf } from '../hpa/replicas.ts';
import { namespace } from '../policies.ts';
import { podOf } from '../pods.ts';
import { target } from './scaled-object.ts';

export interface World {
  readonly at: Instant;
  readonly replicas: number;
  /** default: all of them */
  readonly readyReplicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** query -> its value; null: it fails */
  readonly values: Readonly<Record<string, number | null>>;
}

const labels = { app: target.name };

export function worldOf({ at, replicas, readyReplicas = replicas, annotations = {}, values }: World): Snapshot {
  const entries = Object.entries(values);
  return {
    time: rfc3339(at),
    kubernetes: {
      deployments: [
        {
          metadata: { name: target.name, namespace, resourceVersion: '100', annotations },
          spec: { replicas, selector: { matchLabels: labels } },
          status: { replicas, readyReplicas },
        },
      ],
      statefulsets: [],
      replicasets: [],
      replicationcontrollers: [],
      horizontalpodautoscalers: [],
      nodes: [],
      pods: Array.from({ length: replicas }, (_, index) =>
        podOf(
          {
            name: `target-${index}`,
            phase: 'Running',
            ready: index < readyReplicas,
            startedSecondsAgo: 86_400,
            readyConditionChangedSecondsAgo: 86_400,
            deleting: false,
          },
          'cpu',
          { namespace, labels },
        ),
      ),
    },
    magnum: {},
    nova: {},
    prometheus: {
      queries: Object.fromEntries(
        entries.flatMap(([query, value]) => (value === null ? [] : [[query, vectorOf([sampleOf(String(value))])]])),
      ),
    },
    errors: entries.flatMap(([what, value]) =>
      value === null ? [{ source: 'prometheus' as const, what, code: 'Timeout', message: 'no answer' }] : [],
    ),
  };
}
