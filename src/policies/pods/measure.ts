// One metric of one target: asked for, aged, covered, and turned into a proposal, with every number in between.
import { evaluate } from '../../formula/evaluate.ts';
import type { Metric, MetricSource, MetricTarget, PodPolicy } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { MetricReading } from '../../model/plan.ts';
import type { PrometheusSample } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import type { Facts } from '../../model/reason.ts';
import { seconds, type Instant } from '../../model/units.ts';
import { parseMilli } from '../../model/quantity.ts';
import { ageOf, numberOf, type Age, type Answered, type Answers } from './answers.ts';
import { byAverage, byPodAverage, byUtilization, byValue, type PerPodResult, type PodUsage } from './proposals.ts';
import { groupPods, readyRunning, type PodSample } from './readiness.ts';
import type { ResourceSamples } from './resource-samples.ts';

export interface TargetFacts {
  readonly target: TargetRef;
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

/** A pod's own request; null where a container has none: a utilization of nothing has no meaning. */
export function requestOf(pod: Pod, resource: 'cpu' | 'memory', container: string | null): number | null {
  const whole = container === null ? parseMilli(pod.spec?.resources?.requests?.[resource]) : null;
  if (whole !== null) return whole;
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((init) => init.restartPolicy === 'Always'),
  ];
  const named = container === null ? containers : containers.filter((one) => one.name === container);
  if (named.length === 0) return null;
  if (named.some((one) => one.resources?.requests?.[resource] === undefined)) return null;
  return named.reduce((total, one) => total + (parseMilli(one.resources?.requests?.[resource]) ?? 0), 0);
}

interface PerPod {
  readonly resource: 'cpu' | 'memory' | 'other';
  readonly container: string | null;
  readonly target: MetricTarget;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

/** What the target's own pods use, against what they request or as a plain average. */
export function byPodSamples(
  { resource, container, target }: PerPod,
  rules: Pick<PodPolicy['spec'], 'advanced' | 'tolerance'>,
  { current, pods }: Pick<TargetFacts, 'current' | 'pods'>,
  measured: ReadonlyMap<string, PodSample>,
  now: Instant,
): Answered<PerPodResult & { readonly detail: Facts }> {
  const groups = groupPods(pods, measured, resource, rules.advanced, now);
  if (groups.ready.length === 0)
    return { state: 'unknown', why: 'no sample of any pod of the target (they may be starting)' };
  const usesRequests = target.kind === 'utilization';
  const requests = new Map<string, number>();
  if (usesRequests && resource !== 'other')
    for (const pod of [...groups.ready, ...groups.unready, ...groups.missing]) {
      const request = requestOf(pod, resource, container);
      if (request === null)
        return { state: 'failed', why: `pod ${pod.metadata.name} has a container without a ${resource} request` };
      requests.set(pod.metadata.name, request);
    }
  const requestsFor = (some: readonly Pod[]): number[] => some.map((pod) => requests.get(pod.metadata.name) ?? 0);
  const usage: PodUsage = {
    used: groups.ready.map((pod) => Math.ceil(measured.get(pod.metadata.name)?.value ?? 0)),
    requested: requestsFor(groups.ready),
    unreadyRequests: requestsFor(groups.unready),
    missingRequests: requestsFor(groups.missing),
  };
  const detail: Facts = {
    readyPods: groups.ready.length,
    unreadyPods: groups.unready.length,
    podsWithoutSample: groups.missing.length,
    ignoredPods: groups.ignored.length,
    used: total(usage.used) / 1000,
    ...(usesRequests ? { requested: total(usage.requested) / 1000 } : {}),
  };
  if (usesRequests)
    return { state: 'ok', value: { ...byUtilization(usage, target.amount, current, rules.tolerance), detail } };
  const average = byPodAverage(usage, target.amount * 1000, current, rules.tolerance);
  return { state: 'ok', value: { ...average, value: average.value / 1000, detail } };
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
      return byValue(value, metric.target.amount, facts.current, readyRunning(facts.pods), tolerance);
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
  for (const { metric, value } of samples) {
    const pod = metric['pod'];
    if (pod === undefined || (metric['namespace'] ?? target.namespace) !== target.namespace) continue;
    const milli = Number(value[1]) * 1000;
    if (Number.isFinite(milli))
      byPod.set(pod, { value: (byPod.get(pod)?.value ?? 0) + milli, at, window: sampleWindow });
  }
  return byPod;
}

/** What each replica bears of a total, in whole thousandths as the HPA reports it. */
function perReplica(metric: Metric, { statusReplicas }: TargetFacts, value: number): Facts | null {
  if (metric.target?.kind !== 'averageValue') return null;
  return { perReplica: statusReplicas > 0 ? Math.ceil((value * 1000) / statusReplicas) / 1000 : 0 };
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
        if (number.state !== 'ok') return number;
        const detail = perReplica(metric, facts, number.value);
        return { state: 'ok', value: { value: number.value, ...(detail === null ? {} : { detail }) } };
      }
      const perPod: PerPod = { resource: 'other', container: null, target: metric.target };
      return byPodSamples(perPod, policy.spec, facts, samplesOfPods(samples.value, facts.target, now), now);
    }
    case 'resource': {
      const vector = answers.vector(source.query);
      if (vector.state !== 'ok') return vector;
      if (metric.target === null) return wasNotAsked;
      const measured = resources.of(source.query, facts.target.namespace, source.container);
      return byPodSamples({ ...source, target: metric.target }, policy.spec, facts, measured, now);
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
  const answer = evaluate(source.formula, value, (name) => lastValues[name] ?? null);
  const detail = Object.fromEntries(source.formula.inputs.map((name) => [name, value(name) ?? 'unknown']));
  if ('value' in answer) return { state: 'ok', value: { value: answer.value, detail } };
  const missing = answer.unknown.length > 0 ? [`${answer.unknown.join(', ')} unknown`] : [];
  const faults = answer.faults.map(({ kind, text }) => `${text}: ${kind}`);
  return { state: 'unknown', why: `${source.formula.text}: ${[...missing, ...faults].join('; ')}` };
}

