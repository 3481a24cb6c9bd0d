// The facts about Keystone and Magnum that the node tier is built on, each asked of the true servers.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { at, listAt, numberAt, requestJson, textAt, type Answer } from './servers/json.ts';
import { startOpenStack, type CloudServer, type DriverCall } from './servers/openstack.ts';
import {
  applicationCredentialIdentity,
  applicationCredentialToken,
  authenticate,
  clusterSettled,
  magnum,
  passwordIdentity,
  projectScope,
  readCluster,
  readGroup,
  resize,
  tokenOf,
  type ResizeRequest,
} from './servers/openstack-requests.ts';
import { eventually } from './servers/process.ts';
import { useServer } from './servers/suite.ts';

const anyText: unknown = expect.any(String);
const openstack = useServer(() => startOpenStack());
let token = '';
beforeAll(async () => {
  token = await applicationCredentialToken(openstack());
});

const cluster = (): string => `/clusters/${openstack().credentials.cluster.id}`;
const ask = (path: string): Promise<Answer> => magnum(openstack(), path, { token });
const send = (body: ResizeRequest | null): Promise<Answer> => resize(openstack(), token, body);
const workers = (): readonly CloudServer[] =>
  openstack()
    .servers()
    .filter((server) => server.nodegroup_name === 'default-worker');
const begun = (): readonly DriverCall[] =>
  openstack()
    .calls()
    .filter((call) => !call.op.startsWith('done:'));

describe('Keystone', () => {
  it('gives a token in X-Subject-Token and a catalog with container-infra by region and interface', async () => {
    const answer = await authenticate(openstack(), applicationCredentialIdentity(openstack()));
    expect(answer.status).toBe(201);
    expect(tokenOf(answer)).not.toBe('');
    const services = listAt(answer.body, 'token', 'catalog');
    const magnumService = services.find((service) => at(service, 'type') === 'container-infra');
    expect(listAt(magnumService, 'endpoints')).toContainEqual(
      expect.objectContaining({ region: 'RegionOne', interface: 'public', url: openstack().credentials.magnumUrl }),
    );
  });

  it('takes a password with a scope', async () => {
    const { user, project } = openstack().credentials;
    const answer = await authenticate(
      openstack(),
      passwordIdentity(user.name, user.password),
      projectScope(project.name),
    );
    expect(answer.status).toBe(201);
    expect(at(answer.body, 'token', 'project', 'id')).toBe(project.id);
  });

  it('answers 401 to an application credential that comes with a scope', async () => {
    const scope = projectScope(openstack().credentials.project.name);
    const answer = await authenticate(openstack(), applicationCredentialIdentity(openstack()), scope);
    expect(answer.status).toBe(401);
    expect(at(answer.body, 'error')).toMatchObject({ code: 401, title: 'Unauthorized' });
  });

  it('answers 401 to a wrong password', async () => {
    const scope = projectScope(openstack().credentials.project.name);
    const answer = await authenticate(openstack(), passwordIdentity('autoscaler', 'wrong'), scope);
    expect(answer.status).toBe(401);
  });
});

