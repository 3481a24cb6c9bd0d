// An embedded cloud on a virtual clock with our own clients before it, as the tests of this room need it.
import { createOpenStackClients } from '../../../src/clients/openstack/clients.ts';
import type { OpenStackClients } from '../../../src/clients/openstack/clients.ts';
import { loadCredentials } from '../../../src/clients/openstack/credentials.ts';
import type { MagnumNodeGroup } from '../../../src/model/openstack.ts';
import { minutes, seconds } from '../../../src/model/units.ts';
import type { Instant, Milliseconds, ServerId } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { startOpenStack } from '../../../src/sandbox/openstack/openstack.ts';
import type { EmbeddedOpenStack, OpenStackOptions } from '../../../src/sandbox/openstack/openstack.ts';
import type { Server } from '../../../src/sandbox/openstack/parts.ts';
import { seededRandom } from '../../../src/sandbox/random.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly cloud: EmbeddedOpenStack;
  readonly clients: OpenStackClients;
  readonly cluster: string;
  readonly activated: Server[];
  readonly deleted: Server[];
  group(name?: string): Promise<MagnumNodeGroup>;
  workers(name?: string): readonly (Omit<Server, 'id'> & { readonly id: ServerId })[];
  /** Sends a resize and lets all of it happen. */
  resized(count: number, victims?: readonly string[], name?: string): Promise<void>;
}

const open: World[] = [];

export async function aWorld(options: Partial<OpenStackOptions> = {}): Promise<World> {
  const clock = new VirtualClock(Date.parse('2026-11-20T08:00:00Z') as Instant);
  const activated: Server[] = [];
  const deleted: Server[] = [];
  const cloud = await startOpenStack({
    clock,
    random: seededRandom(7),
    cluster: {
      name: 'k8s',
      groups: [
        { name: 'default-master', role: 'master', count: 1, flavor: 'm1.medium' },
        { name: 'default-worker', count: 3, min: 1, max: 10, flavor: 'm1.large' },
        { name: 'extra', count: 1, min: 0, max: 5, flavor: 'm1.large' },
      ],
    },
    flavors: [
      { name: 'm1.medium', vcpus: 2, ram: 4096 },
      { name: 'm1.large', vcpus: 4, ram: 8192 },
    ],
    quota: { instances: 20, cores: 80, ram: 200_000 },
    bootSeconds: { mean: 60, jitter: 10 },
    driver: 'heat',
    onServerActive: (server) => activated.push(server),
    onServerDeleted: (server) => deleted.push(server),
    ...options,
  });
  const clients = createOpenStackClients({
    credentials: loadCredentials({ env: cloud.environment() }),
    clock,
    timeout: 2_000 as Milliseconds,
    retry: { attempts: 2, baseDelay: 1 as Milliseconds, maxDelay: 2 as Milliseconds },
  });
  const cluster = cloud.clusterId;
  const world: World = {
    clock,
    cloud,
    clients,
    cluster,
    activated,
    deleted,
    group: (name = 'default-worker') => clients.magnum.getNodeGroup(cluster, name),
    workers: (name = 'default-worker') =>
      cloud.servers().flatMap((server) => (server.group === name ? [{ ...server, id: server.id as ServerId }] : [])),
    async resized(count, victims = [], name = 'default-worker') {
      await clients.magnum.resize({
        cluster,
        nodeGroup: name,
        nodeCount: count,
        nodesToRemove: victims as readonly ServerId[],
      });
      clock.advance(minutes(3));
    },
  };
  open.push(world);
  return world;
}

export async function closeWorlds(): Promise<void> {
  for (const world of open.splice(0)) {
    world.clients.close();
    await world.cloud.stop();
  }
}

export const moment = seconds(1);
