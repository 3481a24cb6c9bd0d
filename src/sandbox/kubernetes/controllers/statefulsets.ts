// StatefulSets: numbered pods, made in order and ended from the top, replaced one by one when the template changes.
import { WorkQueue } from '../agenda.ts';
import { hashOf } from '../json.ts';
import { controllerOf, isDeleting, isReady, isTerminal, keyOf, keyOfObject } from '../objects.ts';
import { ApiError } from '../status.ts';
import { createPod, deletePod, reactionTime } from './cluster.ts';
import { isAvailable, recheckFor } from './replicasets.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Pod, StatefulSet } from '../objects.ts';
import type { Cluster } from './cluster.ts';

const revisionLabel = 'controller-revision-hash';
const retryAfter = 15_000 as Milliseconds;

export function startStatefulSets(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const queue = new WorkQueue(agenda, reactionTime, (key) => {
    const set = registry.store.get('statefulsets', key);
    if (set !== undefined && !isDeleting(set)) reconcile(cluster, set, queue);
  });
  registry.store.subscribe(({ resource, object }) => {
    if (resource === 'statefulsets') queue.add(keyOfObject(object));
    else if (resource === 'pods') {
      const owner = controllerOf(object);
      if (owner?.kind === 'StatefulSet') queue.add(keyOf(object.metadata.namespace, owner.name));
    }
  });
}

const ordinalOf = (pod: Pod): number => Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? -1);

function reconcile(cluster: Cluster, set: StatefulSet, queue: WorkQueue): void {
  const { registry, agenda } = cluster;
  const key = keyOfObject(set);
  const revision = `${set.metadata.name}-${hashOf(set.spec.template)}`;
  const pods = new Map(registry.index.ownedBy(set.metadata.uid, 'pods').map((pod) => [ordinalOf(pod), pod]));
  const refusal = step(cluster, set, pods, revision);
  if (refusal !== undefined) agenda.after(retryAfter, () => queue.add(key));
  const present = registry.index.ownedBy(set.metadata.uid, 'pods').filter((pod) => !isTerminal(pod));
  const minReady = set.spec.minReadySeconds ?? 0;
  const soon = recheckFor(present, minReady, agenda.now());
  if (soon !== undefined) agenda.after(soon, () => queue.add(key));
  const updated = present.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length;
  registry.change('statefulsets', key, (draft) => {
    draft.status = {
      ...draft.status,
      replicas: present.length,
      readyReplicas: present.filter((pod) => isReady(pod) && !isDeleting(pod)).length,
      availableReplicas: present.filter((pod) => isAvailable(pod, minReady, agenda.now()) && !isDeleting(pod)).length,
      updatedReplicas: updated,
      currentReplicas: updated,
      currentRevision: updated === present.length ? revision : (draft.status?.currentRevision ?? revision),
      updateRevision: revision,
      observedGeneration: draft.metadata.generation ?? 1,
    };
  });
}

/** One step towards the wish; in order, each waits for the one before to be ready. */
function step(cluster: Cluster, set: StatefulSet, pods: Map<number, Pod>, revision: string): ApiError | undefined {
  const parallel = set.spec.podManagementPolicy === 'Parallel';
  for (let ordinal = 0; ordinal < set.spec.replicas; ordinal += 1) {
    const pod = pods.get(ordinal);
    if (pod === undefined) {
      const name = `${set.metadata.name}-${ordinal}`;
      const labels = { [revisionLabel]: revision, 'statefulset.kubernetes.io/pod-name': name };
      const made = createPod(cluster, set, set.spec.template, { name, labels, spec: { hostname: name } });
      if (made instanceof ApiError) return made;
      if (!parallel) return undefined;
    } else if (isTerminal(pod) && !isDeleting(pod)) {
      deletePod(cluster, pod);
      return undefined;
    } else if (!parallel && (!isReady(pod) || isDeleting(pod))) return undefined;
  }
  const surplus = [...pods.values()].filter((pod) => ordinalOf(pod) >= set.spec.replicas);
  surplus.sort((left, right) => ordinalOf(right) - ordinalOf(left));
  for (const pod of surplus) {
    if (!isDeleting(pod)) deletePod(cluster, pod);
    if (!parallel) return undefined;
  }
  if (surplus.length > 0 || set.spec.updateStrategy?.type === 'OnDelete') return undefined;
  for (let ordinal = set.spec.replicas - 1; ordinal >= 0; ordinal -= 1) {
    const pod = pods.get(ordinal);
    if (pod === undefined || isDeleting(pod) || !isReady(pod)) return undefined;
    if (pod.metadata.labels?.[revisionLabel] === revision) continue;
    deletePod(cluster, pod);
    return undefined;
  }
  return undefined;
}