describe('Magnum, before any change', () => {
  it('answers one and the same 401 to a missing, a garbage and a revoked token', async () => {
    const revoked = await applicationCredentialToken(openstack());
    const headers = { 'x-auth-token': revoked, 'x-subject-token': revoked };
    await requestJson(`${openstack().credentials.authUrl}/auth/tokens`, { method: 'DELETE', headers });
    for (const bad of ['', 'garbage', revoked]) {
      const answer = await magnum(openstack(), cluster(), { token: bad });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Keystone uri=');
      expect(at(answer.body, 'error')).toMatchObject({ code: 401, title: 'Unauthorized' });
    }
  });

  it('has a second shape of errors of its own', async () => {
    const answer = await ask('/clusters/00000000-0000-4000-8000-000000000000');
    expect(answer.status).toBe(404);
    expect(at(answer.body, 'errors', 0)).toMatchObject({
      status: 404,
      title: anyText,
      detail: anyText,
    });
  });

  it('tells its range of microversions and answers 406 beyond it', async () => {
    const root = await requestJson(new URL('/', openstack().credentials.magnumUrl).href);
    expect(at(root.body, 'versions', 0)).toMatchObject({ id: 'v1', min_version: '1.1', max_version: '1.10' });
    const answer = await magnum(openstack(), cluster(), { token, version: '1.99' });
    expect(answer.status).toBe(406);
  });

  it('answers 406 to a resize before 1.7 and to node groups before 1.9', async () => {
    const post = { method: 'POST', token, body: { node_count: 3 } };
    expect((await magnum(openstack(), `${cluster()}/actions/resize`, { ...post, version: '1.6' })).status).toBe(406);
    expect((await magnum(openstack(), `${cluster()}/nodegroups`, { token, version: '1.8' })).status).toBe(406);
  });

  it('answers a resize to 0 before 1.10 with an error, and does nothing', async () => {
    const before = begun().length;
    const request = { method: 'POST', token, body: { node_count: 0, nodegroup: 'extra' }, version: '1.9' };
    const answer = await magnum(openstack(), `${cluster()}/actions/resize`, request);
    expect(answer.status).toBe(400);
    expect(begun()).toHaveLength(before);
  });

  it('gives the cluster’s node_count as the sum over its worker groups', async () => {
    const { body } = await readCluster(openstack(), token);
    expect(body).toMatchObject({ node_count: 4, master_count: 1, stack_id: anyText });
  });

  it('lists min and max of every group as 0 and null, and tells them of a single one', async () => {
    const list = listAt((await ask(`${cluster()}/nodegroups`)).body, 'nodegroups');
    const bounds = (group: unknown): unknown[] => [at(group, 'min_node_count'), at(group, 'max_node_count')];
    expect(list).toHaveLength(3);
    expect(list.map(bounds)).toEqual(list.map(() => [0, null]));
    expect(bounds((await readGroup(openstack(), token, 'default-worker')).body)).toEqual([1, 10]);
    expect(bounds((await readGroup(openstack(), token, 'extra')).body)).toEqual([0, 5]);
  });

  it.each<{ what: string; status: number; body: ResizeRequest | null }>([
    { what: 'below the minimum', status: 400, body: { node_count: 0, nodegroup: 'default-worker' } },
    { what: 'above the maximum', status: 400, body: { node_count: 11, nodegroup: 'default-worker' } },
    { what: 'a group that is not there', status: 404, body: { node_count: 2, nodegroup: 'nobody' } },
    { what: 'the masters', status: 400, body: { node_count: 3, nodegroup: 'default-master' } },
    { what: 'a body of null', status: 500, body: null },
  ])('answers $status to a resize: $what', async ({ status, body }) => {
    const before = begun().length;
    expect((await send(body)).status).toBe(status);
    expect(begun()).toHaveLength(before);
  });

  it('hides the cluster from another project', async () => {
    const { user, password, project } = openstack().credentials.stranger;
    const stranger = tokenOf(await authenticate(openstack(), passwordIdentity(user, password), projectScope(project)));
    expect((await readCluster(openstack(), stranger)).status).toBe(404);
    expect((await resize(openstack(), stranger, { node_count: 2 })).status).toBe(404);
  });
});

describe('a resize', () => {
  beforeEach(() => openstack().control({ delay: 0.3, hold: false, faults: [] }));
  const settle = (calls: number): Promise<string> => clusterSettled(openstack(), token, calls);

  it('is answered 202 with the cluster’s id, and grows the group', async () => {
    const calls = begun().length;
    const answer = await send({ node_count: 4, nodegroup: 'default-worker' });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ uuid: openstack().credentials.cluster.id });
    expect(await settle(calls + 1)).toBe('UPDATE_COMPLETE');
    expect(workers().map((server) => server.state)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']);
  });

  it('with the count of today is a whole cycle of update', async () => {
    const calls = begun().length;
    expect((await send({ node_count: 4, nodegroup: 'default-worker' })).status).toBe(202);
    await settle(calls + 1);
    expect(begun().at(-1)).toMatchObject({ op: 'resize_cluster', node_count: 4, previous: 4 });
  });

  it('removes exactly the servers that it names', async () => {
    const calls = begun().length;
    const victim = workers()[1]?.server_id ?? '';
    await send({ node_count: 3, nodegroup: 'default-worker', nodes_to_remove: [victim] });
    await settle(calls + 1);
    expect(begun().at(-1)).toMatchObject({ nodes_to_remove: [victim], matched: ['1'], unmatched: [] });
    expect(workers().map((server) => server.index)).toEqual(['0', '2', '3']);
  });

  it('takes an unknown server’s id and removes the highest index instead', async () => {
    const calls = begun().length;
    const unknown = '99999999-9999-4999-8999-999999999999';
    expect((await send({ node_count: 2, nodegroup: 'default-worker', nodes_to_remove: [unknown] })).status).toBe(202);
    await settle(calls + 1);
    expect(workers().map((server) => server.index)).toEqual(['0', '2']);
  });

  it('that names more servers than it takes away makes replacements', async () => {
    const calls = begun().length;
    const victims = workers().map((server) => server.server_id);
    await send({ node_count: 1, nodegroup: 'default-worker', nodes_to_remove: victims });
    await settle(calls + 1);
    expect(workers()).toHaveLength(1);
    expect(victims).not.toContain(workers()[0]?.server_id);
  });

  it('during another one is answered 202, shows its target at once, and supersedes the first', async () => {
    openstack().control({ hold: true });
    const calls = begun().length;
    await send({ node_count: 2, nodegroup: 'default-worker' });
    const busy = await eventually('the group is updating', async () => {
      const { body } = await readGroup(openstack(), token, 'default-worker');
      return at(body, 'status') === 'UPDATE_IN_PROGRESS' ? body : undefined;
    });
    expect(numberAt(busy, 'node_count')).toBe(2);
    expect((await send({ node_count: 3, nodegroup: 'default-worker' })).status).toBe(202);
    await eventually('the driver has the second', () => (begun().length === calls + 2 ? true : undefined));
    expect(begun().at(-1)).toMatchObject({ node_count: 3, superseded: true });
    openstack().control({ hold: false });
    await settle(calls + 2);
    expect(workers()).toHaveLength(3);
  });

  it('that fails keeps its target as node_count, adds faults, and the next one leads out of the failure', async () => {
    const reason = 'Quota exceeded for cores: Requested 4, but already used 20 of 20 cores';
    openstack().control({ faults: [{ id: 'quota-1', op: 'resize_cluster', times: 1, mode: 'fail', reason }] });
    const calls = begun().length;
    await send({ node_count: 5, nodegroup: 'default-worker' });
    expect(await settle(calls + 1)).toBe('UPDATE_FAILED');
    const group = await readGroup(openstack(), token, 'default-worker');
    expect(group.body).toMatchObject({ status: 'UPDATE_FAILED', node_count: 5, status_reason: reason });
    expect(at((await readCluster(openstack(), token)).body, 'faults')).toBeDefined();
    expect((await send({ node_count: 3, nodegroup: 'default-worker' })).status).toBe(202);
    expect(await settle(calls + 2)).toBe('UPDATE_COMPLETE');
  });

  it('by PATCH of the cluster is answered 202 while updating, and dropped', async () => {
    openstack().control({ hold: true });
    await send({ node_count: 4, nodegroup: 'default-worker' });
    await eventually('the cluster is updating', async () => {
      const status = textAt((await readCluster(openstack(), token)).body, 'status');
      return status === 'UPDATE_IN_PROGRESS' ? true : undefined;
    });
    const calls = begun().length;
    const patch = [{ op: 'replace', path: '/node_count', value: 9 }];
    const answer = await magnum(openstack(), cluster(), { method: 'PATCH', token, body: patch });
    expect(answer.status).toBe(202);
    openstack().control({ hold: false });
    await settle(calls);
    expect(begun()).toHaveLength(calls);
    expect(workers()).toHaveLength(4);
  });

  it('by PATCH of the cluster is held to no minimum and no maximum', async () => {
    const calls = begun().length;
    const patch = [{ op: 'replace', path: '/node_count', value: 11 }];
    expect((await magnum(openstack(), cluster(), { method: 'PATCH', token, body: patch })).status).toBe(202);
    await settle(calls + 1);
    expect(begun().at(-1)).toMatchObject({ op: 'update_cluster', node_count: 11, previous: 4 });
    await send({ node_count: 4, nodegroup: 'default-worker' });
    await settle(calls + 2);
    expect(workers()).toHaveLength(4);
  });

  it('reaches zero in a group whose minimum allows it', async () => {
    const calls = begun().length;
    expect((await send({ node_count: 0, nodegroup: 'extra' })).status).toBe(202);
    await settle(calls + 1);
    expect(numberAt((await readCluster(openstack(), token)).body, 'node_count')).toBe(4);
  });
});

