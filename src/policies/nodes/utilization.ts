// How well a node is used, by what its pods request.
import type { Node, Pod } from '../../model/kubernetes.ts';
import { isMirror, isOfDaemonSet, isTerminal, requestsOf } from '../pod-facts.ts';
import { imageOf } from './fit/image.ts';
import { allocatableOf } from './room.ts';

/** GPUs and the like: named by a domain that is not Kubernetes' own. */
const isExtended = (resource: string): boolean => resource.includes('/') && !/(?:^|\.)kubernetes\.io\//.test(resource);

/**
 * The larger of cpu and memory requested, DaemonSet and mirror pods aside on both sides; of a node with an extended
 * resource: that one. null: the node does not say how much room it has.
 */
export function utilizationOf(node: Node, pods: readonly Pod[]): number | null {
  const allocatable = allocatableOf(node);
  const extended = Object.entries(allocatable).flatMap(([name, amount]) =>
    isExtended(name) && amount > 0 ? [name] : [],
  );
  const resources = extended.length > 0 ? extended : ['cpu', 'memory'];
  const all = imageOf(pods);
  const own = resources.map(() => 0);
  for (const pod of pods) {
    if (!(isOfDaemonSet(pod) || isMirror(pod)) || isTerminal(pod)) continue;
    const requests = requestsOf(pod.spec);
    for (const [index, resource] of resources.entries()) own[index] = (own[index] ?? 0) + (requests[resource] ?? 0);
  }
  let highest = 0;
  for (const [index, resource] of resources.entries()) {
    const whole = allocatable[resource] ?? 0;
    if (whole <= 0) return null;
    const ofItself = own[index] ?? 0;
    const usable = whole - ofItself;
    const share = usable > 0 ? (all.sumOf(resource) - ofItself) / usable : 1;
    if (share > highest) highest = share;
  }
  return highest;
}
