// The shape of a node that does not exist yet: like a live one of its group, else from the flavor and the policy.
import type { DaemonSet, Node, Pod } from '../../model/kubernetes.ts';
import type { MagnumCluster, NovaFlavor } from '../../model/openstack.ts';
import { drainTaint } from '../../model/drain-record.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { isOfDaemonSet, requestsOf, type Requests } from '../pod-facts.ts';
import { Simulation, type NodeShape } from './fit/simulation.ts';
import type { GroupState } from './group-state.ts';
import { futureNodeOf } from './driver-habits.ts';
import { allocatableOf, type Room } from './room.ts';

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

/** The labels and taints that Magnum gives, then those that the policy states. */
function fromFlavor(
  group: GroupState,
  flavors: readonly NovaFlavor[],
  cluster: MagnumCluster | undefined,
): Omit<Room, 'free'> | null {
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
  const future = futureNodeOf(group.magnum, cluster);
  return {
    name: `${group.policy.name}-new`,
    labels: { ...future.labels, ...group.policy.nodeSelector, ...shape?.labels },
    taints: [...future.taints, ...(shape?.taints ?? [])],
    capacity,
  };
}

/** Every DaemonSet that fits takes its share of a new node before any other pod does. */
function daemonPods(sets: readonly DaemonSet[], room: Room, facts: KubernetesFacts): readonly Pod[] {
  const empty = new Simulation(facts);
  empty.addRoom(room, []);
  return sets.flatMap(({ metadata, spec }) => {
    const template = spec?.template;
    if (template?.spec === undefined) return [];
    const { name, namespace } = metadata;
    const own = { ...template.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
    // The DaemonSet controller adds tolerations for what passes by itself; the room has only lasting taints.
    const pod: Pod = { metadata: own, spec: template.spec };
    return empty.placeIn(empty.needsOf(pod), room.name, 1) === 1 ? [pod] : [];
  });
}

function leftBy(daemons: readonly Pod[], capacity: Requests): Requests {
  const free: Record<string, number> = { ...capacity };
  for (const { spec } of daemons) {
    free['pods'] = (free['pods'] ?? 0) - 1000;
    for (const [name, milli] of Object.entries(requestsOf(spec))) free[name] = (free[name] ?? 0) - milli;
  }
  return free;
}

export interface Shape extends NodeShape {
  readonly from: 'node' | 'flavor';
}

export function shapeOf(
  group: GroupState,
  facts: KubernetesFacts,
  flavors: readonly NovaFlavor[],
  cluster?: MagnumCluster,
): Shape | null {
  const live = group.ready.find((node) => !group.draining.includes(node)) ?? group.ready[0];
  const base = live === undefined ? fromFlavor(group, flavors, cluster) : likeNode(group, live);
  if (base === null) return null;
  const daemons =
    facts.daemonsets !== undefined
      ? daemonPods(facts.daemonsets, { ...base, free: base.capacity }, facts)
      : (facts.pods ?? []).filter(
          (pod) => live !== undefined && pod.spec?.nodeName === live.metadata.name && isOfDaemonSet(pod),
        );
  const room: Room = { ...base, free: leftBy(daemons, base.capacity) };
  return { room, daemons, from: live === undefined ? 'flavor' : 'node' };
}
