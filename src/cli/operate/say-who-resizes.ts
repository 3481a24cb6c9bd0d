// Before a person's resize is sent it is written on a node of the group, where a daemon anywhere sees that the new count is no autoscaler's.
import type { KubernetesWrites } from '../../clients/kubernetes/writes.ts';
import { resizedAnnotation, type ResizedByPerson } from '../../model/annotations.ts';
import type { GroupState } from '../../policies/nodes/group-state.ts';

/** false: nobody could be told. A group without nodes has no place for it, and a node that cannot be written to keeps nobody from growing. */
export async function sayWhoResizes(
  nodes: Pick<KubernetesWrites, 'patchNode'>,
  group: Pick<GroupState, 'nodes'>,
  resized: ResizedByPerson,
): Promise<boolean> {
  const told = group.nodes.find(({ metadata }) => metadata.annotations?.[resizedAnnotation] !== undefined);
  // The one that tells of the last time, so that there is never more than one word of it.
  const node = told ?? group.nodes[0];
  if (node === undefined) return false;
  const annotations = { [resizedAnnotation]: JSON.stringify(resized) };
  return nodes.patchNode(node.metadata.name, { annotations }).then(
    () => true,
    () => false,
  );
}
