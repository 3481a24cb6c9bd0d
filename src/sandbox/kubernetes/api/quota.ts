// ResourceQuota: what a namespace may hold of pods and their requests.
import { isTerminal } from '../objects.ts';
import { printQuantity, quantityOf } from '../quantity.ts';
import { podRequests } from '../scheduler/requests.ts';
import type { Pod, ResourceQuota } from '../objects.ts';
import type { Store } from '../store.ts';

/** A pod's claim on a quota's resource; undefined for resources that are not counted by pods. */
function claimOf(pod: Pod, resource: string): number | undefined {
  if (resource === 'pods' || resource === 'count/pods') return 1;
  const name = resource.startsWith('requests.') ? resource.slice('requests.'.length) : resource;
  if (resource.startsWith('limits.')) {
    const limit = resource.slice('limits.'.length);
    return pod.spec.containers.reduce((sum, one) => sum + quantityOf(one.resources?.limits?.[limit]), 0);
  }
  if (resource.startsWith('requests.') || name === 'cpu' || name === 'memory' || name === 'ephemeral-storage')
    return podRequests(pod.spec)[name] ?? 0;
  return undefined;
}

export function usedBy(store: Store, quota: ResourceQuota): Record<string, number> {
  const used: Record<string, number> = {};
  for (const resource of Object.keys(quota.spec.hard ?? {})) used[resource] = 0;
  for (const pod of store.values('pods')) {
    if (pod.metadata.namespace !== quota.metadata.namespace || isTerminal(pod)) continue;
    for (const resource of Object.keys(used)) used[resource] = (used[resource] ?? 0) + (claimOf(pod, resource) ?? 0);
  }
  return used;
}

/** Why the pod may not be created, in the words of the quota admission; undefined when it may. */
export function exceededQuota(store: Store, pod: Pod): string | undefined {
  for (const quota of store.values('resourcequotas')) {
    if (quota.metadata.namespace !== pod.metadata.namespace) continue;
    const hard = quota.spec.hard ?? {};
    const used = usedBy(store, quota);
    const over = Object.keys(hard).filter((resource) => {
      const claim = claimOf(pod, resource);
      return claim !== undefined && claim > 0 && (used[resource] ?? 0) + claim > quantityOf(hard[resource]);
    });
    if (over.length === 0) continue;
    const list = (value: (resource: string) => number): string =>
      over.map((resource) => `${resource}=${printQuantity(resource, value(resource))}`).join(',');
    return `exceeded quota: ${quota.metadata.name}, requested: ${list((one) => claimOf(pod, one) ?? 0)}, used: ${list((one) => used[one] ?? 0)}, limited: ${list((one) => quantityOf(hard[one]))}`;
  }
  return undefined;
}
