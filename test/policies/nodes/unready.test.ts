// Nodes that do not answer, under a policy that gives them back: before others, also where pods wait, and replaced where the minimum needs it.
import { describe, expect, it } from 'vitest';
import type { Memory } from '../../../src/model/memory.ts';
import { aNode, aNodePolicy, aPod, at, podsOf } from '../../builders.ts';
import { begins, group, pool, steady, tick, workers } from './worlds.ts';

const rules = { unready: { action: 'remove', after: '20m' } };
const policyOf = (min: number, max = 40) => aNodePolicy({ nodeGroups: [{ name: group, min, max }], shrink: rules });
const busy = [...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), ...podsOf('api', { 'w-3': 3 }, { cpu: '1' })];
const silent = () => aNode('w-2').notReady(at(-1300));
const nodesWith = (node = silent()) => [...workers(1), node.build(), aNode('w-3').build()];
/** For so long they have been found unneeded, or not to answer. */
const seen = (since: Readonly<Record<string, number>>): Memory => ({
  ...steady(),
  nodes: Object.fromEntries(
    Object.entries(since).map(([node, seconds]) => [
      node,
      { ready: false, unneededSince: at(seconds), emptySince: null },
    ]),
  ),
});

describe('a node that does not answer', () => {
  it('makes room for pods that wait where its group is full, and is no room for them itself', () => {
    const waits = aPod('late').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '3' }).unschedulable().build();
    const world = (nodes = nodesWith()) => pool(3, nodes).pods(...busy, waits);
    const first = tick(world().build(), { policy: policyOf(1, 3), memory: seen({ 'w-2': -1300 }) }).decision;
    expect(first).toMatchObject({ reason: 'PoolAtMaximum', drains: [{ step: 'begin', node: 'w-2', unready: true }] });
    const leaving = world(nodesWith(silent().leaving({ startedAt: at(-30), unready: true })));
    expect(tick(leaving.build(), { policy: policyOf(1, 3) }).decision).toMatchObject({
      action: 'shrink',
      drains: [],
      resize: { to: 2, remove: [{ node: 'w-2' }] },
    });
  });

  it('goes back where a window has opened in which nobody leaves', () => {
    const leaving = pool(3, nodesWith(silent().leaving({ startedAt: at(-90), unready: true }))).pods(...busy);
    const never = [{ start: '00:00', end: '24:00', timeZone: 'Asia/Shanghai' }];
    const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 9 }], shrink: { ...rules, never } });
    expect(tick(leaving.build(), { policy }).decision).toMatchObject({
      resize: null,
      drains: [{ step: 'rollBack', node: 'w-2', reason: 'NeverWindow' }],
    });
    expect(tick(leaving.build(), { policy: policyOf(1, 9) }).decision).toMatchObject({ resize: { to: 2 } });
  });

  it('leaves before any that answers, and bears nothing of its group’s minimum', () => {
    const nodes = [...nodesWith(), aNode('w-4').build()];
    const look = (since: number) =>
      tick(
        pool(4, nodes)
          .pods(...busy)
          .build(),
        {
          policy: policyOf(3),
          memory: seen({ 'w-2': since, 'w-4': -3600 }),
        },
      ).decision;
    expect(begins(look(-1300))).toEqual(['w-2']);
    expect(begins(look(-1100))).toEqual([]);
    expect(look(-1100).kept).toContainEqual(expect.objectContaining({ node: 'w-4', reason: 'GroupAtMinimum' }));
  });

  it('is replaced before it leaves where its group is at the minimum, and only where one may come', () => {
    const world = pool(3, nodesWith()).pods(...busy);
    const memory = seen({ 'w-2': -1300 });
    const ordered = tick(world.build(), { policy: policyOf(3, 4), memory }).decision;
    expect(ordered).toMatchObject({ action: 'grow', reason: 'NodesReplaced', resize: { to: 4, remove: [] } });
    expect(ordered.message).toContain('w-2');
    const come = pool(4, [...nodesWith(), aNode('w-4').build()]).pods(...busy);
    const { decision } = tick(come.build(), { policy: policyOf(3, 4), memory });
    expect(decision).toMatchObject({ resize: null, drains: [{ step: 'begin', node: 'w-2' }] });
    const full = tick(world.build(), { policy: policyOf(3, 3), memory }).decision;
    expect(full).toMatchObject({ resize: null, drains: [] });
    expect(full.kept).toContainEqual(
      expect.objectContaining({ node: 'w-2', reason: 'GroupAtMinimum', by: 'min 3, max 3' }),
    );
  });

  it.each([
    ['before its time', policyOf(3), seen({ 'w-2': -1100 })],
    ['that the policy only tells of', aNodePolicy({ nodeGroups: [{ name: group, min: 3, max: 9 }] }), steady()],
    [
      'where nothing may leave',
      aNodePolicy({ nodeGroups: [{ name: group, min: 3, max: 9 }], shrink: { ...rules, removal: 'never' } }),
      seen({ 'w-2': -1300 }),
    ],
    [
      'whose leaving is only rehearsed',
      aNodePolicy({
        nodeGroups: [{ name: group, min: 3, max: 9 }],
        shrink: rules,
        mode: { grow: 'act', shrink: 'dryRun' },
      }),
      seen({ 'w-2': -1300 }),
    ],
    ['with a pod that must stay', policyOf(3), seen({ 'w-2': -1300 }), true],
  ])('%s orders nobody in its place', (_, policy, memory, stays = false) => {
    const pinned = aPod('mine')
      .ownedBy('ReplicaSet', 'api-abc')
      .on('w-2')
      .annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' });
    const world = pool(3, nodesWith()).pods(...busy, ...(stays ? [pinned.build()] : []));
    expect(tick(world.build(), { policy, memory }).decision).toMatchObject({ resize: null, drains: [] });
  });
});
