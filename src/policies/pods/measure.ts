// One metric of one target: asked for, aged, covered, and turned into a proposal, with every number in between.
import { evaluate } from '../../formula/evaluate.ts';
import type { Metric, MetricSource, MetricTarget, PodPolicy } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { MetricReading } from '../../model/plan.ts';
import type { PrometheusSample } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import type { Facts } from '../../model/reason.ts';
import { seconds, type Instant } from '../../model/units.ts';
import { ageOf, numberOf, type Age, type Answered, type Answers, type Seated } from './answers.ts';
import { own } from './own.ts';
import { byAverage, byPodAverage, byUtilization, byValue, type PerPodResult, type PodUsage } from './proposals.ts';
import { podListOf, requestsOf, type Requests } from './pod-list.ts';
import { groupPods, usedByAll, type PodSample, type PodSamples } from './readiness.ts';
import type { ResourceSamples } from './resource-samples.ts';
import { sampleValue } from './sample-value.ts';

export interface TargetFacts extends Seated {
  readonly current: number;
  readonly statusReplicas: number;
  readonly pods: readonly Pod[];
}

/** What all targets of a tick share. */
export interface Measures {
  readonly answers: Answers;
  readonly resources: ResourceSamples;
  readonly now: Instant;
}

export interface Measured {
  readonly metric: Metric;
  readonly reading: MetricReading;
  /** part of what is counted cannot be seen: it may raise, never lower */
  readonly uncovered: boolean;
  /** above its activation; null: not known, or it has none */
  readonly active: boolean | null;
}

/** The span that rates are taken over: a sample says something about the minute before it. */
const sampleWindow = seconds(60);

interface PerPod {
  readonly resource: 'cpu' | 'memory' | 'other';
  readonly container: string | null;
  readonly target: MetricTarget;
}

/** Whole thousandths, as the HPA counts them; what is whole but for the last bits of a product or a sum is whole. */
function wholeMilli(milli: number): number {
  const nearest = Math.round(milli);
  return Math.abs(milli - nearest) < 1e-7 ? nearest : Math.ceil(milli);
}

function total(numbers: readonly number[]): number {
  let sum = 0;
  for (const one of numbers) sum += one;
  return sum;
}

const noRequests: readonly number[] = [];
const none: readonly Pod[] = [];

/** What the target's own pods use, against what they request or as a plain average. */
export function byPodSamples(
  { resource, container, target }: PerPod,
  rules: Pick<PodPolicy['spec'], 'advanced' | 'tolerance'>,
  { current, pods }: Pick<TargetFacts, 'current' | 'pods'>,
  measured: PodSamples,
  now: Instant,
): Answered<PerPodResult & { readonly detail: Facts }> {
  const usedBy = usedByAll(pods, measured, resource, rules.advanced, now);
  const { ready, unready, missing, ignored } =
    usedBy === null
      ? groupPods(pods, measured, resource, rules.advanced, now)
      : { ready: pods, unready: none, missing: none, ignored: none };
  if (ready.length === 0) return { state: 'unknown', why: 'no sample of any pod of the target (they may be starting)' };
  const usesRequests = target.kind === 'utilization';
  const requestsIn = (some: readonly Pod[]): Requests =>
    resource === 'other' || !usesRequests ? some.map(() => 0) : requestsOf(some, resource, container);
  const requested = requestsIn(ready);
  const unreadyRequests = unready.length === 0 ? noRequests : requestsIn(unready);
  const missingRequests = missing.length === 0 ? noRequests : requestsIn(missing);
  if (typeof requested === 'string' || typeof unreadyRequests === 'string' || typeof missingRequests === 'string') {
    const pod = [requested, unreadyRequests, missingRequests].find((one) => typeof one === 'string');
    return { state: 'failed', why: `pod ${String(pod)} has a container without a ${resource} request` };
  }
  const used = (usedBy ?? ready.map((pod) => measured.get(pod.metadata.name)?.value ?? 0)).map(wholeMilli);
  const usage: PodUsage = { used, requested, unreadyRequests, missingRequests };
  const detail: Record<string, number> = {
    readyPods: ready.length,
    unreadyPods: unready.length,
    podsWithoutSample: missing.length,
    ignoredPods: ignored.length,
    used: total(used) / 1000,
  };
  if (usesRequests && total(requested) === 0)
    return { state: 'failed', why: `its pods request no ${resource}: a share of nothing has no meaning` };
  if (usesRequests) {
    detail['requested'] = total(requested) / 1000;
    const { value, proposal } = byUtilization(usage, target.amount, current, rules.tolerance);
    return { state: 'ok', value: { value, proposal, detail } };
  }
  const { value, proposal } = byPodAverage(usage, target.amount * 1000, current, rules.tolerance);
  return { state: 'ok', value: { value: value / 1000, proposal, detail } };
}

