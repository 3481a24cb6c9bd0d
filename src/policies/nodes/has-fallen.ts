// Whether a node that is not Ready was so once: one that never was is still an order that has not come.
import type { Node } from '../../model/kubernetes.ts';
import type { Memory } from '../../model/memory.ts';
import { instantOf, minutes } from '../../model/units.ts';
import { isReady } from './membership.ts';

const startsWithin = minutes(5);

/** A kubelet that dies before it was ever Ready moves the time of its condition as well: for its first sight only. */
function fellByTimes({ metadata, status }: Node): boolean {
  const condition = status?.conditions?.find((one) => one.type === 'Ready');
  const changed = instantOf(condition?.lastTransitionTime);
  const born = instantOf(metadata.creationTimestamp);
  return changed !== null && born !== null && changed - born > startsWithin;
}

export function hasFallen(node: Node, { nodes }: Pick<Memory, 'nodes'>): boolean {
  return !isReady(node) && (nodes[node.metadata.name]?.wasReady ?? fellByTimes(node));
}
