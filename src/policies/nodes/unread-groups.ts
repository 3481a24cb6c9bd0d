// Groups that cannot be read now still have their nodes: what totals of the cluster count for them, and for workers of no group.
import type { Node } from '../../model/kubernetes.ts';
import { emptyGroupMemory, type Memory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { nodeGroupLabel } from './driver-habits.ts';
import type { Unusable } from './group-state.ts';
import type { Unseen } from './limits.ts';
import { elsewhereOf, type Size } from './node-size.ts';

const bearsLabel = (node: Node, { policy }: Unusable): boolean =>
  node.metadata.labels?.[nodeGroupLabel] === policy.name;

/** Its nodes by their label, and what was ordered and has not arrived. */
function lastKnown(state: Unusable, nodes: readonly Node[], memory: Memory): number {
  const labelled = nodes.filter((node) => bearsLabel(node, state));
  const { ordered, sent } = memory.groups[state.policy.name] ?? emptyGroupMemory;
  const coming = ordered.reduce((sum, order) => sum + order.count, 0);
  return Math.max(labelled.length + coming, sent?.to ?? 0);
}

/** Beside the groups that are read; `ours`: whether a node is of one of these. */
export function unreadBeside(
  unusable: readonly Unusable[],
  ours: (node: Node) => boolean,
  { snapshot, memory }: { readonly snapshot: Snapshot; readonly memory: Memory },
): { readonly unseen: readonly Unseen[]; readonly elsewhere: Size } {
  const nodes = snapshot.kubernetes.nodes ?? [];
  return {
    unseen: unusable.map((state) => ({ document: state.document, count: lastKnown(state, nodes, memory) })),
    elsewhere: elsewhereOf(nodes, (node) => ours(node) || unusable.some((state) => bearsLabel(node, state))),
  };
}