/** What a metric would propose of a value. Per-pod metrics are taken as if all pods had it. */
export function proposalOf(metric: Metric, policy: PodPolicy, facts: TargetFacts, value: number): number | null {
  const { tolerance } = policy.spec;
  if (metric.target === null) return null;
  const isPerPod = metric.source.kind === 'resource' || (metric.source.kind === 'query' && metric.source.byPod);
  switch (metric.target.kind) {
    case 'averageValue':
      return isPerPod
        ? byValue(value, metric.target.amount, facts.current, facts.current, tolerance)
        : byAverage(value, metric.target.amount, facts.statusReplicas, tolerance);
    case 'value':
      return byValue(value, metric.target.amount, facts.current, podListOf(facts.pods).readyRunning, tolerance);
    case 'utilization':
      return byValue(value, metric.target.amount, facts.current, facts.current, tolerance);
  }
}

interface Value {
  readonly value: number;
  /** undefined: it follows from the value alone */
  readonly proposal?: number;
  readonly detail?: Facts;
}

const wasNotAsked = { state: 'unknown', why: 'Prometheus was not asked' } as const;

function samplesOfPods(samples: readonly PrometheusSample[], target: TargetRef, at: Instant): Map<string, PodSample> {
  const byPod = new Map<string, PodSample>();
  for (const sample of samples) {
    const { metric } = sample;
    const pod = metric['pod'];
    if (pod === undefined || (metric['namespace'] ?? target.namespace) !== target.namespace) continue;
    const milli = sampleValue(sample) * 1000;
    if (Number.isFinite(milli))
      byPod.set(pod, { value: (byPod.get(pod)?.value ?? 0) + milli, at, window: sampleWindow });
  }
  return byPod;
}

/** With what each replica bears of a total, in whole thousandths as the HPA reports it. */
function plainValue(metric: Metric, { statusReplicas }: TargetFacts, value: number): Value {
  if (metric.target?.kind !== 'averageValue') return { value };
  return { value, detail: { perReplica: statusReplicas > 0 ? Math.ceil((value * 1000) / statusReplicas) / 1000 : 0 } };
}

function valueOf(
  metric: Metric,
  source: Exclude<MetricSource, { kind: 'formula' }>,
  policy: PodPolicy,
  facts: TargetFacts,
  { answers, resources, now }: Measures,
): Answered<Value> {
  switch (source.kind) {
    case 'query': {
      if (!source.byPod) {
        const value = answers.number(source.question, facts);
        if (!Number.isNaN(value)) return { state: 'ok', value: plainValue(metric, facts, value) };
      }
      const samples = answers.samples(source.question, facts.target) ?? wasNotAsked;
      if (!source.byPod || samples.state !== 'ok' || metric.target === null) {
        const number = numberOf(samples);
        return number.state === 'ok' ? { state: 'ok', value: plainValue(metric, facts, number.value) } : number;
      }
      const perPod: PerPod = { resource: 'other', container: null, target: metric.target };
      return byPodSamples(perPod, policy.spec, facts, samplesOfPods(samples.value, facts.target, now), now);
    }
    case 'resource': {
      const vector = answers.vector(source.query);
      if (vector.state !== 'ok') return vector;
      if (metric.target === null) return wasNotAsked;
      const measured = resources.of(source.query, facts.target.namespace, source.container);
      const { resource, container } = source;
      return byPodSamples({ resource, container, target: metric.target }, policy.spec, facts, measured, now);
    }
  }
}

/** The formula's own value out of the readings of the others, which come before it. */
function formulaValue(
  source: Extract<MetricSource, { kind: 'formula' }>,
  known: ReadonlyMap<string, MetricReading>,
  lastValues: Readonly<Record<string, number>>,
): Answered<Value> {
  const value = (name: string): number | null => {
    const reading = known.get(name);
    return reading?.state === 'ok' ? reading.value : null;
  };
  const answer = evaluate(source.formula, value, (name) => own(lastValues, name) ?? null);
  const detail: Record<string, string | number> = {};
  for (const name of source.formula.inputs) detail[name] = value(name) ?? 'unknown';
  if ('value' in answer) return { state: 'ok', value: { value: answer.value, detail } };
  const missing = answer.unknown.length > 0 ? [`${answer.unknown.join(', ')} unknown`] : [];
  const faults = answer.faults.map(({ kind, text }) => `${text}: ${kind}`);
  return { state: 'unknown', why: `${source.formula.text}: ${[...missing, ...faults].join('; ')}` };
}

interface Coverage {
  readonly uncovered: boolean;
  readonly detail: Facts;
}

/** An empty count is none: `count(up == 1)` answers nothing where nothing is up. */
function countOf(samples: ReturnType<Answers['samples']>): number | null {
  const seen = numberOf(samples ?? wasNotAsked);
  return seen.state === 'ok' ? seen.value : seen.why === 'an empty result' ? 0 : null;
}

