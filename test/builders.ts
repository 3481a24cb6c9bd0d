// Builders of plain API objects, policies and snapshots: a test states what matters to it and nothing else.
import { compileNodePolicy, compilePodPolicy, silentAlerts } from '../src/config/compile.ts';
import { readCalendars, resolveNodeWindows, resolveSchedule } from '../src/config/schedules.ts';
import { daemonSpec } from '../src/config/schema/daemon.ts';
import { nodePolicy } from '../src/config/schema/node-policy.ts';
import { podPolicy } from '../src/config/schema/pod-policy.ts';
import { shippedTexts } from '../src/config/texts.ts';
import type { Config, DaemonSpec, Metric, NodePolicyDocument, PodPolicy, Question } from '../src/model/config.ts';
import { drainAnnotation, drainTaint, type DrainRecord } from '../src/model/drain-record.ts';
import type { Outlook, TargetForecast } from '../src/model/forecast.ts';
import type {
  DaemonSet,
  Node,
  Pod,
  PodDisruptionBudget,
  PodSpec,
  Taint,
  Toleration,
  Workload,
} from '../src/model/kubernetes.ts';
import type { MagnumCluster, MagnumNodeGroup } from '../src/model/openstack.ts';
import type { KubernetesFacts, NovaFacts, PrometheusAnswer, Snapshot, SourceError } from '../src/model/snapshot.ts';
import { minutes, rfc3339, seconds, type Instant, type QueryText } from '../src/model/units.ts';

export const noon = Date.parse('2026-11-20T12:00:00Z') as Instant;
export const at = (secondsAfterNoon: number): Instant => (noon + secondsAfterNoon * 1000) as Instant;
export const longAgo = at(-86_400);

/** A server uuid that a reader can tell apart from others: serverId(7) ends with 000007. */
export const serverId = (number: number): string => `c0ffee00-0000-4000-8000-${String(number).padStart(12, '0')}`;

type Draft<T> = { -readonly [Key in keyof T]: T[Key] };
type Resources = Readonly<Record<string, string | number>>;

class PodBuilder {
  readonly #pod: Draft<Pod>;
  #spec: Draft<PodSpec>;

