// A connection of its own for configuration: a policy in a ConfigMap can be mended also while the world's is being changed.
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectKubernetes } from '../clients/kubernetes/connection.ts';
import { createDiscovery } from '../clients/kubernetes/discovery.ts';
import { serviceAccountDirectory } from '../clients/kubernetes/in-cluster.ts';
import { farewellTransport } from '../clients/kubernetes/farewell-transport.ts';
import { createOwnObjects, type OwnObjects } from '../clients/kubernetes/own-objects.ts';
import { createTransport } from '../clients/kubernetes/transport.ts';
import { createWrites, type KubernetesWrites } from '../clients/kubernetes/writes.ts';
import type { Clock } from '../clock.ts';
import type { StatePlace } from '../config/state-place.ts';
import type { DaemonSpec } from '../model/config.ts';
import { seconds } from '../model/units.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface ConfigCluster {
  readonly own: OwnObjects;
  readonly events: Pick<KubernetesWrites, 'createEvent'>;
  /** springtide's own */
  readonly namespace: string | null;
  readonly close: () => void;
}

const isInCluster = (env: Env): boolean =>
  env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(path.join(serviceAccountDirectory, 'token'));

/** ConfigMaps are watched by a process in a cluster, and by one that keeps its state in one. */
export const watchesConfigMaps = (place: StatePlace, env: Env): boolean =>
  place.kubernetes !== null || isInCluster(env);

export async function connectConfigCluster(
  settings: DaemonSpec['kubernetes'] | null,
  place: StatePlace,
  clock: Clock,
  env: Env,
  stopping?: AbortSignal,
): Promise<ConfigCluster> {
  const connection = await connectKubernetes({ clock, kubeconfig: settings?.kubeconfig, context: settings?.context });
  const timeout = settings?.timeout ?? seconds(10);
  const plain = createTransport({ connection, timeout });
  const transport = stopping === undefined ? plain : farewellTransport(plain, stopping, clock);
  const discovery = createDiscovery(transport, clock);
  return {
    own: createOwnObjects({ transport, timeout }),
    events: createWrites({ transport, discovery, clock, timeout, instance: os.hostname() }),
    namespace: place.kubernetes?.namespace ?? connection.namespace ?? env['POD_NAMESPACE'] ?? null,
    close: () => transport.close(),
  };
}
