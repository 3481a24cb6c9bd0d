// A cloud of the embedded world whose servers are Nodes of the true cluster: Magnum's API without its three services to start.
import { systemClock } from '../../../src/clock.ts';
import { startOpenStack, type EmbeddedOpenStack } from '../../../src/sandbox/openstack/openstack.ts';
import type { Server } from '../../../src/sandbox/openstack/parts.ts';
import { seededRandom } from '../../../src/sandbox/random.ts';
import { defaultPrefix } from '../servers/kubelets.ts';
import type { Kubernetes } from '../servers/kubernetes.ts';
import { create } from '../support/workloads.ts';

export interface LittleCloud {
  readonly cluster: string;
  readonly environment: Readonly<Record<string, string>>;
  servers(): readonly Server[];
  /** Each resize that was taken up: how many there were, how many there shall be, whom it names. */
  resizes(): readonly { readonly from: number; readonly to: number; readonly removed: readonly string[] }[];
  stop(): Promise<void>;
}

const cluster = 'little';
const flavor = { name: 'm1.large', vcpus: 4, ram: 8192, disk: 40 };
const quota = { instances: 100, cores: 400, ram: 800 * 1024 };
const quick = { mean: 1, jitter: 0 };

function nodeOf({ name, providerId, nodeLabels, address }: Server): unknown {
  const capacity = { cpu: '4', memory: '8Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...nodeLabels, 'kubernetes.io/hostname': name, fakekubelet: defaultPrefix } },
    spec: { providerID: providerId },
    status: { capacity, allocatable: capacity, addresses: [{ type: 'InternalIP', address }] },
  };
}

/** One node group whose servers are there from the beginning; kubelets that adopt Nodes must run beside it. */
export async function startLittleCloud(kubernetes: Kubernetes, group: string, count: number): Promise<LittleCloud> {
  const pending = new Set<Promise<unknown>>();
  const under = (work: Promise<unknown>): void => {
    const done = work.finally(() => pending.delete(done));
    pending.add(done);
  };
  const masters = { name: 'default-master', role: 'master' as const, count: 1, flavor: flavor.name };
  const openstack: EmbeddedOpenStack = await startOpenStack({
    clock: systemClock,
    random: seededRandom(3),
    cluster: { name: cluster, groups: [masters, { name: group, count, min: 1, max: count, flavor: flavor.name }] },
    flavors: [flavor],
    quota,
    bootSeconds: quick,
    deleteSeconds: quick,
    driver: 'heat',
    onServerActive: (server) => under(create(kubernetes, '/api/v1/nodes', nodeOf(server))),
    onServerDeleted: ({ name }) => under(kubernetes.write('DELETE', `/api/v1/nodes/${name}`)),
  });
  const servers = (): readonly Server[] => openstack.servers().filter((server) => server.group === group);
  for (const server of servers()) await create(kubernetes, '/api/v1/nodes', nodeOf(server));
  return {
    cluster,
    environment: openstack.environment(),
    servers,
    resizes: () =>
      openstack.calls
        .filter(({ op }) => op === 'resize_cluster')
        .map(({ previous, count: to, matched }) => ({ from: previous, to, removed: matched })),
    stop: async () => {
      await openstack.stop();
      await Promise.all(pending);
    },
  };
}
