// Disruption budgets: how many pods may go now, kept up with pods and workloads.
import { isDeepStrictEqual } from 'node:util';
import { WorkQueue } from '../agenda.ts';
import { budgetSelects } from '../api/eviction.ts';
import { controllerOf, isDeleting, isReady, isTerminal, keyOf, keyOfObject } from '../objects.ts';
import { reactionTime, shareOf, withCondition } from './cluster.ts';
import type { DisruptionBudget, KubeObject, Pod } from '../objects.ts';
import type { KubernetesVersion } from '../resources.ts';
import type { ChangeType } from '../store.ts';
import type { Cluster } from './cluster.ts';

// an evicted pod that has not begun to end by then is taken to stay
const disruptionTimeout = 120_000;
const workloads = ['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers'];

export function startDisruption(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const members = new Members(registry.version);
  const queue = new WorkQueue(agenda, reactionTime, (key) => {
    const budget = registry.store.get('poddisruptionbudgets', key);
    if (budget !== undefined) reconcile(cluster, budget, members.of(key));
  });
  registry.store.subscribe(({ resource, object, previous, type }) => {
    if (resource === 'poddisruptionbudgets') {
      const budget = object as DisruptionBudget;
      if (previous === undefined || !isDeepStrictEqual(previous.spec, budget.spec) || type === 'DELETED')
        members.noteBudget(budget, type, registry.store.values('pods'));
      queue.add(keyOfObject(object));
    } else if (resource === 'pods') {
      for (const key of members.notePod(object as Pod, previous as Pod | undefined, type)) queue.add(key);
    } else if (workloads.includes(resource) && replicasOf(object) !== replicasOf(previous)) {
      for (const budget of registry.store.values('poddisruptionbudgets'))
        if (budget.metadata.namespace === object.metadata.namespace) queue.add(keyOfObject(budget));
    }
  });
}

/** Which pods each budget covers, kept so that a change of one pod does not ask every selector about every pod. */
class Members {
  readonly #version: KubernetesVersion;
  readonly #budgets = new Map<string, { readonly budget: DisruptionBudget; readonly pods: Map<string, Pod> }>();

  readonly #byPod = new Map<string, readonly string[]>();

  constructor(version: KubernetesVersion) {
    this.#version = version;
  }

  of(budget: string): readonly Pod[] {
    return [...(this.#budgets.get(budget)?.pods.values() ?? [])];
  }

  noteBudget(budget: DisruptionBudget, type: ChangeType, all: Iterable<Pod>): void {
    const key = keyOfObject(budget);
    for (const pod of this.#budgets.get(key)?.pods.keys() ?? [])
      this.#byPod.set(
        pod,
        (this.#byPod.get(pod) ?? []).filter((one) => one !== key),
      );
    this.#budgets.delete(key);
    if (type === 'DELETED') return;
    const pods = new Map<string, Pod>();
    this.#budgets.set(key, { budget, pods });
    for (const pod of all) {
      if (!this.#covers(budget, pod)) continue;
      pods.set(keyOfObject(pod), pod);
      this.#byPod.set(keyOfObject(pod), [...(this.#byPod.get(keyOfObject(pod)) ?? []), key]);
    }
  }

  /** The budgets that a pod's change concerns. */
  notePod(pod: Pod, previous: Pod | undefined, type: ChangeType): readonly string[] {
    const key = keyOfObject(pod);
    const before = this.#byPod.get(key) ?? [];
    if (type === 'DELETED') {
      for (const name of before) this.#budgets.get(name)?.pods.delete(key);
      this.#byPod.delete(key);
      return before;
    }
    const moved = previous === undefined || !isDeepStrictEqual(previous.metadata.labels, pod.metadata.labels);
    const after = moved
      ? [...this.#budgets].filter(([, { budget }]) => this.#covers(budget, pod)).map(([name]) => name)
      : before;
    for (const name of before) if (!after.includes(name)) this.#budgets.get(name)?.pods.delete(key);
    for (const name of after) this.#budgets.get(name)?.pods.set(key, pod);
    this.#byPod.set(key, after);
    return moved ? [...new Set([...before, ...after])] : after;
  }

  #covers({ metadata, spec }: DisruptionBudget, pod: Pod): boolean {
    return metadata.namespace === pod.metadata.namespace && budgetSelects(this.#version, spec.selector, pod);
  }
}

const replicasOf = (object: KubeObject | undefined): number | undefined =>
  (object?.spec as { replicas?: number } | undefined)?.replicas;

function reconcile(cluster: Cluster, budget: DisruptionBudget, pods: readonly Pod[]): void {
  const { registry, agenda } = cluster;
  const { expected, desired } = wishes(cluster, budget, pods);
  const names = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const disrupted: Record<string, string> = {};
  for (const [name, at] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = names.get(name);
    if (pod === undefined || isDeleting(pod)) continue;
    const left = Date.parse(at) + disruptionTimeout - agenda.now();
    if (left > 0) disrupted[name] = at;
  }
  const healthy = pods.filter(
    (pod) => isReady(pod) && !isDeleting(pod) && !isTerminal(pod) && disrupted[pod.metadata.name] === undefined,
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const now = registry.timestamp();
  registry.change('poddisruptionbudgets', keyOfObject(budget), (draft) => {
    draft.status = {
      ...draft.status,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      observedGeneration: draft.metadata.generation ?? 1,
      disruptedPods: disrupted,
    };
    if (Object.keys(disrupted).length === 0) delete draft.status.disruptedPods;
    if (registry.version !== '1.20')
      draft.status.conditions = withCondition(
        draft.status.conditions,
        allowed > 0
          ? { type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '' }
          : { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' },
        now,
      );
  });
}

function wishes(
  cluster: Cluster,
  budget: DisruptionBudget,
  pods: readonly Pod[],
): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec;
  if (maxUnavailable !== undefined) {
    const expected = scaleOfControllers(cluster, pods);
    return { expected, desired: Math.max(0, expected - shareOf(maxUnavailable, expected, 'up')) };
  }
  if (typeof minAvailable === 'string') {
    const expected = scaleOfControllers(cluster, pods);
    return { expected, desired: shareOf(minAvailable, expected, 'up') };
  }
  return { expected: pods.length, desired: minAvailable ?? 1 };
}

/** The replicas that the pods' controllers ask for, each controller counted once; pods of nobody do not count. */
function scaleOfControllers({ registry }: Cluster, pods: readonly Pod[]): number {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) continue;
    const key = keyOf(pod.metadata.namespace, owner.name);
    const set =
      owner.kind === 'ReplicaSet'
        ? registry.store.get('replicasets', key)
        : owner.kind === 'StatefulSet'
          ? registry.store.get('statefulsets', key)
          : owner.kind === 'ReplicationController'
            ? registry.store.get('replicationcontrollers', key)
            : undefined;
    const above = set === undefined ? undefined : controllerOf(set);
    const deployment =
      above?.kind === 'Deployment'
        ? registry.store.get('deployments', keyOf(pod.metadata.namespace, above.name))
        : undefined;
    const scaled = deployment ?? set;
    if (scaled !== undefined) scales.set(scaled.metadata.uid, scaled.spec.replicas);
  }
  return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
}
