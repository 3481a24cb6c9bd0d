// One failing source never fails the others, what was not read is named, and nothing outlives the deadline.
import { afterEach, describe, expect, it } from 'vitest';
import { ClientError } from '../../src/clients/http/error.ts';
import type { ListReading } from '../../src/clients/kubernetes/lists.ts';
import { createCollector } from '../../src/collectors/collector.ts';
import type { CollectorParts } from '../../src/collectors/collector.ts';
import { customKindsOf } from '../../src/collectors/scales.ts';
import type { Config } from '../../src/model/config.ts';
import type { ObjectMeta, Scale } from '../../src/model/kubernetes.ts';
import type { PrometheusAnswer } from '../../src/model/snapshot.ts';
import { instantOf, later, seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { aWorld as aCloud, closeWorlds } from '../sandbox/openstack/cloud.ts';

afterEach(closeWorlds);

const start = instantOf('2026-11-20T08:00:00Z') as Instant;

const single = (text: string): object => ({ single: text, grouped: null });
const metric = (query: string, coverage: string | null = null): object => ({
  name: 'm',
  source: { kind: 'query', question: single(query), byPod: false },
  ages: [single(`age(${query})`)],
  coverage: coverage === null ? null : { question: single(coverage) },
});
const aPolicy = (name: string, metrics: readonly object[], target: object = {}): object => ({
  metadata: { name, namespace: 'shop' },
  aim: { kind: 'one', target: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, ...target } },
  spec: { metrics },
});
const selecting = (name: string, metrics: readonly object[], more: object = {}): object => ({
  metadata: { name, namespace: 'shop' },
  aim: {
    ...{
      kind: 'many',
      apiVersion: 'space/v1',
      targetKind: 'Rocket',
      namespaces: ['shop'],
      expect: null,
      overrides: [],
    },
    selector: { matchLabels: { stage: 'one' } },
    ...more,
  },
  spec: { metrics },
});
const aConfig = (
  podPolicies: readonly object[],
  saturation: readonly object[] = [{ query: 'full', ages: [] }],
): Config =>
  ({
    hash: 'h',
    daemon: { cluster: 'pay', openstack: {}, kubernetes: { namespaces: [] } },
    podPolicies,
    nodePolicies: [{ spec: { nodeGroups: [], growth: { saturation }, shrink: {} } }],
  }) as unknown as Config;

const answerOf = (value: string): PrometheusAnswer => ({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: {}, value: [0, value] }] },
});
const failure = (code: 'Timeout' | 'ServerFault'): ClientError =>
  new ClientError({ code, source: 'x', message: `it is ${code}` });

interface World {
  readonly parts: CollectorParts;
  readonly clock: VirtualClock;
  readonly asked: { readonly query: string; readonly at: Instant | undefined }[];
}

function aWorld(
  changes: {
    config?: Config;
    lists?: Record<string, Partial<ListReading<never>>>;
    seesAll?: boolean;
    query?: (text: string) => Promise<PrometheusAnswer>;
    openstack?: Partial<NonNullable<CollectorParts['openstack']>> | null;
    readScale?: CollectorParts['kubernetes']['writes']['readScale'];
    custom?: Partial<CollectorParts['kubernetes']['custom']>;
    deadline?: Milliseconds;
  } = {},
): World {
  const clock = new VirtualClock(start);
  const asked: World['asked'] = [];
  const fresh = { items: [], synced: true, lastContact: start, failure: null };
  const parts: CollectorParts = {
    config: () => config,
    clock,
    deadline: changes.deadline ?? seconds(10),
    kubernetes: {
      lists: { seesAll: changes.seesAll ?? true, read: (list) => ({ ...fresh, ...changes.lists?.[list] }) },
      writes: { readScale: changes.readScale ?? (() => Promise.reject(failure('ServerFault'))) },
      custom: {
        list: () => Promise.resolve([]),
        read: ({ namespace, name }) => Promise.resolve({ namespace, name }),
        ...changes.custom,
      },
    },
    prometheus: {
      query: (query, options) => {
        asked.push({ query, at: options?.at });
        return changes.query?.(query) ?? Promise.resolve(answerOf('1'));
      },
      queryRange: () => Promise.resolve({ status: 'success', data: { resultType: 'matrix', result: [] } }),
    },
    openstack:
      changes.openstack === null
        ? null
        : {
            magnum: {
              getCluster: (name) => Promise.resolve({ uuid: 'c', name }),
              listNodeGroups: () => Promise.resolve({ groups: [], failures: [] }),
              versions: () => Promise.resolve({ min: '1.1', max: '1.10', used: '1.10' }),
            },
            nova: {
              presence: () => Promise.resolve({ state: 'present' }),
              limits: () => Promise.resolve({ maxTotalCores: 10 }),
              flavors: () => Promise.resolve([{ id: 'f' }]),
              servers: () => Promise.resolve([]),
            },
            ...changes.openstack,
          },
  };
  const config = changes.config ?? aConfig([aPolicy('web', [metric('rps')])]);
  return { parts, clock, asked };
}

