// A node as an API server leaves it behind a patch of what springtide writes on nodes.
import type { NodePatch } from '../../../../src/clients/kubernetes/writes.ts';
import type { Node } from '../../../../src/model/kubernetes.ts';

export function patched(node: Node, { unschedulable, taints, annotations }: NodePatch, resourceVersion: string): Node {
  const kept = Object.entries({ ...node.metadata.annotations, ...annotations }).filter(([, value]) => value !== null);
  return {
    ...node,
    metadata: {
      ...node.metadata,
      resourceVersion,
      annotations: Object.fromEntries(kept) as Record<string, string>,
    },
    spec: {
      ...node.spec,
      ...(unschedulable === undefined ? {} : { unschedulable: unschedulable === true }),
      ...(taints === undefined ? {} : { taints }),
    },
  };
}
