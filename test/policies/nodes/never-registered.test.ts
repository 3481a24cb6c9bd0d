// Servers that never became nodes, under a policy that gives them back: whom, when, in which order, and what is never named to Magnum.
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory, type GroupMemory, type Memory } from '../../../src/model/memory.ts';
import type { NovaServer } from '../../../src/model/openstack.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, at, podsOf, serverId } from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

const name = (number: number): string => `shop-h3k5s7d9f2ab-node-${number}`;
const node = (number: number) => aNode(name(number)).build();
const server = (number: number, more: Partial<NovaServer> = {}): NovaServer => ({
  id: serverId(number),
  name: name(number),
  status: 'ACTIVE',
  ...more,
});
const policyOf = (min: number, max = 9, shrink: object = {}, more: object = {}) =>
  aNodePolicy({
    nodeGroups: [{ name: group, min, max }],
    shrink: { unready: { action: 'remove', after: '20m' }, ...shrink },
    ...more,
  });
/** Nodes 1 to `nodes` have registered, of `count`. */
const world = (nodes: number, count: number, servers: readonly NovaServer[] | null) => {
  const there = Array.from({ length: nodes }, (_, index) => node(index + 1));
  const all = [...there.map((_, index) => server(index + 1)), ...(servers ?? [])];
  const busy = podsOf('web', Object.fromEntries(there.map(({ metadata }) => [metadata.name, 3])), { cpu: '1' });
  return pool(count, there)
    .groups(aNodeGroup(group, count, { flavor_id: 'm1.large', is_default: true }))
    .cluster({ name: 'shop' })
    .nova(servers === null ? {} : { servers: all })
    .pods(...busy);
};
/** Ordered an hour ago, and told of since; seen without a node for so many seconds. */
const watched = (ago: Readonly<Record<number, number>>, more: Partial<GroupMemory> = {}): Memory => ({
  ...steady(),
  groups: {
    [group]: {
      ...emptyGroupMemory,
      ordered: [{ at: at(-3600), count: Object.keys(ago).length, told: true }],
      lastFailure: { at: at(-2400), code: 'NeverReady', message: '' },
      nodeless: Object.fromEntries(
        Object.entries(ago).map(([number, seconds]) => [serverId(Number(number)), { since: at(seconds) }]),
      ),
      ...more,
    },
  },
});

describe('the nodes that a group has', () => {
  it.each(['alert', 'remove'] as const)(
    'stay as many as its minimum, whatever servers are counted beside them (%s)',
    (action) => {
      const servers = [server(3), server(4)];
      const snapshot = world(2, 4, servers).pods().build();
      const policy = policyOf(2, 9, {
        unneededFor: '0s',
        unready: { action, after: '20m', stopAbove: { percent: 10, nodes: 0 } },
      });
      const { drains, resize, kept } = tick(snapshot, { policy, memory: watched({ 3: -1300, 4: -1300 }) }).decision;
      expect([drains, resize]).toEqual([[], null]);
      expect(kept.filter(({ reason }) => reason === 'GroupAtMinimum').map(({ node: kept }) => kept)).toEqual([
        name(1),
        name(2),
      ]);
    },
  );
});

describe('a server of a group without a single node', () => {
  const master = (text: string) =>
    aNode(text)
      .labelled({ 'node-role.kubernetes.io/control-plane': '', 'magnum.openstack.org/nodegroup': 'default-master' })
      .build();
  const left = (masterName: string, isDefault = true) => {
    const snapshot = world(0, 2, [server(1), server(2)])
      .groups(aNodeGroup(group, 2, { flavor_id: 'm1.large', is_default: isDefault }))
      .nodes(master(masterName))
      .build();
    return tick(snapshot, { policy: policyOf(0), memory: watched({ 1: -1300, 2: -1300 }) }).decision;
  };

  it('is given back where a master is of its very stack', () => {
    expect(left('shop-h3k5s7d9f2ab-master-0').resize).toMatchObject({
      to: 0,
      remove: [{ serverId: serverId(1) }, { serverId: serverId(2) }],
    });
  });

  it.each([
    ['the master is of another stack: a cluster of the same name', 'shop-zzzzzzzzzzzz-master-0', true],
    ['no master tells', 'control-1', true],
    ['the group is not the default one, and has a stack of its own', 'shop-h3k5s7d9f2ab-master-0', false],
  ])('is left alone where %s', (_, masterName, isDefault) => {
    expect(left(masterName, isDefault).resize).toBeNull();
  });
});

