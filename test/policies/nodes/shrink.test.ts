// Shrink: which nodes that are not needed leave, how many at once, and why the others stay.
import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/model/kubernetes.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aBudget, aNode, aNodeGroup, aNodePolicy, aPod, at, longAgo, noon, podsOf, serverId } from '../../builders.ts';
import { begins, group, keptReasons, policyOf, pool, tick, unneeded, workers } from './worlds.ts';

describe('nodes that are not needed', () => {
  const busy = podsOf('web', { 'w-1': 3 }, { cpu: '1' });

  it('leave after their time only, and their timer is remembered', () => {
    const snapshot = pool(2)
      .pods(...busy)
      .build();
    const first = tick(snapshot);
    expect(first.decision.kept).toContainEqual({
      node: 'w-2',
      reason: 'UnneededTooShort',
      by: null,
      since: rfc3339(noon),
      until: rfc3339(at(600)),
    });
    expect(keptReasons(first.decision)['w-1']).toBe('NotUnderutilized');
    expect(begins(tick(snapshot, { memory: { ...first.memory, lastTick: at(590) }, now: at(599) }).decision)).toEqual(
      [],
    );
    const due = tick(snapshot, { memory: { ...first.memory, lastTick: at(590) }, now: at(600) });
    expect(due.decision).toMatchObject({
      action: 'shrink',
      reason: 'NodesUnneeded',
      current: 2,
      desired: 1,
      resize: null,
      remove: [{ node: 'w-2', serverId: serverId(2) }],
      drains: [{ step: 'begin', node: 'w-2', serverId: serverId(2), nodeGroup: group }],
    });
  });

  it('stay with a pod under two budgets, however much these allow: nobody can evict it', () => {
    const kept = (label: string) =>
      tick(
        pool(2)
          .pods(
            ...busy,
            aPod('api-1')
              .labelled({ app: 'api', [label]: 'x' })
              .ownedBy('ReplicaSet', 'api-abc')
              .on('w-2')
              .ready()
              .build(),
          )
          .kubernetes({
            poddisruptionbudgets: [aBudget('shop', 'a', { app: 'api' }, 9), aBudget('shop', 'b', { tier: 'x' }, 9)],
          })
          .build(),
        { memory: unneeded(2) },
      ).decision;
    expect(begins(kept('other'))).toEqual(['w-2']);
    expect(begins(kept('tier'))).toEqual([]);
    expect(kept('tier').kept).toContainEqual(
      expect.objectContaining({ node: 'w-2', reason: 'MoreThanOneBudget', by: 'shop/api-1: shop/a, shop/b' }),
    );
  });

  it('many empty ones leave at once, of the others one at a time', () => {
    expect(
      begins(
        tick(
          pool(4)
            .pods(...busy)
            .build(),
          { memory: unneeded(4) },
        ).decision,
      ),
    ).toEqual(['w-2', 'w-3', 'w-4']);
    const light = podsOf('api', { 'w-2': 1, 'w-3': 1, 'w-4': 1 }, { cpu: '1' });
    const { decision } = tick(
      pool(4)
        .pods(...podsOf('web', { 'w-1': 1 }, { cpu: '1' }), ...light)
        .build(),
      {
        memory: unneeded(4),
      },
    );
    expect(begins(decision)).toHaveLength(1);
    expect(Object.values(keptReasons(decision))).toContain('AtOnceReached');
  });

  it('are judged together: a place that was given away with its node is none', () => {
    // Each pod alone would fit on another node; all three nodes at once would leave one without a place.
    const light = podsOf('web', { 'w-1': 1, 'w-2': 1, 'w-3': 1 }, { cpu: '1900m' });
    const { decision } = tick(
      pool(3)
        .pods(...light)
        .build(),
      {
        memory: unneeded(3),
        policy: policyOf({ atOnce: { empty: 10, drained: 10 } }, 0),
      },
    );
    expect(begins(decision)).toHaveLength(1);
    expect(Object.values(keptReasons(decision))).toEqual(['NoPlaceToMovePods', 'NoPlaceToMovePods']);
  });

  it('pods that were moved to a node in thought move on with it', () => {
    // w-1's pod fits on w-2 only, w-2's own pod fits on w-3: w-2 may not go after w-1.
    const nodes = [
      aNode('w-1').withRoom({ cpu: '4', memory: '16Gi', pods: 110 }).build(),
      aNode('w-2').withRoom({ cpu: '8', memory: '16Gi', pods: 110 }).build(),
      aNode('w-3').withRoom({ cpu: '10', memory: '16Gi', pods: 110 }).build(),
    ];
    const pods = [
      ...podsOf('web', { 'w-1': 1 }, { cpu: '1' }),
      ...podsOf('api', { 'w-2': 1 }, { cpu: '3' }),
      aPod('big').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '7' }).on('w-3').ready().build(),
    ];
    const { decision } = tick(
      pool(3, nodes)
        .pods(...pods)
        .build(),
      {
        memory: unneeded(3),
        policy: policyOf({ atOnce: { empty: 10, drained: 10 } }, 0),
      },
    );
    expect(begins(decision)).toEqual(['w-1']);
    expect(keptReasons(decision)).toMatchObject({ 'w-2': 'NoPlaceToMovePods', 'w-3': 'NotUnderutilized' });
  });

  const empty = (nodes: readonly Node[] = workers(2)) => pool(2, nodes).pods(...busy);
  it.each([
    ['the minimum', empty(), policyOf({}, 2), {}, 'GroupAtMinimum'],
    [
      'the minimum, of which one was never made',
      empty().groups(aNodeGroup(group, 3, { status: 'UPDATE_FAILED' })),
      policyOf({}, 2),
      {},
      'GroupAtMinimum',
    ],
    ['growth a while ago', empty(), policyOf(), { lastGrowth: at(-300) }, 'RecentGrowth'],
    [
      'a removal that failed',
      empty(),
      policyOf(),
      { lastFailure: { at: at(-60), code: 'x', message: 'x' } },
      'RecentFailure',
    ],
    ['removal: never', empty(), policyOf({ removal: 'never' }), {}, 'PolicyOff'],
    ['shrinking switched off', empty(), policyOf({}, 1, { mode: { grow: 'act', shrink: 'off' } }), {}, 'PolicyOff'],
    [
      'an update under way',
      empty().groups(aNodeGroup(group, 2, { status: 'UPDATE_IN_PROGRESS' })),
      policyOf(),
      {},
      'BeingRemoved',
    ],
    ['unreadable budgets', empty().without('poddisruptionbudgets'), policyOf(), {}, 'BlockedByPDB'],
    ['the wrong server having left', empty(), policyOf(), { removal: 'refuted' }, 'WrongServerLeft'],
    [
      'an annotation',
      empty([
        ...workers(1),
        aNode('w-2').annotated({ 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' }).build(),
      ]),
      policyOf(),
      {},
      'ForbiddenByAnnotation',
    ],
    [
      'an unknown server',
      empty([...workers(1), aNode('w-2').withServer('no-uuid').build()]),
      policyOf(),
      {},
      'ServerUnknown',
    ],
    ['not being ready', empty([...workers(1), aNode('w-2').notReady(longAgo).build()]), policyOf(), {}, 'NotReady'],
  ] as const)('stay for %s', (_, snapshot, policy, memory, reason) => {
    const { decision } = tick(snapshot.build(), { policy, memory: unneeded(2, memory) });
    expect(begins(decision)).toEqual([]);
    expect(keptReasons(decision)['w-2']).toBe(reason);
  });

  it.each([
    ['after a start', { ...unneeded(2), lastTick: null }],
    ['after a pause', { ...unneeded(2), lastTick: at(-301) }],
  ])('stay %s', (_, memory) => {
    expect(keptReasons(tick(empty().build(), { memory }).decision)['w-2']).toBe('SettlingAfterStart');
  });

  it('stay while pods wait that a group could take, and leave where none ever could', () => {
    const waits = (cpu: string) =>
      aPod('x').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu }).unschedulable().build();
    const capped = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 2 }] });
    const few = pool(2)
      .pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '1' }), waits('3500m'))
      .build();
    expect(begins(tick(few, { memory: unneeded(2), policy: capped }).decision)).toEqual([]);
    const never = pool(2)
      .pods(...busy, waits('64'))
      .build();
    expect(begins(tick(never, { memory: unneeded(2), policy: capped }).decision)).toEqual(['w-2']);
  });

  it('leave only where it is proven who leaves', () => {
    const unlabelled = workers(2).map((node) => ({ ...node, metadata: { ...node.metadata, labels: { pool: 'a' } } }));
    const policy = (removal: string) =>
      aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 9, nodeSelector: { pool: 'a' } }], shrink: { removal } });
    const snapshot = empty(unlabelled).build();
    expect(tick(snapshot, { policy: policy('auto'), memory: unneeded(2) }).decision).toMatchObject({
      action: 'refused',
      reason: 'RemovalNotProven',
      drains: [],
      remove: [],
    });
    expect(begins(tick(snapshot, { policy: policy('byServerId'), memory: unneeded(2) }).decision)).toEqual(['w-2']);
    const proven = unneeded(2, { removal: 'proven' });
    expect(begins(tick(snapshot, { policy: policy('auto'), memory: proven }).decision)).toEqual(['w-2']);
  });
});
