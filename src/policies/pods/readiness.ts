// Which pods count for a resource metric: ready, unready, missing a sample, or not at all (pod-tier rules of the HPA).
import type { Pod } from '../../model/kubernetes.ts';
import { instantOf, type Instant, type Milliseconds } from '../../model/units.ts';
import { conditionOf, isDeleting, isTerminal } from '../pod-facts.ts';

export interface ReadinessRules {
  readonly cpuInitializationPeriod: Milliseconds;
  readonly initialReadinessDelay: Milliseconds;
}

export interface PodSample {
  /** thousandths */
  readonly value: number;
  readonly at: Instant;
  /** the span that the value was measured over */
  readonly window: Milliseconds;
}

export interface PodGroups {
  readonly ready: readonly Pod[];
  readonly unready: readonly Pod[];
  readonly missing: readonly Pod[];
  /** they do not count at all */
  readonly ignored: readonly Pod[];
}

interface Readiness {
  readonly started: Instant;
  readonly changed: Instant;
  readonly isFalse: boolean;
}

/** A pod is read once, however many ticks see the same object; `unknown`: no Ready condition, or no start time. */
const readinessByPod = new WeakMap<Pod, Readiness | 'unknown'>();

function readinessOf(pod: Pod): Readiness | 'unknown' {
  const known = readinessByPod.get(pod);
  if (known !== undefined) return known;
  const ready = conditionOf(pod, 'Ready');
  const started = instantOf(pod.status?.startTime);
  const made: Readiness | 'unknown' =
    ready === undefined || started === null
      ? 'unknown'
      : { started, changed: instantOf(ready.lastTransitionTime) ?? started, isFalse: ready.status === 'False' };
  readinessByPod.set(pod, made);
  return made;
}

/** Only CPU looks at readiness: a starting pod burns CPU that says nothing about the load. */
function isUnreadyForCpu(pod: Pod, sample: PodSample, rules: ReadinessRules, now: Instant): boolean {
  const readiness = readinessOf(pod);
  if (readiness === 'unknown') return true;
  const { started, changed, isFalse } = readiness;
  if (started + rules.cpuInitializationPeriod > now) return isFalse || sample.at < changed + sample.window;
  return isFalse && started + rules.initialReadinessDelay > changed;
}

const none: readonly Pod[] = [];

export function groupPods(
  pods: readonly Pod[],
  samples: ReadonlyMap<string, PodSample>,
  resource: 'cpu' | 'memory' | 'other',
  rules: ReadinessRules,
  now: Instant,
): PodGroups {
  const ready: Pod[] = [];
  let [unready, missing, ignored]: (Pod[] | null)[] = [null, null, null];
  for (const pod of pods) {
    if (isDeleting(pod) || isTerminal(pod)) (ignored ??= []).push(pod);
    else if (pod.status?.phase === 'Pending') (unready ??= []).push(pod);
    else {
      const sample = samples.get(pod.metadata.name);
      if (sample === undefined) (missing ??= []).push(pod);
      else if (resource === 'cpu' && isUnreadyForCpu(pod, sample, rules, now)) (unready ??= []).push(pod);
      else ready.push(pod);
    }
  }
  return { ready, unready: unready ?? none, missing: missing ?? none, ignored: ignored ?? none };
}

/** Running and Ready: what a `value` target multiplies with. */
export function readyRunning(pods: readonly Pod[]): number {
  let count = 0;
  for (const pod of pods)
    if (pod.status?.phase === 'Running' && conditionOf(pod, 'Ready')?.status === 'True') count += 1;
  return count;
}
