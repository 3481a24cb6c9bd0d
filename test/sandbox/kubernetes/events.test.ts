// Events of the embedded cluster: one store behind two groups, refusals as the real server's, and none kept for ever.
import { describe, expect, it } from 'vitest';
import type { KubernetesVersion } from '../../../src/sandbox/kubernetes/resources.ts';
import { configMap, names, testWorld, type TestWorld } from './world.ts';

const young = '/apis/events.k8s.io/v1';
const core = '/api/v1';
const inHome = (group: string, namespace = 'default'): string => `${group}/namespaces/${namespace}/events`;

const told = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name },
  eventTime: '2026-03-02T08:00:00.123456Z',
  reportingController: 'springtide.io/springtide',
  reportingInstance: 'springtide-0',
  action: 'Scale',
  reason: 'SuccessfulRescale',
  note: 'New size: 4',
  type: 'Normal',
  regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web', uid: 'u-1' },
  ...more,
});
const fieldsOf = (causes: readonly { field?: string }[] | undefined): unknown[] =>
  (causes ?? []).map(({ field }) => field);
const kept = (world: TestWorld): string[] => world.objects.list('events').map(({ metadata }) => metadata.name);

/** The names that a group lists for a selector. */
async function listed(world: TestWorld, group: string, fieldSelector: string): Promise<unknown[]> {
  const query = new URLSearchParams({ fieldSelector }).toString();
  const { status, body } = await world.call('GET', `${group}/events?${query}`);
  expect([status, body.message]).toEqual([200, undefined]);
  return names(body.items);
}

describe('two groups over one store', () => {
  it('keeps what events.k8s.io was told, and tells it in the words of both', async () => {
    const world = await testWorld();
    const made = await world.call('POST', inHome(young), told('web.1'));
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining(told('web.1', { metadata: expect.anything() })),
    ]);
    const [again, old] = await Promise.all([
      world.call('GET', `${inHome(young)}/web.1`),
      world.call('GET', `${inHome(core)}/web.1`),
    ]);
    expect(again.body).toEqual(made.body);
    const { regarding, note, reportingController, apiVersion, ...same } = made.body as unknown as Record<
      string,
      unknown
    >;
    expect([apiVersion, old.body]).toEqual([
      'events.k8s.io/v1',
      { ...same, apiVersion: 'v1', involvedObject: regarding, message: note, reportingComponent: reportingController },
    ]);
  });

  it('shows what the old kind counts under the names that are going away', async () => {
    const world = await testWorld();
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.2' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'web-0', uid: 'u-2' },
      reason: 'Failed',
      message: 'no luck',
      type: 'Warning',
      count: 3,
      firstTimestamp: '2026-03-02T08:00:00Z',
      lastTimestamp: '2026-03-02T08:00:05Z',
      source: { component: 'kubelet' },
    };
    expect((await world.call('POST', inHome(core), event)).status).toBe(201);
    expect((await world.call('GET', `${inHome(young)}/web.2`)).body).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'no luck',
      deprecatedCount: 3,
      deprecatedFirstTimestamp: event.firstTimestamp,
      deprecatedLastTimestamp: event.lastTimestamp,
      deprecatedSource: { component: 'kubelet' },
    });
    expect(await listed(world, core, 'source=kubelet')).toEqual(['web.2']);
  });

  it('says AlreadyExists for the same name, whichever group had it first', async () => {
    const world = await testWorld();
    await world.call('POST', inHome(young), told('web.1'));
    const again = await world.call('POST', inHome(young), told('web.1', { note: 'other words' }));
    expect([again.status, again.body.reason]).toEqual([409, 'AlreadyExists']);
    expect(again.body.message).toBe('events.events.k8s.io "web.1" already exists');
  });

  it('finds the Events of an object as kubectl describe asks for them', async () => {
    const world = await testWorld();
    await world.call('POST', inHome(young), told('web.1'));
    const other = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'api', uid: 'u-9' };
    await world.call('POST', inHome(young), told('api.1', { regarding: other, type: 'Warning' }));
    const described = 'involvedObject.kind=Deployment,involvedObject.namespace=default,involvedObject.name=web';
    expect(await listed(world, core, described)).toEqual(['web.1']);
    expect(await listed(world, core, 'involvedObject.uid=u-9')).toEqual(['api.1']);
    expect(await listed(world, core, 'involvedObject.uid=u-2')).toEqual([]);
    expect(await listed(world, young, 'regarding.uid=u-1')).toEqual(['web.1']);
    expect(await listed(world, young, 'type!=Normal')).toEqual(['api.1']);
    expect(await listed(world, core, 'source=springtide.io/springtide')).toEqual(['api.1', 'web.1']);
    const wrong = await world.call('GET', `${young}/events?fieldSelector=involvedObject.uid%3Du-1`);
    expect([wrong.status, wrong.body.message]).toEqual([400, 'field label not supported: involvedObject.uid']);
  });

  it('tells watchers of either group in its own words', async () => {
    const world = await testWorld();
    const [one, two] = [await world.watch(`${core}/events?watch=1`), await world.watch(`${young}/events?watch=1`)];
    await world.call('POST', inHome(young), told('web.1'));
    expect(await one.next()).toMatchObject({ type: 'ADDED', object: { apiVersion: 'v1', message: 'New size: 4' } });
    expect(await two.next()).toMatchObject({ type: 'ADDED', object: { note: 'New size: 4' } });
    one.close();
    two.close();
  });

  it('patches through the group that was asked, and says in discovery that it is there', async () => {
    const world = await testWorld();
    await world.call('POST', inHome(young), told('web.1'));
    const type = 'application/merge-patch+json';
    const patched = await world.call('PATCH', `${inHome(young)}/web.1`, { note: 'New size: 5' }, { type });
    expect([patched.status, (await world.call('GET', `${inHome(core)}/web.1`)).body]).toEqual([
      200,
      expect.objectContaining({ message: 'New size: 5' }),
    ]);
    const groups = (await world.call('GET', '/apis')).body.groups ?? [];
    const resources = (await world.call('GET', young)).body.resources ?? [];
    expect(groups.map(({ name }) => name)).toContain('events.k8s.io');
    expect(resources.map(({ name, kind }) => [name, kind])).toEqual([['events', 'Event']]);
  });
});