/** How much of the target's pods the metric really sees; what cannot be told is not covered. */
function coverageOf(metric: Metric, facts: TargetFacts, answers: Answers): Coverage | null {
  const { coverage } = metric;
  if (coverage === null) return null;
  const pods = coverage.of === 'pods' ? facts.pods.length : podListOf(facts.pods).readyRunning;
  const plain = answers.number(coverage.question, facts);
  const counted = Number.isNaN(plain) ? countOf(answers.samples(coverage.question, facts.target)) : plain;
  if (counted === null) return { uncovered: true, detail: { covered: 'unknown', coverable: pods } };
  return { uncovered: counted < coverage.atLeast * pods, detail: { covered: counted, coverable: pods } };
}

function both(one: Facts | undefined, more: Facts | undefined): Facts | undefined {
  if (one === undefined || more === undefined) return one ?? more;
  const facts: Record<string, string | number> = {};
  for (const some of [one, more]) for (const name in some) facts[name] = some[name] ?? '';
  return facts;
}

/** Written out field by field: copying an object to add to it costs a hundred times as much, 40,000 times a tick. */
function readingOf(
  metric: Metric,
  result: Answered<Value>,
  age: Age,
  more: Facts | undefined,
  propose: (value: number) => number | null,
): MetricReading {
  const { name } = metric;
  const target = metric.target?.amount ?? null;
  const ageSeconds = age.seconds;
  if (result.state !== 'ok')
    return { name, value: null, target, ageSeconds, proposal: null, state: result.state, why: result.why };
  const { value, proposal } = result.value;
  const detail = both(result.value.detail, more);
  const without = (state: 'unknown' | 'stale', why: string): MetricReading =>
    detail === undefined
      ? { name, value, target, ageSeconds, proposal: null, state, why }
      : { name, value, target, ageSeconds, proposal: null, state, why, detail };
  if (age.why !== null) return without('unknown', age.why);
  if (age.seconds !== null && age.seconds * 1000 > metric.maxAge)
    return without(
      'stale',
      `its newest sample is ${Math.round(age.seconds)} s old, at most ${metric.maxAge / 1000} s are allowed`,
    );
  const proposed = proposal ?? propose(value);
  return detail === undefined
    ? { name, value, target, ageSeconds, proposal: proposed, state: 'ok' }
    : { name, value, target, ageSeconds, proposal: proposed, state: 'ok', detail };
}

/** Above its activation; what a formula makes of an input that is unknown may wake, and leads to no zero. */
function activityOf(
  { activation, source }: Metric,
  { state, value }: MetricReading,
  known: ReadonlyMap<string, MetricReading>,
): boolean | null {
  if (activation === undefined || state !== 'ok' || value === null) return null;
  if (value > activation) return true;
  const allKnown = source.kind !== 'formula' || source.formula.inputs.every((name) => known.get(name)?.state === 'ok');
  return allKnown ? false : null;
}

const noAge: Age = { seconds: null, why: null };

function measureOne(
  metric: Metric,
  policy: PodPolicy,
  facts: TargetFacts,
  measures: Measures,
  known: ReadonlyMap<string, MetricReading>,
  lastValues: Readonly<Record<string, number>>,
): Measured {
  const { source } = metric;
  const result =
    source.kind === 'formula'
      ? formulaValue(source, known, lastValues)
      : valueOf(metric, source, policy, facts, measures);
  const age = metric.ages.length === 0 ? noAge : ageOf(measures.answers, metric.ages, facts);
  const coverage = coverageOf(metric, facts, measures.answers);
  const propose = (value: number): number | null => proposalOf(metric, policy, facts, value);
  const reading = readingOf(metric, result, age, coverage?.detail, propose);
  const active = activityOf(metric, reading, known);
  return { metric, reading, uncovered: coverage?.uncovered === true, active };
}

/** All metrics of a target, in the order of the policy; formulas see the readings of the others. */
export function measureAll(
  policy: PodPolicy,
  facts: TargetFacts,
  measures: Measures,
  lastValues: Readonly<Record<string, number>> = {},
): readonly Measured[] {
  const { metrics } = policy.spec;
  const found: Measured[] = [];
  let known: Map<string, MetricReading> | null = null;
  for (const metric of metrics) {
    if (metric.source.kind === 'formula') known ??= new Map<string, MetricReading>();
    else found.push(measureOne(metric, policy, facts, measures, noReadings, lastValues));
  }
  if (known === null) return found;
  const byMetric = new Map<Metric, Measured>();
  const take = (measured: Measured): void => {
    byMetric.set(measured.metric, measured);
    known.set(measured.metric.name, measured.reading);
  };
  for (const measured of found) take(measured);
  for (const metric of metrics)
    if (metric.source.kind === 'formula') take(measureOne(metric, policy, facts, measures, known, lastValues));
  const inOrder: Measured[] = [];
  for (const metric of metrics) {
    const measured = byMetric.get(metric);
    if (measured !== undefined) inOrder.push(measured);
  }
  return inOrder;
}

const noReadings: ReadonlyMap<string, MetricReading> = new Map();