describe('a server that never became a node', () => {
  it('is given back after its time, by its id and with the count that agrees', () => {
    const early = tick(world(2, 3, [server(3)]).build(), { policy: policyOf(1), memory: watched({ 3: -1100 }) });
    expect(early.decision).toMatchObject({ resize: null });
    expect(early.decision.kept).toContainEqual({
      node: name(3),
      reason: 'NeverRegistered',
      by: null,
      since: rfc3339(at(-1100)),
      until: rfc3339(at(100)),
    });
    const { decision } = tick(world(2, 3, [server(3)]).build(), { policy: policyOf(1), memory: watched({ 3: -1300 }) });
    expect(decision).toMatchObject({
      action: 'shrink',
      reason: 'ServersNeverRegistered',
      resize: { to: 2, remove: [{ node: name(3), serverId: serverId(3), unregistered: true }] },
      drains: [],
    });
    expect(decision.message).toContain(name(3));
  });

  it('is watched from the first look, whatever Nova says of its birth', () => {
    const born = server(3, { created: rfc3339(at(-86_400)) });
    const first = tick(world(2, 3, [born]).build(), {
      policy: policyOf(1),
      memory: watched({}, { ordered: [{ at: at(-3600), count: 1, told: true }] }),
    });
    expect(first.decision.resize).toBeNull();
    expect(first.memory.groups[group]?.nodeless).toEqual({ [serverId(3)]: { since: at(0) } });
    const registered = tick(world(3, 3, []).build(), { policy: policyOf(1), memory: watched({ 3: -1300 }) });
    expect(registered.memory.groups[group]?.nodeless).toBeUndefined();
  });

  it('makes room for pods that wait where its group is full', () => {
    const waits = aPod('late').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '3' }).unschedulable().build();
    const full = world(2, 3, [server(3)]).build();
    const snapshot = { ...full, kubernetes: { ...full.kubernetes, pods: [...(full.kubernetes.pods ?? []), waits] } };
    const { decision } = tick(snapshot, { policy: policyOf(1, 3), memory: watched({ 3: -1300 }) });
    expect(decision.resize).toMatchObject({ to: 2, remove: [{ serverId: serverId(3) }] });
  });

  it('is replaced first where the group is at its minimum', () => {
    const memory = watched({ 3: -1300 });
    const { decision } = tick(world(2, 3, [server(3)]).build(), { policy: policyOf(3), memory });
    expect(decision).toMatchObject({ reason: 'NodesReplaced', resize: { to: 4, remove: [] } });
    const full = tick(world(2, 3, [server(3)]).build(), { policy: policyOf(3, 3), memory }).decision;
    expect(full.resize).toBeNull();
    expect(full.kept).toContainEqual(expect.objectContaining({ node: name(3), by: 'min 3, max 3' }));
  });

  it.each<[string, Parameters<typeof world>, object, object, Partial<GroupMemory>, string | null]>([
    ['without Nova', [2, 3, null], {}, {}, {}, 'ServerUnknown'],
    ['of which more look so than are missing', [2, 3, [server(3), server(4)]], {}, {}, {}, 'ServerUnknown'],
    [
      'of another cluster of the same name',
      [2, 3, [server(3, { name: 'shop-aaaaaaaaaaaa-node-3' })]],
      {},
      {},
      {},
      'ServerUnknown',
    ],
    ['of a policy that only tells', [2, 3, [server(3)]], { unready: { action: 'alert' } }, {}, {}, null],
    ['where nothing is ever removed', [2, 3, [server(3)]], { removal: 'never' }, {}, {}, 'PolicyOff'],
    [
      'whose removal is only rehearsed',
      [2, 3, [server(3)]],
      {},
      { mode: { grow: 'act', shrink: 'off' } },
      {},
      'PolicyOff',
    ],
    [
      'outside of the windows',
      [2, 3, [server(3)]],
      { only: [{ from: rfc3339(at(600)), until: rfc3339(at(900)) }] },
      {},
      {},
      'OutsideShrinkWindow',
    ],
    [
      'after a removal that failed',
      [2, 3, [server(3)]],
      {},
      {},
      { drainFailure: { at: at(-60), code: 'x', message: 'y' } },
      'RecentFailure',
    ],
    [
      'where another one left before',
      [2, 3, [server(3)]],
      {},
      {},
      { removal: 'refuted', refutedAt: at(-60) },
      'WrongServerLeft',
    ],
    [
      'beside nodes that are on their way',
      [2, 4, [server(3), server(4)]],
      {},
      {},
      {
        ordered: [
          { at: at(-3600), count: 1 },
          { at: at(-60), count: 1 },
        ],
      },
      'RecentGrowth',
    ],
  ])('%s stays', (_, where, shrink, more, memory, reason) => {
    const { decision } = tick(world(...where).build(), {
      policy: policyOf(1, 9, shrink, more),
      memory: watched(where[1] === 4 ? { 3: -1300, 4: -30 } : { 3: -1300 }, memory),
    });
    expect(decision.resize?.remove ?? []).toEqual([]);
    expect(decision.kept.filter(({ node: one }) => !/-node-[12]$/.test(one)).map((kept) => kept.reason)).toEqual(
      reason === null ? [] : [reason],
    );
  });

  it('stays where too many do not answer: that is the network, or the image', () => {
    const many = [3, 4, 5, 6].map((number) => server(number));
    const memory = watched({ 3: -1300, 4: -1300, 5: -1300, 6: -1300 });
    const { decision } = tick(world(2, 6, many).build(), { policy: policyOf(1), memory });
    expect(decision.resize).toBeNull();
    expect(decision.kept.filter(({ reason }) => reason === 'TooManyUnready')).toHaveLength(4);
  });

  it('waits for a person under confirm, and for the guard over nodes', () => {
    const memory = watched({ 3: -1300 });
    const asked = tick(world(2, 3, [server(3)]).build(), { policy: policyOf(1, 9, {}, { mode: 'confirm' }), memory });
    expect(asked.decision).toMatchObject({ reason: 'AwaitingApproval', resize: null, asked: { to: 2 } });
    const guards = { nodes: { removed: { percent: 1, per: '1h' } } };
    const nodeGuard = { removed: [{ at: at(-60), change: 5 }], ordered: [], tripped: null };
    const held = tick(world(2, 3, [server(3)]).build(), {
      policy: policyOf(1),
      memory: { ...memory, nodeGuard },
      daemon: { guards },
    });
    expect(held.decision.resize).toBeNull();
    expect(held.decision.kept).toContainEqual(expect.objectContaining({ node: name(3), reason: 'NodeGuardTripped' }));
  });
});

