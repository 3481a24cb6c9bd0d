// The embedded cloud behaves as the recorded one: what is accepted, what then happens, and what does not.
import { afterEach, describe, expect, it } from 'vitest';
import { minutes, seconds } from '../../../src/model/units.ts';
import { createHttpClient } from '../../../src/clients/http/client.ts';
import { aWorld, closeWorlds, moment } from './cloud.ts';
import type { World } from './cloud.ts';

afterEach(closeWorlds);

async function raw(world: World, method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown, version = '1.10') {
  const { token } = await world.clients.keystone.session();
  const http = createHttpClient({ name: 'Raw', baseUrl: `${world.cloud.url}/container-infra/v1` });
  const answer = await http.request({
    method,
    path,
    body: body === null ? 'null' : body,
    headers: { 'x-auth-token': token, 'openstack-api-version': `container-infra ${version}` },
    accept: 'any',
  });
  http.close();
  return answer;
}

describe('a resize', () => {
  it('is only queued by its 202: the old state shows for a moment, then the target', async () => {
    const world = await aWorld();
    await world.clients.magnum.resize({ cluster: world.cluster, nodeGroup: 'default-worker', nodeCount: 5 });
    expect(await world.group()).toMatchObject({ status: 'CREATE_COMPLETE', node_count: 3 });
    world.clock.advance(moment);
    expect(await world.group()).toMatchObject({ status: 'UPDATE_IN_PROGRESS', node_count: 5 });
    expect(world.activated).toHaveLength(0);
    world.clock.advance(minutes(2));
    expect(await world.group()).toMatchObject({ status: 'UPDATE_COMPLETE', node_count: 5 });
    expect(world.activated.map((server) => server.name)).toEqual(
      expect.arrayContaining(['k8s-default-worker-node-3', 'k8s-default-worker-node-4']),
    );
  });

  it('removes exactly the servers that are named', async () => {
    const world = await aWorld();
    const victim = world.workers()[1];
    await world.resized(2, [victim?.id ?? '']);
    expect(world.deleted.map((server) => server.id)).toEqual([victim?.id]);
    expect(world.workers().map((server) => server.index)).toEqual([0, 2]);
  });

  it('with unknown ids costs the highest index instead', async () => {
    const world = await aWorld();
    await world.resized(2, ['00000000-0000-4000-8000-000000000000']);
    expect(world.workers().map((server) => server.index)).toEqual([0, 1]);
    expect(world.cloud.calls[0]).toMatchObject({ matched: [], unmatched: ['00000000-0000-4000-8000-000000000000'] });
  });

  it('with more ids than the decrease makes replacements, and an index never comes back', async () => {
    const world = await aWorld();
    await world.resized(
      2,
      world
        .workers()
        .map((server) => server.id)
        .slice(0, 2),
    );
    expect(world.workers().map((server) => server.index)).toEqual([2, 3]);
    await world.resized(3);
    expect(world.workers().map((server) => server.index)).toEqual([2, 3, 4]);
  });

  it('to the same count is a whole update cycle', async () => {
    const world = await aWorld();
    await world.resized(3);
    expect(await world.group()).toMatchObject({ status: 'UPDATE_COMPLETE', node_count: 3 });
    expect(world.activated.length + world.deleted.length).toBe(0);
  });

  it('supersedes one that is under way', async () => {
    const world = await aWorld();
    await world.clients.magnum.resize({ cluster: world.cluster, nodeGroup: 'extra', nodeCount: 2 });
    world.clock.advance(moment);
    await world.resized(4, [], 'extra');
    expect(world.cloud.calls.map(({ op, count, superseded }) => ({ op, count, superseded }))).toEqual([
      { op: 'resize_cluster', count: 2, superseded: false },
      { op: 'resize_cluster', count: 4, superseded: true },
      { op: 'done', count: 4, superseded: false },
    ]);
    expect(world.workers('extra').filter((server) => server.state === 'ACTIVE')).toHaveLength(4);
  });

  it.each(['CREATE_IN_PROGRESS', 'DELETE_IN_PROGRESS'] as const)('in %s is accepted and dropped', async (status) => {
    const world = await aWorld();
    world.cloud.forceStatus(status);
    await world.resized(5);
    world.cloud.forceStatus(null);
    expect(await world.group()).toMatchObject({ status: 'CREATE_COMPLETE', node_count: 3 });
    expect(world.cloud.calls.map((call) => call.op)).toEqual(['dropped']);
  });

  it.each([
    ['below the minimum', { node_count: 0, nodegroup: 'default-worker' }, 400],
    ['above the maximum', { node_count: 11, nodegroup: 'default-worker' }, 400],
    ['of masters', { node_count: 3, nodegroup: 'default-master' }, 400],
    ['of an unknown group', { node_count: 3, nodegroup: 'nobody' }, 404],
    ['without a body', null, 500],
    ['of the default group, unnamed', { node_count: 4 }, 202],
  ])('%s is answered as the real one answers', async (_name, body, status) => {
    const world = await aWorld();
    const answer = await raw(world, 'POST', `/clusters/${world.cluster}/actions/resize`, body);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-openstack-request-id']).toMatch(/^req-/);
    if (status >= 400) expect(answer.json()).toMatchObject({ errors: [{ status }] });
  });

  it.each(['0.9', '1.11', '1.99'])('at microversion %s is a 406', async (version) => {
    const world = await aWorld();
    expect((await raw(world, 'GET', `/clusters/${world.cluster}`, undefined, version)).status).toBe(406);
  });
});