describe('what is refused', () => {
  const node = { apiVersion: 'v1', kind: 'Node', name: 'n-1' };
  it.each<[string, KubernetesVersion, string, Record<string, unknown>, unknown[]]>([
    ['no time of its own', '1.31', 'default', { eventTime: undefined }, ['eventTime']],
    ['a type of its own', '1.31', 'default', { type: 'Bad' }, ['type']],
    [
      'nobody who tells',
      '1.31',
      'default',
      { reportingController: '', reportingInstance: '' },
      ['reportingController', 'reportingInstance'],
    ],
    ['no act and no reason', '1.31', 'default', { action: undefined, reason: '' }, ['action', 'reason']],
    ['too long a note', '1.31', 'default', { note: '潮'.repeat(342) }, ['message']],
    ['too long a word', '1.31', 'default', { reason: 'R'.repeat(129) }, ['reason']],
    ['a count', '1.31', 'default', { deprecatedCount: 2 }, ['count']],
    ['a node, elsewhere', '1.31', 'shop', { regarding: node }, ['involvedObject.namespace']],
    ['a node, in default before 1.21', '1.20', 'default', { regarding: node }, ['involvedObject.namespace']],
  ])('%s', async (_name, version, namespace, more, fields) => {
    const world = await testWorld({ version });
    world.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    const { status, body } = await world.call('POST', inHome(young, namespace), told('web.1', more));
    expect([status, body.reason, fieldsOf(body.details?.causes)]).toEqual([422, 'Invalid', fields]);
    expect(world.objects.list('events')).toEqual([]);
  });

  it.each<[KubernetesVersion, string]>([
    ['1.20', 'kube-system'],
    ['1.31', 'kube-system'],
    ['1.31', 'default'],
  ])('takes Events of nodes in %s in %s', async (version, namespace) => {
    const world = await testWorld({ version });
    const { status } = await world.call('POST', inHome(young, namespace), told('n-1.1', { regarding: node }));
    expect(status).toBe(201);
  });

  it('an Event in a namespace that is not there, or about another one', async () => {
    const world = await testWorld();
    expect((await world.call('POST', inHome(young, 'gone'), told('web.1'))).status).toBe(404);
    const event = {
      ...configMap('x'),
      kind: 'Event',
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-0' },
    };
    const { status, body } = await world.call('POST', inHome(core), event);
    expect([status, fieldsOf(body.details?.causes)]).toEqual([422, ['involvedObject.namespace']]);
  });
});

describe('what is forgotten', () => {
  it('an Event, an hour after the last word on it', async () => {
    const world = await testWorld();
    await world.call('POST', inHome(young), told('first.1'));
    await world.call('POST', inHome(young), told('second.1'));
    world.advance(1800);
    const type = 'application/merge-patch+json';
    await world.call('PATCH', `${inHome(young)}/first.1`, { note: 'again' }, { type });
    world.advance(1799);
    expect(kept(world)).toEqual(['first.1', 'second.1']);
    world.advance(1);
    expect(kept(world)).toEqual(['first.1']);
    world.advance(1800);
    expect(world.objects.list('events')).toEqual([]);
  });

  it('the oldest, where there are too many', async () => {
    const world = await testWorld({ eventsKept: 3 });
    for (const name of ['c', 'b', 'a', 'd', 'e']) await world.call('POST', inHome(young), told(`${name}.1`));
    world.advance(0);
    expect(kept(world)).toEqual(['a.1', 'd.1', 'e.1']);
  });
});
