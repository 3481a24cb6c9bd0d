// A cluster in memory: 200 namespaces of 100 Deployments of 5 pods, and Prometheus' answers about them, tick after tick.
import type { Pod, Workload } from '../dist/model/kubernetes.js';
import type { ScaleOutcome } from '../dist/model/outcome.js';
import type { PodDecision } from '../dist/model/plan.js';
import type { PrometheusAnswer, PrometheusSample, Snapshot } from '../dist/model/snapshot.js';
import { rfc3339, type Instant } from '../dist/model/units.js';

const podsAtFirst = 5;
const nodeCount = 1_000;
const born = '2026-03-01T08:00:00Z';

interface App {
  readonly namespace: string;
  readonly name: string;
  /** what all its pods together have to bear, in requests a second; it comes back to its own level again and again */
  load: number;
  readonly level: number;
  workload: Workload;
  pods: readonly Pod[];
  podsMade: number;
  version: number;
}

const two = (index: number): string => String(index).padStart(2, '0');
export const namespaceOf = (index: number): string => `team-${String(index).padStart(3, '0')}`;
export const nameOf = (index: number): string => `app-${two(index)}`;

function workloadOf({ namespace, name, version }: App, replicas: number): Workload {
  return {
    metadata: {
      namespace,
      name,
      uid: `${namespace}-${name}`,
      resourceVersion: String(version),
      labels: { app: name, tier: 'web' },
    },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: { spec: podSpec(undefined) } },
    status: { replicas, readyReplicas: replicas, updatedReplicas: replicas },
  };
}

const podSpec = (nodeName: string | undefined): NonNullable<Pod['spec']> => ({
  ...(nodeName === undefined ? {} : { nodeName }),
  containers: [{ name: 'app', resources: { requests: { cpu: '200m', memory: '256Mi' } } }],
});

function podOf(app: App): Pod {
  const number = app.podsMade++;
  const { namespace, name } = app;
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-03-01T08:00:20Z' };
  return {
    metadata: {
      namespace,
      name: `${name}-6d4cf56db6-${number.toString(36).padStart(5, 'x')}`,
      uid: `${namespace}-${name}-${number}`,
      creationTimestamp: born,
      labels: { app: name, 'pod-template-hash': '6d4cf56db6' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-6d4cf56db6`, controller: true }],
    },
    spec: podSpec(`node-${(number * 7_919 + namespace.length + name.length) % nodeCount}`),
    status: {
      phase: 'Running',
      startTime: born,
      conditions: [{ type: 'PodScheduled', status: 'True' }, ready],
      containerStatuses: [{ name: 'app', restartCount: 0, ready: true }],
    },
  };
}

/** The same numbers every time: a small generator of its own. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `text`: through JSON, as they come over the wire; `values`: the same labels again, for many ticks in a row. */
export type Freshness = 'text' | 'values';

export class BenchWorld {
  readonly #apps: readonly App[];
  readonly #byName: ReadonlyMap<string, App>;
  readonly #random = chance(7);
  #deployments: readonly Workload[] = [];

  constructor(namespaces: number, appsEach: number) {
    this.#apps = Array.from({ length: namespaces * appsEach }, (_, index) => {
      const [namespace, name] = [namespaceOf(Math.floor(index / appsEach)), nameOf(index % appsEach)];
      const level = 400 + 200 * this.#random();
      const app: App = {
        namespace,
        name,
        load: level,
        level,
        workload: { metadata: { name } },
        pods: [],
        podsMade: 0,
        version: 1_000 + index,
      };
      app.workload = workloadOf(app, podsAtFirst);
      app.pods = Array.from({ length: podsAtFirst }, () => podOf(app));
      return app;
    });
    this.#byName = new Map(this.#apps.map((app) => [`${app.namespace}/${app.name}`, app]));
  }

  get targets(): number {
    return this.#apps.length;
  }

  get pods(): number {
    return this.#apps.reduce((total, { pods }) => total + pods.length, 0);
  }

  /**
   * Load drifts a little everywhere, jumps for one in two hundred, and is drawn back to each app's own level: after some
   * dozens of ticks the world is as it will always be, with as many pods and as many changes a tick.
   */
  drift(): void {
    for (const app of this.#apps) {
      const drawn = app.load + 0.02 * (app.level - app.load);
      const jumps = this.#random() < 0.005;
      const load = jumps ? app.level * (0.5 + this.#random()) : drawn * (0.995 + 0.01 * this.#random());
      app.load = Math.min(1.5 * app.level, Math.max(0.5 * app.level, load));
    }
  }

  /** What was decided is done at once: a new object each, and the watch has seen it. */
  carryOut(decision: PodDecision, now: Instant): ScaleOutcome {
    const { target, current, desired } = decision;
    const app = this.#byName.get(`${target.namespace}/${target.name}`);
    const to = desired ?? 0;
    if (app === undefined) throw new Error(`there is no ${target.namespace}/${target.name}`);
    app.version += 1_000_000;
    app.workload = workloadOf(app, to);
    const more = Math.max(0, to - app.pods.length);
    app.pods = [...app.pods.slice(0, to), ...Array.from({ length: more }, () => podOf(app))];
    const { version } = app;
    return {
      kind: 'scale',
      target,
      from: current ?? 0,
      to,
      status: 'succeeded',
      at: rfc3339(now),
      resourceVersion: String(version),
    };
  }

  /** New lists, as the reflector makes them when anything has changed; what has not changed is the same object. */
  snapshot(queries: readonly string[], now: Instant, freshness: Freshness): Snapshot {
    const deployments = this.#apps.map(({ workload }) => workload);
    const changed = deployments.some((workload, index) => workload !== this.#deployments[index]);
    if (changed) this.#deployments = deployments;
    const answers: Record<string, PrometheusAnswer> = {};
    for (const query of queries) answers[query] = this.#answer(query, now, freshness);
    return {
      time: rfc3339(now),
      kubernetes: {
        deployments: this.#deployments,
        statefulsets: [],
        pods: this.#apps.flatMap(({ pods }) => pods),
        horizontalpodautoscalers: [],
      },
      magnum: {},
      nova: {},
      prometheus: { queries: answers },
      errors: [],
    };
  }

  #answer(query: string, now: Instant, freshness: Freshness): PrometheusAnswer {
    const result = this.#samples(query, Math.floor(now / 1000));
    const answer: PrometheusAnswer = { status: 'success', data: { resultType: 'vector', result } };
    return freshness === 'values' ? answer : (JSON.parse(JSON.stringify(answer)) as PrometheusAnswer);
  }

  /** By what the text asks for: ages, usage by pod, or one number a target. */
  #samples(query: string, at: number): PrometheusSample[] {
    const one = (metric: PrometheusSample['metric'], value: number): PrometheusSample => ({
      metric,
      value: [at, String(value)],
    });
    const isAge = query.startsWith('time()');
    if (query.includes('container_cpu')) {
      if (isAge) return [one({}, 12)];
      return this.#apps.flatMap(({ pods, load }) =>
        pods.map(({ metadata: { namespace = '', name: pod } }) =>
          one({ namespace, pod, container: 'app' }, (0.14 * load) / (100 * pods.length)),
        ),
      );
    }
    return this.#apps.map(({ namespace, name: app, load, pods }) => {
      const labels = { namespace, app };
      if (isAge) return one(labels, 11.4);
      if (query.startsWith('count')) return one(labels, pods.length);
      return one(labels, query.includes('queue') ? load / 10 : load);
    });
  }
}