describe('a collection', () => {
  it('reads the whole world at one instant', async () => {
    const { parts, asked } = aWorld();
    const snapshot = await createCollector(parts)(start);
    expect(snapshot).toMatchObject({
      time: '2026-11-20T08:00:00Z',
      kubernetes: { pods: [], nodes: [], csinodes: [] },
      magnum: { cluster: { name: 'pay' }, nodegroups: [], versions: { used: '1.10' } },
      nova: { limits: { maxTotalCores: 10 }, flavors: [{ id: 'f' }], servers: [] },
      prometheus: { queries: { rps: answerOf('1'), 'age(rps)': answerOf('1'), full: answerOf('1') } },
      errors: [],
    });
    expect(asked.map((one) => one.at)).toEqual([start, start, start]);
  });

  it('uses what was asked of the cloud ahead, once, and asks anew where nothing was', async () => {
    let asks = 0;
    const magnum = {
      getCluster: (name: string) => Promise.resolve({ uuid: `c${++asks}`, name }),
      listNodeGroups: () => Promise.resolve({ groups: [], failures: [] }),
      versions: () => Promise.resolve({ min: '1.1', max: '1.10', used: '1.10' }),
    };
    const collect = createCollector(aWorld({ openstack: { magnum } }).parts);
    collect.askAhead();
    expect(asks).toBe(1);
    expect((await collect(start)).magnum.cluster?.uuid).toBe('c1');
    expect((await collect(start)).magnum.cluster?.uuid).toBe('c2');
  });

  it('does not use what was asked ahead under another configuration', async () => {
    const { parts } = aWorld();
    let current = parts.config();
    const collect = createCollector({ ...parts, config: () => current });
    collect.askAhead();
    current = { ...current, daemon: { ...current.daemon, cluster: 'other' } };
    expect((await collect(start)).magnum.cluster?.name).toBe('other');
  });

  it('asks each distinct query once, coverage and saturation included', async () => {
    const cpu = metric('cpu', 'count(up)');
    const config = aConfig([aPolicy('a', [cpu]), aPolicy('b', [cpu, metric('rps')])], [{ query: 'rps', ages: [] }]);
    const { parts, asked } = aWorld({ config });
    await createCollector(parts)(start, { queries: ['cpu', 'extra'] });
    expect(asked.map(({ query }) => query)).toEqual(['cpu', 'age(cpu)', 'count(up)', 'rps', 'age(rps)', 'extra']);
  });

  it('asks at most ten queries at a time', async () => {
    let open = 0;
    let most = 0;
    const metrics = Array.from({ length: 40 }, (_, index) => metric(`q${index}`));
    const { parts, asked } = aWorld({
      config: aConfig([aPolicy('web', metrics)], []),
      query: async () => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        open--;
        return answerOf('1');
      },
    });
    await createCollector(parts)(start);
    expect(asked).toHaveLength(80);
    expect(most).toBe(10);
  });

  it('names the query that failed and keeps the others', async () => {
    const { parts } = aWorld({
      query: (text) => (text === 'rps' ? Promise.reject(failure('Timeout')) : Promise.resolve(answerOf('2'))),
    });
    const snapshot = await createCollector(parts)(start);
    expect(Object.keys(snapshot.prometheus.queries ?? {})).toEqual(['age(rps)', 'full']);
    expect(snapshot.errors).toEqual([{ source: 'prometheus', what: 'rps', code: 'Timeout', message: 'it is Timeout' }]);
  });

  it('ends at its deadline with what was read until then', async () => {
    const { parts } = aWorld({
      deadline: 30 as Milliseconds,
      query: (text) => (text === 'rps' ? new Promise(() => undefined) : Promise.resolve(answerOf('2'))),
      openstack: {
        magnum: {
          getCluster: () => new Promise(() => undefined),
          listNodeGroups: () => Promise.resolve({ groups: [], failures: [] }),
          versions: () => Promise.reject(failure('ServerFault')),
        },
      },
    });
    const snapshot = await createCollector(parts)(start);
    expect(snapshot.magnum).toEqual({ nodegroups: [] });
    expect(snapshot.prometheus.queries).toHaveProperty('full');
    expect(snapshot.errors.map(({ source, what, code }) => [source, what, code])).toEqual(
      expect.arrayContaining([
        ['magnum', 'versions', 'ServerFault'],
        ['prometheus', 'rps', 'Timeout'],
        ['magnum', 'cluster', 'Timeout'],
      ]),
    );
    expect(snapshot.errors).toHaveLength(3);
  });

  it('ends when it is told to', async () => {
    const { parts, asked } = aWorld({ query: () => new Promise(() => undefined) });
    const snapshot = await createCollector(parts)(start, { signal: AbortSignal.abort() });
    expect(asked).toEqual([]);
    expect(snapshot.errors.filter((error) => error.source === 'prometheus')).toHaveLength(3);
  });

  it('answers ranges beside queries where they are wanted', async () => {
    const range = { query: 'rps', start: 0, end: 60, step: 15 };
    const snapshot = await createCollector(aWorld().parts)(start, { ranges: [range], queries: ['extra', 'rps'] });
    expect(snapshot.prometheus.ranges).toMatchObject([{ ...range, answer: { status: 'success' } }]);
    expect(snapshot.prometheus.queries).toHaveProperty('extra');
  });
});

