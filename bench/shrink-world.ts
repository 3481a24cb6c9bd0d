// A cluster to shrink: 5,000 nodes in 20 groups, 150,000 pods of 3,000 Deployments, most nodes used a little too well to leave.
import type { Node, Pod, PodDisruptionBudget, Workload } from '../dist/model/kubernetes.js';
import type { Snapshot } from '../dist/model/snapshot.js';
import type { Instant } from '../dist/model/units.js';
import { groupCount, groupName, snapshotWith, uuidOf, zones } from './nodes-world.ts';

export const size = { nodes: 5_000, pods: 150_000 };
const born = '2026-03-01T08:00:00Z';
const namespaces = 100;
const deployments = 3_000;
const sizes = [
  { cpu: '50m', memory: '128Mi' },
  { cpu: '100m', memory: '256Mi' },
  { cpu: '250m', memory: '512Mi' },
  { cpu: '500m', memory: '1Gi' },
];

const namespaceOf = (deployment: number): string => `team-${deployment % namespaces}`;

function nodeOf(index: number): Node {
  return {
    metadata: {
      name: `node-${index}`,
      uid: `uid-node-${index}`,
      creationTimestamp: born,
      labels: {
        'magnum.openstack.org/nodegroup': groupName(index % groupCount),
        'kubernetes.io/hostname': `node-${index}`,
        'topology.kubernetes.io/zone': zones[index % zones.length] ?? 'a',
      },
    },
    spec: { providerID: `openstack:///${uuidOf(index)}` },
    status: {
      allocatable: { cpu: '16', memory: '64Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: born }],
    },
  };
}

function podOf(index: number, node: number): Pod {
  const deployment = index % deployments;
  const name = `app-${deployment}`;
  const size = sizes[deployment % sizes.length] ?? {};
  // One in ten spreads over the zones, one in ten keeps away from its own kind.
  const spec =
    deployment % 10 === 3
      ? {
          topologySpreadConstraints: [
            {
              maxSkew: 3,
              topologyKey: 'topology.kubernetes.io/zone',
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector: { matchLabels: { app: name } },
            },
          ],
        }
      : {};
  return {
    metadata: {
      namespace: namespaceOf(deployment),
      name: `${name}-6d4cf56db6-${index.toString(36)}`,
      uid: `uid-pod-${index}`,
      creationTimestamp: born,
      labels: { app: name, 'pod-template-hash': '6d4cf56db6' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${name}-6d4cf56db6`,
          uid: `uid-replicaset-${deployment}`,
          controller: true,
        },
      ],
    },
    spec: { ...spec, nodeName: `node-${node}`, containers: [{ name: 'app', resources: { requests: size } }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: born }] },
  };
}

export interface World {
  readonly nodes: readonly Node[];
  readonly pods: Pod[];
}

/** A fifth of the nodes carries less than half of what the others do: those may leave. */
export function makeWorld(nodeCount: number, podCount: number): World {
  const nodes = Array.from({ length: nodeCount }, (_, index) => nodeOf(index));
  const seats: number[] = [];
  for (let index = 0; index < nodeCount; index++) {
    const share = index % 5 === 0 ? 1 : 3;
    for (let seat = 0; seat < share; seat++) seats.push(index);
  }
  // A step without a common divisor visits all seats, and no Deployment gathers on one node.
  const pods = Array.from({ length: podCount }, (_, index) => podOf(index, seats[(index * 7_919) % seats.length] ?? 0));
  return { nodes, pods };
}

/** Pods that were replaced since the last tick: what changes in a living cluster from one tick to the next. */
export function churn({ pods }: World, tick: number, share: number): void {
  const count = Math.round(pods.length * share);
  for (let one = 0; one < count; one++) {
    const index = (tick * 104_729 + one * 7_919) % pods.length;
    const pod = pods[index];
    if (pod !== undefined) pods[index] = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(tick) } };
  }
}

const replicaSets: readonly Workload[] = Array.from({ length: deployments }, (_, index) => ({
  metadata: { namespace: namespaceOf(index), name: `app-${index}-6d4cf56db6` },
  spec: { replicas: 50 },
  status: { replicas: 50 },
}));

const budgets: readonly PodDisruptionBudget[] = Array.from({ length: deployments / 3 }, (_, index) => ({
  metadata: { namespace: namespaceOf(index * 3), name: `app-${index * 3}` },
  spec: { selector: { matchLabels: { app: `app-${index * 3}` } }, maxUnavailable: 5 },
  status: { disruptionsAllowed: 5 },
}));

export const snapshotOf = ({ nodes, pods }: World, at: Instant): Snapshot =>
  snapshotWith(
    {
      replicasets: replicaSets,
      pods: [...pods],
      nodes,
      poddisruptionbudgets: [...budgets],
      persistentvolumes: [],
      persistentvolumeclaims: [],
      storageclasses: [],
      csinodes: [],
      priorityclasses: [],
      horizontalpodautoscalers: [],
      scales: [],
    },
    () => ({
      node_count: nodes.length / groupCount,
      min_node_count: 1,
      max_node_count: nodes.length,
      status: 'UPDATE_COMPLETE',
      flavor_id: 'm1.xlarge',
    }),
    at,
  );
