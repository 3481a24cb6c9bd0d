// Pods of nodes on their way out that come up again somewhere: each of them will need a place on a node that stays.
import type { KubernetesObject, Node, Pod, Workload } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { controllerOf, isDeleting, isMirror, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import type { NodeTick } from './node-tick.ts';

/** Of those that count a pod no more once it is being deleted: whether they have started fewer than they are to. */
type IsShort<Kind extends KubernetesObject> = (controller: Kind) => boolean;

const ofReplicas: IsShort<Workload> = ({ spec, status }) => (status?.replicas ?? 0) < (spec?.replicas ?? 1);

interface Job extends KubernetesObject {
  readonly spec?: { readonly parallelism?: number; readonly completions?: number; readonly suspend?: boolean };
  readonly status?: { readonly active?: number; readonly succeeded?: number; readonly completionTime?: string };
}

const ofJob: IsShort<Job> = ({ spec = {}, status = {} }) => {
  const { active = 0, succeeded = 0, completionTime } = status;
  if (completionTime !== undefined || spec.suspend === true) return false;
  const { parallelism = 1, completions } = spec;
  // Without a number of completions the first success says that nothing new is to be begun.
  const left = completions === undefined ? (succeeded > 0 ? 0 : Infinity) : completions - succeeded;
  return active < Math.min(parallelism, left);
};

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

/** null: the list could not be read, and nobody knows. */
function shortIn<Kind extends KubernetesObject>(
  list: readonly Kind[] | undefined,
  isShort: IsShort<Kind>,
): ReadonlySet<string> | null {
  if (list === undefined) return null;
  const short = list.filter(isShort);
  return new Set(short.map(({ metadata }) => keyOf(metadata.namespace, metadata.name)));
}

type Shortages = Readonly<Record<string, ReadonlySet<string> | null>>;

const shortages = ({ replicasets, replicationcontrollers, jobs }: KubernetesFacts): Shortages => ({
  ReplicaSet: shortIn(replicasets, ofReplicas),
  ReplicationController: shortIn(replicationcontrollers, ofReplicas),
  Job: shortIn<Job>(jobs, ofJob),
});

/** Those that a replacement has been started for are not among them, nor those that none will be started for. */
export function leavingPods({
  snapshot,
  podsOn,
}: Pick<NodeTick, 'snapshot' | 'podsOn'>): (node: Node) => readonly Pod[] {
  let known: Shortages | null = null;
  const comesAgain = (pod: Pod): boolean => {
    if (isMirror(pod) || isOfDaemonSet(pod) || isTerminal(pod)) return false;
    if (!isDeleting(pod)) return true;
    const owner = controllerOf(pod);
    // Whoever made it may make it again: cluster-autoscaler keeps its place as well.
    if (owner === undefined) return true;
    known ??= shortages(snapshot.kubernetes);
    // A StatefulSet begins the next one of a name when the last one is gone; of other kinds nobody knows.
    const short = known[owner.kind] ?? null;
    return short === null || short.has(keyOf(pod.metadata.namespace, owner.name));
  };
  return (node) => (podsOn.get(node.metadata.name) ?? []).filter(comesAgain);
}
