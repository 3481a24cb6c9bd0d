// The API as its clients meet it over HTTP: discovery, objects, lists, patches, scale, errors.
import { describe, expect, it } from 'vitest';
import { ageOf } from '../../../src/sandbox/kubernetes/api/tables.ts';
import { configMap, deployment, names, testWorld } from './world.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

describe('discovery', () => {
  it.each([
    { version: '1.20', git: 'v1.20.15+sandbox', policy: ['v1beta1'], autoscaling: ['v1'] },
    { version: '1.31', git: 'v1.31.4+sandbox', policy: ['v1'], autoscaling: ['v2', 'v1'] },
  ] as const)('$version', async ({ version, git, policy, autoscaling }) => {
    const world = await testWorld({ version });
    expect((await world.call('GET', '/version')).body.gitVersion).toBe(git);
    const { groups = [] } = (await world.call('GET', '/apis')).body;
    const versionsOf = (name: string): string[] =>
      groups.find((group) => group.name === name)?.versions.map((one) => one.version) ?? [];
    expect(versionsOf('policy')).toEqual(policy);
    expect(versionsOf('autoscaling')).toEqual(autoscaling);
    const core = (await world.call('GET', '/api/v1')).body.resources ?? [];
    expect(core.find((one) => one.name === 'pods/eviction')).toMatchObject({ kind: 'Eviction', version: policy[0] });
    const apps = (await world.call('GET', '/apis/apps/v1')).body.resources ?? [];
    expect(names(apps.map((metadata) => ({ metadata })))).toContain('deployments/scale');
    expect((await world.call('GET', '/apis/policy/v2')).status).toBe(404);
  });
});

describe('refusals', () => {
  it.each([
    ['an unknown object', 'GET', `${maps}/none`, undefined, {}, 404, 'NotFound', 'configmaps "none" not found'],
    ['an unknown resource', 'GET', '/apis/apps/v1/toasters', undefined, {}, 404, 'NotFound', 'could not find'],
    ['what is no path', 'GET', '//', undefined, {}, 404, 'NotFound', 'could not find'],
    ['no token', 'GET', maps, undefined, { token: '' }, 401, 'Unauthorized', 'Unauthorized'],
    ['a wrong token', 'GET', maps, undefined, { token: 'guess' }, 401, 'Unauthorized', 'Unauthorized'],
    ['an object that exists', 'POST', maps, configMap('there'), {}, 409, 'AlreadyExists', 'already exists'],
    ['a bad name', 'POST', maps, configMap('No_Name'), {}, 422, 'Invalid', 'RFC 1123'],
    ['no JSON', 'POST', maps, '{"kind":', {}, 400, 'BadRequest', 'unrecognized'],
    [
      'protobuf',
      'POST',
      maps,
      'k8s',
      { type: 'application/vnd.kubernetes.protobuf' },
      415,
      'UnsupportedMediaType',
      'json',
    ],
    ['a patch of no kind', 'PATCH', `${maps}/there`, {}, {}, 415, 'UnsupportedMediaType', 'merge-patch'],
    [
      'a missing namespace',
      'POST',
      '/api/v1/namespaces/gone/configmaps',
      configMap('a'),
      {},
      404,
      'NotFound',
      '"gone" not found',
    ],
    ['another kind', 'POST', maps, deployment('web', 1), {}, 400, 'BadRequest', 'Deployment'],
    [
      'a deployment without pods',
      'POST',
      deployments,
      { ...deployment('web', 1), spec: {} },
      {},
      422,
      'Invalid',
      'spec.template: Required value',
    ],
    ['negative replicas', 'POST', deployments, deployment('web', -1), {}, 422, 'Invalid', 'greater than or equal to 0'],
    [
      'a bad quantity',
      'POST',
      deployments,
      deployment('web', 1, '5 cores'),
      {},
      422,
      'Invalid',
      'resources.requests[cpu]',
    ],
    ['a bad selector', 'GET', `${maps}?labelSelector=a%3D%3D%3Db`, undefined, {}, 400, 'BadRequest', 'requirement'],
    [
      'a field that selects nothing',
      'GET',
      `${maps}?fieldSelector=data.x%3D1`,
      undefined,
      {},
      400,
      'BadRequest',
      'field label not supported',
    ],
    ['a foreign continue token', 'GET', `${maps}?limit=1&continue=xyz`, undefined, {}, 400, 'BadRequest', 'continue'],
    [
      'a version to come',
      'GET',
      `${maps}?resourceVersion=99999`,
      undefined,
      {},
      504,
      'Timeout',
      'Too large resource version',
    ],
    ['a method of no use', 'PUT', maps, configMap('a'), {}, 405, 'MethodNotAllowed', 'does not allow'],
  ] as const)('%s', async (_case, method, path, body, options, status, reason, message) => {
    const world = await testWorld();
    world.objects.apply(configMap('there'));
    const reply = await world.call(method, path, body, options);
    expect({ status: reply.status, kind: reply.body.kind, reason: reply.body.reason, code: reply.body.code }).toEqual({
      status,
      kind: 'Status',
      reason,
      code: status,
    });
    expect(reply.body.message).toContain(message);
  });
});

