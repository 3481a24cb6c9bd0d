// The controllers that pods belong to, and how many replicas each asks for: who would start a pod again.
import type { KubernetesObject, OwnerReference, Workload } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';

const lists = {
  ReplicaSet: 'replicasets',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets',
  Job: 'jobs',
  DaemonSet: 'daemonsets',
} as const;

const ourGroups = /^(?:v1|core\/v1|(?:apps|batch|extensions)\/.*)$/;

/** Kinds of others are not looked up: a DaemonSet of a custom API group stands for itself. */
export function isLookedUp({ kind, apiVersion }: OwnerReference): boolean {
  if (!(kind in lists)) return false;
  return apiVersion === undefined || apiVersion === 'apps/v1' || ourGroups.test(apiVersion);
}

/** The replicas that each controller of a kind asks for, by namespace and name; null: it does not say. */
class Replicas {
  readonly #byNamespace = new Map<string, Map<string, number | null>>();
  #size = 0;

  constructor(objects: readonly (KubernetesObject & Pick<Workload, 'spec'>)[]) {
    for (const { metadata, spec } of objects) {
      const { namespace = '', name } = metadata;
      let byName = this.#byNamespace.get(namespace);
      if (byName === undefined) this.#byNamespace.set(namespace, (byName = new Map<string, number | null>()));
      if (!byName.has(name)) this.#size += 1;
      byName.set(name, spec?.replicas ?? null);
    }
  }

  /** undefined: there is none of that name */
  of(namespace: string, name: string): number | null | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  equals(other: Replicas): boolean {
    if (this.#size !== other.#size) return false;
    for (const [namespace, byName] of this.#byNamespace)
      for (const [name, replicas] of byName) if (other.of(namespace, name) !== replicas) return false;
    return true;
  }
}

/** By kind; a kind whose list could not be read is absent: then nobody knows who would start the pod again. */
export type Controllers = ReadonlyMap<string, Replicas>;

const replicasOf = new WeakMap<readonly KubernetesObject[], Replicas>();
/** As they were last made: lists change in each tick, but seldom who is on them. */
const latest = new Map<string, Replicas>();
let latestControllers: Controllers = new Map();

function ofKind(kind: string, objects: readonly (KubernetesObject & Pick<Workload, 'spec'>)[]): Replicas {
  const known = replicasOf.get(objects);
  if (known !== undefined) return known;
  const made = new Replicas(objects);
  const before = latest.get(kind);
  const replicas = before?.equals(made) === true ? before : made;
  latest.set(kind, replicas);
  replicasOf.set(objects, replicas);
  return replicas;
}

function isSame(one: Controllers, other: Controllers): boolean {
  if (one.size !== other.size) return false;
  for (const [kind, replicas] of one) if (other.get(kind) !== replicas) return false;
  return true;
}

/** The same object as the last time while nothing has changed that is asked of it. */
export function controllersOf(facts: KubernetesFacts): Controllers {
  const controllers = new Map<string, Replicas>();
  for (const [kind, list] of Object.entries(lists)) {
    const objects = facts[list];
    if (objects !== undefined) controllers.set(kind, ofKind(kind, objects));
  }
  if (!isSame(latestControllers, controllers)) latestControllers = controllers;
  return latestControllers;
}
