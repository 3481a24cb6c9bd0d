// Kubernetes and Magnum objects as their APIs would show them, for pods, VMs and counts of the world model.
import { drainAnnotation, drainTaint, type DrainRecord } from '../../model/drain-record.ts';
import type { Node, Pod, PodSpec, Workload } from '../../model/kubernetes.ts';
import type { MagnumCluster, MagnumNodeGroup } from '../../model/openstack.ts';
import type { TargetRef } from '../../model/target.ts';
import { rfc3339, type Instant, type Milliseconds } from '../../model/units.ts';

export interface ClusterShape {
  readonly target: TargetRef;
  readonly labels: Readonly<Record<string, string>>;
  /** how long the pods took that stand from the beginning on */
  readonly startTime: Milliseconds;
  /** null: nobody asks about VMs, and a pod always has a place */
  readonly pool: { readonly group: string; readonly podsPerNode: number } | null;
}

/** What a replica asks for; a VM has as much as its replicas ask for together. */
const cpuOfPod = 1;
const memoryOfPod = 1;
const containers: PodSpec['containers'] = [
  { name: 'app', resources: { requests: { cpu: String(cpuOfPod), memory: `${memoryOfPod}Gi` } } },
];
const template: PodSpec = { containers };
/** The one place where VMs are nobody's business. */
export const anywhere = 'anywhere';
const endless = 1_000_000;

export const roomOf = ({ pool }: ClusterShape): number => pool?.podsPerNode ?? endless;

export const simulatedCluster: MagnumCluster = {
  uuid: '22222222-2222-4222-8222-222222222222',
  name: 'simulated',
  status: 'UPDATE_COMPLETE',
  stack_id: '33333333-3333-4333-8333-333333333333',
};

export const groupObject = (name: string, count: number, status: string): MagnumNodeGroup => ({
  uuid: '11111111-1111-4111-8111-111111111111',
  name,
  role: 'worker',
  status,
  node_count: count,
  min_node_count: 0,
  max_node_count: null,
});

export interface SimulatedNode {
  readonly name: string;
  readonly serverId: string;
  readonly since: Instant;
  /** on its way out */
  readonly leaving: DrainRecord | null;
}

export function nodeObject(shape: ClusterShape, { name, serverId, since, leaving }: SimulatedNode): Node {
  const room = roomOf(shape);
  const at = rfc3339(since);
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: leaving === null ? '1' : '2',
      creationTimestamp: at,
      labels: { 'magnum.openstack.org/nodegroup': shape.pool?.group ?? anywhere },
      ...(leaving === null ? {} : { annotations: { [drainAnnotation]: JSON.stringify(leaving) } }),
    },
    spec: {
      providerID: `openstack:///${serverId}`,
      ...(leaving === null ? {} : { unschedulable: true, taints: [{ key: drainTaint, effect: 'NoSchedule' }] }),
    },
    status: {
      allocatable: { cpu: String(room * cpuOfPod), memory: `${room * memoryOfPod}Gi`, pods: room + 10 },
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }],
    },
  };
}

export interface SimulatedPod {
  readonly number: number;
  readonly born: Instant;
  /** null: there is no place for it */
  readonly node: string | null;
  readonly ready: Instant | null;
}

const replicaSetOf = ({ name }: TargetRef) => ({ name: `${name}-1`, uid: 'uid-set' });

export function podObject({ target, labels }: ClusterShape, { number, born, node, ready }: SimulatedPod): Pod {
  const name = `${target.name}-${number}`;
  const since = rfc3339(born);
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', ...replicaSetOf(target), controller: true };
  const metadata = {
    name,
    namespace: target.namespace,
    uid: `uid-${name}`,
    creationTimestamp: since,
    labels,
    ownerReferences: [owner],
  };
  if (node === null) {
    const unplaced = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: since };
    return { metadata, spec: template, status: { phase: 'Pending', conditions: [unplaced] } };
  }
  const readiness =
    ready === null
      ? { type: 'Ready', status: 'False', lastTransitionTime: since }
      : { type: 'Ready', status: 'True', lastTransitionTime: rfc3339(ready) };
  return {
    metadata,
    spec: { nodeName: node, containers },
    status: {
      phase: 'Running',
      startTime: since,
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: since }, readiness],
      containerStatuses: [{ name: 'app', restartCount: 0, ready: ready !== null }],
    },
  };
}

/** The target, and the ReplicaSet whose pods are its own. */
export function workloadObjects(
  { target, labels }: ClusterShape,
  { desired, ready }: { readonly desired: number; readonly ready: number },
  resourceVersion: string,
): { readonly workload: Workload; readonly replicaSet: Workload } {
  const { namespace, name, kind } = target;
  const spec = {
    replicas: desired,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: template },
  };
  const status = { replicas: desired, readyReplicas: ready, updatedReplicas: desired };
  const owner = { apiVersion: 'apps/v1', kind, name, uid: 'uid-target', controller: true };
  return {
    workload: { metadata: { namespace, name, uid: 'uid-target', resourceVersion, labels }, spec, status },
    replicaSet: { metadata: { namespace, labels, ...replicaSetOf(target), ownerReferences: [owner] }, spec, status },
  };
}
