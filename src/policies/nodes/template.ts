// What a new pod of a target will look like: its newest revision's template, or the newest of its pods.
import type { Pod, Workload } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { listOfKind } from '../../targets/kinds.ts';
import type { Likeness } from './fit/simulation.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';

const revisionOf = ({ metadata }: Workload): number => Number(metadata.annotations?.[revisionAnnotation] ?? 0);
const bornAt = ({ metadata }: { readonly metadata: { readonly creationTimestamp?: string } }): string =>
  metadata.creationTimestamp ?? '';

/** A rollback makes an old ReplicaSet the newest revision: its birthday says nothing. */
const isNewer = (one: Workload, other: Workload): boolean =>
  revisionOf(one) === revisionOf(other) ? bornAt(one) > bornAt(other) : revisionOf(one) > revisionOf(other);

const nameOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** Looked up for the few targets that ask; nothing is indexed before the first does. */
export class Templates {
  readonly #facts: KubernetesFacts;
  readonly #workloads = new Map<string, ReadonlyMap<string, Workload>>();
  #newest: ReadonlyMap<string, Workload> | null = null;

  constructor(facts: KubernetesFacts) {
    this.#facts = facts;
  }

  #workloadOf(target: TargetRef): Workload | undefined {
    const list = listOfKind(target);
    if (list === null) return undefined;
    let known = this.#workloads.get(list);
    if (known === undefined) {
      const all = this.#facts[list] ?? [];
      known = new Map(all.map((one) => [nameOf(one.metadata.namespace ?? '', one.metadata.name), one]));
      this.#workloads.set(list, known);
    }
    return known.get(nameOf(target.namespace, target.name));
  }

  /** null: there is no template and no pod yet, so nobody can say. */
  of(target: TargetRef, pods: readonly Pod[]): Likeness | null {
    const workload = this.#workloadOf(target);
    const newest = target.kind === 'Deployment' ? this.#newestOf(target) : undefined;
    const template = newest?.spec?.template ?? workload?.spec?.template;
    const { namespace } = target;
    if (template?.spec !== undefined) return { metadata: { ...template.metadata, namespace }, spec: template.spec };
    const [first, ...others] = pods;
    if (first === undefined) return null;
    return others.reduce((best, pod) => (bornAt(pod) > bornAt(best) ? pod : best), first);
  }

  #newestOf({ namespace, name }: TargetRef): Workload | undefined {
    this.#newest ??= newestReplicaSets(this.#facts);
    return this.#newest.get(nameOf(namespace, name));
  }
}

function newestReplicaSets({ replicasets = [] }: KubernetesFacts): ReadonlyMap<string, Workload> {
  const newest = new Map<string, Workload>();
  for (const set of replicasets) {
    const owner = set.metadata.ownerReferences?.find((one) => one.controller === true);
    if (owner?.kind !== 'Deployment' || set.spec?.template?.spec === undefined) continue;
    const key = nameOf(set.metadata.namespace ?? '', owner.name);
    const known = newest.get(key);
    if (known === undefined || isNewer(set, known)) newest.set(key, set);
  }
  return newest;
}
