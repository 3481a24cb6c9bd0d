// Deployments: a ReplicaSet for each template, rolled over within maxSurge and maxUnavailable.
import { WorkQueue } from '../agenda.ts';
import { hashOf } from '../json.ts';
import { controllerOf, isDeleting, keyOf, keyOfObject } from '../objects.ts';
import { reactionTime, shareOf, tell, withCondition } from './cluster.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Deployment, ReplicaSet, WorkloadStatus } from '../objects.ts';
import type { Cluster } from './cluster.ts';

const hashLabel = 'pod-template-hash';
const revisionAnnotation = 'deployment.kubernetes.io/revision';
const component = 'deployment-controller';

export function startDeployments(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const progress = new Map<string, { mark: string; at: number }>();
  const queue = new WorkQueue(agenda, reactionTime, (key) => {
    const deployment = registry.store.get('deployments', key);
    if (deployment === undefined) progress.delete(key);
    else if (!isDeleting(deployment)) reconcile(cluster, deployment, progress, queue);
  });
  registry.store.subscribe(({ resource, object }) => {
    if (resource === 'deployments') queue.add(keyOfObject(object));
    else if (resource === 'replicasets') {
      const owner = controllerOf(object);
      if (owner?.kind === 'Deployment') queue.add(keyOf(object.metadata.namespace, owner.name));
    }
  });
}

function reconcile(
  cluster: Cluster,
  deployment: Deployment,
  progress: Map<string, { mark: string; at: number }>,
  queue: WorkQueue,
): void {
  const { registry } = cluster;
  const hash = hashOf(deployment.spec.template);
  const owned = (): ReplicaSet[] => registry.index.ownedBy(deployment.metadata.uid, 'replicasets');
  const isNew = (set: ReplicaSet): boolean => set.metadata.labels?.[hashLabel] === hash;
  if (deployment.spec.paused === true) {
    const active = owned().filter((set) => set.spec.replicas > 0);
    const only = active.length === 1 ? active[0] : undefined;
    if (only !== undefined) scale(cluster, deployment, only, deployment.spec.replicas);
  } else roll(cluster, deployment, owned(), hash);
  const sets = owned();
  writeStatus(cluster, deployment, sets, sets.find(isNew), progress, queue);
}

function roll(cluster: Cluster, deployment: Deployment, sets: readonly ReplicaSet[], hash: string): void {
  const wanted = deployment.spec.replicas;
  const old = sets.filter((set) => set.metadata.labels?.[hashLabel] !== hash);
  const existing = sets.find((set) => set.metadata.labels?.[hashLabel] === hash);
  if (deployment.spec.strategy.type === 'Recreate') {
    for (const set of old) scale(cluster, deployment, set, 0);
    const left = old.some((set) => cluster.registry.index.ownedBy(set.metadata.uid, 'pods').length > 0);
    if (!left) scale(cluster, deployment, existing ?? createSet(cluster, deployment, sets, hash), wanted);
    return;
  }
  const { maxSurge, maxUnavailable } = deployment.spec.strategy.rollingUpdate ?? {};
  const surge = shareOf(maxSurge ?? '25%', wanted, 'up');
  const down = shareOf(maxUnavailable ?? '25%', wanted, 'down');
  // both zero would stand still for ever
  const unavailable = surge === 0 && down === 0 ? 1 : down;
  const current = existing ?? createSet(cluster, deployment, sets, hash);
  const total = old.reduce((sum, set) => sum + set.spec.replicas, current.spec.replicas);
  const room = wanted + surge - total;
  const target =
    current.spec.replicas > wanted
      ? wanted
      : old.every((set) => set.spec.replicas === 0)
        ? wanted
        : current.spec.replicas + Math.max(0, Math.min(room, wanted - current.spec.replicas));
  scale(cluster, deployment, current, target);
  shrinkOld(cluster, deployment, old, total - current.spec.replicas + target, wanted - unavailable, {
    replicas: target,
    available: current.status?.availableReplicas ?? 0,
  });
  cleanUp(cluster, deployment, old);
}

/** Old sets lose first what is not available, then as much as minAvailable leaves. */
function shrinkOld(
  cluster: Cluster,
  deployment: Deployment,
  old: readonly ReplicaSet[],
  total: number,
  minAvailable: number,
  current: { readonly replicas: number; readonly available: number },
): void {
  let budget = total - minAvailable - Math.max(0, current.replicas - current.available);
  const oldest = [...old].sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  const replicas = new Map(oldest.map((set) => [set, set.spec.replicas]));
  for (const set of oldest) {
    const broken = Math.max(0, set.spec.replicas - (set.status?.availableReplicas ?? 0));
    const cut = Math.max(0, Math.min(broken, budget));
    replicas.set(set, set.spec.replicas - cut);
    budget -= cut;
  }
  const oldAvailable = old.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
  let spare = Math.min(budget, oldAvailable + current.available - minAvailable);
  for (const set of oldest) {
    const left = replicas.get(set) ?? 0;
    const cut = Math.max(0, Math.min(left, spare));
    spare -= cut;
    scale(cluster, deployment, set, left - cut);
  }
}