describe('lists of Kubernetes', () => {
  const forbidden = { code: 'Forbidden', message: 'no permission', since: start };
  const minuteAgo = later(start, -61_000 as Milliseconds);
  it.each([
    ['never listed', { synced: false, lastContact: null }, 'NotSynced', /not been listed yet/],
    ['refused', { synced: false, lastContact: null, failure: forbidden }, 'Forbidden', /no permission/],
    ['silent for too long', { lastContact: minuteAgo, failure: forbidden }, 'Stale', /for 61 s: no permission/],
  ])('that are %s are absent and named, never empty', async (_case, reading, code, message) => {
    const snapshot = await createCollector(aWorld({ lists: { pods: reading } }).parts)(start);
    expect(snapshot.kubernetes).not.toHaveProperty('pods');
    expect(snapshot.kubernetes).toHaveProperty('nodes');
    expect(snapshot.errors).toMatchObject([{ source: 'kubernetes', what: 'pods', code }]);
    expect(snapshot.errors[0]?.message).toMatch(message);
  });

  it('of what nodes can attach stay as they were last known, and are named: it hardly changes', async () => {
    const of = (reading: Partial<ListReading<never>>) =>
      createCollector(aWorld({ lists: { csinodes: reading } }).parts)(start);
    const silent = await of({ lastContact: minuteAgo, failure: forbidden });
    expect(silent.kubernetes.csinodes).toEqual([]);
    expect(silent.errors).toMatchObject([{ what: 'csinodes', code: 'Stale' }]);
    const never = await of({ synced: false, lastContact: null, failure: forbidden });
    expect(never.kubernetes).not.toHaveProperty('csinodes');
    expect(never.errors).toMatchObject([{ what: 'csinodes', code: 'Forbidden' }]);
  });

  it('that are a minute old are still good, failing or not', async () => {
    const reading = { lastContact: later(start, -60_000 as Milliseconds), failure: forbidden };
    const snapshot = await createCollector(aWorld({ lists: { pods: reading } }).parts)(start);
    expect(snapshot.kubernetes).toHaveProperty('pods');
  });

  it('judge no node while only some namespaces are seen', async () => {
    const snapshot = await createCollector(aWorld({ seesAll: false }).parts)(start);
    expect(snapshot.kubernetes).not.toHaveProperty('nodes');
    expect(snapshot.errors).toMatchObject([{ what: 'nodes', code: 'PartialView' }]);
  });

  it('are completed by the scales of targets that stand in none, with their labels', async () => {
    const rocket = (name: string): object => aPolicy(name, [], { apiVersion: 'space/v1', kind: 'Rocket' });
    const { parts } = aWorld({
      config: aConfig([rocket('one'), rocket('two'), rocket('one'), aPolicy('web', [])]),
      readScale: ({ name }) =>
        name === 'two' ? Promise.reject(failure('ServerFault')) : Promise.resolve(aScale(name, '7')),
      custom: { read: ({ name }) => Promise.resolve({ name, annotations: { 'springtide.io/paused': 'true' } }) },
    });
    const snapshot = await createCollector(parts)(start);
    expect(snapshot.kubernetes.scales).toEqual([
      {
        metadata: { name: 'one', resourceVersion: '7', annotations: { 'springtide.io/paused': 'true' } },
        spec: { replicas: 3 },
      },
    ]);
    expect(snapshot.errors).toMatchObject([{ what: 'scales shop/Rocket/two', code: 'ServerFault' }]);
  });
});