describe('after Magnum was told', () => {
  const remove = [{ node: name(3), serverId: serverId(3), unregistered: true as const }];
  const told = (ago: number): Partial<GroupMemory> => ({
    sent: { at: at(ago), from: 3, to: 2, remove, begun: true },
    ordered: [],
  });
  it('the one that is gone is forgotten, and proves nothing of nodes', () => {
    const { memory } = tick(world(2, 2, []).build(), { policy: policyOf(1), memory: watched({ 3: -1300 }, told(-60)) });
    expect(memory.groups[group]).toMatchObject({ sent: null, removal: 'unproven' });
    expect(memory.groups[group]?.nodeless).toBeUndefined();
  });

  it('the one that is still there has cost another one its life: nothing leaves this group any more', () => {
    const early = tick(world(1, 2, [server(3)]).build(), {
      policy: policyOf(1),
      memory: watched({ 3: -1300 }, told(-60)),
    });
    expect(early.memory.groups[group]).toMatchObject({
      removal: 'unproven',
      nodeless: { [serverId(3)]: { toldAt: at(-60) } },
    });
    const late = tick(world(1, 2, [server(3)]).build(), {
      policy: policyOf(1),
      memory: { ...early.memory, lastTick: at(135) },
      now: at(150),
    });
    expect(late.memory.groups[group]).toMatchObject({
      removal: 'refuted',
      drainFailure: { code: 'WrongServerLeft', message: serverId(3) },
    });
    expect(late.plan.alerts.map(({ labels }) => labels['alertname'])).toContain('SpringtideWrongServerLeft');
  });

  it('what was dropped is no proof of anything, and is tried again after its time', () => {
    const { memory } = tick(world(2, 3, [server(3)]).build(), {
      policy: policyOf(1),
      memory: watched(
        { 3: -1300 },
        {
          ...told(-90),
          sent: { at: at(-90), from: 3, to: 2, remove, begun: false },
          ordered: [{ at: at(-3600), count: 1, told: true }],
        },
      ),
    });
    expect(memory.groups[group]).toMatchObject({
      sent: null,
      removal: 'unproven',
      removalFailure: { code: 'Dropped' },
      nodeless: { [serverId(3)]: { since: at(0) } },
    });
  });
});
