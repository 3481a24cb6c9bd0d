// Every refusal of the cloud says what it means there and who can mend it; one group that fails does not silence the others.
import { afterEach, describe, expect, it } from 'vitest';
import { ClientError } from '../../../src/clients/http/error.ts';
import { createHttpClient } from '../../../src/clients/http/client.ts';
import { advice } from '../../../src/clients/openstack/advice.ts';
import type { Milliseconds } from '../../../src/model/units.ts';
import { startJsonServer, type JsonServer } from '../../../src/sandbox/openstack/http.ts';
import { aWorld, closeWorlds } from '../../sandbox/openstack/cloud.ts';

const servers: JsonServer[] = [];
afterEach(async () => {
  await closeWorlds();
  for (const server of servers.splice(0)) await server.close();
});

async function refusalOf(status: number, system: 'Keystone' | 'Magnum' | 'Nova' = 'Magnum'): Promise<ClientError> {
  const json = { errors: [{ status, title: 'No', detail: 'No.', code: 'client' }] };
  const server = await startJsonServer(() => ({ status, json }));
  servers.push(server);
  const http = createHttpClient({
    name: system,
    baseUrl: server.url,
    advice: advice[system],
    retry: { attempts: 1, baseDelay: 1 as Milliseconds, maxDelay: 1 as Milliseconds },
  });
  const thrown: unknown = await http.request({ path: '/x' }).catch((error: unknown) => error);
  http.close();
  if (!(thrown instanceof ClientError)) throw new Error('it was answered');
  return thrown;
}

describe('a refusal of Magnum says what to do', () => {
  it.each([
    [401, 'Unauthorized', 'cannot check tokens at Keystone'],
    [403, 'Forbidden', 'cluster_user_trust'],
    [404, 'NotFound', 'check openstack.cluster'],
    [406, 'NotAcceptable', 'microversion'],
    [409, 'Conflict', 'read again with the next tick'],
    [429, 'TooManyRequests', 'raise `interval`'],
    [400, 'BadRequest', 'max_node_count'],
    [503, 'ServerFault', 'magnum-conductor'],
  ])('%i', async (status, code, words) => {
    const error = await refusalOf(status);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it('of Keystone and Nova in their own words', async () => {
    expect((await refusalOf(401, 'Keystone')).message).toContain('application credential');
    expect((await refusalOf(403, 'Nova')).message).toContain('reader');
  });
});

describe('two groups that fail', () => {
  it('are left alone by themselves, and the third is read all the while', async () => {
    const world = await aWorld();
    const { groups } = await world.clients.magnum.listNodeGroups(world.cluster);
    for (const group of groups.filter(({ name }) => name !== 'extra'))
      world.cloud.inject({ kind: 'http500', service: 'magnum', path: `/nodegroups/${group.uuid}` });
    for (let round = 0; round < 8; round++) {
      const list = await world.clients.magnum.listNodeGroups(world.cluster);
      expect(list.groups.map(({ name }) => name)).toEqual(['extra']);
      expect(list.failures.map(({ name }) => name)).toEqual(['default-master', 'default-worker']);
    }
    const last = await world.clients.magnum.listNodeGroups(world.cluster);
    expect(last.failures.map(({ error }) => error.code)).toEqual(['BreakerOpen', 'BreakerOpen']);
    expect((await world.clients.magnum.getCluster(world.cluster)).uuid).toBe(world.cloud.clusterId);
  });
});

describe('from microversion 1.13 on', () => {
  it('a cluster is known by the new name of its stack, and groups by what their nodes will carry', async () => {
    const world = await aWorld({
      driver: 'magnum-cluster-api',
      magnumVersions: { min: '1.1', max: '1.14' },
      cluster: {
        name: 'k8s',
        groups: [
          { name: 'gpu', count: 0, flavor: 'm1.large', nodeLabels: { team: 'ml' }, nodeTaints: ['gpu=yes:NoSchedule'] },
        ],
      },
    });
    const cluster = await world.clients.magnum.getCluster(world.cluster);
    expect(cluster.cluster_id).toMatch(/^kube-[a-z0-9]{5}$/);
    expect(cluster.stack_id).toBeUndefined();
    expect(await world.group('gpu')).toMatchObject({
      node_labels: { team: 'ml' },
      node_taints: ['gpu=yes:NoSchedule'],
    });
  });

  it('a newer Magnum is spoken to in the highest version that both know', async () => {
    const world = await aWorld({ magnumVersions: { min: '1.1', max: '1.99' } });
    expect(await world.clients.magnum.versions()).toMatchObject({ max: '1.99', used: '1.14' });
  });
});