describe('writes', () => {
  it('keep what the server owns and refuse a stale version', async () => {
    const world = await testWorld();
    const made = (await world.call('POST', deployments, deployment('web', 1))).body;
    expect(made.metadata).toMatchObject({ generation: 1, creationTimestamp: '2026-03-02T08:00:00Z' });
    const changed = await world.call('PUT', `${deployments}/web`, { ...made, spec: { ...made.spec, replicas: 2 } });
    expect(changed.body.metadata).toMatchObject({ generation: 2, uid: made.metadata['uid'] });
    const stale = await world.call('PUT', `${deployments}/web`, { ...made, spec: { ...made.spec, replicas: 3 } });
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(stale.body.message).toContain('the object has been modified');
    const same = await world.call('PUT', `${deployments}/web`, changed.body);
    expect(same.body.metadata.resourceVersion).toBe(changed.body.metadata.resourceVersion);
  });

  it('touch only the status under /status and only the rest beside it', async () => {
    const world = await testWorld();
    world.addNode({ name: 'a' });
    const node = (await world.call('GET', '/api/v1/nodes/a')).body;
    const merge = { type: 'application/merge-patch+json' };
    await world.call('PATCH', '/api/v1/nodes/a', { spec: { unschedulable: true }, status: { capacity: null } }, merge);
    await world.call(
      'PATCH',
      '/api/v1/nodes/a/status',
      { spec: { unschedulable: false }, status: { phase: 'x' } },
      merge,
    );
    const after = (await world.call('GET', '/api/v1/nodes/a')).body;
    expect(after.spec['unschedulable']).toBe(true);
    expect(after.status).toEqual({ ...(node.status as object), phase: 'x' });
  });

  it('change nothing under dryRun=All', async () => {
    const world = await testWorld();
    world.objects.apply(configMap('there', { a: '1' }));
    const version = world.resourceVersion();
    const merge = { type: 'application/merge-patch+json' };
    const replies = [
      await world.call('POST', `${maps}?dryRun=All`, configMap('new')),
      await world.call('PATCH', `${maps}/there?dryRun=All`, { data: { a: '2' } }, merge),
      await world.call('DELETE', `${maps}/there?dryRun=All`),
    ];
    expect(replies.map((reply) => reply.status)).toEqual([201, 200, 200]);
    expect(replies[1]?.body.data).toEqual({ a: '2' });
    expect(world.resourceVersion()).toBe(version);
  });

  it('delete only what the preconditions name', async () => {
    const world = await testWorld();
    world.objects.apply(configMap('there'));
    const uid = { preconditions: { uid: '00000000-0000-4000-8000-000000000000' } };
    const version = { preconditions: { resourceVersion: '1' } };
    expect((await world.call('DELETE', `${maps}/there`, uid)).status).toBe(409);
    expect((await world.call('DELETE', `${maps}/there`, version)).status).toBe(409);
    expect((await world.call('DELETE', `${maps}/there`)).body.status).toBe('Success');
    expect((await world.call('DELETE', `${maps}/there`)).status).toBe(404);
  });
});

