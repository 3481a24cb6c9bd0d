// The arithmetic of one metric: from a measured value and a target to a number of replicas (as the HPA does it).

export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** Inclusive at both ends. */
const withinTolerance = (ratio: number, tolerance: Tolerance): boolean =>
  1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up;

/** Replicas are an int32 in the API. */
const largest = 2 ** 31 - 1;

/** The next whole number, saturating. What is whole but for the last bits of a division counts as whole: 7.0 ÷ 0.07 is 100. */
export function wholeAbove(replicas: number): number {
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

/** In thousandths. */
export interface PodUsage {
  /** of the pods that count, all together */
  readonly used: number;
  readonly requested: number;
  readonly count: number;
  /** pod by pod */
  readonly unreadyRequests: readonly number[];
  readonly missingRequests: readonly number[];
}

export interface PerPodResult {
  readonly proposal: number;
  /** percent of the request, or thousandths a pod */
  readonly value: number;
}

interface PerPodKind {
  /** the measured number, in whole percent or whole thousandths */
  readonly measure: (used: number, requested: number, count: number) => number;
  /** what a pod without a sample is taken to use on the way down */
  readonly assumed: (request: number, target: number) => number;
}

/** Missing pods are taken for busy on the way down and idle on the way up; the correction never turns the direction. */
function byPods(pods: PodUsage, kind: PerPodKind, target: number, current: number, tolerance: Tolerance): PerPodResult {
  const { unreadyRequests, missingRequests } = pods;
  const value = kind.measure(pods.used, pods.requested, pods.count);
  const ratio = value / target;
  const unreadyCount = ratio > 1 ? unreadyRequests.length : 0;
  if (unreadyCount === 0 && missingRequests.length === 0)
    return { value, proposal: withinTolerance(ratio, tolerance) ? current : wholeAbove(ratio * pods.count) };

  let { used, requested, count } = pods;
  if (ratio !== 1)
    for (const request of missingRequests) {
      used += ratio < 1 ? kind.assumed(request, target) : 0;
      requested += request;
      count += 1;
    }
  if (unreadyCount > 0)
    for (const request of unreadyRequests) {
      requested += request;
      count += 1;
    }
  const corrected = kind.measure(used, requested, count) / target;
  const turned = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1);
  if (withinTolerance(corrected, tolerance) || turned) return { value, proposal: current };
  const proposal = wholeAbove(corrected * count);
  const wrongWay = (corrected < 1 && proposal > current) || (corrected > 1 && proposal < current);
  return { value, proposal: wrongWay ? current : proposal };
}

const utilization: PerPodKind = {
  measure: (used, requested) => Math.trunc((used * 100) / requested),
  assumed: (request, target) => Math.trunc((request * Math.max(100, target)) / 100),
};

const podAverage: PerPodKind = {
  measure: (used, _, count) => Math.trunc(used / count),
  assumed: (_, target) => target,
};

/** A utilization target: each pod's usage against its own request, in whole percent. */
export const byUtilization = (pods: PodUsage, target: number, current: number, tolerance: Tolerance): PerPodResult =>
  byPods(pods, utilization, target, current, tolerance);

/** An averageValue target of a resource: plain usage a pod, in thousandths. */
export const byPodAverage = (pods: PodUsage, target: number, current: number, tolerance: Tolerance): PerPodResult =>
  byPods(pods, podAverage, target, current, tolerance);
