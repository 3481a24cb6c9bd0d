// Pods that do not come up: more replicas of a broken pod are no capacity, and more of one without a place are no help.
import type { ContainerStatus, Pod, Workload } from '../../model/kubernetes.ts';
import { conditionOf, isBound, isDeleting, isTerminal } from '../pod-facts.ts';

const brokenReasons: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
const revisionLabels = ['pod-template-hash', 'controller-revision-hash'] as const;

const waitingReason = (statuses: readonly ContainerStatus[] | undefined): string | null => {
  for (const status of statuses ?? []) {
    const reason = status.state?.waiting?.reason;
    if (reason !== undefined && brokenReasons.has(reason)) return reason;
  }
  return null;
};

const brokenBy = (pod: Pod): string | null =>
  waitingReason(pod.status?.containerStatuses) ?? waitingReason(pod.status?.initContainerStatuses);

const revisionOf = (pod: Pod): string => {
  for (const label of revisionLabels) {
    const revision = pod.metadata.labels?.[label];
    if (revision !== undefined) return revision;
  }
  return '';
};

export interface Stuck {
  readonly why: string;
  readonly pod: string | null;
}

/** The newest revision does not come up: its deadline has passed, or at least half of its pods are broken. */
export function stuckBy(workload: Workload, pods: readonly Pod[]): Stuck | null {
  const progressing = workload.status?.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.status === 'False') return { why: progressing.reason ?? 'ProgressDeadlineExceeded', pod: null };
  let first: { readonly pod: Pod; readonly why: string } | null = null;
  for (const pod of pods) {
    const why = brokenBy(pod);
    if (why === null || isDeleting(pod) || isTerminal(pod)) continue;
    first = { pod, why };
    break;
  }
  if (first === null) return null;
  const alive = pods.filter((pod) => !isDeleting(pod) && !isTerminal(pod));
  const newest = alive.reduce((best, pod) =>
    (pod.metadata.creationTimestamp ?? '') > (best.metadata.creationTimestamp ?? '') ? pod : best,
  );
  const revision = alive.filter((pod) => revisionOf(pod) === revisionOf(newest));
  const broken = revision.filter((pod) => brokenBy(pod) !== null);
  const [one] = broken;
  if (one === undefined || broken.length * 2 < revision.length) return null;
  return { why: brokenBy(one) ?? '', pod: one.metadata.name };
}

/** Pods that the scheduler has found no place for. */
export function withoutPlace(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(
    (pod) =>
      pod.status?.phase === 'Pending' &&
      !isBound(pod) &&
      !isDeleting(pod) &&
      conditionOf(pod, 'PodScheduled')?.reason === 'Unschedulable',
  );
}
