// The shape of a node that does not exist yet: like a live one of its group, else from the flavor and the policy.
import type { DaemonSet, Node, Pod } from '../../model/kubernetes.ts';
import type { MagnumCluster, NovaFlavor } from '../../model/openstack.ts';
import { drainTaint } from '../../model/drain-record.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { isOfDaemonSet, requestsOf, type Requests } from '../pod-facts.ts';
import { Simulation, type NodeShape } from './fit/simulation.ts';
import type { GroupState } from './group-state.ts';
import { futureNodeOf } from './driver-habits.ts';
import { reservedOf, wholeOf } from './reserved.ts';
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

function likeNode(group: GroupState, node: Node): Omit<Room, 'free'> {
  const labels = Object.fromEntries(Object.entries(node.metadata.labels ?? {}).filter(([key]) => key !== hostname));
  return {
    name: `${group.policy.name}-new`,
    labels,
    taints: (node.spec?.taints ?? []).filter((taint) => !passing.has(taint.key)),
    capacity: allocatableOf(node),
  };
}

function leftOf(flavor: NovaFlavor, { policy, magnum }: GroupState, { cluster, groups }: ShapeWorld): Requests {
  const same = groups.find((one) => one.magnum.flavor_id === magnum.flavor_id && one.ready.length > 0);
  const reserved = reservedOf(flavor, { policy, magnum, cluster, like: same?.ready[0] });
  return Object.fromEntries(
    Object.entries(wholeOf(flavor)).map(([name, all]) => [name, Math.max(0, all - (reserved[name] ?? 0))]),
  );
}

/** As the cloud controller and Cinder's driver name a node's zone. */
const zoneKeys = [
  'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.cinder.csi.openstack.org/zone',
];

/** Of the zone that Magnum makes the group's servers in, under the keys that live nodes have; where no node is, the usual one. */
function zoneLabelsOf({ magnum }: GroupState, { facts, cluster }: ShapeWorld): Room['labels'] {
  const zone = magnum.labels?.['availability_zone'] ?? cluster?.labels?.['availability_zone'] ?? '';
  if (zone === '') return {};
  const nodes = facts.nodes ?? [];
  const keys =
    nodes.length === 0
      ? zoneKeys.slice(0, 1)
      : zoneKeys.filter((key) => nodes.some((node) => key in (node.metadata.labels ?? {})));
  return Object.fromEntries(keys.map((key) => [key, zone]));
}

/** The labels and taints that Magnum gives, then those that the policy states. */
function fromFlavor(group: GroupState, world: ShapeWorld): Omit<Room, 'free'> | null {
  const { flavors, cluster } = world;
  const { shape } = group.policy;
  const flavor = flavors.find((one) => one.id === group.magnum.flavor_id || one.name === group.magnum.flavor_id);
  const left = flavor === undefined ? {} : leftOf(flavor, group, world);
  const stated = (amount: number | undefined): number | undefined => (amount === undefined ? undefined : amount * 1000);
  // What the policy states is what pods get: nothing is taken off it.
  const cpu = stated(shape?.cpu) ?? left['cpu'];
  const memory = stated(shape?.memory) ?? left['memory'];
  if (cpu === undefined || memory === undefined) return null;
  const disk = stated(shape?.ephemeralStorage) ?? left['ephemeral-storage'];
  const capacity: Record<string, number> = { cpu, memory, pods: (shape?.pods ?? defaultPods) * 1000 };
  if (disk !== undefined) capacity['ephemeral-storage'] = disk;
  for (const [name, amount] of Object.entries(shape?.resources ?? {})) capacity[name] = amount * 1000;
  const future = futureNodeOf(group.magnum, cluster);
  return {
    name: `${group.policy.name}-new`,
    labels: { ...zoneLabelsOf(group, world), ...future.labels, ...group.policy.nodeSelector, ...shape?.labels },
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

/** What the shape of a group without a node is taken from. */
export interface ShapeWorld {
  readonly facts: KubernetesFacts;
  readonly flavors: readonly NovaFlavor[];
  readonly cluster: MagnumCluster | undefined;
  /** all of them: one of the same flavor may have a live node */
  readonly groups: readonly GroupState[];
}

export function shapeOf(group: GroupState, world: ShapeWorld): Shape | null {
  const { facts } = world;
  const live = group.ready.find((node) => !group.draining.includes(node)) ?? group.ready[0];
  const base = live === undefined ? fromFlavor(group, world) : likeNode(group, live);
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
