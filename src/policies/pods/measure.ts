// One metric of one target: asked for, aged, covered, and turned into a proposal, with every number in between.
import { evaluate } from '../../formula/evaluate.ts';
import type { Metric, MetricSource, MetricTarget, PodPolicy, Question } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { MetricReading } from '../../model/plan.ts';
import type { PrometheusSample } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import type { Facts } from '../../model/reason.ts';
import { seconds, type Instant } from '../../model/units.ts';
import { ageOf, numberOf, plainAge, type Age, type Answered, type Answers, type Seated } from './answers.ts';
import { own } from './own.ts';
import { byAverage, byPodAverage, byUtilization, byValue, type PerPodResult, type PodUsage } from './proposals.ts';
import { podListOf, type NoRequest, type PodList, type Requests } from './pod-list.ts';
import { groupPods, usedByAll, wholeMilli, type PodGroups, type PodSample, type PodSamples } from './readiness.ts';
import type { ResourceSamples } from './resource-samples.ts';
import { sampleValue } from './sample-value.ts';

export interface TargetFacts extends Seated {
  readonly current: number;
  readonly statusReplicas: number;
  readonly pods: readonly Pod[];
  /** what `pods` says by itself; absent: it is looked for */
  readonly list?: PodList;
}

type PodsOfTarget = Pick<TargetFacts, 'list' | 'pods'>;

const listOf = ({ list, pods }: PodsOfTarget): PodList => list ?? podListOf(pods);

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

const none: readonly Pod[] = [];
const noRequests: Requests = { each: [], total: 0 };

/** What is used all together by the pods that count, and who else there is. */
interface Counted extends Omit<PodGroups, 'ready'> {
  readonly ready: readonly Pod[];
  readonly used: number;
}

function counted(
  { resource }: PerPod,
  { advanced }: Pick<PodPolicy['spec'], 'advanced'>,
  facts: PodsOfTarget,
  measured: PodSamples,
  now: Instant,
): Counted {
  const { pods } = facts;
  const usedBy = usedByAll(listOf(facts), measured, resource, advanced, now);
  if (usedBy !== null) return { ready: pods, unready: none, missing: none, ignored: none, used: usedBy };
  const groups = groupPods(pods, measured, resource, advanced, now);
  let used = 0;
  for (const pod of groups.ready) used += wholeMilli(measured.get(pod.metadata.name)?.value ?? 0);
  return { ...groups, used };
}