describe('a cluster that is being made, and then deleted', () => {
  it('answers 202 to a resize and silently drops it, both times', async () => {
    const { user, project } = openstack().credentials;
    // With a password: an application credential may not make the trust that each new cluster gets.
    const identity = passwordIdentity(user.name, user.password);
    const owner = tokenOf(await authenticate(openstack(), identity, projectScope(project.name)));
    const template = textAt((await readCluster(openstack(), token)).body, 'cluster_template_id');
    openstack().control({ hold: true });
    const made = await magnum(openstack(), '/clusters', {
      method: 'POST',
      token: owner,
      body: { name: 'second', cluster_template_id: template, node_count: 1, master_count: 1 },
    });
    const id = textAt(made.body, 'uuid');
    const statusIs = (status: string): Promise<true> =>
      eventually(`the new cluster is ${status}`, async () =>
        at((await ask(`/clusters/${id}`)).body, 'status') === status ? true : undefined,
      );
    await statusIs('CREATE_IN_PROGRESS');
    const calls = (op: string): number => begun().filter((call) => call.op === op && call.cluster === id).length;
    await eventually('the driver makes it', () => (calls('create_cluster') === 1 ? true : undefined));
    const request = { method: 'POST', token, body: { node_count: 2 } };
    expect((await magnum(openstack(), `/clusters/${id}/actions/resize`, request)).status).toBe(202);
    openstack().control({ hold: false });
    await statusIs('CREATE_COMPLETE');
    expect(calls('resize_cluster')).toBe(0);
    expect(at((await ask(`/clusters/${id}`)).body, 'node_count')).toBe(1);

    openstack().control({ hold: true });
    const deleted = await magnum(openstack(), `/clusters/${id}`, { method: 'DELETE', token: owner });
    expect(deleted.status).toBe(204);
    await statusIs('DELETE_IN_PROGRESS');
    expect((await magnum(openstack(), `/clusters/${id}/actions/resize`, request)).status).toBe(202);
    openstack().control({ hold: false });
    await eventually('the cluster is gone', async () =>
      (await ask(`/clusters/${id}`)).status === 404 ? true : undefined,
    );
    expect(calls('resize_cluster')).toBe(0);
  });
});
