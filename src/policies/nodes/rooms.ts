// The rooms of today's cluster: what is free on each node that takes pods, and who runs where.
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { isReady } from './membership.ts';
import { allocatableOf, type Room } from './room.ts';

export function podsByNode(facts: KubernetesFacts): ReadonlyMap<string, readonly Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of facts.pods ?? []) {
    const node = pod.spec?.nodeName ?? '';
    if (node === '') continue;
    const known = byNode.get(node);
    if (known === undefined) byNode.set(node, [pod]);
    else known.push(pod);
  }
  return byNode;
}

const remembered = new WeakMap<Node, Room>();

/** An empty one: the simulation reckons by itself what the pods on it leave. Unchanged nodes are read once. */
export function roomOf(node: Node): Room {
  const known = remembered.get(node);
  if (known !== undefined) return known;
  const capacity = allocatableOf(node);
  const { name, labels = {} } = node.metadata;
  const room: Room = { name, labels, taints: node.spec?.taints ?? [], capacity, free: capacity };
  remembered.set(node, room);
  return room;
}

/** Of a node that takes no pods: nobody new comes, but those that run there count for the rules of others. */
export const closedRoomOf = (node: Node): Room => ({
  ...roomOf(node),
  closed: isReady(node) ? 'cordoned' : 'not Ready',
});

export const takesPods = (node: Node): boolean => isReady(node) && node.spec?.unschedulable !== true;