/** What the target's own pods use, against what they request or as a plain average. */
export function byPodSamples(
  perPod: PerPod,
  rules: Pick<PodPolicy['spec'], 'advanced' | 'tolerance'>,
  facts: PodsOfTarget & Pick<TargetFacts, 'current'>,
  measured: PodSamples,
  now: Instant,
): Answered<PerPodResult & { readonly detail: Facts }> {
  const { resource, container, target } = perPod;
  const { current } = facts;
  const { ready, unready, missing, ignored, used } = counted(perPod, rules, facts, measured, now);
  if (ready.length === 0) return { state: 'unknown', why: 'no sample of any pod of the target (they may be starting)' };
  if (target.kind !== 'utilization') {
    const usage: PodUsage = {
      used,
      requested: 0,
      count: ready.length,
      unreadyRequests: unready.map(() => 0),
      missingRequests: missing.map(() => 0),
    };
    const { value, proposal } = byPodAverage(usage, target.amount * 1000, current, rules.tolerance);
    const detail = {
      readyPods: ready.length,
      unreadyPods: unready.length,
      podsWithoutSample: missing.length,
      ignoredPods: ignored.length,
      used: used / 1000,
    };
    return { state: 'ok', value: { value: value / 1000, proposal, detail } };
  }
  const requestsIn = (some: readonly Pod[]): Requests | NoRequest => {
    if (some.length === 0) return noRequests;
    return resource === 'other'
      ? { each: some.map(() => 0), total: 0 }
      : (some === facts.pods ? listOf(facts) : podListOf(some)).requests(resource, container);
  };
  const [ofReady, ofUnready, ofMissing] = [requestsIn(ready), requestsIn(unready), requestsIn(missing)];
  if (typeof ofReady === 'string' || typeof ofUnready === 'string' || typeof ofMissing === 'string') {
    const pod = [ofReady, ofUnready, ofMissing].find((one) => typeof one === 'string');
    return { state: 'failed', why: `pod ${String(pod)} has a container without a ${resource} request` };
  }
  if (ofReady.total === 0)
    return { state: 'failed', why: `its pods request no ${resource}: a share of nothing has no meaning` };
  const usage: PodUsage = {
    used,
    requested: ofReady.total,
    count: ready.length,
    unreadyRequests: ofUnready.each,
    missingRequests: ofMissing.each,
  };
  const { value, proposal } = byUtilization(usage, target.amount, current, rules.tolerance);
  const detail = {
    readyPods: ready.length,
    unreadyPods: unready.length,
    podsWithoutSample: missing.length,
    ignoredPods: ignored.length,
    used: used / 1000,
    requested: ofReady.total / 1000,
  };
  return { state: 'ok', value: { value, proposal, detail } };
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
      return byValue(value, metric.target.amount, facts.current, listOf(facts).readyRunning, tolerance);
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

export function samplesOfPods(
  samples: readonly PrometheusSample[],
  target: TargetRef,
  at: Instant,
): Map<string, PodSample> {
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

/** What each replica bears of a total, in whole thousandths as the HPA reports it. */
const perReplicaOf = ({ statusReplicas }: TargetFacts, value: number): number =>
  statusReplicas > 0 ? Math.ceil((value * 1000) / statusReplicas) / 1000 : 0;

function plainValue(metric: Metric, facts: TargetFacts, value: number): Value {
  if (metric.target?.kind !== 'averageValue') return { value };
  return { value, detail: { perReplica: perReplicaOf(facts, value) } };
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
  const pods = coverage.of === 'pods' ? facts.pods.length : listOf(facts).readyRunning;
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

/** Why a value is not believed, for its age. */
function doubtOf({ maxAge }: Metric, { seconds: age, why }: Age): Pick<MetricReading, 'state' | 'why'> | null {
  if (why !== null) return { state: 'unknown', why };
  if (age === null || age * 1000 <= maxAge) return null;
  const text = `its newest sample is ${Math.round(age)} s old, at most ${maxAge / 1000} s are allowed`;
  return { state: 'stale', why: text };
}

/** Written out field by field: copying an object to add to it costs a hundred times as much, 40,000 times a tick. */
function readingOf(
  metric: Metric,
  result: Answered<Value>,
  age: Age,
  more: Facts | undefined,
  policy: PodPolicy,
  facts: TargetFacts,
): MetricReading {
  const { name } = metric;
  const target = metric.target?.amount ?? null;
  const ageSeconds = age.seconds;
  if (result.state !== 'ok')
    return { name, value: null, target, ageSeconds, proposal: null, state: result.state, why: result.why };
  const { value, proposal } = result.value;
  const detail = both(result.value.detail, more);
  const doubt = doubtOf(metric, age);
  if (doubt !== null) {
    const reading = { name, value, target, ageSeconds, proposal: null, ...doubt };
    return detail === undefined ? reading : { ...reading, detail };
  }
  const proposed = proposal ?? proposalOf(metric, policy, facts, value);
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

/**
 * What nearly every metric is: one number, young enough, with nothing unknown about it. Of thousands of targets each object
 * in between would be one more to collect. null: it has to be looked into.
 */
function plainReading(
  metric: Metric,
  question: Question,
  policy: PodPolicy,
  facts: TargetFacts,
  answers: Answers,
  coverage: Facts | undefined,
): MetricReading | null {
  const value = answers.number(question, facts);
  const ageSeconds = metric.ages.length === 0 ? null : plainAge(answers, metric.ages, facts);
  if (Number.isNaN(value) || (ageSeconds !== null && !(ageSeconds * 1000 <= metric.maxAge))) return null;
  const { name } = metric;
  const proposal = proposalOf(metric, policy, facts, value);
  if (metric.target?.kind !== 'averageValue') {
    const target = metric.target?.amount ?? null;
    return coverage === undefined
      ? { name, value, target, ageSeconds, proposal, state: 'ok' }
      : { name, value, target, ageSeconds, proposal, state: 'ok', detail: coverage };
  }
  const perReplica = perReplicaOf(facts, value);
  const detail = coverage === undefined ? { perReplica } : { perReplica, ...coverage };
  return { name, value, target: metric.target.amount, ageSeconds, proposal, state: 'ok', detail };
}

function measureOne(
  metric: Metric,
  policy: PodPolicy,
  facts: TargetFacts,
  measures: Measures,
  known: ReadonlyMap<string, MetricReading>,
  lastValues: Readonly<Record<string, number>>,
): Measured {
  const { source } = metric;
  const coverage = coverageOf(metric, facts, measures.answers);
  const uncovered = coverage?.uncovered === true;
  if (source.kind === 'query' && !source.byPod) {
    const plain = plainReading(metric, source.question, policy, facts, measures.answers, coverage?.detail);
    if (plain !== null) return { metric, reading: plain, uncovered, active: activityOf(metric, plain, known) };
  }
  const result =
    source.kind === 'formula'
      ? formulaValue(source, known, lastValues)
      : valueOf(metric, source, policy, facts, measures);
  const age = metric.ages.length === 0 ? noAge : ageOf(measures.answers, metric.ages, facts);
  const reading = readingOf(metric, result, age, coverage?.detail, policy, facts);
  return { metric, reading, uncovered, active: activityOf(metric, reading, known) };
}

/** All metrics of a target, in the order of the policy; formulas see the readings of the others. */
export function measureAll(
  policy: PodPolicy,
  facts: TargetFacts,
  measures: Measures,
  lastValues: Readonly<Record<string, number>> = {},
): readonly Measured[] {
  const { metrics } = policy.spec;
  const measure = (metric: Metric): Measured => measureOne(metric, policy, facts, measures, noReadings, lastValues);
  if (!metrics.some(isFormula)) return metrics.map(measure);
  const known = new Map<string, MetricReading>();
  const take = (measured: Measured): Measured => {
    known.set(measured.metric.name, measured.reading);
    return measured;
  };
  const plain = metrics.map((metric) => (isFormula(metric) ? null : take(measure(metric))));
  return metrics.map(
    (metric, place) => plain[place] ?? take(measureOne(metric, policy, facts, measures, known, lastValues)),
  );
}

const isFormula = ({ source }: Metric): boolean => source.kind === 'formula';

const noReadings: ReadonlyMap<string, MetricReading> = new Map();
