// What a group says of its own shrink over its policy: every key of the schema, in a world where another group goes by the policy.
import { describe, expect, it } from 'vitest';
import { nodePolicy } from '../../../src/config/schema/node-policy.ts';
import type { Node, Pod } from '../../../src/model/kubernetes.ts';
import { emptyGroupMemory, type GroupMemory, type Memory } from '../../../src/model/memory.ts';
import type { NodeDecision } from '../../../src/model/plan.ts';
import { rfc3339, type Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { shrinkRules } from '../../../src/policies/nodes/shrink-rules.ts';
import { questionsOf } from '../../../src/targets/questions.ts';
import {
  aBudget,
  aConfig,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aReplicaSet,
  aSnapshot,
  at,
  noon,
  podsOf,
} from '../../builders.ts';
import { steady } from './worlds.ts';

type Builder = ReturnType<typeof aNode>;
type Snapshots = ReturnType<typeof aSnapshot>;

interface World {
  /** what the policy says, and what the group of w-3 and w-4 says over it */
  readonly usual?: object;
  readonly own: object;
  /** on w-2 and on w-4, who are judged */
  readonly pod?: (name: string, node: string) => Pod;
  readonly node?: (node: Builder) => Builder;
  readonly memory?: Partial<GroupMemory>;
  readonly more?: (snapshot: Snapshots) => Snapshots;
}

const groupOf = { 'w-1': 'usual', 'w-2': 'usual', 'w-3': 'own', 'w-4': 'own' } as const;
const judged = ['w-2', 'w-4'] as const;
const everyPlace = { atOnce: { empty: 20, drained: 20 } };
const busy = podsOf('web', { 'w-1': 3, 'w-3': 3 }, { cpu: '1' });

function policyOf(usual: object, own: object) {
  const groups = [
    { name: 'usual', min: 0, max: 20 },
    { name: 'own', min: 0, max: 20, shrink: own },
  ];
  return aNodePolicy({ nodeGroups: groups, shrink: { ...everyPlace, ...usual } });
}

function look({ usual = {}, own, pod, node = (one) => one, memory = {}, more = (one) => one }: World) {
  const groupMemory = { ...emptyGroupMemory, ...memory };
  const before: Memory = {
    ...steady(),
    groups: { usual: groupMemory, own: groupMemory },
    nodes: Object.fromEntries(
      Object.keys(groupOf).map((name) => [name, { ready: true, unneededSince: at(-7000), emptySince: null }]),
    ),
  };
  const nodes = Object.entries(groupOf).map(([name, group]): Node => {
    const made = aNode(name).inGroup(group);
    return (name === 'w-2' || name === 'w-4' ? node(made) : made).build();
  });
  const snapshot = aSnapshot()
    .groups(aNodeGroup('usual', 2, { flavor_id: 'm1.large' }), aNodeGroup('own', 2, { flavor_id: 'm1.large' }))
    .nodes(...nodes)
    .pods(...busy, ...(pod === undefined ? [] : judged.map((name) => pod(`api-${name}`, name))))
    .replicaSets(aReplicaSet('shop', 'web', 6), aReplicaSet('shop', 'api'), aReplicaSet('kube-system', 'api'));
  const config = aConfig([], [policyOf(usual, own)]);
  return decide(more(snapshot).build(), config, before, noon).plan;
}

/** What becomes of it: its step, why it goes back to work, or why it stays. */
function fateOf(decisions: readonly NodeDecision[], name: string): string | null {
  for (const { drains, kept, resize } of decisions) {
    const step = drains.find(({ node }) => node === name);
    if (step !== undefined) return step.step === 'rollBack' ? step.reason : step.step;
    if (resize?.remove.some(({ node }) => node === name) === true) return 'removed';
    const stays = kept.find(({ node }) => node === name);
    if (stays !== undefined) return stays.reason;
  }
  return null;
}

const fates = (world: World) => {
  const { nodes: decisions } = look(world);
  return judged.map((name) => fateOf(decisions, name));
};

const running = (name: string, node: string) =>
  aPod(name).labelled({ app: 'api' }).ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '500m' }).on(node).ready();
const small = (name: string, node: string): Pod => running(name, node).build();
const withDisk = (name: string, node: string): Pod =>
  running(name, node)
    .spec({ volumes: [{ name: 'tmp', emptyDir: {} }] })
    .build();
