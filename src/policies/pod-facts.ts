// What both tiers ask of a pod: does it still count, is it bound, who owns it, what does it request.
import type { Container, OwnerReference, Pod, PodSpec } from '../model/kubernetes.ts';
import { parseMilli } from '../model/quantity.ts';

export const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
export const isDeleting = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
export const isBound = (pod: Pod): boolean => (pod.spec?.nodeName ?? '') !== '';
export const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;

export const controllerOf = (pod: Pod): OwnerReference | undefined =>
  pod.metadata.ownerReferences?.find((owner) => owner.controller === true);

export const isOfDaemonSet = (pod: Pod): boolean =>
  controllerOf(pod)?.kind === 'DaemonSet' ||
  pod.metadata.annotations?.['cluster-autoscaler.kubernetes.io/daemonset-pod'] === 'true';

export const conditionOf = (pod: Pod, type: string) => pod.status?.conditions?.find((found) => found.type === type);

/** Held back on purpose: the scheduler does not look at it before its gates are opened. */
export const isGated = (pod: Pod): boolean => conditionOf(pod, 'PodScheduled')?.reason === 'SchedulingGated';

/** Thousandths by resource name. */
export type Requests = Readonly<Record<string, number>>;

const add = (sum: Record<string, number>, more: Requests): void => {
  for (const [name, milli] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + milli;
};

function ofContainer(container: Container): Requests {
  const requests: Record<string, number> = {};
  // A limit without a request is a request: the API server fills it in, but templates do not show it.
  for (const [name, text] of Object.entries({
    ...container.resources?.limits,
    ...container.resources?.requests,
  })) {
    const milli = parseMilli(text);
    if (milli !== null) requests[name] = milli;
  }
  return requests;
}

/** What the scheduler counts: containers and sidecars together, or the largest init step, plus the overhead. */
export function requestsOf(spec: PodSpec | undefined): Requests {
  const running: Record<string, number> = {};
  const peak: Record<string, number> = {};
  const sidecars: Record<string, number> = {};
  for (const container of spec?.containers ?? []) add(running, ofContainer(container));
  for (const container of spec?.initContainers ?? []) {
    const own = ofContainer(container);
    if (container.restartPolicy === 'Always') add(sidecars, own);
    const step = { ...sidecars };
    if (container.restartPolicy !== 'Always') add(step, own);
    for (const [name, milli] of Object.entries(step)) peak[name] = Math.max(peak[name] ?? 0, milli);
  }
  add(running, sidecars);
  for (const [name, milli] of Object.entries(peak)) running[name] = Math.max(running[name] ?? 0, milli);
  for (const [name, text] of Object.entries(spec?.overhead ?? {})) add(running, { [name]: parseMilli(text) ?? 0 });
  return running;
}
