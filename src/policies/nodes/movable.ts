// May a pod be moved off its node? The first rule that decides wins.
import type { ShrinkPolicy } from '../../model/config.ts';
import type { Pod, PodDisruptionBudget } from '../../model/kubernetes.ts';
import type { KeptReason } from '../../model/reason.ts';
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
const replicated = new Set(['ReplicaSet', 'ReplicationController', 'Job', 'StatefulSet']);

const podName = (pod: Pod): string => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;

function isLeavingForGood(pod: Pod, now: Instant): boolean {
  const deleted = instantOf(pod.metadata.deletionTimestamp);
  if (deleted === null) return false;
  // deletionTimestamp already lies the grace period ahead of the request
  return now > deleted + deletionSlack;
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
  readonly now: Instant;
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
  const { shrink, budgets, now } = rules;
  const blocked = (reason: KeptReason, by = podName(pod)): Movability => ({ move: 'blocked', reason, by });
  if (isMirror(pod) || isLeavingForGood(pod, now)) return { move: 'ignore' };
  if (isOfDaemonSet(pod)) return { move: 'drop' };
  const safe = annotation(pod, safeToEvict);
  if (safe === 'true') return { move: 'evict' };
  if (isTerminal(pod)) return { move: 'drop' };
  if (safe === 'on-completion') return blocked('WaitsForCompletion');
  const owner = controllerOf(pod);
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
