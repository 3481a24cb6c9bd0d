// May a pod be moved off its node? The first rule that decides wins.
import type { ShrinkPolicy } from '../../model/config.ts';
import type { KubernetesObject, OwnerReference, Pod, PodDisruptionBudget, Workload } from '../../model/kubernetes.ts';
import type { KeptReason } from '../../model/reason.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import { controllerOf, isMirror, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import { budgetName, budgetsOf } from './disruptions.ts';

export type Movability =
  /** leaves by itself, or does not matter: no place is needed for it */
  | { readonly move: 'ignore' }
  /** goes down with its node, or is thrown away: evicted, but needs no other place */
  | { readonly move: 'drop' }
  | { readonly move: 'evict' }
  | { readonly move: 'blocked'; readonly reason: KeptReason; readonly by: string };

const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const safeVolumes = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';
const doNotDisrupt = 'karpenter.sh/do-not-disrupt';
const deletionSlack = 30_000;
const defaultGraceSeconds = 30;
const replicated = new Set(['ReplicaSet', 'ReplicationController', 'Job', 'StatefulSet']);

export const podName = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name}`;

const controllerLists = {
  ReplicaSet: 'replicasets',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets',
  Job: 'jobs',
  DaemonSet: 'daemonsets',
} as const;

const counted = new Set(['ReplicaSet', 'ReplicationController']);

const isSystem = ({ metadata: { namespace } }: Pod): boolean => namespace === 'kube-system';

/** What a pod says of itself, whatever the hour and whoever else is there: worked out once for each. */
interface Profile {
  readonly name: string;
  readonly mirror: boolean;
  /** after its deletion, its grace and a slack: it is as good as gone; null: it is not being deleted */
  readonly goneAfter: number | null;
  readonly owner: OwnerReference | undefined;
  /** "namespace/name" of an owner that can be looked up; null: it has none, or one of a kind of others */
  readonly looksFor: string | null;
  readonly ofDaemonSet: boolean;
  readonly terminal: boolean;
  readonly safe: string | undefined;
  readonly forbidden: boolean;
  readonly localStorage: boolean;
  /** only of pods of the system: nobody asks it of others */
  readonly born: Instant | null;
}

const profiles = new WeakMap<Pod, Profile>();

function goneAfter({ metadata, spec }: Pod): number | null {
  const deleted = instantOf(metadata.deletionTimestamp);
  if (deleted === null) return null;
  return deleted + (spec?.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1000 + deletionSlack;
}

function hasLocalStorage({ metadata, spec }: Pod): boolean {
  const local = (spec?.volumes ?? []).filter(
    (volume) =>
      volume.hostPath !== undefined || (volume.emptyDir !== undefined && volume.emptyDir?.medium !== 'Memory'),
  );
  if (local.length === 0) return false;
  const listed = new Set((metadata.annotations?.[safeVolumes] ?? '').split(','));
  return local.some((volume) => !listed.has(volume.name ?? ''));
}

/** Kinds of others are not looked up: a DaemonSet of a custom API group stands for itself. */
function isLookedUp({ kind, apiVersion }: OwnerReference): boolean {
  if (!(kind in controllerLists)) return false;
  return apiVersion === undefined || /^(?:v1|core\/v1|(?:apps|batch|extensions)\/.*)$/.test(apiVersion);
}

function profileOf(pod: Pod): Profile {
  const known = profiles.get(pod);
  if (known !== undefined) return known;
  const owner = controllerOf(pod);
  const annotations = pod.metadata.annotations ?? {};
  const safe = annotations[safeToEvict];
  const made: Profile = {
    name: podName(pod),
    mirror: isMirror(pod),
    goneAfter: goneAfter(pod),
    owner,
    looksFor: owner !== undefined && isLookedUp(owner) ? `${pod.metadata.namespace ?? ''}/${owner.name}` : null,
    ofDaemonSet: isOfDaemonSet(pod),
    terminal: isTerminal(pod),
    safe,
    forbidden: safe === 'false' || annotations[doNotDisrupt] === 'true',
    localStorage: hasLocalStorage(pod),
    born: isSystem(pod) ? instantOf(pod.metadata.creationTimestamp) : null,
  };
  profiles.set(pod, made);
  return made;
}

/** The replicas that each controller asks for by "namespace/name"; null: it does not say. */
type Replicas = ReadonlyMap<string, number | null>;

/** By kind; a kind whose list could not be read is absent: then nobody knows who would start the pod again. */
export type Controllers = ReadonlyMap<string, Replicas>;

const replicasOf = new WeakMap<readonly KubernetesObject[], Replicas>();
/** As they were last made: lists change in each tick, but seldom who is on them. */
const latest = new Map<string, Replicas>();
let latestControllers: Controllers = new Map();

const isSame = <Value>(one: ReadonlyMap<string, Value>, other: ReadonlyMap<string, Value>): boolean => {
  if (one.size !== other.size) return false;
  for (const [key, value] of one) if (other.get(key) !== value) return false;
  return true;
};

function byName(kind: string, objects: readonly (KubernetesObject & Pick<Workload, 'spec'>)[]): Replicas {
  const known = replicasOf.get(objects);
  if (known !== undefined) return known;
  const made = new Map<string, number | null>();
  for (const { metadata, spec } of objects)
    made.set(`${metadata.namespace ?? ''}/${metadata.name}`, spec?.replicas ?? null);
  const before = latest.get(kind);
  const replicas = before !== undefined && isSame(before, made) ? before : made;
  latest.set(kind, replicas);
  replicasOf.set(objects, replicas);
  return replicas;
}

/** The same object as the last time while nothing has changed that is asked of it. */
export function controllersOf(facts: KubernetesFacts): Controllers {
  const controllers = new Map<string, Replicas>();
  for (const [kind, list] of Object.entries(controllerLists)) {
    const objects = facts[list];
    if (objects !== undefined) controllers.set(kind, byName(kind, objects));
  }
  if (!isSame(latestControllers, controllers)) latestControllers = controllers;
  return latestControllers;
}

export interface MovableRules {
  readonly shrink: Pick<ShrinkPolicy, 'localVolumes' | 'systemPodAge' | 'protect' | 'minReplicas'>;
  readonly budgets: readonly PodDisruptionBudget[];
  readonly controllers: Controllers;
  readonly now: Instant;
}

function ofController({ name, owner, looksFor }: Profile, rules: MovableRules): Movability | null {
  if (owner === undefined || looksFor === null) return null;
  const replicas = rules.controllers.get(owner.kind)?.get(looksFor);
  if (replicas === undefined) return { move: 'blocked', reason: 'ControllerGone', by: name };
  return replicas !== null && counted.has(owner.kind) && replicas < rules.shrink.minReplicas
    ? { move: 'blocked', reason: 'BelowMinReplicas', by: name }
    : null;
}

const ignored: Movability = { move: 'ignore' };
const dropped: Movability = { move: 'drop' };
const evicted: Movability = { move: 'evict' };

/** Rules 4 to 11: what is said of a pod whose controller is there, budgets aside. */
function ofItself(profile: Profile, namespace: string | undefined, shrink: MovableRules['shrink']): Movability {
  const blocked = (reason: KeptReason): Movability => ({ move: 'blocked', reason, by: profile.name });
  if (profile.ofDaemonSet) return dropped;
  if (profile.safe === 'true') return evicted;
  if (profile.terminal) return dropped;
  if (profile.safe === 'on-completion') return blocked('WaitsForCompletion');
  if (profile.owner === undefined || !replicated.has(profile.owner.kind)) return blocked('NotReplicated');
  if (shrink.protect.some((one) => one.namespace === namespace)) return blocked('ProtectedByPolicy');
  if (profile.forbidden) return blocked('NotSafeToEvict');
  if (profile.localStorage && shrink.localVolumes === 'block') return blocked('LocalStorage');
  return evicted;
}

function ofSystem(profile: Profile, { shrink, now }: MovableRules): Movability | null {
  const { born } = profile;
  if (born !== null && now - born >= shrink.systemPodAge) return null;
  return { move: 'blocked', reason: 'SystemPodWithoutPDB', by: profile.name };
}

/** Whether budgets are asked about it at all: what is thrown away or said to be safe is not held by them. */
const asksBudgets = (profile: Profile): boolean => profile.safe !== 'true';

export function movabilityOf(pod: Pod, rules: MovableRules): Movability {
  const { shrink, budgets, now } = rules;
  const profile = profileOf(pod);
  if (profile.mirror || (profile.goneAfter !== null && now > profile.goneAfter)) return ignored;
  const lost = ofController(profile, rules);
  if (lost !== null) return lost;
  const own = ofItself(profile, pod.metadata.namespace, shrink);
  if (own.move === 'drop' || !asksBudgets(profile)) return own;
  if (own.move === 'blocked' && beforeSystem.has(own.reason)) return own;
  const pdbs = budgetsOf(pod, budgets);
  const young = isSystem(pod) && pdbs.length === 0 ? ofSystem(profile, rules) : null;
  if (young !== null || own.move === 'blocked') return young ?? own;
  const exhausted = pdbs.find((budget) => (budget.status?.disruptionsAllowed ?? 0) < 1);
  return exhausted === undefined ? evicted : { move: 'blocked', reason: 'BlockedByPDB', by: budgetName(exhausted) };
}

const beforeSystem: ReadonlySet<KeptReason> = new Set<KeptReason>([
  'WaitsForCompletion',
  'NotReplicated',
  'ProtectedByPolicy',
]);

/** What can be said of a node's pods once, until one of them changes: the rest is asked in each tick. */
export interface Residents {
  /** the controllers among which all of `owned` was found last */
  complete: Controllers | null;
  /** they need another place, if nothing else speaks against it */
  readonly moving: readonly Pod[];
  /** one of each controller that has to be there */
  readonly owned: readonly Pod[];
  /** what is said of them changes with time */
  readonly timed: readonly Pod[];
  readonly blocked: Extract<Movability, { move: 'blocked' }> | null;
}

export function residentsOf(pods: readonly Pod[], shrink: MovableRules['shrink']): Residents {
  const moving: Pod[] = [];
  const timed: Pod[] = [];
  const owned = new Map<string, Pod>();
  let blocked: Residents['blocked'] = null;
  for (const pod of pods) {
    const profile = profileOf(pod);
    if (profile.mirror) continue;
    if (profile.goneAfter !== null || isSystem(pod)) {
      timed.push(pod);
      continue;
    }
    if (profile.looksFor !== null) owned.set(`${profile.owner?.kind ?? ''} ${profile.looksFor}`, pod);
    const own = ofItself(profile, pod.metadata.namespace, shrink);
    if (own.move === 'blocked') blocked ??= own;
    if (own.move === 'evict') moving.push(pod);
  }
  return { complete: null, moving, owned: [...owned.values()], timed, blocked };
}

/** The same answer as asking each of the pods, budgets aside. */
export function movingOf(
  residents: Residents,
  rules: MovableRules,
): readonly Pod[] | Extract<Movability, { move: 'blocked' }> {
  // What the answer depends on beside these is the policy's, and residents are of one policy.
  if (residents.complete !== rules.controllers) {
    for (const pod of residents.owned) {
      const lost = ofController(profileOf(pod), rules);
      if (lost?.move === 'blocked') return lost;
    }
    residents.complete = rules.controllers;
  }
  if (residents.blocked !== null) return residents.blocked;
  let more: Pod[] | null = null;
  for (const pod of residents.timed) {
    const movability = movabilityOf(pod, rules);
    if (movability.move === 'blocked') return movability;
    if (movability.move === 'evict') (more ??= []).push(pod);
  }
  return more === null ? residents.moving : [...residents.moving, ...more];
}

/** The first budget that is spent, of all that these pods are under. */
export function spentBudget(pods: readonly Pod[], { budgets }: MovableRules): string | null {
  for (const pod of pods) {
    if (!asksBudgets(profileOf(pod))) continue;
    const exhausted = budgetsOf(pod, budgets).find((budget) => (budget.status?.disruptionsAllowed ?? 0) < 1);
    if (exhausted !== undefined) return budgetName(exhausted);
  }
  return null;
}
