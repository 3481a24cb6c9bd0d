// One metric of one target: measured, aged, and turned into a proposal.
import type { Metric, PodPolicy } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { MetricReading } from '../../model/plan.ts';
import type { PrometheusSample, Snapshot } from '../../model/snapshot.ts';
import { seconds, type Instant } from '../../model/units.ts';
import { parseMilli } from '../../model/quantity.ts';
import { ageOf, numberOf, vectorOf, type Answered } from './answers.ts';
import { byAverage, byPodAverage, byUtilization, byValue, type PerPodResult, type PodUsage } from './proposals.ts';
import { groupPods, readyRunning, type PodSample } from './readiness.ts';

export interface TargetFacts {
  readonly namespace: string;
  readonly current: number;
  readonly statusReplicas: number;
  readonly pods: readonly Pod[];
}

/** The samples of a resource query by namespace; made once a tick, shared by all targets. */
export type ResourceSamples = ReadonlyMap<string, readonly PrometheusSample[]>;

/** The span that the resource queries rate over: a sample says something about the minute before it. */
const resourceWindow = seconds(60);

function samplesByPod(samples: readonly PrometheusSample[], container: string | null, at: Instant) {
  const byPod = new Map<string, PodSample>();
  for (const sample of samples) {
    const pod = sample.metric['pod'];
    if (pod === undefined || (container !== null && sample.metric['container'] !== container)) continue;
    const value = Number(sample.value[1]) * 1000;
    if (Number.isNaN(value)) continue;
    byPod.set(pod, { value: (byPod.get(pod)?.value ?? 0) + value, at, window: resourceWindow });
  }
  return byPod;
}

/** A pod's own request; null where a container has none: a utilization of nothing has no meaning. */
export function requestOf(pod: Pod, resource: 'cpu' | 'memory', container: string | null): number | null {
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((init) => init.restartPolicy === 'Always'),
  ];
  const named = container === null ? containers : containers.filter((one) => one.name === container);
  if (named.length === 0) return null;
  if (named.some((one) => one.resources?.requests?.[resource] === undefined)) return null;
  return named.reduce((total, one) => total + (parseMilli(one.resources?.requests?.[resource]) ?? 0), 0);
}

/** What the target's own pods use, against what they request or as a plain average. */
export function byPodSamples(
  metric: Pick<Metric, 'target'> & { readonly source: Metric['source'] & { kind: 'resource' } },
  rules: Pick<PodPolicy['spec'], 'advanced' | 'tolerance'>,
  target: Pick<TargetFacts, 'current' | 'pods'>,
  measured: ReadonlyMap<string, PodSample>,
  now: Instant,
): Answered<PerPodResult> {
  const { resource, container } = metric.source;
  const groups = groupPods(target.pods, measured, resource, rules.advanced, now);
  if (groups.ready.length === 0)
    return { state: 'unknown', why: 'no sample of any pod of the target (they may be starting)' };
  const usesRequests = metric.target.kind === 'utilization';
  const requests = new Map<string, number>();
  for (const pod of [...groups.ready, ...groups.unready, ...groups.missing]) {
    const request = requestOf(pod, resource, container);
    if (request === null && usesRequests)
      return { state: 'failed', why: `pod ${pod.metadata.name} has a container without a ${resource} request` };
    requests.set(pod.metadata.name, request ?? 0);
  }
  const requestsFor = (pods: readonly Pod[]): number[] => pods.map((pod) => requests.get(pod.metadata.name) ?? 0);
  const usage: PodUsage = {
    used: groups.ready.map((pod) => Math.ceil(measured.get(pod.metadata.name)?.value ?? 0)),
    requested: requestsFor(groups.ready),
    unreadyRequests: requestsFor(groups.unready),
    missingRequests: requestsFor(groups.missing),
  };
  if (usesRequests)
    return { state: 'ok', value: byUtilization(usage, metric.target.amount, target.current, rules.tolerance) };
  const average = byPodAverage(usage, metric.target.amount * 1000, target.current, rules.tolerance);
  return { state: 'ok', value: { ...average, value: average.value / 1000 } };
}

function byQuery(metric: Metric, policy: PodPolicy, target: TargetFacts, value: number): number {
  const { tolerance } = policy.spec;
  switch (metric.target.kind) {
    case 'averageValue':
      return byAverage(value, metric.target.amount, target.statusReplicas, tolerance);
    case 'value':
    case 'utilization':
      return byValue(value, metric.target.amount, target.current, readyRunning(target.pods), tolerance);
  }
}

function answer(
  metric: Metric,
  policy: PodPolicy,
  target: TargetFacts,
  snapshot: Snapshot,
  resources: ReadonlyMap<string, ResourceSamples>,
  now: Instant,
): Answered<PerPodResult> {
  const { source } = metric;
  switch (source.kind) {
    case 'query': {
      const number = numberOf(snapshot, source.query);
      if (number.state !== 'ok') return number;
      return { state: 'ok', value: { value: number.value, proposal: byQuery(metric, policy, target, number.value) } };
    }
    case 'resource': {
      const vector = vectorOf(snapshot, source.query);
      if (vector.state !== 'ok') return vector;
      const samples = resources.get(source.query)?.get(target.namespace) ?? [];
      const measured = samplesByPod(samples, source.container, now);
      return byPodSamples({ target: metric.target, source }, policy.spec, target, measured, now);
    }
  }
}

/** What the metric says; where it is unknown the reading says why and has no proposal. */
export function measure(
  metric: Metric,
  policy: PodPolicy,
  target: TargetFacts,
  snapshot: Snapshot,
  resources: ReadonlyMap<string, ResourceSamples>,
  now: Instant,
): MetricReading {
  const age = ageOf(snapshot, metric);
  const result = answer(metric, policy, target, snapshot, resources, now);
  const reading = { name: metric.name, target: metric.target.amount, ageSeconds: age.seconds };
  if (result.state !== 'ok') return { ...reading, value: null, proposal: null, state: result.state, why: result.why };
  if (age.why !== null)
    return { ...reading, value: result.value.value, proposal: null, state: 'unknown', why: age.why };
  if (age.seconds !== null && age.seconds * 1000 > metric.maxAge)
    return {
      ...reading,
      value: result.value.value,
      proposal: null,
      state: 'stale',
      why: `its newest sample is ${Math.round(age.seconds)} s old, at most ${metric.maxAge / 1000} s are allowed`,
    };
  return { ...reading, value: result.value.value, proposal: result.value.proposal, state: 'ok' };
}

/** One pass over the big answers of the resource queries, whoever asks. */
export function indexResources(
  snapshot: Snapshot,
  policies: readonly PodPolicy[],
): ReadonlyMap<string, ResourceSamples> {
  const index = new Map<string, ResourceSamples>();
  for (const policy of policies)
    for (const { source } of policy.spec.metrics) {
      if (source.kind !== 'resource' || index.has(source.query)) continue;
      const vector = vectorOf(snapshot, source.query);
      const byNamespace = new Map<string, PrometheusSample[]>();
      for (const sample of vector.state === 'ok' ? vector.value : []) {
        const namespace = sample.metric['namespace'] ?? '';
        const known = byNamespace.get(namespace);
        if (known === undefined) byNamespace.set(namespace, [sample]);
        else known.push(sample);
      }
      index.set(source.query, byNamespace);
    }
  return index;
}
