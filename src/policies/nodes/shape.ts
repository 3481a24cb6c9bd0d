// The shape of a node that does not exist yet: like a live one of its group, else from the flavor and the policy.
import type { DaemonSet, Node } from '../../model/kubernetes.ts';
import type { NovaFlavor } from '../../model/openstack.ts';
import { drainTaint } from '../../model/drain-record.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { isOfDaemonSet, requestsOf, type Requests } from '../pod-facts.ts';
import type { GroupState } from './group-state.ts';
import { nodeGroupLabel } from './membership.ts';
import { allocatableOf, mayRunOn, take, type Room } from './room.ts';

/** Taints that a node carries for a while, and that say nothing about the next one. */
const passing = new Set([
  drainTaint,
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.kubernetes.io/unschedulable',
  'node.kubernetes.io/network-unavailable',
  'node.kubernetes.io/memory-pressure',
  'node.kubernetes.io/disk-pressure',
  'node.kubernetes.io/pid-pressure',
  'node.cloudprovider.kubernetes.io/uninitialized',
  'node.cloudprovider.kubernetes.io/shutdown',
]);
const hostname = 'kubernetes.io/hostname';
const defaultPods = 110;
const mebi = 2 ** 20;
const gibi = 2 ** 30;

function likeNode(group: GroupState, node: Node): Omit<Room, 'free'> {
  const labels = Object.fromEntries(Object.entries(node.metadata.labels ?? {}).filter(([key]) => key !== hostname));
  return {
    name: `${group.policy.name}-new`,
    labels,
    taints: (node.spec?.taints ?? []).filter((taint) => !passing.has(taint.key)),
    capacity: allocatableOf(node),
  };
}

function fromFlavor(group: GroupState, flavors: readonly NovaFlavor[]): Omit<Room, 'free'> | null {
  const { shape } = group.policy;
  const flavor = flavors.find((one) => one.id === group.magnum.flavor_id || one.name === group.magnum.flavor_id);
  const cpu = shape?.cpu ?? flavor?.vcpus;
  const memory = shape?.memory ?? (flavor?.ram === undefined ? undefined : flavor.ram * mebi);
  if (cpu === undefined || memory === undefined) return null;
  const disk = shape?.ephemeralStorage ?? (flavor?.disk === undefined ? undefined : flavor.disk * gibi);
  const capacity: Record<string, number> = {
    cpu: cpu * 1000,
    memory: memory * 1000,
    pods: (shape?.pods ?? defaultPods) * 1000,
  };
  if (disk !== undefined) capacity['ephemeral-storage'] = disk * 1000;
  for (const [name, amount] of Object.entries(shape?.resources ?? {})) capacity[name] = amount * 1000;
  return {
    name: `${group.policy.name}-new`,
    labels: { [nodeGroupLabel]: group.policy.name, ...group.policy.nodeSelector, ...shape?.labels },
    taints: shape?.taints ?? [],
    capacity,
  };
}

/** Every DaemonSet takes its share of a new node before any other pod does. */
function daemonPods(sets: readonly DaemonSet[], room: Room): readonly Requests[] {
  return sets
    .map((set) => set.spec?.template?.spec)
    .filter((spec) => {
      // The DaemonSet controller adds tolerations for what passes by itself; the room has only lasting taints.
      return spec !== undefined && mayRunOn(spec, room);
    })
    .map((spec) => requestsOf(spec));
}

export interface Shape {
  readonly room: Room;
  readonly from: 'node' | 'flavor';
}

export function shapeOf(group: GroupState, facts: KubernetesFacts, flavors: readonly NovaFlavor[]): Shape | null {
  const live = group.ready.find((node) => !group.draining.includes(node)) ?? group.ready[0];
  const base = live === undefined ? fromFlavor(group, flavors) : likeNode(group, live);
  if (base === null) return null;
  const room: Room = { ...base, free: { ...base.capacity } };
  if (facts.daemonsets !== undefined) for (const requests of daemonPods(facts.daemonsets, room)) take(requests, room);
  else if (live !== undefined)
    for (const pod of facts.pods ?? [])
      if (pod.spec?.nodeName === live.metadata.name && isOfDaemonSet(pod)) take(requestsOf(pod.spec), room);
  return { room, from: live === undefined ? 'flavor' : 'node' };
}
