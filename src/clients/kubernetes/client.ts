// Kubernetes as the daemon holds it: one connection, its watched lists and its writes.
import os from 'node:os';
import type { Clock } from '../../clock.ts';
import type { DaemonSpec } from '../../model/config.ts';
import type { CallObservation } from '../http/types.ts';
import { connectKubernetes } from './connection.ts';
import type { ConnectionOptions } from './connection.ts';
import { createCustomObjects } from './custom-objects.ts';
import type { CustomObjects } from './custom-objects.ts';
import { createDiscovery } from './discovery.ts';
import type { Discovery } from './discovery.ts';
import { farewellTransport } from './farewell-transport.ts';
import { createWatchedLists } from './lists.ts';
import type { WatchedLists } from './lists.ts';
import { createOwnObjects } from './own-objects.ts';
import type { OwnObjects } from './own-objects.ts';
import type { ReflectorTiming } from './reflector.ts';
import type { WatchedList } from './resources.ts';
import { createTransport } from './transport.ts';
import type { KubernetesTransport } from './transport.ts';
import { guardedTransport } from './guarded-transport.ts';
import { createWrites } from './writes.ts';
import type { KubernetesWrites } from './writes.ts';

export interface KubernetesClient {
  readonly server: string;
  /** The namespace that springtide itself lives in, where it is known. */
  readonly namespace: string | null;
  readonly transport: KubernetesTransport;
  readonly discovery: Discovery;
  readonly lists: WatchedLists;
  readonly writes: KubernetesWrites;
  readonly custom: CustomObjects;
  /** ConfigMaps and Leases of springtide's own */
  readonly own: OwnObjects;
  close(): Promise<void>;
}

export interface KubernetesClientOptions {
  readonly settings: DaemonSpec['kubernetes'];
  readonly clock: Clock;
  readonly random?: () => number;
  readonly connection?: Pick<ConnectionOptions, 'env' | 'serviceAccount'>;
  readonly lists?: readonly WatchedList[];
  readonly timing?: Partial<ReflectorTiming>;
  readonly instance?: string;
  readonly onCall?: (observation: CallObservation) => void;
  /** asked in the moment in which `writes` or `own` send a change; throws what stands against it */
  readonly mayLeave?: () => void;
  /** aborted: this process ends, and waits for nobody who says nothing */
  readonly stopping?: AbortSignal;
}

/** Nothing is watched before `lists.start()`. */
export async function createKubernetesClient(options: KubernetesClientOptions): Promise<KubernetesClient> {
  const { settings, clock } = options;
  const connection = await connectKubernetes({
    clock,
    kubeconfig: settings.kubeconfig,
    context: settings.context,
    ...options.connection,
  });
  const plain = createTransport({ connection, timeout: settings.timeout, onCall: options.onCall });
  const transport = options.stopping === undefined ? plain : farewellTransport(plain, options.stopping, clock);
  const discovery = createDiscovery(transport, clock);
  const lists = createWatchedLists({
    transport,
    discovery,
    clock,
    random: options.random ?? Math.random,
    namespaces: settings.namespaces,
    ...(options.lists && { lists: options.lists }),
    ...(options.timing && { timing: options.timing }),
  });
  const instance = options.instance ?? os.hostname();
  const guarded = options.mayLeave === undefined ? transport : guardedTransport(transport, options.mayLeave);
  const writes = createWrites({ transport: guarded, discovery, clock, timeout: settings.timeout, instance });
  const custom = createCustomObjects(transport, discovery, settings.timeout);
  const own = createOwnObjects({ transport: guarded, timeout: settings.timeout });
  const close = async (): Promise<void> => {
    await lists.stop();
    transport.close();
  };
  return {
    server: connection.server,
    namespace: connection.namespace,
    transport,
    discovery,
    lists,
    writes,
    custom,
    own,
    close,
  };
}
