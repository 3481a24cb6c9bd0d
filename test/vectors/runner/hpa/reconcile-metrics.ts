// hpa: the metrics of a cycle as our policies write them, and the answers that Prometheus gives to them.
import { daemonSpec } from '../../../../src/config/schema/daemon.ts';
import type { PrometheusAnswer } from '../../../../src/model/snapshot.ts';
import { namespace } from '../policies.ts';
import { decimalOf, type Milli } from '../pods.ts';
import type { Fields } from '../vector.ts';
import { sampleOf, vectorOf } from './replicas.ts';

export interface VectorMetric {
  /** resource, containerResource, pods, object, external; anything else is a kind that does not exist */
  readonly type: string;
  readonly name: string;
  readonly container?: string;
  readonly targetAverageUtilization?: number | null;
  readonly targetAverageValueMilli?: Milli | null;
  readonly targetValueMilli?: Milli | null;
}

/** What the HPA aims at where a policy names no utilization. */
const usualUtilization = 80;

function targetText(metric: VectorMetric): Fields {
  if (typeof metric.targetAverageUtilization === 'number') return { utilization: metric.targetAverageUtilization };
  if (metric.targetAverageValueMilli !== undefined && metric.targetAverageValueMilli !== null)
    return { averageValue: `${metric.targetAverageValueMilli}m` };
  if (metric.targetValueMilli !== undefined && metric.targetValueMilli !== null)
    return { value: `${metric.targetValueMilli}m` };
  return { utilization: usualUtilization };
}

const nameOf = (metric: VectorMetric, index: number): string => `${metric.name}_${index}`;

export function metricText(metric: VectorMetric, index: number, zero: boolean): Fields {
  const name = nameOf(metric, index);
  const target = targetText(metric);
  switch (metric.type) {
    case 'resource':
      return { name, resource: metric.name, target };
    case 'containerResource':
      return { name, resource: metric.name, container: metric.container, target };
    case 'pods':
      return { name, query: name, by: 'pod', target };
    case 'object':
    case 'external':
      return { name, query: name, target, ...(zero && { activation: 0 }) };
    default:
      return { name, [metric.type]: metric.name, target };
  }
}

/** Half of so many thousandths of a core, in cores. */
const half = (level: Milli): string => (Number(level) / 2000).toFixed(6);

interface Asked {
  readonly query: string;
  readonly answer: PrometheusAnswer;
}

/** levels[i] is the CPU of test-pod-i, half of it in each container; or its value of a metric by pod. */
export function answerOf(metric: VectorMetric, index: number, levels: readonly Milli[]): Asked {
  const query = nameOf(metric, index);
  const podName = (pod: number) => `test-pod-${pod}`;
  switch (metric.type) {
    case 'resource':
    case 'containerResource': {
      const samples = levels.flatMap((level, pod) =>
        ['container1', 'container2'].map((container) =>
          sampleOf(half(level), { namespace, pod: podName(pod), container }),
        ),
      );
      return { query: resourceQuery(metric.name), answer: vectorOf(samples) };
    }
    case 'pods': {
      const samples = levels.map((level, pod) => sampleOf(decimalOf(level), { namespace, pod: podName(pod) }));
      return { query, answer: vectorOf(samples) };
    }
    case 'object':
      return { query, answer: vectorOf(levels.slice(0, 1).map((level) => sampleOf(decimalOf(level)))) };
    default: {
      const total = levels.reduce<bigint>((sum, level) => sum + BigInt(level), 0n);
      return { query, answer: vectorOf(levels.length === 0 ? [] : [sampleOf(decimalOf(String(total)))]) };
    }
  }
}

function resourceQuery(resource: string): string {
  const { resourceQueries } = daemonSpec.parse({
    cluster: 'vectors',
    prometheus: { url: 'http://127.0.0.1:9' },
  }).prometheus;
  return resource === 'memory' ? resourceQueries.memory : resourceQueries.cpu;
}
