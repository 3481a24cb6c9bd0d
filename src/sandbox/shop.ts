// The application of the embedded world: a web shop whose load follows the clock, and the figures that it exposes.
import type { Clock } from '../clock.ts';
import { parseQuantity } from '../model/quantity.ts';
import type { Instant } from '../model/units.ts';
import type { ObjectInput } from './kubernetes/objects.ts';
import type { KubernetesWorld } from './kubernetes/world.ts';
import type { ScrapedSample } from './prometheus/scrape.ts';

/** Requests a second that one pod serves. */
const capacityOfPod = 110;
const cpuOfPod = 0.9;
const memoryOfPod = 600 * 1024 * 1024;

/** Load over one story, in seconds and requests a second; straight lines in between. It begins anew when it is over. */
const course: readonly (readonly [at: number, load: number])[] = [
  [0, 120],
  [60, 150],
  [180, 1600],
  [330, 1700],
  [390, 3200],
  [540, 3300],
  [600, 180],
  [1260, 120],
];
export const storySeconds = 1260;

function loadAt(second: number): number {
  const at = ((second % storySeconds) + storySeconds) % storySeconds;
  const next = course.findIndex(([time]) => time > at);
  const [fromTime, fromLoad] = course[next - 1] ?? [0, 120];
  const [toTime, toLoad] = course[next] ?? [storySeconds, 120];
  return fromLoad + ((toLoad - fromLoad) * (at - fromTime)) / Math.max(1, toTime - fromTime);
}

const labels = { app: 'web' };

export const shopObjects: readonly ObjectInput[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'node-agent', namespace: 'kube-system' },
    spec: {
      selector: { matchLabels: { app: 'node-agent' } },
      template: {
        metadata: { labels: { app: 'node-agent' } },
        spec: {
          tolerations: [{ operator: 'Exists' }],
          containers: [
            { name: 'agent', image: 'node-agent:1', resources: { requests: { cpu: '100m', memory: '128Mi' } } },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { 'sandbox.springtide.io/startup-seconds': '8' } },
        spec: {
          containers: [{ name: 'app', image: 'shop-web:1', resources: { requests: { cpu: '900m', memory: '1Gi' } } }],
        },
      },
    },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { minAvailable: '50%', selector: { matchLabels: labels } },
  },
];

/** Counters that grow with what has been served since the last scrape. */
export function shopFigures(kubernetes: KubernetesWorld, clock: Clock, start: Instant) {
  let last = clock.now();
  let requests = 0;
  const cpu = new Map<string, number>();
  return function* scrape(): Generator<ScrapedSample> {
    const now = clock.now();
    const seconds = (now - last) / 1000;
    last = now;
    const load = loadAt((now - start) / 1000);
    requests += load * seconds;
    yield { name: 'http_requests_total', labels: { namespace: 'shop', app: 'web' }, value: requests };
    const pods = kubernetes.objects.list('pods', 'shop').filter((pod) => pod.status?.phase === 'Running');
    const missing = Math.max(0, load - pods.length * capacityOfPod);
    yield { name: 'queue_depth', labels: { namespace: 'shop', queue: 'orders' }, value: Math.round(missing / 10) };
    const busy = Math.min(1, load / Math.max(1, pods.length) / capacityOfPod);
    for (const { metadata, spec } of pods) {
      const used = (cpu.get(metadata.uid) ?? 0) + busy * cpuOfPod * 0.75 * seconds;
      cpu.set(metadata.uid, used);
      const labels = { namespace: 'shop', pod: metadata.name, container: 'app', node: spec.nodeName ?? '' };
      yield { name: 'container_cpu_usage_seconds_total', labels, value: used };
      yield { name: 'container_memory_working_set_bytes', labels, value: memoryOfPod };
    }
    for (const { metadata, status } of kubernetes.objects.list('nodes')) {
      const labels = { node: metadata.name };
      yield { name: 'machine_cpu_cores', labels, value: parseQuantity(status?.capacity?.['cpu']) ?? 0 };
      yield { name: 'machine_memory_bytes', labels, value: parseQuantity(status?.capacity?.['memory']) ?? 0 };
    }
  };
}
