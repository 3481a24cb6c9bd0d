// What stories of replicas stand on: a true API server with two nodes, a Prometheus, a little cloud, and a way to the API server that sees what passes and can hang.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startKubelets } from '../servers/kubelets.ts';
import { startKubernetes, type Kubernetes } from '../servers/kubernetes.ts';
import type { Prometheus } from '../servers/prometheus.ts';
import { useServer } from '../servers/suite.ts';
import { kubeconfigOf } from '../support/account.ts';
import type { Exporter } from '../support/exporter.ts';
import { createNamespace, there, useFailure, useScraped } from '../support/ground.ts';
import { startLeaseBreaker, type LeaseBreaker } from './lease-breaker.ts';
import { startLittleCloud, type LittleCloud } from './little-cloud.ts';
import type { Replica } from './replica.ts';

export interface ReplicaStage {
  readonly kubernetes: () => Kubernetes;
  readonly prometheus: () => Prometheus;
  readonly exporter: () => Exporter;
  readonly cloud: () => LittleCloud;
  readonly breaker: () => LeaseBreaker;
  /** kubeconfigs of one account with the rights to act: straight, and through the breaker */
  readonly ways: () => { readonly straight: string; readonly watched: string };
  /** A node group of so many servers, the only one of its cloud. */
  startCloud(group: string, servers: number): Promise<LittleCloud>;
  /** Those that a test has prepared: their logs are shown when it failed, and they end with the file. */
  readonly replicas: Replica[];
  /** Again and again, until it is called off or the file ends. */
  stir(everyMs: number, run: () => void): () => void;
}

/** Call at the top of a file. */
export function useReplicaStage(): ReplicaStage {
  let breaker: LeaseBreaker | undefined;
  let cloud: LittleCloud | undefined;
  let ways: ReturnType<ReplicaStage['ways']> | undefined;
  let stirring: NodeJS.Timeout | undefined;
  const failed = useFailure();
  const kubernetes = useServer(() => startKubernetes());
  useServer(() => startKubelets({ kubernetes: kubernetes(), nodes: 2, cpu: '16' }));
  const { exporter, prometheus } = useScraped();
  beforeAll(async () => {
    await createNamespace(kubernetes());
    const straight = await kubeconfigOf(kubernetes(), ['install.yaml', 'act.yaml']);
    breaker = await startLeaseBreaker(kubernetes());
    const config = JSON.parse(readFileSync(straight, 'utf8')) as { clusters: { cluster: unknown }[] };
    for (const one of config.clusters) one.cluster = { server: breaker.url };
    const watched = join(kubernetes().directory, 'watched.kubeconfig');
    writeFileSync(watched, JSON.stringify(config), { mode: 0o600 });
    ways = { straight, watched };
  });
  const replicas: Replica[] = [];
  afterAll(async () => {
    clearInterval(stirring);
    if (failed()) for (const one of replicas) console.error(`${one.name}:\n${one.log().slice(-6000)}`);
    for (const replica of replicas) await replica.end();
    await breaker?.stop();
    await cloud?.stop();
  });
  return {
    kubernetes,
    prometheus,
    exporter,
    cloud: () => there(cloud),
    breaker: () => there(breaker),
    ways: () => there(ways),
    startCloud: async (group, servers) => (cloud = await startLittleCloud(kubernetes(), group, servers)),
    replicas,
    stir: (everyMs, run) => {
      clearInterval(stirring);
      stirring = setInterval(run, everyMs);
      return () => clearInterval(stirring);
    },
  };
}
