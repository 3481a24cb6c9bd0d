// In which node group a pod or a node is, by the last look at the world.
import type { NodeGroupOf } from './alerts/node-group-label.ts';
import type { NodePolicyDocument } from './model/config.ts';
import type { Snapshot } from './model/snapshot.ts';
import { membershipsIn } from './policies/nodes/membership.ts';

export interface WhereaboutsParts {
  readonly policies: () => readonly NodePolicyDocument[];
  /** The node of a pod, as its list is kept: to go through all pods of a large cluster for one alert takes too long. */
  readonly nodeOf: (namespace: string, pod: string) => string | undefined;
}

export interface Whereabouts {
  noted(snapshot: Snapshot): Snapshot;
  readonly groupOf: NodeGroupOf;
}

export function createWhereabouts({ policies, nodeOf }: WhereaboutsParts): Whereabouts {
  let last: Snapshot | null = null;
  let known: ReadonlyMap<string, string> = new Map();
  /** Made when somebody asks: most ticks nobody does. */
  const groups = (): ReadonlyMap<string, string> => {
    if (last !== null) known = groupsIn(last, policies());
    last = null;
    return known;
  };
  return {
    noted: (snapshot) => (last = snapshot),
    groupOf: ({ node, namespace, pod }) => {
      const place = node ?? (pod === undefined ? undefined : nodeOf(namespace ?? '', pod));
      return (place === undefined ? undefined : groups().get(place)) ?? null;
    },
  };
}

/** By the names of nodes. */
function groupsIn(snapshot: Snapshot, policies: readonly NodePolicyDocument[]): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const [node, { group }] of membershipsIn(snapshot, policies).of)
    if (group !== null) groups.set(node.metadata.name, group.name);
  return groups;
}
