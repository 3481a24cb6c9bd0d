// What objects of one owner have in common is kept once: the labels, containers and tolerations of its fifty pods are the same.
import type { KubernetesObject, ObjectMeta, Pod, PodSpec, Workload } from '../../model/kubernetes.ts';

/** Puts in the place of the object's parts those of its siblings; `same` gives the one in hand, or takes this as the first. */
export type ShareParts<T extends KubernetesObject> = (object: T, same: <Part>(part: Part) => Part) => void;

interface Family {
  members: number;
  /** by their text, the one used last at the end */
  readonly parts: Map<string, unknown>;
}

/** More than one owner's objects have in common; what each has for itself pushes nothing else out for long. */
const mostParts = 64;

/** Holds the parts of an owner for as long as one of its objects is here. */
export class SharedParts<T extends KubernetesObject> {
  readonly #families = new Map<string, Family>();
  readonly #share: ShareParts<T>;

  constructor(share: ShareParts<T>) {
    this.#share = share;
  }

  /** owners with objects, and parts held for them in all */
  get size(): { readonly owners: number; readonly parts: number } {
    let parts = 0;
    for (const family of this.#families.values()) parts += family.parts.size;
    return { owners: this.#families.size, parts };
  }

  /** The object has come to stay; it must not be known to anybody yet, because its parts are changed for others. */
  join(object: T): void {
    const owner = ownerOf(object);
    if (owner === null) return;
    const family = this.#familyOf(owner);
    family.members += 1;
    this.#share(object, (part) => sameIn(family, part));
  }

  /** It stays, as it is, once more. */
  stay(object: T): void {
    const owner = ownerOf(object);
    if (owner !== null) this.#familyOf(owner).members += 1;
  }

  leave(object: T): void {
    const owner = ownerOf(object);
    const family = owner === null ? undefined : this.#families.get(owner);
    if (owner === null || family === undefined) return;
    family.members -= 1;
    if (family.members <= 0) this.#families.delete(owner);
  }

  #familyOf(owner: string): Family {
    const known = this.#families.get(owner);
    if (known !== undefined) return known;
    const family = { members: 0, parts: new Map<string, unknown>() };
    this.#families.set(owner, family);
    return family;
  }
}

/** By its uid: an owner of the same name that was made anew shares nothing with the old one. */
const ownerOf = ({ metadata }: KubernetesObject): string | null =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid ?? null;

function sameIn<Part>({ parts }: Family, part: Part): Part {
  if (part === undefined || part === null) return part;
  const text = JSON.stringify(part);
  const known = parts.get(text);
  if (known !== undefined) parts.delete(text);
  else if (parts.size >= mostParts) {
    const [oldest] = parts.keys();
    if (oldest !== undefined) parts.delete(oldest);
  }
  const one = (known ?? part) as Part;
  parts.set(text, one);
  return one;
}

/** Fresh from the projection, an object is nobody's yet and may still be changed. */
type Fresh<T> = { -readonly [Key in keyof T]: T[Key] };
const fresh = <T extends object>(value: T): Fresh<T> => value;

function shareMeta(metadata: Fresh<ObjectMeta>, same: <Part>(part: Part) => Part): void {
  if (metadata.namespace !== undefined) metadata.namespace = same(metadata.namespace);
  if (metadata.labels !== undefined) metadata.labels = same(metadata.labels);
  if (metadata.annotations !== undefined) metadata.annotations = same(metadata.annotations);
  if (metadata.ownerReferences !== undefined) metadata.ownerReferences = same(metadata.ownerReferences);
}

const ownOfPod: ReadonlySet<string> = new Set(['nodeName', 'priority', 'terminationGracePeriodSeconds']);

function shareSpec(spec: PodSpec, same: <Part>(part: Part) => Part): void {
  const parts = spec as Record<string, unknown>;
  for (const key of Object.keys(parts)) if (!ownOfPod.has(key)) parts[key] = same(parts[key]);
}

/** Most of a pod's times are the second in which it was made. */
function shareTimes(pod: Pod): void {
  const times = [pod.metadata.creationTimestamp];
  const one = (time: string): string => {
    const known = times.find((other) => other === time);
    if (known === undefined) times.push(time);
    return known ?? time;
  };
  const { status } = pod;
  if (status?.startTime !== undefined) fresh(status).startTime = one(status.startTime);
  for (const condition of status?.conditions ?? [])
    if (typeof condition.lastTransitionTime === 'string')
      fresh(condition).lastTransitionTime = one(condition.lastTransitionTime);
}

export const sharePod: ShareParts<Pod> = (pod, same) => {
  shareMeta(pod.metadata, same);
  if (pod.spec !== undefined) shareSpec(pod.spec, same);
  shareTimes(pod);
  if (pod.status === undefined) return;
  const status = fresh(pod.status);
  if (status.containerStatuses !== undefined) status.containerStatuses = same(status.containerStatuses);
  if (status.initContainerStatuses !== undefined) status.initContainerStatuses = same(status.initContainerStatuses);
  // What the scheduler says of pods that wait is long, and the same for all of them.
  for (const condition of status.conditions ?? [])
    if (condition.message !== undefined) fresh(condition).message = same(condition.message);
};

/** Of the revisions of one Deployment: they differ in what nobody here reads. */
export const shareWorkload: ShareParts<Workload> = (workload, same) => {
  shareMeta(workload.metadata, same);
  const template = workload.spec?.template;
  if (template?.spec !== undefined) fresh(template).spec = same(template.spec);
};