const aScale = (name: string, resourceVersion = '1'): Scale => ({
  metadata: { name, resourceVersion },
  spec: { replicas: 3 },
});

describe('custom kinds', () => {
  const rockets = (...names: string[]): ObjectMeta[] =>
    names.map((name) => ({ namespace: 'shop', name, labels: { stage: 'one' } }));
  const perTarget = { ...metric('thrust'), source: { kind: 'query', question: single('x{a="{{name}}"}') }, ages: [] };

  it('are listed, their scales read eight at a time, and each target is asked for', async () => {
    let open = 0;
    let most = 0;
    const names = Array.from({ length: 20 }, (_, index) => `r${index}`);
    const { parts, asked } = aWorld({
      config: aConfig([selecting('all', [perTarget])], []),
      custom: { list: () => Promise.resolve(rockets(...names)) },
      readScale: async ({ name, kind, apiVersion }) => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        open--;
        return { ...aScale(name), target: { kind, ...(apiVersion !== undefined && { apiVersion }) } };
      },
    });
    const snapshot = await createCollector(parts)(start);
    expect(most).toBe(8);
    expect(snapshot.kubernetes.scales).toHaveLength(20);
    expect(asked).toHaveLength(20);
    expect(snapshot.prometheus.queries).toHaveProperty(['x{a="r19"}']);
  });

  it('that cannot be listed are named once; a scale that cannot be read leaves its object without replicas', async () => {
    const kinds = [selecting('a', [], { namespaces: ['shop', 'pay'] }), selecting('b', [], { targetKind: 'Probe' })];
    const { parts } = aWorld({
      config: aConfig(kinds),
      custom: {
        list: ({ kind }) => (kind === 'Rocket' ? Promise.reject(failure('Timeout')) : Promise.resolve(rockets('p1'))),
      },
    });
    const { kubernetes, errors } = await createCollector(parts)(start);
    expect(kubernetes.scales).toEqual([
      { metadata: rockets('p1')[0], target: { kind: 'Probe', apiVersion: 'space/v1' } },
    ]);
    expect(errors.map(({ what, code }) => [what, code])).toEqual(
      expect.arrayContaining([
        ['scales space/v1/Rocket', 'Timeout'],
        ['scales shop/Probe/p1', 'ServerFault'],
      ]),
    );
    expect(errors).toHaveLength(2);
  });

  it('of which one never answers hold up no other', async () => {
    let answered: (metas: ObjectMeta[]) => void = () => undefined;
    const slow = new Promise<ObjectMeta[]>((resolve) => (answered = resolve));
    const asked: string[] = [];
    const { parts } = aWorld({
      config: aConfig([selecting('a', [perTarget]), selecting('b', [perTarget], { targetKind: 'Probe' })], []),
      custom: { list: ({ kind }) => (kind === 'Rocket' ? slow : Promise.resolve(rockets('p1'))) },
      readScale: ({ name, kind }) => Promise.resolve({ ...aScale(name), target: { kind } }),
      query: (text) => {
        asked.push(text);
        // the slow kind answers only after the other's question was asked
        answered(rockets('r1'));
        return Promise.resolve(answerOf('1'));
      },
    });
    await createCollector(parts)(start);
    expect(asked).toEqual(['x{a="p1"}', 'x{a="r1"}']);
  });

  it.each<[string, object, readonly string[], (string | undefined)[]]>([
    ['named namespaces', { namespaces: ['shop', 'pay'] }, [], ['shop', 'pay']],
    ['a pattern', { namespaces: ['pay-*', 'shop'] }, [], [undefined]],
    ['what may be seen', { namespaces: ['pay-*'] }, ['pay-eu', 'shop'], ['pay-eu']],
    ['a long list', { namespaces: Array.from({ length: 30 }, (_, index) => `ns-${index}`) }, [], [undefined]],
  ])('%s: the API server is asked for no more than is meant', (_what, more, visible, expected) => {
    const config = aConfig([selecting('a', [], more), selecting('b', [], more), aPolicy('web', [])]);
    const daemon = { ...config.daemon, kubernetes: { ...config.daemon.kubernetes, namespaces: [...visible] } };
    const [kind, ...others] = customKindsOf({ ...config, daemon });
    expect(others).toEqual([]);
    expect(kind?.kind).toEqual({ apiVersion: 'space/v1', kind: 'Rocket' });
    expect(kind?.lists).toEqual(expected.map((namespace) => ({ namespace, labelSelector: 'stage=one' })));
  });
});

