// What the scheduler asks of a pod, made once for all pods that are alike to it, and what other pods' rules see of it.
import type { ObjectMeta, PodAffinityTerm, PodSpec, PriorityClass } from '../../../model/kubernetes.ts';
import { requestsOf, type Requests } from '../../pod-facts.ts';

export type Labels = Readonly<Record<string, string>>;

/** One object for pods that are alike to the scheduler: may be compared by identity within a Simulation. */
export interface Needs {
  readonly namespace: string;
  readonly labels: Labels;
  readonly spec: PodSpec | undefined;
  readonly requests: Requests;
  readonly priority: number;
}

/** A pod, or the template of one. */
export interface Likeness {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: PodSpec;
}

/** Pods that look alike to the rules of others: in one namespace, with the same labels and the same anti-affinity. */
export interface Kin {
  readonly namespace: string;
  readonly labels: Labels;
  /** spreading does not count those that are on their way out */
  readonly deleting: boolean;
  readonly antiTerms: readonly PodAffinityTerm[];
}

const noLabels: Labels = {};
const noTerms: readonly PodAffinityTerm[] = [];

export const antiTermsOf = (spec: PodSpec | undefined): readonly PodAffinityTerm[] =>
  spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? noTerms;

/** Bounded: when it is full it begins anew, and alike pods are merely told apart for a while. */
class Interned<Value extends object> {
  readonly #known = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => Value): Value {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#most) this.#known.clear();
    const made = make();
    this.#known.set(key, made);
    return made;
  }
}

const mostKinds = 50_000;
const internedNeeds = new Interned<Needs>(mostKinds);
const internedKin = new Interned<Kin>(mostKinds);

function inOrder(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index += 1)
    if ((names[index - 1] ?? '') > (names[index] ?? '')) return false;
  return true;
}

const keyOfLabels = (labels: Labels): string => {
  let key = '';
  const names = Object.keys(labels);
  // The API server sends them in order.
  for (const name of inOrder(names) ? names : names.sort()) key += `${name}=${labels[name] ?? ''};`;
  return key;
};

interface Remembered {
  readonly namespace: string;
  readonly labels: Labels;
  readonly deleting: boolean;
  readonly priority: number;
  readonly needs: Needs;
}

/** Objects of the watch stay the same while they do not change: so does what was made of them. */
const rememberedNeeds = new WeakMap<PodSpec, Remembered>();
const kinOfNeeds = new WeakMap<Needs, Kin>();
const deletingNeeds = new WeakSet<Needs>();

const builtInPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Admission writes the number into pods; templates have the class's name only. */
export function priorityOf(spec: PodSpec | undefined, classes: ReadonlyMap<string, PriorityClass>): number {
  if (spec?.priority !== undefined) return spec.priority;
  const name = spec?.priorityClassName ?? '';
  return classes.get(name)?.value ?? builtInPriorities[name] ?? 0;
}

/** Whether it may push out others of lower priority; the class's word where a template has none of its own. */
export function mayPreempt(spec: PodSpec | undefined, classes: ReadonlyMap<string, PriorityClass>): boolean {
  const policy = spec?.preemptionPolicy ?? classes.get(spec?.priorityClassName ?? '')?.preemptionPolicy;
  return policy !== 'Never';
}

/** By name; under the empty name the one that pods without a class get. */
export function priorityClasses(list: readonly PriorityClass[] | undefined): ReadonlyMap<string, PriorityClass> {
  const classes = new Map<string, PriorityClass>();
  for (const one of list ?? []) {
    classes.set(one.metadata.name, one);
    if (one.globalDefault === true) classes.set('', one);
  }
  return classes;
}

/** Lists come sorted by name: pods of one owner follow each other, and comparing is cheaper than writing down. */
let latest: { readonly of: Remembered; readonly spec: PodSpec } | null = null;

