// One decision with every number in between, as a value: what `explain --output json` prints and the text is written from.
import type { Metric, PodPolicy } from '../../model/config.ts';
import type { TargetMemory } from '../../model/memory.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { MetricReading, NodeDecision, PodDecision } from '../../model/plan.ts';
import { rfc3339, later, type Instant, type Milliseconds } from '../../model/units.ts';
import { scheduleOf, type ScheduleView } from './bounds.ts';
import {
  flapsOf,
  ratesOf,
  stabilizationOf,
  zeroOf,
  type Flaps,
  type Rates,
  type Stabilization,
  type Zero,
} from './history.ts';
import type { OneNodeExplanation } from './one-node.ts';
import type { OnePodExplanation } from './one-pod.ts';
import { explanationSchema, type Origin } from './origin.ts';

export interface MetricView extends MetricReading {
  readonly kind: 'averageValue' | 'value' | 'utilization' | null;
  /** the value is one pod's already */
  readonly perPod: boolean;
  /** the measured against the target; null: not to be told */
  readonly ratio: number | null;
  readonly formula: string | null;
  /** since when it has had no usable value */
  readonly since: string | null;
  readonly coverage: { readonly atLeast: number } | null;
}

/** What would be without one step of the order. */
export interface Otherwise {
  readonly would: number;
  readonly step: string;
  readonly by: string;
}

export interface PodExplanation {
  readonly schema: typeof explanationSchema;
  readonly tier: 'pods';
  /** RFC 3339: when it was decided */
  readonly time: string;
  readonly configHash: string;
  readonly origin: Origin;
  readonly decision: Omit<PodDecision, 'metrics'> & { readonly metrics: readonly MetricView[] };
  readonly outcome: Outcome | null;
  readonly whyNot: readonly Otherwise[];
  readonly stabilization: Stabilization | null;
  readonly rates: { readonly up: Rates; readonly down: Rates } | null;
  readonly flaps: Flaps | null;
  readonly zero: Zero | null;
  readonly schedule: ScheduleView | null;
  readonly fallback: { readonly replicas: number; readonly behavior: string; readonly at: string | null } | null;
  /** writes by others that are remembered */
  readonly foreign: readonly {
    readonly at: string;
    readonly from: number;
    readonly to: number;
    readonly by: string | null;
  }[];
  /** the last write that failed, until one succeeds */
  readonly failure: { readonly at: string; readonly code: string; readonly message: string } | null;
}

export interface NodeExplanation {
  readonly schema: typeof explanationSchema;
  readonly tier: 'nodes';
  readonly time: string;
  readonly configHash: string;
  readonly origin: Origin;
  readonly decision: NodeDecision;
  readonly outcomes: readonly Outcome[];
}

export type Explanation = PodExplanation | NodeExplanation | OneNodeExplanation | OnePodExplanation;

export interface PodFacts {
  readonly decision: PodDecision;
  readonly outcome: Outcome | null;
  /** null: neither remembered nor written down */
  readonly memory: TargetMemory | null;
  /** for this target, overrides applied; null: it is configured no more */
  readonly policy: PodPolicy | null;
  /** how long a VM takes, where pods may have to wait for one */
  readonly bootTime: Milliseconds;
  readonly configHash: string;
  readonly origin: Origin;
  readonly now: Instant;
}

/** The first of the steps is what is wanted; those after it are what came between. */
const wishes: ReadonlySet<string> = new Set(['largestProposal', 'proposal', 'treatAs', 'atLeast', 'fallback']);

const otherwiseOf = ({ steps }: PodDecision): readonly Otherwise[] =>
  steps.flatMap(({ step, from, by }) => (wishes.has(step) ? [] : [{ would: from, step, by }]));

const isPerPod = ({ source }: Metric): boolean =>
  source.kind === 'resource' || (source.kind === 'query' && source.byPod);

function ratioOf({ value }: MetricReading, metric: Metric, current: number | null): number | null {
  if (value === null || metric.target === null) return null;
  const { kind, amount } = metric.target;
  const shared = kind === 'averageValue' && !isPerPod(metric);
  if (!shared) return value / amount;
  return current === null || current === 0 ? null : value / (amount * current);
}

function metricView(reading: MetricReading, { decision, memory, policy }: PodFacts): MetricView {
  const metric = policy?.spec.metrics.find(({ name }) => name === reading.name);
  const since = memory?.unknownSince[reading.name];
  return {
    ...reading,
    kind: metric?.target?.kind ?? null,
    perPod: metric !== undefined && isPerPod(metric),
    ratio: metric === undefined ? null : ratioOf(reading, metric, decision.current),
    formula: metric?.source.kind === 'formula' ? metric.source.formula.text : null,
    since: since === undefined || reading.state === 'ok' ? null : rfc3339(since),
    coverage: metric?.coverage === undefined || metric.coverage === null ? null : { atLeast: metric.coverage.atLeast },
  };
}

function fallbackOf({ policy, memory }: PodFacts): PodExplanation['fallback'] {
  const fallback = policy?.spec.fallback;
  if (fallback === undefined) return null;
  const unknown = Object.values(memory?.unknownSince ?? {});
  const first = unknown.length === 0 ? null : (Math.min(...unknown) as Instant);
  const { after, replicas, behavior } = fallback;
  return { replicas, behavior, at: first === null ? null : rfc3339(later(first, after)) };
}

export function explainPods(facts: PodFacts): PodExplanation {
  const { decision, outcome, memory, policy, bootTime, configHash, origin, now } = facts;
  const both = memory === null || policy === null ? null : { memory, policy };
  const up = both === null ? null : ratesOf(both.policy, decision, both.memory, 'up', now);
  const down = both === null ? null : ratesOf(both.policy, decision, both.memory, 'down', now);
  const failure = memory?.failure ?? null;
  const startTime = ((memory?.startTime ?? 0) + bootTime) as Milliseconds;
  return {
    schema: explanationSchema,
    tier: 'pods',
    time: rfc3339(now),
    configHash,
    origin,
    decision: { ...decision, metrics: decision.metrics.map((reading) => metricView(reading, facts)) },
    outcome,
    whyNot: otherwiseOf(decision),
    stabilization: both === null ? null : stabilizationOf(both.policy, decision, both.memory),
    rates: up === null || down === null ? null : { up, down },
    flaps: both === null ? null : flapsOf(both.policy, both.memory, now),
    zero: both === null ? null : zeroOf(both.policy, decision, both.memory),
    schedule: policy === null ? null : scheduleOf(policy, startTime, now),
    fallback: fallbackOf(facts),
    foreign: (memory?.foreign ?? []).map((write) => ({ ...write, at: rfc3339(write.at) })),
    failure: failure === null ? null : { ...failure, at: rfc3339(failure.at) },
  };
}