function cleanUp({ registry }: Cluster, deployment: Deployment, old: readonly ReplicaSet[]): void {
  const idle = old
    .filter((set) => set.spec.replicas === 0 && (set.status?.replicas ?? 0) === 0)
    .sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of idle.slice(0, Math.max(0, idle.length - (deployment.spec.revisionHistoryLimit ?? 10))))
    registry.delete('replicasets', keyOfObject(set));
}

const revisionOf = (set: ReplicaSet): number => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);

function createSet(cluster: Cluster, deployment: Deployment, sets: readonly ReplicaSet[], hash: string): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const revision = String(1 + Math.max(0, ...sets.map(revisionOf)));
  const { metadata, apiVersion, kind } = deployment;
  cluster.registry.change('deployments', keyOfObject(deployment), (draft) => {
    draft.metadata.annotations = { ...draft.metadata.annotations, [revisionAnnotation]: revision };
  });
  return cluster.registry.create('replicasets', metadata.namespace, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      labels,
      annotations: { [revisionAnnotation]: revision },
      ownerReferences: [
        { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
}

function scale(cluster: Cluster, deployment: Deployment, set: ReplicaSet, replicas: number): void {
  if (set.spec.replicas === replicas) return;
  cluster.registry.change('replicasets', keyOfObject(set), (draft) => {
    draft.spec.replicas = replicas;
  });
  const way = replicas > set.spec.replicas ? 'up' : 'down';
  const text = `Scaled ${way} replica set ${set.metadata.name} to ${replicas} from ${set.spec.replicas}`;
  tell(cluster, deployment, 'Normal', 'ScalingReplicaSet', text, component);
}

function writeStatus(
  cluster: Cluster,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
  progress: Map<string, { mark: string; at: number }>,
  queue: WorkQueue,
): void {
  const { registry, agenda } = cluster;
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
    sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const counts = {
    replicas: sum('replicas'),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
  };
  const wanted = deployment.spec.replicas;
  const key = keyOfObject(deployment);
  const complete =
    counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas >= wanted;
  const mark = JSON.stringify([counts, current?.metadata.name, wanted]);
  if (progress.get(key)?.mark !== mark) progress.set(key, { mark, at: agenda.now() });
  const deadline = (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
  const waited = agenda.now() - (progress.get(key)?.at ?? agenda.now());
  const stuck = !complete && waited >= deadline;
  if (!complete && !stuck) agenda.after((deadline - waited) as Milliseconds, () => queue.add(key));
  const down = shareOf(deployment.spec.strategy.rollingUpdate?.maxUnavailable ?? '25%', wanted, 'down');
  const available = counts.availableReplicas >= wanted - down;
  const failure = sets.flatMap((set) => set.status?.conditions ?? []).find((one) => one.type === 'ReplicaFailure');
  const now = registry.timestamp();
  registry.change('deployments', key, (draft) => {
    const status: WorkloadStatus = {
      ...draft.status,
      ...counts,
      unavailableReplicas: Math.max(0, counts.replicas - counts.availableReplicas),
      observedGeneration: draft.metadata.generation ?? 1,
    };
    if (status.unavailableReplicas === 0) delete status.unavailableReplicas;
    let conditions = withCondition(
      (status.conditions ?? []).filter((one) => one.type !== 'ReplicaFailure'),
      available
        ? {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          }
        : {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
      now,
    );
    const name = current?.metadata.name ?? '';
    conditions = withCondition(
      conditions,
      stuck
        ? {
            type: 'Progressing',
            status: 'False',
            reason: 'ProgressDeadlineExceeded',
            message: `ReplicaSet "${name}" has timed out progressing.`,
          }
        : complete
          ? {
              type: 'Progressing',
              status: 'True',
              reason: 'NewReplicaSetAvailable',
              message: `ReplicaSet "${name}" has successfully progressed.`,
            }
          : {
              type: 'Progressing',
              status: 'True',
              reason: 'ReplicaSetUpdated',
              message: `ReplicaSet "${name}" is progressing.`,
            },
      now,
    );
    if (failure !== undefined) conditions = withCondition(conditions, { ...failure }, now);
    draft.status = { ...status, conditions };
  });
}
