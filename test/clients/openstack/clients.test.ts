// Our OpenStack clients against the embedded cloud: tokens, versions, groups with their limits, refusals and faults.
import { afterEach, describe, expect, it } from 'vitest';
import { createOpenStackClients } from '../../../src/clients/openstack/clients.ts';
import { loadCredentials } from '../../../src/clients/openstack/credentials.ts';
import { isMaster } from '../../../src/clients/openstack/magnum.ts';
import { compareVersions, negotiate } from '../../../src/clients/openstack/microversions.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import { minutes, seconds } from '../../../src/model/units.ts';
import type { Milliseconds, ServerId } from '../../../src/model/units.ts';
import { aWorld, closeWorlds } from '../../sandbox/openstack/cloud.ts';
import type { World } from '../../sandbox/openstack/cloud.ts';

afterEach(closeWorlds);

const retry = { attempts: 2, baseDelay: 1 as Milliseconds, maxDelay: 2 as Milliseconds };
const tokensOf = (world: World): number =>
  world.cloud.requests.filter((request) => request.service === 'keystone' && request.method === 'POST').length;

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClientError);
  return error as ClientError;
}

describe('Keystone', () => {
  it('gives one token to all who ask at once, and keeps it', async () => {
    const world = await aWorld();
    await Promise.all([1, 2, 3, 4].map(() => world.clients.magnum.getCluster(world.cluster)));
    await world.clients.nova.limits();
    expect(tokensOf(world)).toBe(1);
  });

  it('renews shortly before the end, and no earlier', async () => {
    const world = await aWorld({ tokenLifetime: minutes(60) });
    await world.group();
    world.clock.advance(minutes(57));
    await world.group();
    expect(tokensOf(world)).toBe(1);
    world.clock.advance(minutes(2));
    await world.group();
    expect(tokensOf(world)).toBe(2);
    expect(world.cloud.requests.filter((request) => request.status === 401)).toEqual([]);
  });

  it('renews once for all when the tokens are revoked', async () => {
    const world = await aWorld();
    await world.group();
    world.cloud.inject({ kind: 'token401' });
    await Promise.all([world.group(), world.group('extra'), world.clients.nova.limits()]);
    expect(tokensOf(world)).toBe(2);
  });

  it('uses a token to its end when Keystone is away', async () => {
    const world = await aWorld();
    await world.group();
    world.clock.advance(minutes(59));
    world.cloud.inject({ kind: 'http500', service: 'keystone' });
    expect(await world.group()).toMatchObject({ node_count: 3 });
    world.clock.advance(minutes(2));
    expect(await failureOf(world.group())).toMatchObject({ code: 'ServerFault', source: 'Keystone' });
  });

  it('does not hammer with a wrong password, and never shows it', async () => {
    const world = await aWorld();
    const credentials = loadCredentials({ env: { ...world.cloud.environment(), OS_PASSWORD: 'hidden-word' } });
    const clients = createOpenStackClients({ credentials, clock: world.clock });
    const first = await failureOf(clients.magnum.getCluster(world.cluster));
    expect(first).toMatchObject({ code: 'Unauthorized', source: 'Keystone', retryable: false });
    expect(first.message).toMatch(/requires authentication.*OS_\* variables/);
    expect(`${first.message}${JSON.stringify(first)}${String(first.stack)}`).not.toContain('hidden-word');
    await failureOf(clients.magnum.getCluster(world.cluster));
    expect(tokensOf(world)).toBe(1);
    world.clock.advance(minutes(1));
    await failureOf(clients.magnum.getCluster(world.cluster));
    expect(tokensOf(world)).toBe(2);
    clients.close();
  });

  it('names the regions when the one that is asked for is unknown', async () => {
    const world = await aWorld();
    const credentials = loadCredentials({ env: world.cloud.environment(), region: 'Nowhere' });
    const clients = createOpenStackClients({ credentials, clock: world.clock });
    expect((await failureOf(clients.magnum.getCluster(world.cluster))).message).toMatch(/region Nowhere.*RegionOne/);
    clients.close();
  });
});