  constructor(name: string) {
    this.#pod = {
      metadata: { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: rfc3339(longAgo), labels: {} },
    };
    this.#spec = { containers: [{ name: 'main' }] };
  }

  meta(more: Partial<Pod['metadata']>): this {
    this.#pod.metadata = { ...this.#pod.metadata, ...more };
    return this;
  }
  spec(more: Partial<PodSpec>): this {
    this.#spec = { ...this.#spec, ...more };
    return this;
  }
  status(more: Partial<NonNullable<Pod['status']>>): this {
    this.#pod.status = { ...this.#pod.status, ...more };
    return this;
  }
  in(namespace: string): this {
    return this.meta({ namespace });
  }
  labelled(labels: Record<string, string>): this {
    return this.meta({ labels: { ...this.#pod.metadata.labels, ...labels } });
  }
  annotated(annotations: Record<string, string>): this {
    return this.meta({ annotations: { ...this.#pod.metadata.annotations, ...annotations } });
  }
  ownedBy(kind: string, name: string): this {
    return this.meta({
      ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid-${name}`, controller: true }],
    });
  }
  requesting(requests: Resources): this {
    return this.spec({ containers: [{ name: 'main', resources: { requests } }] });
  }
  tolerating(...tolerations: Toleration[]): this {
    return this.spec({ tolerations });
  }
  on(nodeName: string): this {
    return this.spec({ nodeName });
  }
  /** Running and Ready since then, and running for as long. */
  ready(since: Instant = longAgo): this {
    return this.status({
      phase: 'Running',
      startTime: rfc3339(since),
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: rfc3339(since) }],
    });
  }
  /** The scheduler has found no place for it. */
  unschedulable(): this {
    return this.status({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
    });
  }
  deleting(since: Instant): this {
    return this.meta({ deletionTimestamp: rfc3339(since) });
  }
  build(): Pod {
    return { ...this.#pod, spec: this.#spec };
  }
}
export const aPod = (name: string): PodBuilder => new PodBuilder(name);

class NodeBuilder {
  #node: Draft<Node>;

  constructor(name: string) {
    this.#node = {
      metadata: { name, uid: `uid-${name}`, creationTimestamp: rfc3339(longAgo), labels: {} },
      spec: { providerID: `openstack:///${serverId(Number(/\d+$/.exec(name)?.[0] ?? 0))}` },
    };
    const address = `10.0.0.${/\d+$/.exec(name)?.[0] ?? '0'}`;
    this.inGroup('default-worker')
      .withRoom({ cpu: '4', memory: '16Gi', pods: 110 })
      .status({ addresses: [{ type: 'InternalIP', address }] })
      .ready();
  }

  meta(more: Partial<Node['metadata']>): this {
    this.#node = { ...this.#node, metadata: { ...this.#node.metadata, ...more } };
    return this;
  }
  spec(more: NonNullable<Node['spec']>): this {
    this.#node = { ...this.#node, spec: { ...this.#node.spec, ...more } };
    return this;
  }
  status(more: NonNullable<Node['status']>): this {
    this.#node = { ...this.#node, status: { ...this.#node.status, ...more } };
    return this;
  }
  withServer(uuid: string): this {
    return this.spec({ providerID: `openstack:///${uuid}` });
  }
  labelled(labels: Record<string, string>): this {
    return this.meta({ labels: { ...this.#node.metadata.labels, ...labels } });
  }
  annotated(annotations: Record<string, string>): this {
    return this.meta({ annotations: { ...this.#node.metadata.annotations, ...annotations } });
  }
  inGroup(group: string): this {
    return this.labelled({ 'magnum.openstack.org/nodegroup': group });
  }
  withRoom(allocatable: Resources): this {
    return this.status({ allocatable });
  }
  tainted(...taints: Taint[]): this {
    return this.spec({ taints: [...(this.#node.spec?.taints ?? []), ...taints] });
  }
  cordoned(): this {
    return this.spec({ unschedulable: true });
  }
  ready(since: Instant = longAgo): this {
    return this.#readiness('True', since);
  }
  notReady(since: Instant): this {
    return this.#readiness('Unknown', since);
  }
  /** As springtide itself marks a node on its way out. */
  leaving(record: Partial<DrainRecord> & Pick<DrainRecord, 'startedAt'>): this {
    const { name } = this.#node.metadata;
    const whole: DrainRecord = {
      step: 'draining',
      nodeGroup: this.#node.metadata.labels?.['magnum.openstack.org/nodegroup'] ?? 'default-worker',
      serverId: /[^/]+$/.exec(this.#node.spec?.providerID ?? name)?.[0] ?? name,
      wasCordoned: false,
      ...record,
    };
    return this.cordoned()
      .tainted({ key: drainTaint, effect: 'NoSchedule' })
      .annotated({ [drainAnnotation]: JSON.stringify(whole) });
  }
  #readiness(status: string, since: Instant): this {
    return this.status({ conditions: [{ type: 'Ready', status, lastTransitionTime: rfc3339(since) }] });
  }
  build(): Node {
    return this.#node;
  }
}
export const aNode = (name: string): NodeBuilder => new NodeBuilder(name);

class DeploymentBuilder {
  #workload: Workload;

  constructor(namespace: string, name: string) {
    this.#workload = {
      metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: '100', labels: { app: name } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main' }] } },
      },
      status: { replicas: 1, readyReplicas: 1 },
    };
  }

  spec(more: NonNullable<Workload['spec']>): this {
    this.#workload = { ...this.#workload, spec: { ...this.#workload.spec, ...more } };
    return this;
  }
  status(more: NonNullable<Workload['status']>): this {
    this.#workload = { ...this.#workload, status: { ...this.#workload.status, ...more } };
    return this;
  }
  replicas(replicas: number): this {
    return this.spec({ replicas }).status({ replicas, readyReplicas: replicas });
  }
  requesting(requests: Resources): this {
    return this.template({ containers: [{ name: 'main', resources: { requests } }] });
  }
  template(spec: PodSpec): this {
    return this.spec({ template: { ...this.#workload.spec?.template, spec } });
  }
  version(resourceVersion: string): this {
    this.#workload = { ...this.#workload, metadata: { ...this.#workload.metadata, resourceVersion } };
    return this;
  }
  build(): Workload {
    return this.#workload;
  }
}
export const aDeployment = (namespace: string, name: string): DeploymentBuilder =>
  new DeploymentBuilder(namespace, name);

/** The pods of a Deployment that run, spread as told: podsOf('web', {'n-1': 2}) */
export function podsOf(name: string, byNode: Readonly<Record<string, number>>, requests: Resources = {}): Pod[] {
  let index = 0;
  return Object.entries(byNode).flatMap(([node, count]) =>
    Array.from({ length: count }, () => {
      index += 1;
      const pod = aPod(`${name}-${index}`).labelled({ app: name }).ownedBy('ReplicaSet', `${name}-abc`);
      return pod.requesting(requests).on(node).ready().build();
    }),
  );
}

export const aReplicaSet = (namespace: string, deployment: string, replicas = 1): Workload => ({
  metadata: {
    name: `${deployment}-abc`,
    namespace,
    uid: `uid-${deployment}-abc`,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, controller: true }],
  },
  spec: { replicas, selector: { matchLabels: { app: deployment } } },
});

export const aDaemonSet = (name: string, requests: Resources, more: PodSpec = {}): DaemonSet => ({
  metadata: { name, namespace: 'kube-system' },
  spec: { template: { spec: { containers: [{ name: 'main', resources: { requests } }], ...more } } },
});

export const aBudget = (
  namespace: string,
  name: string,
  matchLabels: Record<string, string>,
  disruptionsAllowed: number,
): PodDisruptionBudget => ({
  metadata: { namespace, name },
  spec: { selector: { matchLabels } },
  status: { disruptionsAllowed },
});

export const aNodeGroup = (name: string, count: number, more: Partial<MagnumNodeGroup> = {}): MagnumNodeGroup => ({
  uuid: `uuid-of-${name}`,
  name,
  role: 'worker',
  status: 'UPDATE_COMPLETE',
  node_count: count,
  min_node_count: 0,
  max_node_count: null,
  ...more,
});

export const heatCluster: MagnumCluster = {
  uuid: '7b0b5d4e-1111-4222-8333-444455556666',
  name: 'k8s',
  status: 'UPDATE_COMPLETE',
  stack_id: '2f6b0a52-aaaa-4bbb-8ccc-ddddeeeeffff',
};

/** An instant vector of one sample; null: an empty one. */
export const answered = (value: number | string | null, warnings?: readonly string[]): PrometheusAnswer => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: value === null ? [] : [{ metric: {}, value: [noon / 1000, String(value)] }],
  },
  ...(warnings === undefined ? {} : { warnings }),
});

interface Buildable<T> {
  build(): T;
}
type Given<T> = T | Buildable<T>;
const built = <T extends object>(given: readonly Given<T>[]): T[] =>
  given.map((one) => ('build' in one && typeof one.build === 'function' ? one.build() : (one as T)));

/** A trusted one: the load stays below these until pods are ready, until VMs bear pods, and twice as far. */
export function aForecast(
  pods: number,
  nodes = pods,
  keep = nodes,
  more: Partial<TargetForecast> = {},
): TargetForecast {
  const outlook = (upper: number, ahead: number): Outlook => ({
    ahead: seconds(ahead),
    expected: upper * 0.9,
    upper,
    by: 'season',
  });
  return {
    metric: 'requests',
    state: 'trusted',
    doubt: null,
    pods: outlook(pods, 105),
    nodes: outlook(nodes, 375),
    keep: outlook(keep, 750),
    coverage: 0.96,
    history: minutes(14 * 24 * 60),
    ...more,
  };
}

class SnapshotBuilder {
  #snapshot: Snapshot = {
    time: rfc3339(noon),
    kubernetes: {
      deployments: [],
      statefulsets: [],
      replicasets: [],
      replicationcontrollers: [],
      daemonsets: [],
      jobs: [],
      pods: [],
      nodes: [],
      poddisruptionbudgets: [],
      resourcequotas: [],
    },
    magnum: { cluster: heatCluster, nodegroups: [] },
    nova: {},
    prometheus: { queries: {} },
    errors: [],
  };

  deployments(...given: Given<Workload>[]): this {
    return this.kubernetes({ deployments: built(given) });
  }
  replicaSets(...replicasets: Workload[]): this {
    return this.kubernetes({ replicasets });
  }
  pods(...given: Given<Pod>[]): this {
    return this.kubernetes({ pods: built(given) });
  }
  nodes(...given: Given<Node>[]): this {
    return this.kubernetes({ nodes: built(given) });
  }
  kubernetes(more: KubernetesFacts): this {
    this.#snapshot = { ...this.#snapshot, kubernetes: { ...this.#snapshot.kubernetes, ...more } };
    return this;
  }
  /** Lists that could not be read: absent and named. */
  without(...lists: (keyof KubernetesFacts)[]): this {
    const kept = Object.entries(this.#snapshot.kubernetes).filter(
      ([list]) => !(lists as readonly string[]).includes(list),
    );
    this.#snapshot = { ...this.#snapshot, kubernetes: Object.fromEntries(kept) };
    return this.failing(
      ...lists.map((what) => ({ source: 'kubernetes' as const, what, code: 'Timeout', message: 'no answer' })),
    );
  }
  groups(...nodegroups: MagnumNodeGroup[]): this {
    this.#snapshot = { ...this.#snapshot, magnum: { ...this.#snapshot.magnum, nodegroups } };
    return this;
  }
  cluster(more: Partial<MagnumCluster>): this {
    this.#snapshot = { ...this.#snapshot, magnum: { ...this.#snapshot.magnum, cluster: { ...heatCluster, ...more } } };
    return this;
  }
  nova(nova: NovaFacts): this {
    this.#snapshot = { ...this.#snapshot, nova };
    return this;
  }
  answering(query: string, answer: PrometheusAnswer | number): this {
    const queries = {
      ...this.#snapshot.prometheus.queries,
      [query]: typeof answer === 'number' ? answered(answer) : answer,
    };
    this.#snapshot = { ...this.#snapshot, prometheus: { queries } };
    return this;
  }
  failing(...errors: SourceError[]): this {
    this.#snapshot = { ...this.#snapshot, errors: [...this.#snapshot.errors, ...errors] };
    return this;
  }
  withoutMagnum(message: string): this {
    this.#snapshot = { ...this.#snapshot, magnum: {} };
    return this.failing({ source: 'magnum', what: 'nodegroups', code: 'Timeout', message });
  }
  foreseeing(forecast: TargetForecast, key = 'shop/Deployment/web'): this {
    this.#snapshot = { ...this.#snapshot, forecasts: { ...this.#snapshot.forecasts, [key]: forecast } };
    return this;
  }
  loop(loop: NonNullable<Snapshot['loop']>): this {
    this.#snapshot = { ...this.#snapshot, loop };
    return this;
  }
  build(): Snapshot {
    return this.#snapshot;
  }
}
export const aSnapshot = (): SnapshotBuilder => new SnapshotBuilder();

const requestsMetric = { name: 'requests', query: 'requests', target: { averageValue: 100 } };
type Fields = Readonly<Record<string, unknown>>;

/** As the loader would compile it; `ages` names the age questions of single metrics. */
export function aPodPolicy(name = 'web', spec: Fields = {}, ages: Readonly<Record<string, string[]>> = {}): PodPolicy {
  const document = podPolicy.parse({
    apiVersion: 'springtide/v1',
    kind: 'PodPolicy',
    metadata: { name, namespace: 'shop' },
    spec: {
      ...(spec['targets'] === undefined && { target: { kind: 'Deployment', name } }),
      replicas: { min: 1, max: 60 },
      metrics: [requestsMetric],
      mode: 'act',
      ...spec,
    },
  });
  const schedule = resolveSchedule(document.spec.schedule, readCalendars([], []));
  if (schedule.findings.length > 0) throw new Error(schedule.findings.map(({ message }) => message).join('; '));
  const policy = compilePodPolicy(document, aDaemon(), schedule.windows);
  if (policy === null) throw new Error('a policy needs a target');
  const metrics = policy.spec.metrics.map((metric): Metric => {
    const { source } = metric;
    const named: Metric['source'] =
      source.kind === 'resource' ? { ...source, query: `usage of ${source.resource}` as QueryText } : source;
    return { ...metric, source: named, ages: ageQuestions(metric, ages) };
  });
  if (metrics.length < document.spec.metrics.length)
    throw new Error('a metric needs a target, unless a formula uses it');
  return { ...policy, spec: { ...policy.spec, metrics } };
}

/** In the form of the metric's own question: split as it is. */
function ageQuestions({ name, source }: Metric, ages: Readonly<Record<string, string[]>>): Question[] {
  const grouped = source.kind === 'query' && source.question.single === null ? source.question.grouped : null;
  return (ages[name] ?? []).map((text) =>
    grouped === null
      ? { single: text as QueryText, grouped: null }
      : { single: null, grouped: { query: text as QueryText, split: grouped.split } },
  );
}

/** As the loader would compile it. */
export function aNodePolicy(spec: Fields = {}, name = 'workers'): NodePolicyDocument {
  const document = nodePolicy.parse({
    apiVersion: 'springtide/v1',
    kind: 'NodePolicy',
    metadata: { name },
    spec: { nodeGroups: [{ name: 'default-worker', min: 1, max: 20 }], mode: 'act', ...spec },
  });
  const { findings, ...windows } = resolveNodeWindows(document, readCalendars([], []));
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('; '));
  return compileNodePolicy(document, windows);
}

export const aDaemon = (spec: Fields = {}): DaemonSpec =>
  daemonSpec.parse({ cluster: 'test', prometheus: { url: 'http://prometheus:9090' }, ...spec });

export function aConfig(
  podPolicies: readonly PodPolicy[] = [],
  nodePolicies: readonly NodePolicyDocument[] = [],
  daemon: Fields = {},
): Config {
  return {
    hash: 'test',
    daemon: aDaemon(daemon),
    podPolicies,
    nodePolicies,
    calendars: [],
    alerts: silentAlerts,
    rules: [],
    texts: shippedTexts('en'),
  };
}

/** Frozen to the last leaf: whatever writes to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
