// The parts of the embedded cloud: flavors, node groups, servers, the quota, and what its driver was asked for.
import type { Clock } from '../../clock.ts';
import type { Random } from '../random.ts';
import type { Driver, Member } from './stack.ts';

export interface Flavor {
  readonly name: string;
  readonly id?: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** GiB */
  readonly disk?: number;
}

export interface GroupWish {
  readonly name: string;
  readonly role?: 'worker' | 'master';
  readonly count: number;
  readonly min?: number;
  readonly max?: number | null;
  readonly flavor: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Quota {
  readonly instances: number;
  readonly cores: number;
  /** MiB */
  readonly ram: number;
}

export interface Server {
  readonly id: string;
  readonly name: string;
  readonly providerId: string;
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
  readonly labels: Readonly<Record<string, string>>;
  readonly isDefault: boolean;
  readonly stackId: string;
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
  readonly cluster: { readonly name: string; readonly groups: readonly GroupWish[] };
  readonly flavors: readonly Flavor[];
  readonly quota: Quota;
  readonly bootSeconds: { readonly mean: number; readonly jitter: number };
  readonly deleteSeconds?: { readonly mean: number; readonly jitter: number };
  readonly driver: Driver;
  readonly onServerActive?: (server: Server) => void;
  readonly onServerDeleted?: (server: Server) => void;
}

export function serverOf(group: Group, member: Member): Server {
  const { id, name, index, address, created, state } = member;
  return {
    id,
    name,
    providerId: `openstack:///${id}`,
    group: group.name,
    role: group.role,
    index,
    address,
    flavor: group.flavor,
    created,
    state,
  };
}
