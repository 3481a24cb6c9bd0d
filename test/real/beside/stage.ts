// The stage for the HPA and springtide side by side: one true cluster, one Prometheus, one load, both at the same interval.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { at, listAt, numberAt } from '../servers/json.ts';
import { startKubelets } from '../servers/kubelets.ts';
import { startKubernetes, type Kubernetes } from '../servers/kubernetes.ts';
import { freePortBlock } from '../servers/ports.ts';
import { eventually } from '../servers/process.ts';
import { startPrometheus } from '../servers/prometheus.ts';
import { useServer } from '../servers/suite.ts';
import { startDaemon, writeConfiguration, type DaemonProcess } from '../support/daemon-process.ts';
import { startExporter, type Exporter } from '../support/exporter.ts';
import { watch, type Watching } from '../support/watching.ts';
import { create, deploymentsPath, shop } from '../support/workloads.ts';
import { startMetricsServer, type MetricsServer } from './metrics-server.ts';
import {
  deploymentName,
  deploymentNames,
  horizontalPodAutoscaler,
  loadSeries,
  pairDeployment,
  pairNames,
  podPolicy,
  queries,
  shareSeries,
  sides,
} from './pairs.ts';
import { bounds, target } from './steps.ts';

export interface BesideOptions {
  readonly intervalSeconds: number;
  /** Of the rates up and down. */
  readonly periodSeconds: number;
}

export interface Beside {
  readonly kubernetes: () => Kubernetes;
  readonly exporter: () => Exporter;
  readonly metrics: () => MetricsServer;
  readonly daemon: () => DaemonProcess;
  /** What happened to the four Deployments. */
  readonly deployments: () => Watching;
}

const hpaPath = `/apis/autoscaling/v2beta2/namespaces/${shop}/horizontalpodautoscalers`;
/** Two replicas' work, so that nothing moves before the first step. */
const restingLoad = bounds.min * target;

/** Call at the top of a describe: when its tests begin, both systems have looked and agree that there is nothing to do. */
export function useBeside(options: BesideOptions): Beside {
  let exporter: Exporter | undefined;
  let metrics: MetricsServer | undefined;
  let daemon: DaemonProcess | undefined;
  let deployments: Watching | undefined;
  let directory = '';
  let failed = false;
  const there = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error('it is there only while the tests run');
    return one;
  };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'springtide-beside-'));
    exporter = await startExporter();
    exporter.set(loadSeries, restingLoad);
    for (const name of deploymentNames) exporter.set(shareSeries(name), target);
  });
  afterAll(async () => {
    await exporter?.stop();
    if (!failed) rmSync(directory, { recursive: true, force: true });
  });
  afterEach((context) => {
    if (context.task.result?.state === 'fail') failed = true;
  });
  const kubernetes = useServer(() => startKubernetes({ horizontalPodAutoscalerSync: `${options.intervalSeconds}s` }));
  const prometheus = useServer(() =>
    startPrometheus({
      // Often: whose tick comes just after a scrape sees fresher data, and that is no merit of either.
      scrapeConfigs: [
        {
          job_name: 'orders',
          scrape_interval: '250ms',
          scrape_timeout: '250ms',
          static_configs: [{ targets: [there(exporter).address] }],
        },
      ],
    }),
  );
  useServer(() => startKubelets({ kubernetes: kubernetes(), nodes: 3, graceMs: 100 }));

  const allAreReady = async (): Promise<true | undefined> => {
    const { body } = await kubernetes().request('GET', deploymentsPath);
    const items = listAt(body, 'items');
    return items.length === deploymentNames.length &&
      items.every((item) => at(item, 'status', 'readyReplicas') === bounds.min)
      ? true
      : undefined;
  };
  const hpasAreActive = async (): Promise<true> => {
    const { body } = await kubernetes().request('GET', hpaPath);
    const conditions = listAt(body, 'items').map((item) => at(item, 'status', 'conditions'));
    const active = conditions.filter((list) =>
      (Array.isArray(list) ? list : []).some(
        (one) => at(one, 'type') === 'ScalingActive' && at(one, 'status') === 'True',
      ),
    );
    if (active.length < pairNames.length) throw new Error(JSON.stringify(conditions));
    return true;
  };
  beforeAll(async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } };
    await create(kubernetes(), '/api/v1/namespaces', namespace);
    metrics = await startMetricsServer(kubernetes(), prometheus().url, queries);
    for (const pair of pairNames)
      for (const side of sides) await create(kubernetes(), deploymentsPath, pairDeployment(pair, side));
    await eventually('all pods are ready', allAreReady);
    for (const pair of pairNames)
      await create(kubernetes(), hpaPath, horizontalPodAutoscaler(pair, options.periodSeconds));

    const port = await freePortBlock(2);
    const spec = {
      cluster: 'beside',
      interval: `${options.intervalSeconds}s`,
      prometheus: { url: prometheus().url },
      kubernetes: { kubeconfig: kubernetes().kubeconfig },
      http: { listen: `127.0.0.1:${port}`, metrics: `127.0.0.1:${port + 1}` },
      state: { directory: join(directory, 'state') },
    };
    writeConfiguration(directory, {
      'config/springtide.yaml': { apiVersion: 'springtide/v1', kind: 'Daemon', metadata: { name: 'daemon' }, spec },
      ...Object.fromEntries(
        pairNames.map((pair) => [
          `config/policies/${deploymentName(pair, 'springtide')}.yaml`,
          podPolicy(pair, options.periodSeconds),
        ]),
      ),
    });
    const environment = { PATH: process.env['PATH'] ?? '', HOME: directory };
    daemon = await startDaemon({ config: join(directory, 'config'), directory, environment });
    await eventually('the HPA has read its metrics', hpasAreActive, 30_000 + 4000 * options.intervalSeconds);
    await eventually('springtide has decided', () =>
      pairNames.every((pair) => decisions(there(daemon), deploymentName(pair, 'springtide')).length > 0)
        ? true
        : undefined,
    );
    deployments = await watch(kubernetes(), deploymentsPath);
  });
  afterAll(async () => {
    deployments?.stop();
    const status = await daemon?.signal('SIGTERM');
    await metrics?.stop();
    if (failed) console.error(`springtide ended with ${status ?? 'nothing'}; its files are in ${directory}`);
  });
  return {
    kubernetes,
    exporter: () => there(exporter),
    metrics: () => there(metrics),
    daemon: () => there(daemon),
    deployments: () => there(deployments),
  };
}

/** When springtide has decided for this Deployment, by its log. */
export const decisions = (daemon: DaemonProcess, deployment: string): readonly number[] =>
  daemon
    .lines()
    .filter((line) => line['tier'] === 'pods' && String(line['subject']).includes(deployment))
    .map((line) => Date.parse(String(line['time'])));

export interface Write {
  readonly at: number;
  readonly replicas: number;
}

/** Each change of `spec.replicas` of a Deployment, in order, the first number it had included. */
export function writesOf(watching: Watching, deployment: string): readonly Write[] {
  const writes: Write[] = [];
  for (const { at: heard, object } of watching.events) {
    if (at(object, 'metadata', 'name') !== deployment) continue;
    const replicas = numberAt(object, 'spec', 'replicas');
    if (writes.at(-1)?.replicas !== replicas) writes.push({ at: heard, replicas });
  }
  return writes;
}
