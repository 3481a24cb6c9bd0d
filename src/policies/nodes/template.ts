// What a new pod of a target will look like: its newest revision's template, as admission has made a pod of it, or the newest of its pods.
import type { Container, Pod, PodSpec, Workload } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { listOfKind } from '../../targets/kinds.ts';
import { controllerOf, isTerminal } from '../pod-facts.ts';
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
    if (template?.spec === undefined) return newestOf(pods, () => true);
    const made = template.spec;
    const isOfIt = (pod: Pod): boolean =>
      newest === undefined ? isMadeOf(pod, made) : controllerOf(pod)?.name === newest.metadata.name;
    const pod = newestOf(pods, (one) => isOfIt(one) && !isTerminal(one));
    return { metadata: { ...template.metadata, namespace }, spec: pod === null ? made : admitted(pod, made) };
  }

  #newestOf({ namespace, name }: TargetRef): Workload | undefined {
    this.#newest ??= newestReplicaSets(this.#facts);
    return this.#newest.get(nameOf(namespace, name));
  }
}

function newestOf(pods: readonly Pod[], counts: (pod: Pod) => boolean): Pod | null {
  let newest: Pod | null = null;
  for (const pod of pods) if ((newest === null || bornAt(pod) > bornAt(newest)) && counts(pod)) newest = pod;
  return newest;
}

const amountsIn = ({ resources = {} }: Container): readonly (readonly [string, string | number])[] => [
  ...Object.entries(resources.requests ?? {}).map(([name, amount]) => [`requests ${name}`, amount] as const),
  ...Object.entries(resources.limits ?? {}).map(([name, amount]) => [`limits ${name}`, amount] as const),
];

/** Of this revision, as far as its requests tell: it has all that the template asks for, and may have been given more. */
function isMadeOf({ spec }: Pod, template: PodSpec): boolean {
  const containers = new Map((spec?.containers ?? []).map((one) => [one.name, new Map(amountsIn(one))]));
  return (template.containers ?? []).every((container) => {
    const amounts = containers.get(container.name);
    return amounts !== undefined && amountsIn(container).every(([name, amount]) => amounts.get(name) === amount);
  });
}

/** One object for as long as both are: what is worked out of it is remembered with it. */
const admittedSpecs = new WeakMap<PodSpec, { readonly template: PodSpec; readonly spec: PodSpec }>();

/**
 * What a LimitRange, a RuntimeClass, a webhook or a PriorityClass has added to a pod they will add to the next one; a claim of
 * a StatefulSet is that pod's own.
 */
function admitted({ spec }: Pod, template: PodSpec): PodSpec {
  if (spec === undefined) return template;
  const known = admittedSpecs.get(spec);
  if (known?.template === template) return known.spec;
  const made: { -readonly [Key in keyof PodSpec]: PodSpec[Key] } = { ...spec };
  delete made.nodeName;
  delete made.volumes;
  if (template.volumes !== undefined) made.volumes = template.volumes;
  admittedSpecs.set(spec, { template, spec: made });
  return made;
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
