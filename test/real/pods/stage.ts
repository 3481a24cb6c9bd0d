// The stage of the pod stories: one cluster, three daemons that do not know of each other, two Prometheus servers, and a watch on it all.
import { afterAll, beforeAll } from 'vitest';
import { at, requestJson, listAt, type Answer } from '../servers/json.ts';
import { startKubelets } from '../servers/kubelets.ts';
import { mergePatch, startKubernetes, type Kubernetes, type KubernetesRequest } from '../servers/kubernetes.ts';
import { eventually } from '../servers/process.ts';
import { startPrometheus, type Prometheus } from '../servers/prometheus.ts';
import { useServer } from '../servers/suite.ts';
import { grant, kubeconfigOf } from '../support/account.ts';
import { createNamespace, there, useFailure, useScraped } from '../support/ground.ts';
import { watch, type Watching } from '../support/watching.ts';
import { create, deploymentOf, deploymentsPath } from '../support/workloads.ts';
import { awake, blinded, many, sleepy } from './policies.ts';
import { ringDefinition, ringRights, definitionsPath } from './ring.ts';
import { eventsOf, sequence, sightings, type ShownEvent } from './sightings.ts';
import { prepareSpringtide, type Springtide } from './springtide.ts';

export const intervalMs = 2_000;

export interface PodStage {
  readonly kubernetes: () => Kubernetes;
  /** The one with most of the policies, the one whose targets may sleep, the one whose Prometheus goes away. */
  readonly daemon: (name: 'awake' | 'sleepy' | 'blinded') => Springtide;
  /** Every Deployment since the stage was set, or since the last `watchAnew`. */
  readonly watching: () => Watching;
  readonly watchAnew: () => Promise<void>;
  readonly request: (method: string, path: string, options?: KubernetesRequest) => Promise<Answer>;
  /** What the exporter tells of a target from now on. */
  readonly load: (target: string, value: number) => void;
  readonly replicas: (deployment: string) => number;
  readonly reaches: (deployment: string, count: number, deadlineMs?: number) => Promise<true>;
  readonly deployment: (name: string) => Promise<unknown>;
  readonly patch: (path: string, body: unknown, manager?: string) => Promise<void>;
  /** What `kubectl describe deployment` shows. */
  readonly shown: (deployment: string, reason?: string) => Promise<readonly ShownEvent[]>;
  readonly blindedPrometheus: BlindedPrometheus;
  /** Seconds since the daemons started, and what happened. */
  readonly tell: (what: string) => void;
  readonly since: (at: number) => string;
}

/** The Prometheus of one daemon alone. */
export interface BlindedPrometheus {
  stop(): Promise<void>;
  /** At the old address, with nothing in it and nothing to scrape. */
  startEmpty(): Promise<void>;
  /** When its first new sample of a target's load was taken. */
  scrape(target: string): Promise<number>;
}

/** Call at the top of a describe. */
export function usePodStage(): PodStage {
  let blinding: Prometheus | undefined;
  let seen: Watching | undefined;
  let began = 0;
  const failed = useFailure();
  const daemons = new Map<string, Springtide>();
  const kubernetes = useServer(() => startKubernetes());
  useServer(() => startKubelets({ kubernetes: kubernetes(), nodes: 2, cpu: '16' }));
  const { exporter, prometheus, scraping } = useScraped();

  const request: PodStage['request'] = (...parameters) => kubernetes().request(...parameters);
  const load: PodStage['load'] = (target, value) => exporter().set(`load{app="${target}"}`, value);
  const watching = (): Watching => there(seen);
  const replicas = (name: string): number => sightings(watching(), name).at(-1)?.replicas ?? Number.NaN;
  const since = (moment: number): string => `${((moment - began) / 1000).toFixed(1)} s`;

  beforeAll(async () => {
    await createNamespace(kubernetes());
    await create(kubernetes(), definitionsPath, ringDefinition);
    const deploy = (name: string, count: number, labels = {}): Promise<void> => {
      load(name, count * 100);
      return create(kubernetes(), deploymentsPath, deploymentOf({ name, replicas: count, cpu: '1m', labels }));
    };
    await deploy('limited', 2);
    await deploy('rollout', 4);
    await deploy('surging', 8);
    load('surging', 100);
    await deploy('beside', 2);
    await deploy('crowded', 1);
    await deploy('contested', 3);
    await deploy('steady', 1);
    for (const name of many) await deploy(name, 1, { many: 'yes' });
    load('ring', 200);
    await deploy('idle', 1);
    await deploy('stopped', 2);
    await deploy('blind', 8);
    blinding = await startPrometheus(scraping());
    // Everything is done with the rights of the manifests, and no more; some here are put to sleep.
    const granted = ['install.yaml', 'act.yaml', 'rights/sleep/rights.yaml'];
    const kubeconfig = await kubeconfigOf(kubernetes(), granted);
    await grant(kubernetes(), ringRights);
    const shared = { interval: `${intervalMs}ms`, kubeconfig };
    for (const [name, { url }, policies] of [
      ['awake', prometheus(), awake],
      ['sleepy', prometheus(), sleepy],
      ['blinded', blinding, blinded],
    ] as const)
      daemons.set(name, await prepareSpringtide({ ...shared, name, prometheus: url, policies }));
    seen = await watch(kubernetes(), deploymentsPath);
    await Promise.all([...daemons.values()].map((one) => one.start()));
    began = Date.now();
  });
  afterAll(async () => {
    seen?.stop();
    for (const one of daemons.values()) await one.end({ keep: failed() });
    await blinding?.stop();
  });

  return {
    kubernetes,
    daemon: (name) => there(daemons.get(name)),
    watching,
    watchAnew: async () => {
      seen = await watch(kubernetes(), deploymentsPath);
    },
    request,
    load,
    replicas,
    reaches: (name, count, deadlineMs) =>
      eventually(
        `${name} has ${count} replicas, of ${sequence(watching(), name).join(' ')} so far`,
        () => (replicas(name) === count ? true : undefined),
        deadlineMs,
      ),
    deployment: async (name) => (await request('GET', `${deploymentsPath}/${name}`)).body,
    patch: async (path, body, manager = 'pipeline') => {
      const answer = await request('PATCH', `${path}?fieldManager=${manager}`, { body, contentType: mergePatch });
      if (answer.status !== 200) throw new Error(`PATCH ${path}: ${answer.text}`);
    },
    shown: (name, reason) => eventsOf(kubernetes(), `${deploymentsPath}/${name}`, 'Deployment', reason),
    blindedPrometheus: {
      stop: () => there(blinding).stop(),
      startEmpty: async () => {
        blinding = await startPrometheus({ port: Number(new URL(there(blinding).url).port) });
      },
      scrape: async (target) => {
        await there(blinding).reload(scraping());
        const query = encodeURIComponent(`timestamp(load{app="${target}"})`);
        return eventually('Prometheus has a sample again', async () => {
          const { body } = await requestJson(`${there(blinding).url}/api/v1/query?query=${query}`);
          const time = at(listAt(body, 'data', 'result')[0], 'value', 1);
          return time === undefined ? undefined : Number(time) * 1000;
        });
      },
    },
    tell: (what) => console.info(`${since(Date.now())}: ${what}`),
    since,
  };
}
