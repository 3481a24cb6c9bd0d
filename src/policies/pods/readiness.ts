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
  readonly ignored: readonly Pod[];
}

/** Only CPU looks at readiness: a starting pod burns CPU that says nothing about the load. */
function isUnreadyForCpu(pod: Pod, sample: PodSample, rules: ReadinessRules, now: Instant): boolean {
  const ready = conditionOf(pod, 'Ready');
  const started = instantOf(pod.status?.startTime);
  if (ready === undefined || started === null) return true;
  const changed = instantOf(ready.lastTransitionTime) ?? started;
  if (started + rules.cpuInitializationPeriod > now)
    return ready.status === 'False' || sample.at < changed + sample.window;
  return ready.status === 'False' && started + rules.initialReadinessDelay > changed;
}

export function groupPods(
  pods: readonly Pod[],
  samples: ReadonlyMap<string, PodSample>,
  resource: 'cpu' | 'memory' | 'other',
  rules: ReadinessRules,
  now: Instant,
): PodGroups {
  const groups = { ready: [] as Pod[], unready: [] as Pod[], missing: [] as Pod[], ignored: [] as Pod[] };
  for (const pod of pods) {
    if (isDeleting(pod) || isTerminal(pod)) groups.ignored.push(pod);
    else if (pod.status?.phase === 'Pending') groups.unready.push(pod);
    else {
      const sample = samples.get(pod.metadata.name);
      if (sample === undefined) groups.missing.push(pod);
      else if (resource === 'cpu' && isUnreadyForCpu(pod, sample, rules, now)) groups.unready.push(pod);
      else groups.ready.push(pod);
    }
  }
  return groups;
}

/** Running and Ready: what a `value` target multiplies with. */
export const readyRunning = (pods: readonly Pod[]): number =>
  pods.filter((pod) => pod.status?.phase === 'Running' && conditionOf(pod, 'Ready')?.status === 'True').length;