describe('Magnum', () => {
  it('reads the cluster and its groups with their true limits', async () => {
    const world = await aWorld();
    expect(await world.clients.magnum.getCluster('k8s')).toMatchObject({ uuid: world.cluster, node_count: 4 });
    const { groups, failures } = await world.clients.magnum.listNodeGroups(world.cluster);
    expect(failures).toEqual([]);
    expect(groups.map((group) => [group.name, isMaster(group), group.min_node_count, group.max_node_count])).toEqual([
      ['default-master', true, 0, null],
      ['default-worker', false, 1, 10],
      ['extra', false, 0, 5],
    ]);
  });

  it('returns the id of an accepted resize', async () => {
    const world = await aWorld();
    const wanted = { cluster: world.cluster, nodeGroup: 'default-worker', nodeCount: 4 };
    expect((await world.clients.magnum.resize(wanted)).requestId).toMatch(/^req-/);
  });

  it.each([
    ['an empty id', [''], 2],
    ['an index', ['2'], 2],
    ['a name', ['k8s-default-worker-node-2'], 2],
    ['half a node', [], 2.5],
    ['less than nothing', [], -1],
  ])('never sends a resize with %s', async (_name, victims, nodeCount) => {
    const world = await aWorld();
    const nodesToRemove = victims as readonly string[] as readonly ServerId[];
    const wanted = { cluster: world.cluster, nodeGroup: 'default-worker', nodeCount, nodesToRemove };
    expect(await failureOf(world.clients.magnum.resize(wanted))).toMatchObject({ code: 'BadRequest' });
    expect(world.cloud.requests).toEqual([]);
  });

  it.each([
    ['default-worker', 11, 'BadRequest', /outside the allowed range/],
    ['default-master', 2, 'BadRequest', /master/i],
    ['nobody', 2, 'NotFound', /nobody could not be found/],
  ])('tells why a resize of %s to %i is refused', async (nodeGroup, nodeCount, code, words) => {
    const world = await aWorld();
    const error = await failureOf(world.clients.magnum.resize({ cluster: world.cluster, nodeGroup, nodeCount }));
    expect(error).toMatchObject({ code, source: 'Magnum', retryable: false });
    expect(error.message).toMatch(words);
  });

  it.each([
    ['1.10', '1.10'],
    ['1.14', '1.14'],
    ['1.99', '1.14'],
  ])('speaks the highest version that both know: up to %s it is %s', async (max, used) => {
    const world = await aWorld({ magnumVersions: { min: '1.1', max } });
    expect(await world.clients.magnum.versions()).toEqual({ min: '1.1', max, used });
    expect(await world.group()).toMatchObject({ node_count: 3 });
  });

  it('says what an old Magnum lacks', async () => {
    const world = await aWorld({ magnumVersions: { min: '1.1', max: '1.8' } });
    expect((await failureOf(world.group())).message).toMatch(/needs microversion 1\.9 and this one ends at 1\.8/);
    const ninth = await aWorld({ magnumVersions: { min: '1.1', max: '1.9' } });
    const toZero = { cluster: ninth.cluster, nodeGroup: 'extra', nodeCount: 0 };
    expect((await failureOf(ninth.clients.magnum.resize(toZero))).message).toMatch(
      /a count of 0 needs microversion 1\.10/,
    );
  });

  it('compares versions as numbers', () => {
    expect(compareVersions('1.10', '1.9')).toBeGreaterThan(0);
    expect(negotiate('Magnum', '1.1', '1.9').used).toBe('1.9');
    expect(() => negotiate('Magnum', '1.20', '1.30')).toThrow(/newer springtide/);
  });
});

