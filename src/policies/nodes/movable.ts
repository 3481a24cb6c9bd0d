// May a pod be moved off its node? The first rule that decides wins.
import type { ShrinkPolicy } from '../../model/config.ts';
import type { OwnerReference, Pod, PodDisruptionBudget } from '../../model/kubernetes.ts';
import type { KeptReason } from '../../model/reason.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import { controllerOf, isMirror, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import { selectorMatches } from '../selectors.ts';

export type Movability =
  /** leaves by itself, or does not matter: no place is needed for it */
  | { readonly move: 'ignore' }
  /** goes down with its node, or is thrown away: evicted, but needs no other place */
  | { readonly move: 'drop' }
  | { readonly move: 'evict' }
  | { readonly move: 'blocked'; readonly reason: KeptReason; readonly by: string };

const annotation = (pod: Pod, name: string): string | undefined => pod.metadata.annotations?.[name];
const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const safeVolumes = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';
const deletionSlack = 30_000;
const defaultGraceSeconds = 30;
const replicated = new Set(['ReplicaSet', 'ReplicationController', 'Job', 'StatefulSet']);

const podName = (pod: Pod): string => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;

function isLeavingForGood(pod: Pod, now: Instant): boolean {
  const deleted = instantOf(pod.metadata.deletionTimestamp);
  if (deleted === null) return false;
  const grace = pod.spec?.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  return now > deleted + grace * 1000 + deletionSlack;
}

function hasLocalStorage(pod: Pod): boolean {
  const listed = new Set((annotation(pod, safeVolumes) ?? '').split(','));
  return (pod.spec?.volumes ?? []).some((volume) => {
    const local =
      volume.hostPath !== undefined || (volume.emptyDir !== undefined && volume.emptyDir?.medium !== 'Memory');
    return local && !listed.has(volume.name ?? '');
  });
}

export interface MovableRules {
  readonly shrink: Pick<ShrinkPolicy, 'localVolumes' | 'systemPodAge' | 'protect'>;
  readonly budgets: readonly PodDisruptionBudget[];
  /** what may own a pod; a kind whose list could not be read is absent: then nobody knows who would start the pod again */
  readonly controllers: Controllers;
  readonly now: Instant;
}

/** Names ("namespace/name") by kind. */
export type Controllers = ReadonlyMap<string, ReadonlySet<string>>;

const controllerLists = {
  ReplicaSet: 'replicasets',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets',
  Job: 'jobs',
  DaemonSet: 'daemonsets',
} as const;

export const controllersOf = (facts: KubernetesFacts): Controllers =>
  new Map(
    Object.entries(controllerLists).flatMap(([kind, list]) => {
      const objects = facts[list];
      if (objects === undefined) return [];
      return [[kind, new Set(objects.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`))] as const];
    }),
  );

/** Kinds of others are not looked up: a DaemonSet of a custom API group stands for itself. */
function isOrphan(pod: Pod, owner: OwnerReference | undefined, controllers: Controllers): boolean {
  if (owner === undefined || !(owner.kind in controllerLists)) return false;
  const custom =
    owner.apiVersion !== undefined && !/^(?:v1|core\/v1|(?:apps|batch|extensions)\/.*)$/.test(owner.apiVersion);
  if (custom) return false;
  return controllers.get(owner.kind)?.has(`${pod.metadata.namespace ?? ''}/${owner.name}`) !== true;
}

export function budgetsOf(pod: Pod, budgets: readonly PodDisruptionBudget[]): readonly PodDisruptionBudget[] {
  return budgets.filter((budget) => {
    const selector = budget.spec?.selector;
    return (
      budget.metadata.namespace === pod.metadata.namespace &&
      selector !== undefined &&
      selector !== null &&
      selectorMatches(selector, pod.metadata.labels ?? {})
    );
  });
}

export function movabilityOf(pod: Pod, rules: MovableRules): Movability {
  const { shrink, budgets, controllers, now } = rules;
  const blocked = (reason: KeptReason, by = podName(pod)): Movability => ({ move: 'blocked', reason, by });
  if (isMirror(pod) || isLeavingForGood(pod, now)) return { move: 'ignore' };
  const owner = controllerOf(pod);
  if (isOrphan(pod, owner, controllers)) return blocked('ControllerGone');
  if (isOfDaemonSet(pod)) return { move: 'drop' };
  const safe = annotation(pod, safeToEvict);
  if (safe === 'true') return { move: 'evict' };
  if (isTerminal(pod)) return { move: 'drop' };
  if (safe === 'on-completion') return blocked('WaitsForCompletion');
  if (owner === undefined || !replicated.has(owner.kind)) return blocked('NotReplicated');
  if (shrink.protect.some((one) => one.namespace === pod.metadata.namespace)) return blocked('ProtectedByPolicy');
  const pdbs = budgetsOf(pod, budgets);
  if (pod.metadata.namespace === 'kube-system' && pdbs.length === 0) {
    const born = instantOf(pod.metadata.creationTimestamp);
    if (born === null || now - born < shrink.systemPodAge) return blocked('SystemPodWithoutPDB');
  }
  if (safe === 'false' || annotation(pod, 'karpenter.sh/do-not-disrupt') === 'true') return blocked('NotSafeToEvict');
  if (shrink.localVolumes === 'block' && hasLocalStorage(pod)) return blocked('LocalStorage');
  const exhausted = pdbs.find((budget) => (budget.status?.disruptionsAllowed ?? 0) < 1);
  if (exhausted !== undefined)
    return blocked('BlockedByPDB', `${exhausted.metadata.namespace ?? ''}/${exhausted.metadata.name}`);
  return { move: 'evict' };
}
