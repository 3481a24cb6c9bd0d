// The object a policy scales, found in the snapshot with its pods; or the reason why it cannot be scaled.
import type { PodPolicy } from '../../model/config.ts';
import type { LabelSelector, Pod, Workload } from '../../model/kubernetes.ts';
import type { TargetMemory } from '../../model/memory.ts';
import type { PodReason } from '../../model/reason.ts';
import type { KubernetesFacts, Snapshot } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { minutes, since, type Instant } from '../../model/units.ts';
import { isEmptySelector, selectorMatches } from '../selectors.ts';

export const targetOf = (policy: PodPolicy): TargetRef => ({
  apiVersion: policy.spec.target.apiVersion,
  kind: policy.spec.target.kind,
  namespace: policy.metadata.namespace,
  name: policy.spec.target.name,
});

const listOf: Readonly<Record<string, 'deployments' | 'statefulsets' | 'replicasets' | 'replicationcontrollers'>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  ReplicaSet: 'replicasets',
  ReplicationController: 'replicationcontrollers',
};

type Selector = LabelSelector | Readonly<Record<string, string>>;

export interface FoundTarget {
  readonly workload: Workload;
  readonly selector: Selector;
  readonly pods: readonly Pod[];
  /** spec.replicas, or our own last write while the watch is still behind it */
  readonly current: number;
  readonly statusReplicas: number;
}

export interface MissingTarget {
  readonly reason: PodReason;
  readonly why: string;
}

/** Pods by namespace and objects by name: made once a tick, so that 20,000 targets cost one pass over the pods. */
export interface TargetIndex {
  readonly podsIn: ReadonlyMap<string, readonly Pod[]> | null;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly unread: ReadonlySet<string>;
}

export function indexTargets(snapshot: Snapshot): TargetIndex {
  const workloads = new Map<string, Workload>();
  const unread = new Set<string>();
  const facts: KubernetesFacts = snapshot.kubernetes;
  for (const [kind, list] of Object.entries(listOf)) {
    const objects = facts[list];
    if (objects === undefined) unread.add(kind);
    for (const object of objects ?? [])
      workloads.set(`${object.metadata.namespace ?? ''}/${kind}/${object.metadata.name}`, object);
  }
  if (facts.pods === undefined) return { podsIn: null, workloads, unread };
  const podsIn = new Map<string, Pod[]>();
  for (const pod of facts.pods) {
    const namespace = pod.metadata.namespace ?? '';
    const known = podsIn.get(namespace);
    if (known === undefined) podsIn.set(namespace, [pod]);
    else known.push(pod);
  }
  return { podsIn, workloads, unread };
}

/** Has the object been seen at or after the version that our own write made? */
function hasSeen(seen: string | undefined, written: string | undefined): boolean {
  if (written === undefined || seen === undefined) return true;
  if (!/^\d+$/.test(seen) || !/^\d+$/.test(written)) return seen === written;
  return BigInt(seen) >= BigInt(written);
}

/** A watch is never this far behind: the versions have begun anew, as after etcd was restored. */
const writtenCounts = minutes(5);

export function findTarget(
  index: TargetIndex,
  target: TargetRef,
  memory: TargetMemory,
  now: Instant,
): FoundTarget | MissingTarget {
  if (listOf[target.kind] === undefined)
    return { reason: 'FailedGetScale', why: `${target.kind} objects are not read` };
  const workload = index.workloads.get(`${target.namespace}/${target.kind}/${target.name}`);
  if (workload === undefined)
    return {
      reason: 'FailedGetScale',
      why: index.unread.has(target.kind)
        ? `the list of ${target.kind} objects could not be read`
        : 'there is no such object',
    };
  const { selector } = workload.spec ?? {};
  if (selector === undefined || isEmptySelector(selector))
    return { reason: 'InvalidSelector', why: 'its selector is empty' };
  if (index.podsIn === null) return { reason: 'FailedGetPods', why: 'the list of pods could not be read' };
  const pods = (index.podsIn.get(target.namespace) ?? []).filter((pod) =>
    selectorMatches(selector, pod.metadata.labels ?? {}),
  );
  const { written } = memory;
  const ownWriteUnseen =
    written !== null &&
    Math.abs(since(written.at, now)) < writtenCounts &&
    !hasSeen(workload.metadata.resourceVersion, written.resourceVersion);
  return {
    workload,
    selector,
    pods,
    current: ownWriteUnseen ? written.replicas : (workload.spec?.replicas ?? 1),
    statusReplicas: workload.status?.replicas ?? 0,
  };
}
