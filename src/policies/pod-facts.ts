// What both tiers ask of a pod: does it still count, is it bound, who owns it, what does it request.
import type { Container, OwnerReference, Pod, PodSpec } from '../model/kubernetes.ts';
import { parseMilli } from '../model/quantity.ts';

export const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
export const isDeleting = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
export const isBound = (pod: Pod): boolean => (pod.spec?.nodeName ?? '') !== '';
export const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;

export function controllerOf({ metadata }: Pod): OwnerReference | undefined {
  const owners = metadata.ownerReferences;
  // Asked of every pod: an iterator each would be most of the memory that a first tick takes.
  for (let index = 0; index < (owners?.length ?? 0); index += 1)
    if (owners?.[index]?.controller === true) return owners[index];
  return undefined;
}

export const daemonAnnotation = 'cluster-autoscaler.kubernetes.io/daemonset-pod';
export const isOfDaemonSet = (pod: Pod): boolean =>
  controllerOf(pod)?.kind === 'DaemonSet' || pod.metadata.annotations?.[daemonAnnotation] === 'true';

export const conditionOf = (pod: Pod, type: string) => pod.status?.conditions?.find((found) => found.type === type);

/** Held back on purpose: the scheduler does not look at it before its gates are opened. */
export const isGated = (pod: Pod): boolean => conditionOf(pod, 'PodScheduled')?.reason === 'SchedulingGated';

/** Thousandths by resource name. */
export type Requests = Readonly<Record<string, number>>;

/** Texts recur by the thousand: "500m" is read once. */
const mostTexts = 10_000;
const known = new Map<string, number | null>();
function milliOf(text: string | number): number | null {
  if (typeof text === 'number') return parseMilli(text);
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= mostTexts) known.clear();
  const milli = parseMilli(text);
  known.set(text, milli);
  return milli;
}

type Sum = Record<string, number>;

function addContainer(sum: Sum, { resources }: Container): void {
  if (resources === undefined) return;
  const { requests, limits } = resources;
  for (const name in requests) {
    const milli = milliOf(requests[name] ?? '');
    if (milli !== null) sum[name] = (sum[name] ?? 0) + milli;
  }
  // A limit without a request is a request: the API server fills it in, but templates do not show it.
  for (const name in limits) {
    if (requests?.[name] !== undefined) continue;
    const milli = milliOf(limits[name] ?? '');
    if (milli !== null) sum[name] = (sum[name] ?? 0) + milli;
  }
}

/** What the scheduler counts: containers and sidecars together, or the largest init step, plus the overhead. */
export function requestsOf(spec: PodSpec | undefined): Requests {
  const running: Sum = {};
  if (spec === undefined) return running;
  for (const container of spec.containers ?? []) addContainer(running, container);
  if (requestsOnlyByContainers(spec)) return running;
  if (spec.initContainers !== undefined) withInit(running, spec.initContainers);
  // What is asked for the whole pod takes the place of its containers' sum.
  if (spec.resources?.requests !== undefined)
    for (const [name, text] of Object.entries(spec.resources.requests)) {
      const milli = milliOf(text);
      if (milli !== null) running[name] = milli;
    }
  if (spec.overhead !== undefined)
    for (const [name, text] of Object.entries(spec.overhead))
      running[name] = (running[name] ?? 0) + (milliOf(text) ?? 0);
  return running;
}

/** Its containers alone make up what it requests. */
export const requestsOnlyByContainers = ({ initContainers, resources, overhead }: PodSpec): boolean =>
  initContainers === undefined && resources === undefined && overhead === undefined;

/** Adds what a pod requests to a sum over many. */
export function addRequests(sum: Record<string, number>, spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  if (requestsOnlyByContainers(spec)) {
    const { containers } = spec;
    for (let index = 0; index < (containers?.length ?? 0); index += 1) {
      const container = containers?.[index];
      if (container !== undefined) addContainer(sum, container);
    }
    return;
  }
  const requests = requestsOf(spec);
  for (const name in requests) sum[name] = (sum[name] ?? 0) + (requests[name] ?? 0);
}

function withInit(running: Sum, containers: readonly Container[]): void {
  const peak: Sum = {};
  const sidecars: Sum = {};
  for (const container of containers) {
    if (container.restartPolicy === 'Always') addContainer(sidecars, container);
    const step = { ...sidecars };
    if (container.restartPolicy !== 'Always') addContainer(step, container);
    for (const [name, milli] of Object.entries(step)) peak[name] = Math.max(peak[name] ?? 0, milli);
  }
  for (const [name, milli] of Object.entries(sidecars)) running[name] = (running[name] ?? 0) + milli;
  for (const [name, milli] of Object.entries(peak)) running[name] = Math.max(running[name] ?? 0, milli);
}
