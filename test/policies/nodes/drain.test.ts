// A drain, step by step: to its end, waiting, or taken back.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { emptyMemory } from '../../../src/model/memory.ts';
import type { MagnumNodeGroup } from '../../../src/model/openstack.ts';
import { aBudget, aNode, aNodeGroup, aPod, at, noon, podsOf, serverId } from '../../builders.ts';
import { group, policyOf, pool, steady, tick } from './worlds.ts';

describe('a drain', () => {
  const leaving = (started: number, more = {}) => aNode('w-2').leaving({ startedAt: at(started), ...more });
  const world = (node: ReturnType<typeof aNode>, pods: Pod[] = [], magnum: Partial<MagnumNodeGroup> = {}) =>
    pool(2, [aNode('w-1').build(), node.build()])
      .groups(aNodeGroup(group, 2, magnum))
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), ...pods);
  const api = (name = 'api-9') => aPod(name).ownedBy('ReplicaSet', 'api-abc').on('w-2').ready();

  describe('of a pod that two budgets came over meanwhile', () => {
    const budgets = [aBudget('shop', 'a', { app: 'api' }, 9), aBudget('shop', 'b', { tier: 'x' }, 9)];
    const double = () => api().labelled({ app: 'api', tier: 'x' });
    const drains = (pod: Pod, more = {}, lastTick = 0) =>
      tick(world(leaving(-15, more), [pod]).kubernetes({ poddisruptionbudgets: budgets }).build(), {
        memory: { ...steady(), lastTick: at(lastTick) },
      }).decision.drains;

    it('is taken back at once and says whose they are: Kubernetes would refuse for ever', () => {
      expect(drains(double().build())).toEqual([
        { step: 'rollBack', node: 'w-2', reason: 'MoreThanOneBudget', by: 'shop/api-9: shop/a, shop/b' },
      ]);
    });

    it.each(['Pending', 'Succeeded', 'Failed'])('goes on where it is %s: budgets are not asked then', (phase) => {
      expect(drains(double().status({ phase }).build())).toMatchObject([{ step: 'evict', node: 'w-2' }]);
    });

    it('waits where a person asked for it, and is tried again more and more seldom', () => {
      const request = { by: 'wei', then: 'keep' } as const;
      expect(drains(double().build(), { request }, -4)).toMatchObject([{ step: 'wait', node: 'w-2' }]);
      expect(drains(double().build(), { request }, -11)).toMatchObject([{ step: 'evict', node: 'w-2' }]);
    });
  });

  it('waits five seconds, looks again, evicts', () => {
    expect(tick(world(leaving(-4), [api().build()]).build()).decision).toMatchObject({
      reason: 'DrainUnderWay',
      drains: [],
    });
    expect(tick(world(leaving(-5), [api().build()]).build()).decision.drains).toEqual([
      {
        step: 'evict',
        node: 'w-2',
        serverId: serverId(2),
        pods: [{ namespace: 'shop', name: 'api-9', uid: 'uid-api-9' }],
      },
    ]);
  });

  it('waits for pods that are leaving, and not for those of DaemonSets and static manifests', () => {
    const { decision } = tick(
      world(leaving(-30), [
        api().deleting(noon).build(),
        aPod('agent').ownedBy('DaemonSet', 'agent').on('w-2').build(),
        aPod('static').annotated({ 'kubernetes.io/config.mirror': 'x' }).on('w-2').build(),
      ]).build(),
    );
    expect(decision.drains).toMatchObject([{ step: 'wait', node: 'w-2', pods: [{ name: 'api-9' }] }]);
  });

  it('of an empty node ends in one resize that names its server', () => {
    expect(tick(world(leaving(-30)).build()).decision).toMatchObject({
      action: 'shrink',
      current: 2,
      desired: 1,
      resize: { to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }] },
    });
  });

  it('of two nodes: the one that is ready first waits for the other, for a minute', () => {
    const nodes = [
      aNode('w-1').build(),
      leaving(-30).build(),
      aNode('w-3')
        .leaving({ startedAt: at(-30) })
        .build(),
    ];
    const snapshot = pool(3, nodes)
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), api().on('w-3').build())
      .build();
    const first = tick(snapshot);
    expect(first.decision).toMatchObject({ resize: null, reason: 'DrainUnderWay' });
    expect(first.memory.nodes['w-2']?.emptySince).toBe(noon);
    expect(tick(snapshot, { memory: first.memory, now: at(59) }).decision.resize).toBeNull();
    expect(tick(snapshot, { memory: first.memory, now: at(60) }).decision.resize).toMatchObject({
      to: 2,
      remove: [{ node: 'w-2', serverId: serverId(2) }],
    });
  });

  const waits = aPod('x').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '3' }).unschedulable().build();
  const budget = { poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 0)] };
  it.each([
    ['it is needed again', world(leaving(-30), [waits]), {}, 'NeededAgain'],
    ['a pod must stay after all', world(leaving(-30), [aPod('bare').on('w-2').build()]), {}, 'NotReplicated'],
    ['it takes too long', world(leaving(-601), [api().build()]), {}, 'DrainTimedOut'],
    [
      'a budget never opens',
      world(leaving(-601), [api().labelled({ app: 'api' }).build()]).kubernetes(budget),
      {},
      'BlockedByPDB',
    ],
    [
      'shrinking was switched off',
      world(leaving(-30)),
      { policy: policyOf({}, 1, { mode: { grow: 'act', shrink: 'off' } }) },
      'PolicyOff',
    ],
    [
      'the whole policy was switched to dryRun',
      world(leaving(-30)),
      { policy: policyOf({}, 1, { mode: 'dryRun' }) },
      'PolicyOff',
    ],
    ['the minimum was raised', world(leaving(-30)), { policy: policyOf({}, 2) }, 'GroupAtMinimum'],
    [
      'the wrong server left meanwhile',
      world(leaving(-30)),
      { memory: steady({ removal: 'refuted' }) },
      'WrongServerLeft',
    ],
  ] as const)('is taken back when %s', (_, snapshot, options, reason) => {
    const { decision } = tick(snapshot.build(), options);
    expect(decision.drains).toMatchObject([{ step: 'rollBack', node: 'w-2', reason }]);
    expect(decision).toMatchObject({ resize: null, remove: [], mode: 'act' });
  });

  it('tries a pod whose budget is spent again, each time after twice as long, within its time', () => {
    const tried = (seconds: number, budgets: object = budget): string[] => {
      const snapshot = world(leaving(-seconds), [api().labelled({ app: 'api' }).build()])
        .kubernetes(budgets)
        .build();
      return tick(snapshot, { memory: { ...steady(), lastTick: at(-15) } }).decision.drains.map(({ step }) => step);
    };
    const times = [5, 10, 15, 20, 30, 45, 60, 75, 90, 105, 150, 165, 300, 315, 330];
    expect(times.filter((seconds) => tried(seconds).includes('evict'))).toEqual([5, 10, 15, 20, 30, 45, 90, 165, 330]);
    expect(times.filter((seconds) => !tried(seconds).includes('evict')).map((seconds) => tried(seconds))).toEqual(
      [60, 75, 105, 150, 300, 315].map(() => ['wait']),
    );
    const open = { poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 1)] };
    expect(tried(300, open)).toEqual(['evict']);
  });

  it('goes on while growing is only rehearsed, and in the mode of shrinking', () => {
    const policy = policyOf({}, 1, { mode: { grow: 'dryRun', shrink: 'act' } });
    const { decision } = tick(world(leaving(-30), [api().build()]).build(), { policy });
    expect(decision).toMatchObject({ mode: 'act', reason: 'DrainUnderWay', drains: [{ step: 'evict' }] });
  });

  it('gives back whether or not the group may grow', () => {
    const policy = policyOf({}, 1, { mode: { grow: 'off', shrink: 'act' } });
    expect(tick(world(leaving(-30)).build(), { policy }).decision).toMatchObject({
      action: 'shrink',
      resize: { to: 1 },
    });
  });

  it('is resumed from the node alone, with an empty memory', () => {
    const { decision } = tick(world(leaving(-30), [api().build()]).build(), { memory: emptyMemory() });
    expect(decision).toMatchObject({ mode: 'act', drains: [{ step: 'evict', node: 'w-2' }] });
  });

  it('that another clock dates into the future is neither stuck nor over', () => {
    const { decision } = tick(world(leaving(86_400 * 365), [api().build()]).build(), {
      memory: { ...steady(), steadySince: at(-60) },
    });
    expect(decision.drains).toMatchObject([{ step: 'evict' }]);
  });

  it.each([
    ['somebody else updates', { status: 'UPDATE_IN_PROGRESS' }, {}, 'UpdateByOthers'],
    ['Magnum is creating', { status: 'CREATE_IN_PROGRESS' }, {}, 'UpdateByOthers'],
    ['the last removal failed', {}, { removalFailure: { at: at(-60), code: 'x', message: 'x' } }, 'GroupBackedOff'],
  ])('drained nodes wait when %s', (_, magnum, memory, reason) => {
    expect(tick(world(leaving(-30), [], magnum).build(), { memory: steady(memory) }).decision).toMatchObject({
      action: 'hold',
      reason,
      resize: null,
    });
  });
});