describe('patches', () => {
  const strategic = 'application/strategic-merge-patch+json';
  it.each([
    ['merge: sets, removes', 'application/merge-patch+json', { data: { a: null, c: '3' } }, { b: '2', c: '3' }],
    [
      'JSON: test, add, remove',
      'application/json-patch+json',
      [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'remove', path: '/data/a' },
        { op: 'add', path: '/data/c', value: '3' },
      ],
      { b: '2', c: '3' },
    ],
    ['strategic: merges maps', strategic, { data: { a: null, c: '3' } }, { b: '2', c: '3' }],
    ['strategic: replaces a map', strategic, { data: { $patch: 'replace', c: '3' } }, { c: '3' }],
  ])('%s', async (_case, type, patch, data) => {
    const world = await testWorld();
    world.objects.apply(configMap('there', { a: '1', b: '2' }));
    expect((await world.call('PATCH', `${maps}/there`, patch, { type })).body.data).toEqual(data);
  });

  it('refuse a JSON patch whose test fails and a version that is stale', async () => {
    const world = await testWorld();
    world.objects.apply(configMap('there', { a: '1' }));
    const failing = [{ op: 'test', path: '/data/a', value: '2' }];
    expect((await world.call('PATCH', `${maps}/there`, failing, { type: 'application/json-patch+json' })).status).toBe(
      422,
    );
    const stale = { metadata: { resourceVersion: '1' }, data: { a: '2' } };
    expect((await world.call('PATCH', `${maps}/there`, stale, { type: strategic })).status).toBe(409);
  });

  it('strategic: conditions merge by type, taints are replaced as a whole, containers merge by name', async () => {
    const world = await testWorld();
    world.addNode({ name: 'a', taints: [{ key: 'old', effect: 'NoSchedule' }] });
    const taints = [{ key: 'new', effect: 'NoSchedule' }];
    const node = await world.call('PATCH', '/api/v1/nodes/a', { spec: { taints } }, { type: strategic });
    expect(node.body.spec['taints']).toEqual(taints);
    const conditions = [{ type: 'Extra', status: 'True' }];
    await world.call('PATCH', '/api/v1/nodes/a/status', { status: { conditions } }, { type: strategic });
    const types = world.objects.get('nodes', 'a')?.status.conditions?.map((one) => one.type);
    expect(types).toEqual(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready', 'Extra']);
    world.objects.apply(deployment('web', 0));
    const image = { spec: { template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } } } };
    await world.call('PATCH', `${deployments}/web`, image, { type: strategic });
    const container = world.objects.get('deployments', 'web')?.spec.template.spec.containers[0];
    expect(container).toMatchObject({ image: 'web:2', resources: { requests: { cpu: '500m' } } });
  });
});