interface Coverage {
  readonly uncovered: boolean;
  readonly detail: Facts;
}

/** How much of the target's pods the metric really sees; what cannot be told is not covered. */
function coverageOf(metric: Metric, facts: TargetFacts, answers: Answers): Coverage | null {
  const { coverage } = metric;
  if (coverage === null) return null;
  const pods = coverage.of === 'pods' ? facts.pods.length : readyRunning(facts.pods);
  const seen = numberOf(answers.samples(coverage.question, facts.target) ?? wasNotAsked);
  // An empty count is none: `count(up == 1)` answers nothing where nothing is up.
  const counted = seen.state === 'ok' ? seen.value : seen.why === 'an empty result' ? 0 : null;
  if (counted === null) return { uncovered: true, detail: { covered: 'unknown', coverable: pods } };
  return { uncovered: counted < coverage.atLeast * pods, detail: { covered: counted, coverable: pods } };
}

function readingOf(
  metric: Metric,
  result: Answered<Value>,
  age: Age,
  more: Facts | undefined,
  propose: (value: number) => number | null,
): MetricReading {
  const base = { name: metric.name, target: metric.target?.amount ?? null, ageSeconds: age.seconds };
  if (result.state !== 'ok') return { ...base, value: null, proposal: null, state: result.state, why: result.why };
  const { value, proposal } = result.value;
  const detail = more === undefined ? result.value.detail : { ...result.value.detail, ...more };
  const withDetail = detail === undefined ? {} : { detail };
  if (age.why !== null) return { ...base, value, proposal: null, state: 'unknown', why: age.why, ...withDetail };
  if (age.seconds !== null && age.seconds * 1000 > metric.maxAge) {
    const why = `its newest sample is ${Math.round(age.seconds)} s old, at most ${metric.maxAge / 1000} s are allowed`;
    return { ...base, value, proposal: null, state: 'stale', why, ...withDetail };
  }
  return { ...base, value, proposal: proposal ?? propose(value), state: 'ok', ...withDetail };
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
  const age = metric.ages.length === 0 ? noAge : ageOf(measures.answers, metric.ages, facts.target);
  const coverage = coverageOf(metric, facts, measures.answers);
  const propose = (value: number): number | null => proposalOf(metric, policy, facts, value);
  const reading = readingOf(metric, result, age, coverage?.detail, propose);
  const active =
    metric.activation === undefined || reading.state !== 'ok' || reading.value === null
      ? null
      : reading.value > metric.activation;
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
  if (!metrics.some(({ source }) => source.kind === 'formula'))
    return metrics.map((metric) => measureOne(metric, policy, facts, measures, noReadings, lastValues));
  const known = new Map<string, MetricReading>();
  const found = new Map<Metric, Measured>();
  const inOrder = [
    ...metrics.filter(({ source }) => source.kind !== 'formula'),
    ...metrics.filter(({ source }) => source.kind === 'formula'),
  ];
  for (const metric of inOrder) {
    const measured = measureOne(metric, policy, facts, measures, known, lastValues);
    found.set(metric, measured);
    known.set(metric.name, measured.reading);
  }
  return metrics.flatMap((metric) => found.get(metric) ?? []);
}

const noReadings: ReadonlyMap<string, MetricReading> = new Map();
