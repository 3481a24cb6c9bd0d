// What needs a place: pods that have none, and the replicas that this very tick has decided on.
import type { OwnerReference, Pod } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { targetKey, type TargetRef } from '../../model/target.ts';
import { controllerOf, isBound, isDeleting, isGated, isOfDaemonSet, isTerminal, requestsOf } from '../pod-facts.ts';
import type { Standing } from '../pods/decide-pods.ts';
import type { Demand } from './place.ts';

export interface SourcedDemand extends Demand {
  /** pods that exist and wait, or replicas that were just decided on */
  readonly from: 'waiting' | 'decided';
}

/** A ReplicaSet's pods are its Deployment's: that is the name people know. */
function topOwner(
  owner: OwnerReference,
  namespace: string,
  replicaSets: ReadonlyMap<string, OwnerReference>,
): TargetRef {
  const above = owner.kind === 'ReplicaSet' ? replicaSets.get(`${namespace}/${owner.name}`) : undefined;
  return { kind: (above ?? owner).kind, namespace, name: (above ?? owner).name };
}

function waitingPods(facts: KubernetesFacts): readonly SourcedDemand[] {
  const replicaSets = new Map<string, OwnerReference>();
  for (const set of facts.replicasets ?? []) {
    const owner = set.metadata.ownerReferences?.find((one) => one.controller === true);
    if (owner !== undefined) replicaSets.set(`${set.metadata.namespace ?? ''}/${set.metadata.name}`, owner);
  }
  const byOwner = new Map<string, { target: TargetRef; pods: Pod[] }>();
  for (const pod of facts.pods ?? []) {
    if (isBound(pod) || isTerminal(pod) || isDeleting(pod) || isOfDaemonSet(pod) || isGated(pod)) continue;
    const namespace = pod.metadata.namespace ?? '';
    const owner = controllerOf(pod);
    const target =
      owner === undefined
        ? { kind: 'Pod', namespace, name: pod.metadata.name }
        : topOwner(owner, namespace, replicaSets);
    // Pods of one controller revision are alike; a controller's own name tells revisions apart.
    const key = `${namespace}/${owner?.kind ?? 'Pod'}/${owner?.name ?? pod.metadata.name}`;
    const known = byOwner.get(key);
    if (known === undefined) byOwner.set(key, { target, pods: [pod] });
    else known.pods.push(pod);
  }
  return [...byOwner.values()].map(({ target, pods }) => ({
    target,
    spec: pods[0]?.spec,
    requests: requestsOf(pods[0]?.spec),
    pods: pods.length,
    from: 'waiting' as const,
  }));
}

/** Max(0, desired − pods that neither ended nor are being deleted); a rehearsal orders no VM. */
function decidedReplicas(standings: readonly Standing[]): readonly SourcedDemand[] {
  return standings.flatMap(({ decision, existing, template }): readonly SourcedDemand[] => {
    const more = (decision.desired ?? 0) - existing;
    if (more <= 0 || decision.mode !== 'act' || template === undefined) return [];
    return [
      { target: decision.target, spec: template, requests: requestsOf(template), pods: more, from: 'decided' as const },
    ];
  });
}

/** A target that is about to shrink loses its waiting pods first: nobody needs a node for them any more. */
function withoutSurplus(waiting: readonly SourcedDemand[], standings: readonly Standing[]): readonly SourcedDemand[] {
  const surplus = new Map<string, number>();
  for (const { decision, existing } of standings)
    if (decision.mode === 'act' && decision.desired !== null && decision.desired < existing)
      surplus.set(targetKey(decision.target), existing - decision.desired);
  return waiting.flatMap((demand) => {
    const key = targetKey(demand.target);
    const going = Math.min(demand.pods, surplus.get(key) ?? 0);
    surplus.set(key, (surplus.get(key) ?? 0) - going);
    return going === demand.pods ? [] : [{ ...demand, pods: demand.pods - going }];
  });
}

/** Existing pods first: those that were decided on come after those that wait already. */
export const demandsOf = (facts: KubernetesFacts, standings: readonly Standing[]): readonly SourcedDemand[] => [
  ...withoutSurplus(waitingPods(facts), standings),
  ...decidedReplicas(standings),
];
