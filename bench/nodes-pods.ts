// Pods without a node, as the benchmarks of cluster-autoscaler and Karpenter draw them.
import type { Pod, PodSpec } from '../dist/model/kubernetes.js';

/** The same numbers in every run. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const millicores = [100, 250, 500, 1000, 1500];
const mebibytes = [100, 256, 512, 1024, 2048, 4096];
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const zone = 'topology.kubernetes.io/zone';
const hostname = 'kubernetes.io/hostname';

type Labels = Readonly<Record<string, string>>;

const waiting = (name: string, labels: Labels, spec: PodSpec): Pod => ({
  metadata: { namespace: 'default', name, labels, creationTimestamp: '2026-11-20T07:59:00Z' },
  spec,
  status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
});

const asking = (cpu: string, memory: string): PodSpec => ({
  containers: [{ name: 'main', resources: { requests: { cpu, memory } } }],
});

/** 50,000 small ones and 1,000 twice as large, on nodes of one core. */
export function twoKinds(): readonly Pod[] {
  return Array.from({ length: 51_000 }, (_, index) =>
    waiting(`pod-${index}`, {}, index < 50_000 ? asking('50m', '100') : asking('95m', '190')),
  );
}

/** Five kinds in equal parts: plain, spread over zones, spread over nodes, together in a zone, apart from each other. */
export function diverse(count: number, seed: number): readonly Pod[] {
  const random = dice(seed);
  const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const label = (): Labels => ({ 'my-label': one(letters) });
  const spread = (topologyKey: string): PodSpec => ({
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: label() } },
    ],
  });
  const near = (matchLabels: Labels, topologyKey: string) => ({
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels } }],
  });
  const drawn = (kind: number): readonly [Labels, PodSpec] => {
    switch (kind) {
      case 1:
        return [label(), spread(zone)];
      case 2:
        return [label(), spread(hostname)];
      case 3: {
        const labels = { 'my-affinity': one(letters) };
        return [labels, { affinity: { podAffinity: near(labels, zone) } }];
      }
      case 4:
        return [{ app: 'nginx' }, { affinity: { podAntiAffinity: near({ app: 'nginx' }, hostname) } }];
      default:
        return [label(), {}];
    }
  };
  return Array.from({ length: count }, (_, index) => {
    const [labels, spec] = drawn(Math.floor((index * 5) / count));
    return waiting(`pod-${index}`, labels, { ...asking(`${one(millicores)}m`, `${one(mebibytes)}Mi`), ...spec });
  });
}
