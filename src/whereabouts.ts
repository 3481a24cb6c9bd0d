// In which node group a pod or a node is, by the last look at the world.
import type { NodeGroupOf } from './alerts/node-group-label.ts';
import type { NodePolicyDocument } from './model/config.ts';
import type { Snapshot } from './model/snapshot.ts';
import { membershipsIn } from './policies/nodes/membership.ts';

export interface Whereabouts {
  noted(snapshot: Snapshot): Snapshot;
  readonly groupOf: NodeGroupOf;
}

interface Known {
  readonly groups: ReadonlyMap<string, string>;
  /** by namespace/name: the node */
  readonly pods: ReadonlyMap<string, string>;
}

export function createWhereabouts(policies: () => readonly NodePolicyDocument[]): Whereabouts {
  let last: Snapshot | null = null;
  let known: Known = { groups: new Map(), pods: new Map() };
  /** Made when somebody asks: most ticks nobody does. */
  const current = (): Known => {
    if (last !== null) known = knownFrom(last, policies());
    last = null;
    return known;
  };
  return {
    noted: (snapshot) => (last = snapshot),
    groupOf: ({ node, namespace, pod }) => {
      const { groups, pods } = current();
      const place = node ?? pods.get(`${namespace ?? ''}/${pod ?? ''}`);
      return (place === undefined ? undefined : groups.get(place)) ?? null;
    },
  };
}

function knownFrom(snapshot: Snapshot, policies: readonly NodePolicyDocument[]): Known {
  const groups = new Map<string, string>();
  for (const [node, { group }] of membershipsIn(snapshot, policies).of)
    if (group !== null) groups.set(node.metadata.name, group.name);
  const pods = new Map<string, string>();
  for (const { metadata, spec } of snapshot.kubernetes.pods ?? [])
    if (spec?.nodeName !== undefined) pods.set(`${metadata.namespace ?? ''}/${metadata.name}`, spec.nodeName);
  return { groups, pods };
}