it.each([
  ['GET', 'nodegroups', '1.8'],
  ['POST', 'actions/resize', '1.6'],
] as const)('%s %s at microversion %s, before it was brought, is a 406', async (method, part, version) => {
  const world = await aWorld();
  const body = method === 'POST' ? { node_count: 2 } : undefined;
  expect((await raw(world, method, `/clusters/${world.cluster}/${part}`, body, version)).status).toBe(406);
});

describe('a failure', () => {
  it('for want of quota names the quota, keeps the target and heals by the next resize', async () => {
    const world = await aWorld();
    world.cloud.inject({ kind: 'quotaExceeded', times: 1, servers: 2 });
    await world.resized(6);
    const failed = await world.group();
    expect(failed).toMatchObject({ status: 'UPDATE_FAILED', node_count: 6 });
    expect(failed.status_reason).toMatch(/Quota exceeded for instances/);
    expect((await world.clients.magnum.getCluster(world.cluster)).faults?.['default-worker']).toMatch(/Quota/);
    expect((await world.clients.nova.servers()).filter((server) => server.status === 'ERROR')).toHaveLength(2);
    await world.resized(6);
    expect(await world.group()).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(world.workers().every((server) => server.state === 'ACTIVE')).toBe(true);
  });

  it('comes by itself where the quota is used up', async () => {
    const world = await aWorld({ quota: { instances: 6, cores: -1, ram: -1 } });
    await world.resized(5);
    expect(await world.group()).toMatchObject({ status: 'UPDATE_FAILED' });
    expect(world.activated).toHaveLength(1);
    expect(await world.clients.nova.limits()).toMatchObject({ totalInstancesUsed: 6, maxTotalInstances: 6 });
  });

  it('of a boot is seen when the machine should be there', async () => {
    const world = await aWorld();
    world.cloud.inject({ kind: 'bootFails', times: 1 });
    await world.resized(4);
    expect((await world.group()).status_reason).toMatch(/No valid host/);
  });

  it('of a machine that never registers leaves it active and silent', async () => {
    const world = await aWorld();
    world.cloud.inject({ kind: 'neverRegisters', times: 1 });
    await world.resized(5);
    expect(world.workers()).toHaveLength(5);
    expect(world.activated).toHaveLength(1);
  });

  it('may be a resize that is dropped once', async () => {
    const world = await aWorld();
    world.cloud.inject({ kind: 'dropped', times: 1 });
    await world.resized(5);
    expect(await world.group()).toMatchObject({ node_count: 3 });
    await world.resized(5);
    expect(await world.group()).toMatchObject({ node_count: 5 });
  });
});

describe('the other drivers', () => {
  it('magnum-capi-helm takes another node than the one that was named', async () => {
    const world = await aWorld({ driver: 'magnum-capi-helm' });
    const victim = world.workers()[0];
    await world.resized(2, [victim?.id ?? '']);
    expect(world.deleted).toHaveLength(1);
    expect(world.deleted[0]?.id).not.toBe(victim?.id);
  });

  it('magnum-cluster-api takes the named one and lets the count rule', async () => {
    const world = await aWorld({ driver: 'magnum-cluster-api' });
    const ids = world.workers().map((server) => server.id);
    await world.resized(2, ids.slice(0, 2));
    expect(world.deleted.map((server) => server.id)).toEqual([ids[0]]);
    await world.resized(4);
    expect(world.workers()).toHaveLength(4);
  });
});

describe('PATCH', () => {
  const count = (value: number): object => [{ op: 'replace', path: '/node_count', value }];

  it('of the count looks at no limits, and is dropped while an update runs', async () => {
    const world = await aWorld();
    expect((await raw(world, 'PATCH', `/clusters/${world.cluster}`, count(12))).status).toBe(202);
    world.clock.advance(moment);
    expect(await world.group()).toMatchObject({ node_count: 12, status: 'UPDATE_IN_PROGRESS' });
    await raw(world, 'PATCH', `/clusters/${world.cluster}`, count(2));
    world.clock.advance(minutes(3));
    expect(await world.group()).toMatchObject({ node_count: 12 });
  });

  it('of a group changes its limits', async () => {
    const world = await aWorld();
    const patch = [{ op: 'replace', path: '/max_node_count', value: 7 }];
    await raw(world, 'PATCH', `/clusters/${world.cluster}/nodegroups/extra`, patch);
    world.clock.advance(seconds(2));
    expect(await world.group('extra')).toMatchObject({ max_node_count: 7, status: 'UPDATE_COMPLETE' });
  });
});