export function needsFor({ metadata, spec }: Likeness, classes: ReadonlyMap<string, PriorityClass>): Needs {
  const namespace = metadata?.namespace ?? '';
  const labels = metadata?.labels ?? noLabels;
  const deleting = metadata?.deletionTimestamp !== undefined;
  const priority = priorityOf(spec, classes);
  const known = spec === undefined ? undefined : rememberedNeeds.get(spec);
  if (
    known?.labels === labels &&
    known.namespace === namespace &&
    known.deleting === deleting &&
    known.priority === priority
  )
    return known.needs;
  if (
    latest !== null &&
    spec !== undefined &&
    latest.of.namespace === namespace &&
    latest.of.deleting === deleting &&
    latest.of.priority === priority &&
    isAlike(latest.of.labels, labels) &&
    isAlike(latest.spec, spec)
  ) {
    const { needs } = latest.of;
    rememberedNeeds.set(spec, { namespace, labels, deleting, priority, needs });
    return needs;
  }
  const lasting = JSON.stringify(spec?.nodeName === undefined ? spec : { ...spec, nodeName: undefined });
  const key = `${namespace}\n${deleting ? 'deleting' : ''}\n${priority}\n${keyOfLabels(labels)}\n${lasting}`;
  const needs = internedNeeds.get(key, () => ({ namespace, labels, spec, requests: requestsOf(spec), priority }));
  if (deleting) deletingNeeds.add(needs);
  if (spec !== undefined) {
    const one = { namespace, labels, deleting, priority, needs };
    latest = { of: one, spec };
    rememberedNeeds.set(spec, one);
  }
  return needs;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Deep, for JSON; where a pod runs makes no difference. */
function isAlike(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (Array.isArray(one)) return Array.isArray(other) && areAlike(one, other);
  if (Array.isArray(other)) return false;
  let keys = 0;
  for (const key in one) {
    if (key === 'nodeName') continue;
    keys += 1;
    if (!isAlike(one[key], other[key])) return false;
  }
  for (const key in other) if (key !== 'nodeName') keys -= 1;
  return keys === 0;
}

/** By index: the keys of an array, taken as those of any object, would be made into texts first. */
function areAlike(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (!isAlike(one[index], other[index])) return false;
  return true;
}

/** Pods of one owner are nearly always alike: by namespace and owner, the kin of the one that was asked about last. */
const latestKin = new Map<string, Map<string, Kin>>();
const mostNamespaces = 10_000;

export function kinFor(one: Likeness): Kin {
  const { metadata } = one;
  const namespace = metadata?.namespace ?? '';
  const owner = metadata?.ownerReferences?.[0]?.name;
  if (owner === undefined) return kinLike(null, one);
  let byOwner = latestKin.get(namespace);
  if (byOwner === undefined) {
    if (latestKin.size >= mostNamespaces) latestKin.clear();
    byOwner = new Map();
    latestKin.set(namespace, byOwner);
  }
  const latest = byOwner.get(owner) ?? null;
  const kin = kinLike(latest, one);
  if (kin === latest) return kin;
  if (byOwner.size >= mostKinds) byOwner.clear();
  byOwner.set(owner, kin);
  return kin;
}

/** `latest`: one of the same namespace, where it is known; most are of its kin. */
export function kinLike(latest: Kin | null, { metadata, spec }: Likeness): Kin {
  const labels = metadata?.labels ?? noLabels;
  const deleting = metadata?.deletionTimestamp !== undefined;
  const antiTerms = antiTermsOf(spec);
  if (latest?.deleting === deleting && isAlike(latest.labels, labels) && isAlike(latest.antiTerms, antiTerms))
    return latest;
  return internedKinOf(metadata?.namespace ?? '', labels, deleting, antiTerms);
}

function internedKinOf(namespace: string, labels: Labels, deleting: boolean, antiTerms: Kin['antiTerms']): Kin {
  const anti = antiTerms.length === 0 ? '' : JSON.stringify(antiTerms);
  const key = `${namespace}\n${deleting ? 'deleting' : ''}\n${keyOfLabels(labels)}\n${anti}`;
  return internedKin.get(key, () => ({ namespace, labels, deleting, antiTerms }));
}

export function kinOf(needs: Needs): Kin {
  const known = kinOfNeeds.get(needs);
  if (known !== undefined) return known;
  const { namespace, labels, spec } = needs;
  const deletion = deletingNeeds.has(needs) ? { deletionTimestamp: 'set' } : {};
  const kin = kinFor({ metadata: { namespace, labels, ...deletion }, ...(spec && { spec }) });
  kinOfNeeds.set(needs, kin);
  return kin;
}
