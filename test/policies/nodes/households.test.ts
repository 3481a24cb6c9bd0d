// Pods that are looked at once while they are gathered: whatever is asked of them later, the answers are those of looking at each of them again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../../src/model/kubernetes.ts';
import { controllersOf } from '../../../src/policies/nodes/controllers.ts';
import { imageOf, type Image } from '../../../src/policies/nodes/fit/image.ts';
import { Households, lookOf } from '../../../src/policies/nodes/households.ts';
import type { MovableRules } from '../../../src/policies/nodes/movable.ts';
import { movingOf, residentsOf } from '../../../src/policies/nodes/residents.ts';
import { nowhere } from '../../../src/policies/nodes/pods-on-nodes.ts';
import { aNodePolicy, aPod, aReplicaSet, aSnapshot, noon } from '../../builders.ts';

const requests: fc.Arbitrary<PodSpec> = fc.constantFrom<PodSpec>(
  { containers: [] },
  { containers: [{ name: 'a' }] },
  { containers: [{ name: 'a', resources: { requests: { cpu: '100m', memory: '1Gi' } } }] },
  {
    containers: [
      { name: 'a', resources: { limits: { cpu: '300m' } } },
      { name: 'b', resources: {} },
    ],
  },
  { containers: [{ name: 'a', resources: { requests: { cpu: '1' }, limits: { cpu: '2', 'example.com/gpu': '1' } } }] },
  {
    containers: [{ name: 'a', resources: { requests: { cpu: '100m' } } }],
    initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }],
  },
  { containers: [{ name: 'a', resources: { requests: { cpu: '100m' } } }], overhead: { memory: '64Mi' } },
);

const rules: fc.Arbitrary<PodSpec> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<PodSpec>({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<PodSpec>(
      { volumes: [{ name: 'v', hostPath: {} }] },
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
        ],
      },
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: {} }],
          },
        },
      },
    ),
  },
);

const seat = fc.record({
  node: fc.nat(3),
  namespace: fc.constantFrom('shop', 'bank', 'kube-system'),
  owner: fc.constantFrom('web', 'api', 'gone'),
  kind: fc.constantFrom('ReplicaSet', 'ReplicaSet', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Rollout', null),
  note: fc.constantFrom<Record<string, string> | null>(
    null,
    null,
    null,
    { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
    { 'cluster-autoscaler.kubernetes.io/daemonset-pod': 'true' },
    { 'kubernetes.io/config.mirror': 'x' },
  ),
  phase: fc.constantFrom('Running', 'Running', 'Running', 'Succeeded'),
  leaving: fc.constantFrom(false, false, false, true),
  spec: fc.tuple(requests, rules).map(([asked, ruled]): PodSpec => ({ ...ruled, ...asked })),
});

type Seat = typeof seat extends fc.Arbitrary<infer One> ? One : never;

function podOf({ node, namespace, owner, kind, note, phase, leaving, spec }: Seat, index: number): Pod {
  const pod = aPod(`${owner}-${index}`).in(namespace).labelled({ app: owner }).spec(spec).status({ phase });
  if (kind !== null) pod.ownedBy(kind, `${owner}-abc`);
  if (note !== null) pod.annotated(note);
  if (leaving) pod.meta({ deletionTimestamp: '2026-11-20T11:59:50Z' });
  return (node === 0 ? pod : pod.on(`w-${node}`)).build();
}

function gathered(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const households = new Households(pods, nowhere);
  for (const index of pods.keys()) households.take(index);
  const steps = households.close();
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

const contentOf = (image: Image) => {
  const { pods, daemons, ports, claims, keeping, ruled } = image;
  const sums = ['cpu', 'memory', 'example.com/gpu'].map((name) => image.sumOf(name));
  return { pods, daemons, ports, claims, keeping, ruled, sums };
};
const seenIn = (image: Image) =>
  image.pods.map((_, index) => ({ namespace: image.namespaceOf(index), kin: image.kin(index) }));

describe('gathered pods', () => {
  it('take of their nodes, are to others and move as when each is looked at again', () => {
    fc.assert(
      fc.property(
        fc.array(seat, { maxLength: 24 }),
        fc.constantFrom<MovableRules['shrink']['protect']>([], [{ namespace: 'bank' }]),
        fc.constantFrom(0, 2),
        (seats, protect, minReplicas) => {
          const pods = seats.map(podOf);
          const shrink = { ...aNodePolicy().spec.shrink, protect, minReplicas };
          const sets = ['shop', 'bank', 'kube-system'].flatMap((namespace) => [
            aReplicaSet(namespace, 'web', 3),
            aReplicaSet(namespace, 'api', 1),
          ]);
          const { kubernetes } = aSnapshot()
            .replicaSets(...sets)
            .build();
          const movable = { shrink, budgets: [], controllers: controllersOf(kubernetes), now: noon };
          const byNode = gathered(pods);
          expect([...byNode.values()].flat()).toHaveLength(pods.length);
          for (const [node, list] of byNode) {
            expect(list).toEqual(pods.filter(({ spec }) => (spec?.nodeName ?? nowhere) === node));
            if (node === nowhere) continue;
            // Others in every part: nothing that is remembered of these is found again.
            const anew = structuredClone(list);
            expect(contentOf(imageOf(list))).toEqual(contentOf(imageOf(anew)));
            expect(seenIn(imageOf(list))).toEqual(seenIn(imageOf(anew)));
            const residents = residentsOf(list, shrink, lookOf(list));
            const looked = residentsOf(anew, shrink);
            expect({ ...residents, families: null }).toEqual({ ...looked, families: null });
            expect(movingOf(residents, movable)).toEqual(movingOf(looked, movable));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