describe('under faults', () => {
  it.each([
    ['http500', 'ServerFault', true],
    ['http429', 'TooManyRequests', true],
    ['garbage', 'NotJson', true],
    ['forbidden403', 'Forbidden', false],
    ['hang', 'Timeout', true],
    ['slow', 'Timeout', true],
  ] as const)('%s is a %s', async (kind, code, retryable) => {
    const world = await aWorld();
    await world.group();
    world.cloud.inject({ kind, service: 'magnum', retryAfterSeconds: 30 });
    const credentials = loadCredentials({ env: world.cloud.environment() });
    // what is answered at once has time, however busy the machine is
    const timeout = (code === 'Timeout' ? 120 : 20_000) as Milliseconds;
    const clients = createOpenStackClients({ credentials, clock: world.clock, timeout });
    expect(await failureOf(clients.magnum.getCluster(world.cluster))).toMatchObject({
      code,
      retryable,
      source: 'Magnum',
    });
    clients.close();
  });

  it.each([
    ['http500', 'ServerFault'],
    ['garbage', 'NotJson'],
    ['forbidden403', 'Forbidden'],
    ['hang', 'Timeout'],
  ] as const)('reads the other groups where the answer about one is %s', async (kind, code) => {
    const world = await aWorld();
    const { uuid } = await world.group();
    world.cloud.inject({ kind, service: 'magnum', path: `/nodegroups/${uuid}` });
    const credentials = loadCredentials({ env: world.cloud.environment() });
    const clients = createOpenStackClients({ credentials, clock: world.clock, timeout: 1_000 as Milliseconds, retry });
    const { groups, failures } = await clients.magnum.listNodeGroups(world.cluster);
    expect(groups.map(({ name }) => name)).toEqual(['default-master', 'extra']);
    expect(failures).toMatchObject([{ name: 'default-worker', error: { code, source: 'Magnum' } }]);
    clients.close();
  });

  it('reads a group that nobody names again only when the list shows something new, or after five minutes', async () => {
    const world = await aWorld();
    const extra = await world.group('extra');
    const reads = (): number =>
      world.cloud.requests.filter(({ path }) => path.endsWith(`/nodegroups/${extra.uuid}`)).length;
    const list = async (): Promise<number | undefined> => {
      const { groups } = await world.clients.magnum.listNodeGroups(world.cluster, new Set(['default-worker']));
      expect(groups.map(({ name, max_node_count: most }) => [name, most])).toEqual([
        ['default-master', null],
        ['default-worker', 10],
        ['extra', 5],
      ]);
      return groups.find(({ name }) => name === 'extra')?.node_count;
    };
    const before = reads();
    await list();
    await list();
    expect(reads() - before).toBe(1);
    world.cloud.resize('extra', extra.node_count + 1);
    world.clock.advance(seconds(10));
    expect(await list()).toBe(extra.node_count + 1);
    expect(reads() - before).toBe(2);
    world.clock.advance(minutes(4));
    await list();
    const settled = reads();
    await list();
    expect(reads()).toBe(settled);
    world.clock.advance(minutes(5));
    await list();
    expect(reads()).toBe(settled + 1);
    // Who is named is read each time.
    const path = (await world.group()).uuid;
    expect(world.cloud.requests.filter((one) => one.path.endsWith(`/nodegroups/${path}`)).length).toBeGreaterThan(5);
  });

  it('has no groups where the list itself is refused', async () => {
    const world = await aWorld();
    await world.group();
    world.cloud.inject({ kind: 'http500', service: 'magnum', path: '/nodegroups' });
    expect(await failureOf(world.clients.magnum.listNodeGroups(world.cluster))).toMatchObject({ code: 'ServerFault' });
  });

  it('sends a resize once, whatever is answered', async () => {
    const world = await aWorld();
    await world.group();
    world.cloud.inject({ kind: 'http500', service: 'magnum' });
    await failureOf(world.clients.magnum.resize({ cluster: world.cluster, nodeGroup: 'extra', nodeCount: 2 }));
    expect(world.cloud.requests.filter((request) => request.path.endsWith('/resize'))).toHaveLength(1);
  });
});

describe('Magnum in the field', () => {
  it('has labels that are numbers and truths', async () => {
    const flavor = 'm1.large';
    const cluster = {
      name: 'k8s',
      labels: { auto_scaling_enabled: true },
      groups: [{ name: 'default-worker', count: 1, flavor, labels: { boot_volume_size: 40 } }],
    };
    const world = await aWorld({ cluster });
    expect((await world.clients.magnum.getCluster(world.cluster)).labels).toEqual({ auto_scaling_enabled: 'true' });
    expect((await world.group()).labels).toMatchObject({ boot_volume_size: '40' });
  });

  const elsewhere = (type: string, region: string) => ({
    type,
    endpoints: [{ url: 'http://127.0.0.1:1/v1', interface: 'public', region }],
  });

  it.each([
    ['Zun, which has its first name now', elsewhere('container', 'RegionOne')],
    ['one of another region, a service of its own', elsewhere('container-infra', 'RegionTwo')],
  ])('is found behind %s', async (_name, other) => {
    const world = await aWorld({ besides: [other] });
    expect(await world.group()).toMatchObject({ node_count: 3 });
  });
});

describe('Nova', () => {
  it('shows limits, servers and flavors', async () => {
    const world = await aWorld();
    const { nova } = world.clients;
    expect(await nova.presence()).toEqual({ state: 'present' });
    expect(await nova.limits()).toMatchObject({ maxTotalCores: 80, totalCoresUsed: 18, totalRAMUsed: 36_864 });
    expect(await nova.servers()).toHaveLength(5);
    expect(await nova.flavors()).toContainEqual(expect.objectContaining({ name: 'm1.large', vcpus: 4, ram: 8192 }));
  });

  it('is read page by page to its end', async () => {
    const { clients, cloud } = await aWorld({ novaPage: 2 });
    expect(await clients.nova.servers()).toHaveLength(cloud.servers().length);
  });

  it('gives no list rather than the first part of one', async () => {
    const cluster = { name: 'shop', groups: [{ name: 'default-worker', flavor: 'm1.large', count: 101 }] };
    const { clients } = await aWorld({ novaPage: 1, cluster });
    expect(await failureOf(clients.nova.servers())).toMatchObject({ code: 'BodyTooLarge', source: 'Nova' });
  });

  it('is a named state where the catalog hides it', async () => {
    const world = await aWorld({ nova: 'absent' });
    expect(await world.clients.nova.presence()).toMatchObject({
      state: 'absent',
      why: expect.stringContaining('compute') as string,
    });
    expect(await failureOf(world.clients.nova.limits())).toMatchObject({ code: 'NotFound', source: 'Nova' });
  });
});
