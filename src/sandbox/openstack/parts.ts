// The parts of the embedded cloud: flavors, node groups, servers, the quota, and what its driver was asked for.
import type { Clock } from '../../clock.ts';
import type { Random } from '../random.ts';
import type { Driver, Member } from './stack.ts';

export const region = 'RegionOne';

export interface Flavor {
  readonly name: string;
  readonly id?: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** GiB */
  readonly disk?: number;
}

/** Magnum takes numbers and truths too, and gives them back as such. */
export type GivenLabels = Readonly<Record<string, string | number | boolean>>;

export interface GroupWish {
  readonly name: string;
  readonly role?: 'worker' | 'master';
  readonly count: number;
  readonly min?: number;
  readonly max?: number | null;
  readonly flavor: string;
  readonly labels?: GivenLabels;
  /** on its nodes whatever Magnum speaks; shown by it from microversion 1.14 on */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly nodeTaints?: readonly string[];
}

export interface Quota {
  readonly instances: number;
  readonly cores: number;
  /** MiB */
  readonly ram: number;
}

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface Server {
  readonly id: string;
  readonly name: string;
  readonly providerId: string;
  /** what its kubelet and Cluster API write on its Node */
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly nodeAnnotations: Readonly<Record<string, string>>;
  readonly nodeTaints: readonly NodeTaint[];
  readonly group: string;
  readonly role: 'worker' | 'master';
  readonly index: number;
  readonly address: string;
  readonly flavor: Flavor;
  readonly created: string;
  readonly state: Member['state'];
}

export interface Group {
  readonly uuid: string;
  readonly name: string;
  readonly role: 'worker' | 'master';
  readonly flavor: Flavor;
  readonly labels: GivenLabels;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly nodeTaints: readonly string[];
  readonly isDefault: boolean;
  readonly driver: Driver;
  readonly stackId: string;
  /** of Cluster API: what the names of its machines begin with; null: Heat has none */
  readonly machineSet: string | null;
  readonly members: Map<number, Member>;
  readonly gone: Set<number>;
  min: number;
  max: number | null;
  count: number;
  status: string;
  statusReason: string | null;
  updated: string | null;
}

export interface DriverCall {
  readonly at: string;
  readonly op: 'resize_cluster' | 'update_cluster' | 'update_nodegroup' | 'dropped' | 'done';
  readonly group: string;
  readonly count: number;
  readonly previous: number;
  readonly matched: readonly string[];
  readonly unmatched: readonly string[];
  readonly superseded: boolean;
  readonly status: string;
}

export interface CloudOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly cluster: {
    readonly name: string;
    readonly groups: readonly GroupWish[];
    readonly labels?: GivenLabels;
  };
  readonly flavors: readonly Flavor[];
  readonly quota: Quota;
  readonly bootSeconds: { readonly mean: number; readonly jitter: number };
  readonly deleteSeconds?: { readonly mean: number; readonly jitter: number };
  readonly driver: Driver;
  readonly onServerActive?: (server: Server) => void;
  readonly onServerDeleted?: (server: Server) => void;
}

/** Group and role as each driver's nodes show them. */
function nodeLabelsOf({ driver, name, role, nodeLabels }: Group): Readonly<Record<string, string>> {
  if (driver === 'heat')
    return { 'magnum.openstack.org/nodegroup': name, 'magnum.openstack.org/role': role, ...nodeLabels };
  if (role === 'master') return { 'node-role.kubernetes.io/control-plane': '', ...nodeLabels };
  return driver === 'magnum-capi-helm'
    ? { 'capi.stackhpc.com/node-group': name, ...nodeLabels }
    : { 'node-role.kubernetes.io/worker': '', 'node.cluster.x-k8s.io/nodegroup': name, ...nodeLabels };
}

function nodeAnnotationsOf({ machineSet, stackId }: Group, machine: string): Readonly<Record<string, string>> {
  if (machineSet === null) return {};
  return {
    'cluster.x-k8s.io/cluster-name': stackId,
    'cluster.x-k8s.io/machine': machine,
    'cluster.x-k8s.io/owner-kind': 'MachineSet',
    'cluster.x-k8s.io/owner-name': machineSet,
  };
}

/** KEY=VALUE:EFFECT, as a kubelet is told. */
function taintOf(text: string): NodeTaint {
  const [, key = text, value, effect = 'NoSchedule'] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text) ?? [];
  return { key, effect, ...(value === undefined ? {} : { value }) };
}

function nodeTaintsOf({ role, nodeTaints }: Group): readonly NodeTaint[] {
  const ofMasters = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
  return [...(role === 'master' ? [ofMasters] : []), ...nodeTaints.map(taintOf)];
}

export function serverOf(group: Group, member: Member): Server {
  const { id, name, index, address, created, state } = member;
  return {
    id,
    name,
    // Newer cloud controllers may put the region in front.
    providerId: group.driver === 'magnum-cluster-api' ? `openstack://${region}/${id}` : `openstack:///${id}`,
    nodeLabels: nodeLabelsOf(group),
    nodeAnnotations: nodeAnnotationsOf(group, name),
    nodeTaints: nodeTaintsOf(group),
    group: group.name,
    role: group.role,
    index,
    address,
    flavor: group.flavor,
    created,
    state,
  };
}
