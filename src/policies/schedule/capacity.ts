// How many pods the node groups could take at their largest: by their maxima, by the limit over all, by the quota.
//
// A model, not the scheduler: empty nodes, no affinity, no spreading. A pod takes one k-th of a node on which k of its
// kind fit, and kinds share nodes in these parts. What does not fit here does not fit in the cluster either.
import type { Bytes, Millicores } from '../../model/units.ts';

export interface Room {
  readonly cpu: Millicores;
  readonly memory: Bytes;
}

export interface GroupCapacity {
  readonly name: string;
  /** there now */
  readonly nodes: number;
  readonly maxNodes: number;
  /** on one node, after the pods that are on every node */
  readonly room: Room & { readonly pods: number };
  /** of one VM, as the quota counts it */
  readonly flavor: { readonly cores: number; readonly ram: Bytes };
}

export type QuotaResource = 'instances' | 'cores' | 'ram';

export interface Capacity {
  /** in the order in which they grow */
  readonly groups: readonly GroupCapacity[];
  /** over all groups; null: none */
  readonly limitNodes: number | null;
  /** what is free beside the nodes that are there; null: unlimited or not known */
  readonly quotaFree: Readonly<Record<QuotaResource, number | null>>;
}

export interface Allowed {
  readonly nodesByGroup: readonly number[];
  readonly nodes: number;
  /** what runs out first; null: the maxima are reached */
  readonly shortOf: QuotaResource | null;
}

/** Nodes that the groups may have, with or without regard to the quota. */
export function allowedNodes({ groups, limitNodes, quotaFree }: Capacity, regard: 'limits' | 'quota'): Allowed {
  let more = (limitNodes ?? Infinity) - groups.reduce((sum, { nodes }) => sum + nodes, 0);
  const free = { ...quotaFree };
  let shortOf: QuotaResource | null = null;
  const nodesByGroup = groups.map(({ nodes, maxNodes, flavor }) => {
    let added = Math.max(0, Math.min(maxNodes - nodes, more));
    const takes = { instances: 1, cores: flavor.cores, ram: flavor.ram };
    if (regard === 'quota')
      for (const resource of ['instances', 'cores', 'ram'] as const) {
        const left = free[resource];
        const most = left === null || takes[resource] <= 0 ? Infinity : Math.max(0, Math.floor(left / takes[resource]));
        if (most >= added) continue;
        added = most;
        shortOf = resource;
      }
    for (const resource of ['instances', 'cores', 'ram'] as const) {
      const left = free[resource];
      if (left !== null) free[resource] = left - added * takes[resource];
    }
    more -= added;
    return nodes + added;
  });
  return { nodesByGroup, nodes: nodesByGroup.reduce((sum, nodes) => sum + nodes, 0), shortOf };
}

export interface Demand {
  readonly requests: Room;
  readonly replicas: number;
}

function podsOnNode({ room }: GroupCapacity, { cpu, memory }: Room): number {
  const fits = (have: number, want: number): number => (want <= 0 ? Infinity : Math.floor(have / want));
  return Math.max(0, Math.min(room.pods, fits(room.cpu, cpu), fits(room.memory, memory)));
}

/** Parts of nodes add up to whole ones only nearly. */
const rounding = 1e-9;

/** Pods for which there is no place, the largest placed first. */
export function podsWithoutPlace(
  demands: readonly Demand[],
  groups: readonly GroupCapacity[],
  { nodesByGroup }: Allowed,
): number {
  const left = [...nodesByGroup];
  const kinds = demands
    .map(({ requests, replicas }) => ({ replicas, onNode: groups.map((group) => podsOnNode(group, requests)) }))
    .toSorted((one, other) => Math.max(0, ...one.onNode) - Math.max(0, ...other.onNode));
  let without = 0;
  for (const { replicas, onNode } of kinds) {
    let waiting = replicas;
    for (const [index, pods] of onNode.entries()) {
      const nodes = left[index] ?? 0;
      const placed = Math.min(waiting, Math.floor(nodes * pods + rounding));
      if (placed <= 0) continue;
      left[index] = nodes - placed / pods;
      waiting -= placed;
    }
    without += waiting;
  }
  return without;
}
