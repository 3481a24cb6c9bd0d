// Pods of nodes on their way out that come up again somewhere: each of them will need a place on a node that stays.
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { isDeleting, isMirror, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import { controllersOf } from './controllers.ts';
import type { NodeTick } from './node-tick.ts';

/** Whether a ReplicaSet has started less than it is asked for. */
function shortages(facts: KubernetesFacts): (namespace: string, set: string) => boolean {
  const wanted = controllersOf(facts).get('ReplicaSet');
  const running = new Map<string, number>();
  for (const { metadata, status } of facts.replicasets ?? [])
    running.set(`${metadata.namespace ?? ''}/${metadata.name}`, status?.replicas ?? 0);
  return (namespace, set) => (running.get(`${namespace}/${set}`) ?? 0) < (wanted?.of(namespace, set) ?? 1);
}

/** Those that a replacement has been started for are not among them. */
export function leavingPods({ snapshot, podsOn }: NodeTick): (node: Node) => readonly Pod[] {
  let isShort: ReturnType<typeof shortages> | null = null;
  const comesAgain = (pod: Pod): boolean => {
    if (isMirror(pod) || isOfDaemonSet(pod) || isTerminal(pod)) return false;
    if (!isDeleting(pod)) return true;
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner?.kind !== 'ReplicaSet') return true;
    isShort ??= shortages(snapshot.kubernetes);
    return isShort(pod.metadata.namespace ?? '', owner.name);
  };
  return (node) => (podsOn.get(node.metadata.name) ?? []).filter(comesAgain);
}