describe('the cloud', () => {
  it('with a node group that cannot be read is read but for that group', async () => {
    const world = await aCloud();
    const { uuid } = await world.group('extra');
    world.cloud.inject({ kind: 'http500', service: 'magnum', path: `/nodegroups/${uuid}` });
    const config = { ...aConfig([]), daemon: { ...aConfig([]).daemon, cluster: 'k8s' } } as Config;
    const snapshot = await createCollector(aWorld({ config, openstack: world.clients }).parts)(start);
    expect(snapshot.magnum.nodegroups?.map(({ name }) => name)).toEqual(['default-master', 'default-worker']);
    expect(snapshot.magnum).toHaveProperty('versions');
    expect(snapshot.errors).toMatchObject([{ source: 'magnum', what: 'nodegroup extra', code: 'ServerFault' }]);
    expect(snapshot.errors[0]?.message).toMatch(/Magnum/);
  });

  it('that hides Nova is one named error', async () => {
    const world = aWorld();
    const nova = {
      ...world.parts.openstack?.nova,
      presence: () => Promise.resolve({ state: 'absent', why: 'no compute' }),
    };
    const { parts } = aWorld({ openstack: { nova } as never });
    const snapshot = await createCollector(parts)(start);
    expect(snapshot.nova).toEqual({});
    expect(snapshot.errors).toEqual([{ source: 'nova', what: 'limits', code: 'NotInCatalog', message: 'no compute' }]);
  });

  it('is asked for flavors and servers now and then, for limits always', async () => {
    const reads: string[] = [];
    const note = (what: string) => () => {
      reads.push(what);
      return Promise.resolve([] as never);
    };
    const nova = {
      presence: () => Promise.resolve({ state: 'present' as const }),
      limits: note('limits'),
      flavors: note('flavors'),
      servers: note('servers'),
    };
    const { parts, clock } = aWorld({ openstack: { nova } });
    const collect = createCollector(parts);
    await collect(clock.now());
    clock.advance(seconds(15));
    await collect(clock.now());
    expect(reads).toEqual(['limits', 'flavors', 'servers', 'limits']);
    clock.advance(seconds(60));
    await collect(clock.now());
    expect(reads.slice(4)).toEqual(['limits', 'servers']);
  });

  it('is missed where NodePolicies need it, and only there', async () => {
    const missed = await createCollector(aWorld({ openstack: null }).parts)(start);
    expect(missed.errors).toMatchObject([{ source: 'magnum', code: 'NotConfigured' }]);
    const config = { ...aConfig([]), nodePolicies: [] } as Config;
    const unneeded = await createCollector(aWorld({ openstack: null, config }).parts)(start);
    expect(unneeded.errors).toEqual([]);
  });
});
