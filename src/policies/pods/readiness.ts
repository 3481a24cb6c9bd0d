// Which pods count for a resource metric: ready, unready, missing a sample, or not at all (pod-tier rules of the HPA).
import type { Pod } from '../../model/kubernetes.ts';
import { instantOf, type Instant, type Milliseconds } from '../../model/units.ts';
import { conditionOf, isDeleting, isTerminal } from '../pod-facts.ts';
import { podListOf } from './pod-list.ts';

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

const none: readonly Pod[] = [];

/** The rule, told without a look at each pod: the list is quiet, and every pod has a sample. */
function allReady(
  pods: readonly Pod[],
  samples: ReadonlyMap<string, PodSample>,
  resource: 'cpu' | 'memory' | 'other',
  { cpuInitializationPeriod }: ReadinessRules,
  now: Instant,
): boolean {
  const { names, quietSince } = podListOf(pods);
  if (quietSince === null || (resource === 'cpu' && quietSince + cpuInitializationPeriod > now)) return false;
  for (const name of names) if (!samples.has(name)) return false;
  return true;
}

export function groupPods(
  pods: readonly Pod[],
  samples: ReadonlyMap<string, PodSample>,
  resource: 'cpu' | 'memory' | 'other',
  rules: ReadinessRules,
  now: Instant,
): PodGroups {
  if (allReady(pods, samples, resource, rules, now))
    return { ready: pods, unready: none, missing: none, ignored: none };
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
