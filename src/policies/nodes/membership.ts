// Which node belongs to which group, which server a node is, and where a node on its way out stands.
import type { NodeGroupPolicy, NodePolicyDocument } from '../../model/config.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { MagnumCluster, MagnumNodeGroup } from '../../model/openstack.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { ServerId } from '../../model/units.ts';
import {
  clusterNameAnnotation,
  groupsInLabels,
  groupsInName,
  looksLikeUuid,
  machineNamesOf,
  meansGroup,
  stackNameOf,
} from './driver-habits.ts';

/** openstack:///UUID or openstack://REGION/UUID; without one, the machine's own system uuid. Never a guess. */
export function serverIdOf(node: Node): ServerId | null {
  const providerId = node.spec?.providerID ?? '';
  const provided = /^openstack:\/\/[^/]*\/([^/]+)$/.exec(providerId)?.[1];
  // A machine of another provider has a system uuid too, and no server here.
  if (provided === undefined && /^[a-z0-9-]+:\/\//.test(providerId) && !providerId.startsWith('openstack:'))
    return null;
  const candidate = provided ?? node.status?.nodeInfo?.systemUUID ?? '';
  return looksLikeUuid(candidate) ? (candidate.toLowerCase() as ServerId) : null;
}

const roleLabel = 'magnum.openstack.org/role';

export const isControlPlane = (node: Node): boolean => {
  const labels = node.metadata.labels ?? {};
  return (
    labels[roleLabel] === 'master' ||
    labels['node-role.kubernetes.io/control-plane'] !== undefined ||
    labels['node-role.kubernetes.io/master'] !== undefined
  );
};

/** What shows whose a node is, the surest first; `nothing`: nobody's, as far as can be seen. */
export type MembershipSign = 'label' | 'address' | 'machineName' | 'nodeSelector' | 'controlPlane' | 'nothing';

export interface Membership {
  /** null: of none that Magnum shows, or of several */
  readonly group: MagnumNodeGroup | null;
  readonly by: MembershipSign;
  /** several groups that the same sign tells of: the node counts for none of them */
  readonly ambiguous: readonly string[];
}

export interface Memberships {
  readonly of: ReadonlyMap<Node, Membership>;
  /** by the group's uuid */
  readonly members: ReadonlyMap<string, readonly Node[]>;
  /** several groups could claim them */
  readonly ambiguous: readonly { readonly node: string; readonly groups: readonly string[] }[];
}

export interface MembershipFacts {
  readonly nodes: readonly Node[];
  readonly groups: readonly MagnumNodeGroup[];
  readonly policies: readonly NodeGroupPolicy[];
  readonly cluster: MagnumCluster | undefined;
  /** groups that are there and could not be read: a machine's name may be theirs */
  readonly unread?: readonly string[];
}

const selects = (selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

export function membershipsOf({ nodes, groups, policies, cluster, unread = [] }: MembershipFacts): Memberships {
  const workers = groups.filter((group) => group.role !== 'master');
  const byName = new Map(workers.map((group) => [group.name, group]));
  const byAddress = new Map<string, Set<MagnumNodeGroup>>();
  for (const group of workers)
    for (const address of group.node_addresses ?? [])
      byAddress.set(address, (byAddress.get(address) ?? new Set()).add(group));
  const names = [...new Set([...byName.keys(), ...unread])];
  const stack = stackNameOf(cluster);
  // Heat's stacks are uuids and no part of any name.
  const machineStack = stack === null || looksLikeUuid(stack) ? null : stack;
  const selectors = policies.flatMap(({ name, nodeSelector }) => {
    const group = byName.get(name) ?? workers.find(({ uuid }) => uuid === name);
    return group === undefined || nodeSelector === undefined ? [] : [{ group, nodeSelector }];
  });

  const decided = (by: MembershipSign, found: ReadonlySet<MagnumNodeGroup>): Membership | null => {
    if (found.size === 0) return null;
    const [group = null] = found;
    return found.size === 1
      ? { group, by, ambiguous: [] }
      : { group: null, by, ambiguous: [...found].map(({ name }) => name) };
  };

  const labelled = new Map<string, Membership>();
  for (const group of workers) labelled.set(group.name, { group, by: 'label', ambiguous: [] });

  function byLabels(labels: Readonly<Record<string, string>>): Membership | null {
    const named = groupsInLabels(labels);
    const [only] = named;
    if (only === undefined) return null;
    const surely = named.length === 1 ? labelled.get(only) : undefined;
    if (surely !== undefined) return surely;
    const found = new Set<MagnumNodeGroup>();
    for (const value of named) {
      const group = byName.get(value) ?? workers.find(({ name }) => meansGroup(value, name));
      if (group !== undefined) found.add(group);
    }
    // Labelled as of a group that Magnum does not show now: it is no other group's.
    return decided('label', found) ?? { group: null, by: 'label', ambiguous: [] };
  }

  function byMachineName(node: Node): Membership | null {
    const clusterName = node.metadata.annotations?.[clusterNameAnnotation] ?? machineStack;
    // A foreign annotation names a machine of another cluster: it tells nothing about our groups.
    if (machineStack !== null && clusterName !== machineStack) return null;
    if (stack !== null && machineStack === null && clusterName === null) return null;
    for (const name of machineNamesOf(node)) {
      const told = groupsInName(name, clusterName, names);
      if (told.length > 1) return { group: null, by: 'machineName', ambiguous: told };
      const group = byName.get(told[0] ?? '') ?? null;
      if (told.length === 1) return { group, by: 'machineName', ambiguous: [] };
    }
    return null;
  }

  function membershipOf(node: Node): Membership {
    if (isControlPlane(node)) return { group: null, by: 'controlPlane', ambiguous: [] };
    const labels = node.metadata.labels ?? {};
    const told = byLabels(labels);
    if (told !== null) return told;
    const addressed = new Set<MagnumNodeGroup>();
    for (const { type, address } of node.status?.addresses ?? [])
      if (type === 'InternalIP') for (const group of byAddress.get(address) ?? []) addressed.add(group);
    return (
      decided('address', addressed) ??
      byMachineName(node) ??
      decided(
        'nodeSelector',
        new Set(selectors.filter(({ nodeSelector }) => selects(nodeSelector, labels)).map(({ group }) => group)),
      ) ?? { group: null, by: 'nothing', ambiguous: [] }
    );
  }

  const of = new Map<Node, Membership>();
  const members = new Map<string, Node[]>();
  const ambiguous: { readonly node: string; readonly groups: readonly string[] }[] = [];
  for (const node of nodes) {
    const membership = membershipOf(node);
    of.set(node, membership);
    if (membership.ambiguous.length > 0) ambiguous.push({ node: node.metadata.name, groups: membership.ambiguous });
    if (membership.group === null) continue;
    const { uuid } = membership.group;
    const known = members.get(uuid);
    if (known === undefined) members.set(uuid, [node]);
    else known.push(node);
  }
  return { of, members, ambiguous };
}

const named = /^nodegroup (.+)$/;

export const membershipsIn = (snapshot: Snapshot, documents: readonly NodePolicyDocument[]): Memberships =>
  membershipsOf({
    nodes: snapshot.kubernetes.nodes ?? [],
    groups: snapshot.magnum.nodegroups ?? [],
    policies: documents.flatMap((document) => document.spec.nodeGroups),
    cluster: snapshot.magnum.cluster,
    unread: snapshot.errors.flatMap(({ source, what }) => (source === 'magnum' ? (named.exec(what)?.[1] ?? []) : [])),
  });

export function isReady({ status }: Node): boolean {
  const conditions = status?.conditions;
  if (conditions !== undefined) for (const one of conditions) if (one.type === 'Ready') return one.status === 'True';
  return false;
}
