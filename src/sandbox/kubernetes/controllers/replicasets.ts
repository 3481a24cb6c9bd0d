// ReplicaSets, ReplicationControllers and a custom kind like them: as many pods as asked, surplus ones ended in the real controller's order.
import { WorkQueue } from '../agenda.ts';
import { conditionOf, controllerOf, isDeleting, isReady, isTerminal, keyOf, keyOfObject } from '../objects.ts';
import { quantityOf } from '../quantity.ts';
import { ApiError } from '../status.ts';
import { createPod, deletePod, reactionTime, tell, withCondition } from './cluster.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Pod, ReplicaSet, ReplicationController, WorkloadStatus } from '../objects.ts';
import type { Change } from '../store.ts';
import type { Cluster } from './cluster.ts';

type Resource = 'replicasets' | 'replicationcontrollers' | 'rollouts';

const retryAfter = 15_000 as Milliseconds;

export function startReplicaSets(cluster: Cluster, resource: Resource): void {
  const { registry, agenda } = cluster;
  const kind = registry.resource(resource).kind;
  const queue = new WorkQueue(agenda, reactionTime, (key) => {
    const set = registry.store.get(resource, key);
    if (set !== undefined && !isDeleting(set)) reconcile(cluster, resource, set, queue);
  });
  registry.store.subscribe(({ resource: changed, object }: Change) => {
    if (changed === resource) queue.add(keyOfObject(object));
    else if (changed === 'pods') {
      const owner = controllerOf(object);
      if (owner?.kind === kind) queue.add(keyOf(object.metadata.namespace, owner.name));
    }
  });
}

function reconcile(
  cluster: Cluster,
  resource: Resource,
  set: ReplicaSet | ReplicationController,
  queue: WorkQueue,
): void {
  const { registry, agenda } = cluster;
  const key = keyOfObject(set);
  const pods = registry.index.ownedBy(set.metadata.uid, 'pods').filter((pod) => !isTerminal(pod) && !isDeleting(pod));
  const missing = set.spec.replicas - pods.length;
  let failure: ApiError | undefined;
  for (let made = 0; made < missing; made += 1) {
    const pod = createPod(cluster, set, set.spec.template);
    if (pod instanceof ApiError) {
      failure = pod;
      agenda.after(retryAfter, () => queue.add(key));
      break;
    }
    pods.push(pod);
    tell(cluster, set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, 'replicaset-controller');
  }
  if (missing < 0)
    for (const pod of inOrderOfDeletion(pods).slice(0, -missing)) {
      deletePod(cluster, pod);
      pods.splice(pods.indexOf(pod), 1);
      tell(cluster, set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, 'replicaset-controller');
    }
  const soon = recheckFor(pods, set.spec.minReadySeconds ?? 0, agenda.now());
  if (soon !== undefined) agenda.after(soon, () => queue.add(key));
  const now = registry.timestamp();
  registry.change(resource, key, (draft) => {
    const status: WorkloadStatus = {
      ...draft.status,
      replicas: pods.length,
      fullyLabeledReplicas: pods.length,
      readyReplicas: pods.filter(isReady).length,
      availableReplicas: pods.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, agenda.now())).length,
      observedGeneration: draft.metadata.generation ?? 1,
    };
    const others = (status.conditions ?? []).filter((one) => one.type !== 'ReplicaFailure');
    if (failure !== undefined)
      status.conditions = withCondition(
        status.conditions,
        { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure.message },
        now,
      );
    else if (others.length > 0) status.conditions = others;
    else delete status.conditions;
    draft.status = status;
  });
}

const readySince = (pod: Pod): number => Date.parse(conditionOf(pod.status, 'Ready')?.lastTransitionTime ?? '');

export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return isReady(pod) && (minReadySeconds === 0 || readySince(pod) + minReadySeconds * 1000 <= now);
}

/** When the next ready pod will have been ready long enough. */
export function recheckFor(pods: readonly Pod[], minReadySeconds: number, now: number): Milliseconds | undefined {
  const waits = pods
    .filter((pod) => isReady(pod) && !isAvailable(pod, minReadySeconds, now))
    .map((pod) => readySince(pod) + minReadySeconds * 1000 - now);
  return waits.length === 0 ? undefined : (Math.max(1, Math.min(...waits)) as Milliseconds);
}

const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phases = ['Pending', 'Unknown', 'Running'];

/** First to go: unscheduled, pending, not ready, cheap to lose, crowded on their node, ready for the shortest time, restarted, young. */
function inOrderOfDeletion(pods: readonly Pod[]): Pod[] {
  const crowd = new Map<string, number>();
  for (const { spec } of pods) crowd.set(spec.nodeName ?? '', (crowd.get(spec.nodeName ?? '') ?? 0) + 1);
  const rank = (pod: Pod): number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    phases.indexOf(pod.status.phase ?? 'Pending'),
    isReady(pod) ? 1 : 0,
    quantityOf(pod.metadata.annotations?.[costAnnotation]),
    -(crowd.get(pod.spec.nodeName ?? '') ?? 0),
    isReady(pod) ? -readySince(pod) : 0,
    -Math.max(0, ...(pod.status.containerStatuses ?? []).map((one) => one.restartCount)),
    -Date.parse(pod.metadata.creationTimestamp),
  ];
  return pods
    .map((pod) => ({ pod, rank: rank(pod) }))
    .sort((left, right) => {
      for (const [at, value] of left.rank.entries()) {
        const difference = value - (right.rank[at] ?? 0);
        if (difference !== 0) return difference;
      }
      return left.pod.metadata.name < right.pod.metadata.name ? -1 : 1;
    })
    .map(({ pod }) => pod);
}