const ofSystem = (name: string, node: string): Pod =>
  running(name, node)
    .meta({ namespace: 'kube-system', creationTimestamp: rfc3339(at(-1800)) })
    .build();
const silent = (node: Builder): Builder => node.notReady(at(-1300));
const leaving = (startedAt: Instant) => (node: Builder) => node.leaving({ startedAt });
const failure = { at: at(-300), code: 'DrainTimedOut', message: 'web-1' };
const hours = (from: number, until: number) => ({ from: rfc3339(at(from)), until: rfc3339(at(until)) });
const shares = (of: Readonly<Record<string, number>>) => ({
  status: 'success' as const,
  data: {
    resultType: 'vector' as const,
    result: Object.entries(of).map(([node, share]) => ({
      metric: { node },
      value: [noon / 1000, String(share)] as [number, string],
    })),
  },
});
const usageOf = (holdAbove: number) => ({
  cpu: { query: 'cpu', holdAbove },
  memory: { query: 'memory', holdAbove: 0.9 },
  letGo: { requestsBelow: 0.9, cpuBelow: 0.2, memoryBelow: 0.4 },
});

/** By the key: the world, and what becomes of w-2 by the policy and of w-4 by its group. */
const byKey: Readonly<Record<string, readonly [World, string, string]>> = {
  utilizationBelow: [{ own: { utilizationBelow: 0.1 }, pod: small }, 'begin', 'NotUnderutilized'],
  unneededFor: [{ own: { unneededFor: '2h' } }, 'begin', 'UnneededTooShort'],
  afterGrowth: [{ own: { afterGrowth: '1h' }, memory: { lastGrowth: at(-900) } }, 'begin', 'RecentGrowth'],
  afterFailure: [{ own: { afterFailure: '1h' }, memory: { drainFailure: failure } }, 'begin', 'RecentFailure'],
  drainTimeout: [{ own: { drainTimeout: '30m' }, pod: small, node: leaving(at(-700)) }, 'DrainTimedOut', 'evict'],
  'atOnce.empty': [{ own: { atOnce: { empty: 0 } } }, 'begin', 'AtOnceReached'],
  'atOnce.drained': [{ own: { atOnce: { drained: 0 } }, pod: small }, 'begin', 'AtOnceReached'],
  only: [{ own: { only: [hours(600, 3600)] } }, 'begin', 'OutsideShrinkWindow'],
  never: [{ usual: { never: [hours(-60, 600)] }, own: { never: [] } }, 'NeverWindow', 'begin'],
  'unready.after': [
    { usual: { unready: { action: 'remove' } }, own: { unready: { after: '1h' } }, node: silent },
    'begin',
    'NotReady',
  ],
  'unready.action': [{ own: { unready: { action: 'remove' } }, node: silent }, 'NotReady', 'begin'],
  removal: [{ own: { removal: 'never' } }, 'begin', 'PolicyOff'],
  localVolumes: [{ own: { localVolumes: 'safeToEvict' }, pod: withDisk }, 'LocalStorage', 'begin'],
  minReplicas: [{ own: { minReplicas: 2 }, pod: small }, 'begin', 'BelowMinReplicas'],
  systemPodAge: [{ own: { systemPodAge: '10m' }, pod: ofSystem }, 'SystemPodWithoutPDB', 'begin'],
  protect: [{ own: { protect: [{ namespace: 'shop' }] }, pod: small }, 'begin', 'ProtectedByPolicy'],
  usage: [
    {
      own: { usage: { cpu: { query: 'cpu', holdAbove: 0.6 } } },
      pod: small,
      more: (snapshot) => snapshot.answering('cpu', shares({ 'w-2': 0.9, 'w-4': 0.9 })),
    },
    'begin',
    'UsageTooHigh',
  ],
};

interface Shape {
  readonly shape: Readonly<Record<string, unknown>>;
}
const nested = ['atOnce', 'unready'];
/** The keys of a mapping, of those within it "mapping.key", however defaults are wrapped around them. */
function keysOf(given: unknown): readonly string[] {
  const bare = (schema: unknown): Shape => {
    const inner = schema as Partial<Shape> & { unwrap?: () => unknown };
    return inner.shape === undefined && inner.unwrap !== undefined ? bare(inner.unwrap()) : (schema as Shape);
  };
  return Object.entries(bare(given).shape)
    .flatMap(([key, schema]) =>
      nested.includes(key) ? Object.keys(bare(schema).shape).map((inner) => `${key}.${inner}`) : [key],
    )
    .toSorted();
}

