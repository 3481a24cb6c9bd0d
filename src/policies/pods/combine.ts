// Several metrics become one proposal: the largest; what is unknown may raise but never lower.
import type { PodPolicy } from '../../model/config.ts';
import type { TargetMemory } from '../../model/memory.ts';
import type { MetricReading, Step } from '../../model/plan.ts';
import type { Instant } from '../../model/units.ts';
import { own } from './own.ts';
import type { Measured } from './measure.ts';

export interface Proposal {
  readonly replicas: number;
  /** the metric that asked for it */
  readonly by: string;
  /** what stood in for a measured value; null where the value was measured */
  readonly standIn: StandIn | null;
}

export type StandIn = NonNullable<MetricReading['standIn']>;

export interface Combined {
  readonly largest: Proposal | null;
  /** without a value of their own, and nothing said what to take instead */
  readonly unknown: readonly MetricReading[];
  /** an unknown metric forbids to go below current */
  readonly mayLower: boolean;
  readonly unknownSince: Readonly<Record<string, Instant>>;
  readonly step: Step | null;
  /** by metric, what was taken in place of a value */
  readonly standIns: ReadonlyMap<string, StandIn>;
}

const noStandIns: ReadonlyMap<string, StandIn> = new Map();

function fallbackReplicas(fallback: PodPolicy['spec']['fallback'], current: number): number | null {
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

/** An answer that came and said nothing usable; a failure to answer is something else. */
const isSilence = ({ state }: MetricReading): boolean => state === 'unknown' || state === 'stale';

const nothingUnknown: Readonly<Record<string, Instant>> = {};
const noneUnknown: readonly MetricReading[] = [];

export function combine(
  policy: PodPolicy,
  measured: readonly Measured[],
  /** the proposal that a metric would make of another value */
  propose: (measured: Measured, value: number) => number | null,
  current: number,
  memory: Pick<TargetMemory, 'unknownSince'>,
  now: Instant,
): Combined {
  let largest: Proposal | null = null;
  let isKnown = true;
  for (const { metric, reading } of measured) {
    if (metric.target === null) continue;
    if (reading.proposal === null) isKnown = false;
    else largest = larger(largest, reading.proposal, reading.name, null);
  }
  if (!isKnown) return withUnknown(policy, measured, propose, current, memory, now);
  return {
    largest,
    unknown: noneUnknown,
    mayLower: true,
    unknownSince: nothingUnknown,
    step: stepOf(largest, current),
    standIns: noStandIns,
  };
}

/** The first of the largest. */
const larger = (largest: Proposal | null, replicas: number, by: string, standIn: StandIn | null): Proposal =>
  largest === null || replicas > largest.replicas ? { replicas, by, standIn } : largest;

function withUnknown(
  policy: PodPolicy,
  measured: readonly Measured[],
  propose: (measured: Measured, value: number) => number | null,
  current: number,
  memory: Pick<TargetMemory, 'unknownSince'>,
  now: Instant,
): Combined {
  let largest: Proposal | null = null;
  const unknown: MetricReading[] = [];
  let unknownSince = nothingUnknown;
  const standIns = new Map<string, StandIn>();
  let mayLower = true;
  const offer = (replicas: number, by: string, standIn: StandIn | null): void => {
    if (standIn !== null) standIns.set(by, standIn);
    largest = larger(largest, replicas, by, standIn);
  };

  for (const one of measured) {
    const { metric, reading } = one;
    if (metric.target === null) continue;
    if (reading.proposal !== null) {
      offer(reading.proposal, reading.name, null);
      continue;
    }
    const rule = metric.unknown;
    if (typeof rule === 'object' && 'treatAs' in rule && isSilence(reading)) {
      const replicas = propose(one, rule.treatAs);
      if (replicas !== null) {
        offer(replicas, reading.name, 'treatAs');
        continue;
      }
    }
    unknown.push(reading);
    const start = own(memory.unknownSince, reading.name) ?? now;
    unknownSince = { ...unknownSince, [reading.name]: start };
    const late = policy.spec.fallback !== undefined && now - start >= policy.spec.fallback.after;
    const fallback = rule === 'fallback' || late ? fallbackReplicas(policy.spec.fallback, current) : null;
    if (fallback !== null) offer(fallback, reading.name, 'fallback');
    else {
      // At least so many, and never fewer than there are.
      mayLower = false;
      if (typeof rule === 'object' && 'atLeast' in rule) offer(rule.atLeast, reading.name, 'atLeast');
    }
  }

  return { largest, unknown, mayLower, unknownSince, step: stepOf(largest, current), standIns };
}

function stepOf(largest: Proposal | null, current: number): Step | null {
  if (largest === null || largest.replicas === current) return null;
  return { step: largest.standIn ?? 'largestProposal', from: current, to: largest.replicas, by: largest.by };
}
