// Several metrics become one proposal: the largest; what is unknown may raise but never lower.
import type { PodPolicy } from '../../model/config.ts';
import type { TargetMemory } from '../../model/memory.ts';
import type { MetricReading, Step } from '../../model/plan.ts';
import type { Instant } from '../../model/units.ts';

export interface Proposal {
  readonly replicas: number;
  /** the metric that asked for it */
  readonly by: string;
  /** what stood in for a measured value; null where the value was measured */
  readonly standIn: 'fallback' | 'treatAs' | 'atLeast' | null;
}

export interface Combined {
  readonly largest: Proposal | null;
  readonly unknown: readonly MetricReading[];
  /** an unknown metric forbids to go below current */
  readonly mayLower: boolean;
  readonly unknownSince: Readonly<Record<string, Instant>>;
  readonly step: Step | null;
}

function fallbackReplicas(policy: PodPolicy, current: number): number | null {
  const { fallback } = policy.spec;
  if (fallback === undefined) return null;
  switch (fallback.behavior) {
    case 'static':
      return fallback.replicas;
    case 'currentReplicas':
      return current;
    case 'currentReplicasIfHigher':
      return Math.max(current, fallback.replicas);
    case 'currentReplicasIfLower':
      return Math.min(current, fallback.replicas);
  }
}

export function combine(
  policy: PodPolicy,
  readings: readonly MetricReading[],
  /** the proposal that a metric would make of another value */
  proposalFor: (metricName: string, value: number) => number | null,
  current: number,
  memory: TargetMemory,
  now: Instant,
): Combined {
  const proposals: Proposal[] = [];
  const unknown: MetricReading[] = [];
  const unknownSince: Record<string, Instant> = {};
  let mayLower = true;

  for (const [index, reading] of readings.entries()) {
    if (reading.proposal !== null) {
      proposals.push({ replicas: reading.proposal, by: reading.name, standIn: null });
      continue;
    }
    unknown.push(reading);
    const start = memory.unknownSince[reading.name] ?? now;
    unknownSince[reading.name] = start;
    const rule = policy.spec.metrics[index]?.unknown ?? 'hold';
    const late = policy.spec.fallback !== undefined && now - start >= policy.spec.fallback.after;
    const fallback = rule === 'fallback' || late ? fallbackReplicas(policy, current) : null;
    if (typeof rule === 'object' && 'treatAs' in rule) {
      const replicas = proposalFor(reading.name, rule.treatAs);
      if (replicas === null) mayLower = false;
      else proposals.push({ replicas, by: reading.name, standIn: 'treatAs' });
    } else if (fallback !== null) proposals.push({ replicas: fallback, by: reading.name, standIn: 'fallback' });
    else if (typeof rule === 'object') proposals.push({ replicas: rule.atLeast, by: reading.name, standIn: 'atLeast' });
    else mayLower = false;
  }

  const largest = proposals.reduce<Proposal | null>(
    (best, one) => (best === null || one.replicas > best.replicas ? one : best),
    null,
  );
  const name = largest?.standIn === null ? 'largestProposal' : (largest?.standIn ?? 'largestProposal');
  const step: Step | null =
    largest === null || largest.replicas === current
      ? null
      : { step: name, from: current, to: largest.replicas, by: largest.by };
  return { largest, unknown, mayLower, unknownSince, step };
}
