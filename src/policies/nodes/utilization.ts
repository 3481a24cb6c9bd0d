// How well a node is used, by what its pods request.
import type { Node, Pod } from '../../model/kubernetes.ts';
import { addRequests } from '../pod-facts.ts';
import { imageOf } from './fit/image.ts';
import { roomOf } from './rooms.ts';

const usual = ['cpu', 'memory'];

/** GPUs and the like: named by a domain that is not Kubernetes' own. */
const isExtended = (resource: string): boolean => resource.includes('/') && !/(?:^|\.)kubernetes\.io\//.test(resource);

/** Its utilization is that of a resource of which cpu and memory tell nothing. */
export function isJudgedByExtended(node: Node): boolean {
  const { capacity } = roomOf(node);
  for (const name in capacity) if (isExtended(name) && (capacity[name] ?? 0) > 0) return true;
  return false;
}

/**
 * The larger of cpu and memory requested, DaemonSet and mirror pods aside on both sides; of a node with an extended
 * resource: that one. null: the node does not say how much room it has.
 */
export function utilizationOf(node: Node, pods: readonly Pod[]): number | null {
  const { capacity } = roomOf(node);
  const all = imageOf(pods);
  const own: Record<string, number> = {};
  for (const pod of all.daemons) addRequests(own, pod.spec);
  let extended: string[] | null = null;
  for (const name in capacity) if (isExtended(name) && (capacity[name] ?? 0) > 0) (extended ??= []).push(name);
  let highest = 0;
  for (const resource of extended ?? usual) {
    const whole = capacity[resource] ?? 0;
    if (whole <= 0) return null;
    const ofItself = own[resource] ?? 0;
    const usable = whole - ofItself;
    const share = usable > 0 ? (all.sumOf(resource) - ofItself) / usable : 1;
    if (share > highest) highest = share;
  }
  return highest;
}
