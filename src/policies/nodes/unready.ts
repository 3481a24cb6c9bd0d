// Too many nodes that are not Ready are a fault of the network rather than of the nodes: nothing is removed, and nothing ordered in their place.
import type { NodePolicyDocument } from '../../model/config.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import { isReady } from './membership.ts';

export type StopAbove = NodePolicyDocument['spec']['shrink']['unready']['stopAbove'];

const isUnready = (node: Node): boolean => !isReady(node) && drainOf(node) === null;

/** "5 of 12"; null while the cluster is sound enough. `nodeless`: servers that should be nodes, and are none. */
export function tooManyUnready(
  nodes: readonly Node[],
  { percent, nodes: most }: StopAbove,
  nodeless = 0,
): string | null {
  const unready = nodes.filter(isUnready).length + nodeless;
  const all = nodes.length + nodeless;
  return unready > most && (unready * 100) / all > percent ? `${unready} of ${all}` : null;
}

/** Pods that were told to leave nodes that are not Ready: others come in their place, while they may still run. */
export function podsBeingReplaced(nodes: readonly Node[], podsOn: ReadonlyMap<string, readonly Pod[]>): readonly Pod[] {
  return nodes
    .filter(isUnready)
    .flatMap((node) => podsOn.get(node.metadata.name) ?? [])
    .filter((pod) => pod.metadata.deletionTimestamp !== undefined);
}