describe('lists', () => {
  it('page through one snapshot while the world goes on', async () => {
    const world = await testWorld();
    for (const name of ['a', 'b', 'c', 'd', 'e']) world.objects.apply(configMap(name));
    const first = (await world.call('GET', `${maps}?limit=2`)).body;
    expect(names(first.items)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(3);
    world.objects.delete('configmaps', 'd');
    world.objects.apply(configMap('bb'));
    const second = (await world.call('GET', `${maps}?limit=2&continue=${first.metadata.continue ?? ''}`)).body;
    const third = (await world.call('GET', `${maps}?limit=2&continue=${second.metadata.continue ?? ''}`)).body;
    expect([names(second.items), names(third.items)]).toEqual([['c', 'd'], ['e']]);
    expect(third.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    expect(names((await world.call('GET', maps)).body.items)).toEqual(['a', 'b', 'bb', 'c', 'e']);
  });

  it('refuse a page of a snapshot that is forgotten', async () => {
    const world = await testWorld({ historySize: 2 });
    for (const name of ['a', 'b', 'c']) world.objects.apply(configMap(name));
    const token = (await world.call('GET', `${maps}?limit=1`)).body.metadata.continue ?? '';
    for (const value of ['1', '2', '3', '4', '5']) world.objects.apply(configMap('a', { value }));
    expect((await world.call('GET', `${maps}?limit=1&continue=${token}`)).body).toMatchObject({
      code: 410,
      reason: 'Expired',
    });
  });

  it.each([
    ['app=web', '', ['one', 'two']],
    ['app in (web,db),tier!=back', '', ['one', 'three']],
    ['!tier', '', ['one', 'three']],
    ['tier', '', ['two']],
    ['', 'metadata.name=two', ['two']],
    ['app=web', 'metadata.name!=two', ['one']],
  ])('select by "%s" and "%s"', async (labels, fields, expected) => {
    const world = await testWorld();
    world.objects.apply(configMap('one', {}, { app: 'web' }));
    world.objects.apply(configMap('three', {}, { app: 'db' }));
    world.objects.apply(configMap('two', {}, { app: 'web', tier: 'back' }));
    const query = new URLSearchParams({ labelSelector: labels, fieldSelector: fields });
    expect(names((await world.call('GET', `${maps}?${query.toString()}`)).body.items)).toEqual(expected);
  });
});

describe('scale', () => {
  it('reads and writes replicas of whatever has them', async () => {
    const world = await testWorld();
    world.objects.apply(deployment('web', 2));
    const path = `${deployments}/web/scale`;
    const scale = (await world.call('GET', path)).body;
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { replicas: 0, selector: 'app=web' } });
    const put = await world.call('PUT', path, { ...scale, spec: { replicas: 3 } });
    expect(put.body.spec).toEqual({ replicas: 3 });
    const stale = await world.call('PUT', path, { ...scale, spec: { replicas: 4 } });
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    const zero = await world.call('PATCH', path, { spec: { replicas: 0 } }, { type: 'application/merge-patch+json' });
    expect(zero.body.spec).toEqual({});
    expect(world.objects.get('deployments', 'web')?.metadata.generation).toBe(3);
    const negative = await world.call(
      'PATCH',
      path,
      { spec: { replicas: -1 } },
      { type: 'application/merge-patch+json' },
    );
    expect(negative.status).toBe(422);
  });
});

describe('horizontal pod autoscalers', () => {
  it('keep their CPU target between v1 and v2', async () => {
    const world = await testWorld();
    const hpa = {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: { maxReplicas: 5, targetCPUUtilizationPercentage: 60, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    };
    const home = '/namespaces/default/horizontalpodautoscalers';
    await world.call('POST', `/apis/autoscaling/v1${home}`, hpa);
    const v2 = await world.call('GET', `/apis/autoscaling/v2${home}/web`);
    expect(v2.body.spec['metrics']).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
    ]);
    const v1 = await world.call('GET', `/apis/autoscaling/v1${home}/web`);
    expect(v1.body.spec).toEqual({ ...hpa.spec, minReplicas: 1 });
  });
});

describe('tables', () => {
  it.each([
    [1, '1s'],
    [119, '119s'],
    [125, '2m5s'],
    [600, '10m'],
    [10_800, '3h'],
    [11_100, '3h5m'],
    [172_800, '2d'],
  ])('an age of %i seconds is printed as %s', (seconds, text) => {
    expect(ageOf('2026-03-02T08:00:00Z', Date.parse('2026-03-02T08:00:00Z') + seconds * 1000)).toBe(text);
  });

  it('are what kubectl get prints', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n' });
    world.objects.apply(deployment('web', 1));
    world.advance(30);
    const reply = await fetch(`${world.url}/apis/apps/v1/deployments`, {
      headers: {
        Authorization: `Bearer ${world.token}`,
        Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      },
    });
    const table = (await reply.json()) as {
      kind: string;
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    };
    expect(table.columnDefinitions.map((column) => column.name)).toEqual([
      'Name',
      'Ready',
      'Up-to-date',
      'Available',
      'Age',
    ]);
    expect(table.rows.map((row) => row.cells)).toEqual([['web', '1/1', 1, 1, '30s']]);
  });
});
