// Which pods count for a resource metric: ready, unready, missing a sample, or not at all (pod-tier rules of the HPA).
import type { Pod } from '../../model/kubernetes.ts';
import { instantOf, type Instant, type Milliseconds } from '../../model/units.ts';
import { conditionOf, isDeleting, isTerminal } from '../pod-facts.ts';
import type { PodList } from './pod-list.ts';

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

/** Samples by the pods' names. */
export interface PodSamples {
  get(pod: string): PodSample | undefined;
  /** What they use together, each in whole thousandths, where that is found without their names; null: one has no sample. */
  readonly ofAll?: (pods: PodList) => number | null;
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

/** Whole thousandths, as the HPA counts them; what is whole but for the last bits of a product or a sum is whole. */
export function wholeMilli(milli: number): number {
  const nearest = Math.round(milli);
  return Math.abs(milli - nearest) < 1e-7 ? nearest : Math.ceil(milli);
}

/**
 * The rule, told without a look at each pod: what they use together where the list is quiet and every pod has a sample;
 * null: they have to be looked at.
 */
export function usedByAll(
  list: PodList,
  samples: PodSamples,
  resource: 'cpu' | 'memory' | 'other',
  { cpuInitializationPeriod }: ReadinessRules,
  now: Instant,
): number | null {
  const { names, quietSince } = list;
  if (quietSince === null || (resource === 'cpu' && quietSince + cpuInitializationPeriod > now)) return null;
  if (samples.ofAll !== undefined) return samples.ofAll(list);
  let used = 0;
  for (const name of names) {
    const sample = samples.get(name);
    if (sample === undefined) return null;
    used += wholeMilli(sample.value);
  }
  return used;
}

export function groupPods(
  pods: readonly Pod[],
  samples: PodSamples,
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
