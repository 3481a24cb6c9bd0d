// The embedded API server as the configuration's own connection: springtide's namespace and a tenant's.
import { createDiscovery } from '../../src/clients/kubernetes/discovery.ts';
import { createOwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import { createTransport } from '../../src/clients/kubernetes/transport.ts';
import { createWrites } from '../../src/clients/kubernetes/writes.ts';
import { systemClock } from '../../src/clock.ts';
import type { ConfigCluster } from '../../src/configuration/cluster.ts';
import { seconds } from '../../src/model/units.ts';
import { startKubernetes, type KubernetesWorld } from '../../src/sandbox/kubernetes/world.ts';
import { seededRandom } from '../../src/sandbox/random.ts';

export async function startCluster(): Promise<KubernetesWorld> {
  const world = await startKubernetes({ clock: systemClock, random: seededRandom(1) });
  for (const name of ['springtide', 'shop'])
    world.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return world;
}

export function connectTo(world: KubernetesWorld): Promise<ConfigCluster> {
  const transport = createTransport({
    connection: {
      server: world.url,
      namespace: 'springtide',
      credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${world.token}` }, tls: {} }),
      forget: () => undefined,
    },
    timeout: seconds(5),
  });
  const discovery = createDiscovery(transport, systemClock);
  return Promise.resolve({
    own: createOwnObjects({ transport, timeout: seconds(5) }),
    events: createWrites({ transport, discovery, clock: systemClock, timeout: seconds(5), instance: 'test' }),
    namespace: 'springtide',
    close: () => transport.close(),
  });
}
