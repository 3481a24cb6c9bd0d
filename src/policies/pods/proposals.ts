// The arithmetic of one metric: from a measured value and a target to a number of replicas (as the HPA does it).

export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** Inclusive at both ends. */
export const withinTolerance = (ratio: number, tolerance: Tolerance): boolean =>
  1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up;

/** Replicas are an int32 in the API. */
const largest = 2 ** 31 - 1;

/** The next whole number, saturating. What is whole but for the last bits of a division counts as whole: 7.0 ÷ 0.07 is 100. */
function wholeAbove(replicas: number): number {
  const nearest = Math.round(replicas);
  const noise = Math.abs(replicas - nearest) <= 1e-12 * Math.abs(nearest);
  return Math.min(largest, Math.max(0, noise ? nearest : Math.ceil(replicas)));
}

/** An averageValue target over a total: total ÷ replicas against the target. */
export function byAverage(total: number, target: number, statusReplicas: number, tolerance: Tolerance): number {
  const ratio = total / (target * statusReplicas);
  return statusReplicas > 0 && withinTolerance(ratio, tolerance) ? statusReplicas : wholeAbove(total / target);
}

/** A value target: the ratio moves the pods that are ready; upwards without a rollout's surge, which is no demand. */
export function byValue(
  value: number,
  target: number,
  current: number,
  readyPods: number,
  tolerance: Tolerance,
): number {
  const ratio = value / target;
  if (current === 0) return wholeAbove(ratio);
  const pods = ratio > 1 ? Math.min(readyPods, current) : readyPods;
  return withinTolerance(ratio, tolerance) ? current : wholeAbove(ratio * pods);
}

export interface PodUsage {
  /** thousandths, by pod that counts */
  readonly used: readonly number[];
  readonly requested: readonly number[];
  readonly unreadyRequests: readonly number[];
  readonly missingRequests: readonly number[];
}

export interface PerPodResult {
  readonly proposal: number;
  /** percent of the request, or thousandths a pod */
  readonly value: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

interface PerPodKind {
  /** the measured number, in whole percent or whole thousandths */
  readonly measure: (used: readonly number[], requested: readonly number[]) => number;
  /** what a pod without a sample is taken to use on the way down */
  readonly assumed: (request: number) => number;
  readonly target: number;
}

/** Missing pods are taken for busy on the way down and idle on the way up; the correction never turns the direction. */
function byPods(pods: PodUsage, kind: PerPodKind, current: number, tolerance: Tolerance): PerPodResult {
  const value = kind.measure(pods.used, pods.requested);
  const ratio = value / kind.target;
  const unreadyCount = ratio > 1 ? pods.unreadyRequests.length : 0;
  if (unreadyCount === 0 && pods.missingRequests.length === 0)
    return {
      value,
      proposal: withinTolerance(ratio, tolerance) ? current : wholeAbove(ratio * pods.used.length),
    };

  const used = [...pods.used];
  const requested = [...pods.requested];
  if (ratio !== 1)
    for (const request of pods.missingRequests) {
      used.push(ratio < 1 ? kind.assumed(request) : 0);
      requested.push(request);
    }
  if (unreadyCount > 0)
    for (const request of pods.unreadyRequests) {
      used.push(0);
      requested.push(request);
    }
  const corrected = kind.measure(used, requested) / kind.target;
  const turned = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1);
  if (withinTolerance(corrected, tolerance) || turned) return { value, proposal: current };
  const proposal = wholeAbove(corrected * used.length);
  const wrongWay = (corrected < 1 && proposal > current) || (corrected > 1 && proposal < current);
  return { value, proposal: wrongWay ? current : proposal };
}

/** A utilization target: each pod's usage against its own request, in whole percent. */
export const byUtilization = (pods: PodUsage, target: number, current: number, tolerance: Tolerance): PerPodResult =>
  byPods(
    pods,
    {
      measure: (used, requested) => Math.trunc((sum(used) * 100) / sum(requested)),
      assumed: (request) => Math.trunc((request * Math.max(100, target)) / 100),
      target,
    },
    current,
    tolerance,
  );

/** An averageValue target of a resource: plain usage a pod, in thousandths. */
export const byPodAverage = (pods: PodUsage, target: number, current: number, tolerance: Tolerance): PerPodResult =>
  byPods(
    pods,
    {
      measure: (used) => Math.trunc(sum(used) / used.length),
      assumed: () => target,
      target,
    },
    current,
    tolerance,
  );
