// The rooms of today's cluster: what is free on each node that takes pods, and who runs where.
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { isTerminal, requestsOf } from '../pod-facts.ts';
import { isReady } from './membership.ts';
import { allocatableOf, cloneRoom, take, type Room } from './room.ts';
import type { Shape } from './shape.ts';

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

export function roomOf(node: Node, pods: readonly Pod[]): Room {
  const capacity = allocatableOf(node);
  const room: Room = {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints: node.spec?.taints ?? [],
    capacity,
    free: { ...capacity },
  };
  for (const pod of pods) if (!isTerminal(pod)) take(requestsOf(pod.spec), room);
  return room;
}

export const takesPods = (node: Node): boolean => isReady(node) && node.spec?.unschedulable !== true;

/** Ordered nodes count as room before they exist: what waits for them orders nothing more. */
export const upcomingRooms = (shape: Shape | null, count: number): readonly Room[] =>
  shape === null
    ? []
    : Array.from({ length: count }, (_, index) =>
        cloneRoom({ ...shape.room, name: `${shape.room.name}-upcoming-${index}` }),
      );
