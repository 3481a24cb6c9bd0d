// May a pod be moved off its node? The first rule that decides wins.
import type { ShrinkPolicy } from '../../model/config.ts';
import type { OwnerReference, Pod, PodDisruptionBudget } from '../../model/kubernetes.ts';
import type { KeptReason } from '../../model/reason.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import { controllerOf, daemonAnnotation, isMirror, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import { isLookedUp, type Controllers } from './controllers.ts';
import { budgetName, budgetsOf, wantedOf } from './disruptions.ts';
import { lossOf as lossOfOwner } from './families.ts';

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
export const replicated: ReadonlySet<string> = new Set(['ReplicaSet', 'ReplicationController', 'Job', 'StatefulSet']);

export const podName = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name}`;

export const isSystem = ({ metadata: { namespace } }: Pod): boolean => namespace === 'kube-system';

/** What a pod says of itself, whatever the hour and whoever else is there: worked out once for each. */
interface Profile {
  readonly name: string;
  readonly mirror: boolean;
  /** after its deletion, its grace and a slack: it is as good as gone; null: it is not being deleted */
  readonly goneAfter: number | null;
  readonly owner: OwnerReference | undefined;
  /** its controller can be looked up: it is of no kind of others */
  readonly looksForOwner: boolean;
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

export function hasLocalStorage({ metadata, spec }: Pod): boolean {
  const local = (spec?.volumes ?? []).filter(
    (volume) =>
      volume.hostPath !== undefined || (volume.emptyDir !== undefined && volume.emptyDir?.medium !== 'Memory'),
  );
  if (local.length === 0) return false;
  const listed = new Set((metadata.annotations?.[safeVolumes] ?? '').split(','));
  return local.some((volume) => !listed.has(volume.name ?? ''));
}

/** None of the annotations that say whether it may be moved. */
export function saysNothing(pod: Pod): boolean {
  const { annotations } = pod.metadata;
  return (
    annotations === undefined ||
    (annotations[safeToEvict] === undefined &&
      annotations[doNotDisrupt] === undefined &&
      annotations[daemonAnnotation] === undefined &&
      !isMirror(pod))
  );
}

export function profileOf(pod: Pod): Profile {
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
    looksForOwner: owner !== undefined && isLookedUp(owner),
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

export interface MovableRules {
  readonly shrink: Pick<ShrinkPolicy, 'localVolumes' | 'systemPodAge' | 'protect' | 'minReplicas'>;
  readonly budgets: readonly PodDisruptionBudget[];
  readonly controllers: Controllers;
  readonly now: Instant;
}

/** Who would start the pod again is gone, or has too few of them; null: neither, or nobody knows. */
export const lossOf = (
  { metadata }: Pod,
  owner: OwnerReference,
  { controllers, shrink }: Pick<MovableRules, 'controllers' | 'shrink'>,
): KeptReason | null => lossOfOwner(metadata.namespace ?? '', owner, controllers, shrink.minReplicas);

const ignored: Movability = { move: 'ignore' };
const dropped: Movability = { move: 'drop' };
const evicted: Movability = { move: 'evict' };

/** Rules 4 to 11: what is said of a pod whose controller is there, budgets aside. */
export function ofItself(profile: Profile, namespace: string | undefined, shrink: MovableRules['shrink']): Movability {
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
const asksBudgets = ({ metadata }: Pod): boolean => metadata.annotations?.[safeToEvict] !== 'true';

const isSpent = ({ status }: PodDisruptionBudget): boolean => (status?.disruptionsAllowed ?? 0) < 1;

export function movabilityOf(pod: Pod, rules: MovableRules): Movability {
  const { shrink, budgets, now } = rules;
  const profile = profileOf(pod);
  if (profile.mirror || (profile.goneAfter !== null && now > profile.goneAfter)) return ignored;
  const lost = profile.looksForOwner && profile.owner !== undefined ? lossOf(pod, profile.owner, rules) : null;
  if (lost !== null) return { move: 'blocked', reason: lost, by: profile.name };
  const own = ofItself(profile, pod.metadata.namespace, shrink);
  if (own.move === 'drop' || !asksBudgets(pod)) return own;
  if (own.move === 'blocked' && beforeSystem.has(own.reason)) return own;
  const pdbs = budgetsOf(pod, budgets);
  const young = isSystem(pod) && pdbs.length === 0 ? ofSystem(profile, rules) : null;
  if (young !== null || own.move === 'blocked') return young ?? own;
  const exhausted = pdbs.find(isSpent);
  return exhausted === undefined ? evicted : { move: 'blocked', reason: 'BlockedByPDB', by: budgetName(exhausted) };
}

const beforeSystem: ReadonlySet<KeptReason> = new Set<KeptReason>([
  'WaitsForCompletion',
  'NotReplicated',
  'ProtectedByPolicy',
]);

/** The first budget that is spent, of all that these pods are under. */
export function spentBudget(pods: readonly Pod[], { budgets }: MovableRules): string | null {
  if (!wantedOf(pods, budgets).some(({ budget }) => isSpent(budget))) return null;
  for (const pod of pods) {
    if (!asksBudgets(pod)) continue;
    const exhausted = budgetsOf(pod, budgets).find(isSpent);
    if (exhausted !== undefined) return budgetName(exhausted);
  }
  return null;
}

/** What has ended, or has not begun, is evicted whatever budgets say. */
const heedsBudgets = ({ status }: Pod): boolean => status?.phase === undefined || status.phase === 'Running';

/** "shop/web-1: shop/web, shop/all": Kubernetes evicts no pod that is under more than one budget, however much they allow. */
function doubleBudget(pod: Pod, budgets: MovableRules['budgets']): string | null {
  const found = budgetsOf(pod, budgets);
  return found.length < 2 || !heedsBudgets(pod) ? null : `${podName(pod)}: ${found.map(budgetName).join(', ')}`;
}

/** Of the first of these pods that has more than one. */
export function doubleBudgetIn(pods: readonly Pod[], { budgets }: MovableRules): string | null {
  if (wantedOf(pods, budgets).length < 2) return null;
  for (const pod of pods) {
    const found = doubleBudget(pod, budgets);
    if (found !== null) return found;
  }
  return null;
}

/** The same as of `movabilityOf`, and what the Eviction API refuses for ever though each budget would allow it. */
export function evictabilityOf(pod: Pod, rules: MovableRules): Movability {
  const movability = movabilityOf(pod, rules);
  const asked = movability.move === 'evict' || (movability.move === 'blocked' && movability.reason === 'BlockedByPDB');
  const by = asked ? doubleBudget(pod, rules.budgets) : null;
  return by === null ? movability : { move: 'blocked', reason: 'MoreThanOneBudget', by };
}