describe('shrink of a group', () => {
  const { shrink, nodeGroups } = nodePolicy.shape.spec.shape;

  it('has every key that the policy has, but for what looks at the whole cluster', () => {
    const ofGroup = keysOf(nodeGroups.element.shape.shrink);
    expect([...ofGroup, 'unready.stopAbove'].toSorted()).toEqual(keysOf(shrink));
    expect(Object.keys(byKey).toSorted()).toEqual(ofGroup);
  });

  it.each(Object.entries(byKey))('%s goes over the policy, for this group alone', (_, [world, usual, own]) => {
    expect(fates(world)).toEqual([usual, own]);
    expect(fates({ ...world, own: {} })).toEqual([usual, usual]);
  });

  it('leaves what it does not name to the policy, within mappings too', () => {
    const document = policyOf(
      { atOnce: { empty: 7, drained: 3 }, unready: { after: '5m', action: 'remove' } },
      { atOnce: { empty: 1 }, unready: { action: 'alert' }, unneededFor: '1h' },
    );
    const [, policy] = document.spec.nodeGroups;
    if (policy === undefined) throw new Error('no group');
    expect(shrinkRules({ document, policy })).toEqual({
      ...document.spec.shrink,
      atOnce: { empty: 1, drained: 3 },
      unready: { ...document.spec.shrink.unready, action: 'alert' },
      unneededFor: 3_600_000,
    });
  });
});

describe('a drain under way', () => {
  it('is taken back by the window of its own group', () => {
    const world = { own: { never: [hours(-60, 600)] }, pod: small, node: leaving(at(-30)) };
    expect(fates(world)).toEqual(['evict', 'NeverWindow']);
  });

  it('has the budgets of its pods by the rules of its own group', () => {
    const world: World = {
      own: { localVolumes: 'safeToEvict' },
      pod: (name, node) => (node === 'w-4' ? withDisk(name, node) : small(name, node)),
      // Only one of both may be away at a time.
      more: (snapshot) => snapshot.kubernetes({ poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 1)] }),
      node: (node) => (node.build().metadata.name === 'w-4' ? leaving(at(-30))(node) : node),
    };
    expect(fates(world)).toEqual(['BlockedByPDB', 'evict']);
  });

  it('ends where this group says that Magnum removes what it is told to', () => {
    const world: World = {
      own: { removal: 'byServerId' },
      node: leaving(at(-30)),
      more: (snapshot) => snapshot.cluster({ stack_id: 'shop-h3k5s7d9f2ab' }),
    };
    expect(fates(world)).toEqual([null, 'removed']);
    expect(look(world).nodes.map(({ reason }) => reason)).toContain('RemovalNotProven');
  });
});

it('tells of nodes that do not answer after the time of their own group', () => {
  const { alerts } = look({ own: { unready: { after: '1h' } }, node: silent });
  const told = alerts.filter(({ labels }) => labels['alertname'] === 'SpringtideNodesUnready');
  expect(told.map(({ labels }) => labels['nodegroup'])).toEqual(['usual']);
});

describe('usage of a group', () => {
  it('is asked for', () => {
    const asked = questionsOf(aConfig([], [policyOf({}, { usage: usageOf(0.6) })]), []);
    expect(asked).toEqual(expect.arrayContaining(['cpu', 'memory']));
  });

  it.each([
    ['takes pods of idle nodes of others while it stays calm by its own rules', 0.6, 'begin'],
    ['takes none where it would become busy by its own rules', 0.3, 'UsageNoRoom'],
  ])('%s', (_, holdAbove, fate) => {
    const large = (name: string, node: string): Pod => running(name, node).requesting({ cpu: '2500m' }).build();
    const world: World = {
      usual: { usage: usageOf(0.6) },
      own: { usage: usageOf(holdAbove), unneededFor: '8h' },
      pod: (name, node) => (node === 'w-2' ? large : small)(name, node),
      more: (snapshot) =>
        snapshot
          .answering('cpu', shares({ 'w-1': 0.3, 'w-2': 0.1, 'w-3': 0.3, 'w-4': 0.25 }))
          .answering('memory', shares({ 'w-1': 0.1, 'w-2': 0.1, 'w-3': 0.1, 'w-4': 0.1 })),
    };
    expect(fates(world)[0]).toBe(fate);
  });
});
