// Whose update Magnum shows: what concerns one group holds that one, what concerns the cluster holds all.
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory } from '../../../src/model/memory.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, at, noon, podsOf } from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

const full = podsOf('web', { 'w-1': 1 }, { cpu: '3' });
const waiting = aPod('web-9').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();

describe('an update by others', () => {
  const world = (own: object, other: object) =>
    pool(1, [aNode('w-1').build()])
      .groups(aNodeGroup(group, 1, own), aNodeGroup('elsewhere', 1, { uuid: 'elsewhere', ...other }))
      .cluster({ status: 'UPDATE_IN_PROGRESS' });
  const busy = { status: 'UPDATE_IN_PROGRESS', status_reason: 'Stack UPDATE completed successfully' };

  it.each([
    ['of another group keeps nobody else waiting', {}, busy, false],
    ['of the group itself is waited for', busy, {}, true],
    ['of the whole cluster is waited for', {}, {}, true],
  ])('%s', (_, own, other, waits) => {
    const { decision } = tick(
      world(own, other)
        .pods(...full, waiting)
        .build(),
      { memory: steady() },
    );
    expect(decision.reason).toBe(waits ? 'UpdateByOthers' : 'PodsUnschedulable');
    if (waits) expect(decision.facts['by']).not.toContain('completed');
  });

  it.each([
    ['another group of ours', 'elsewhere', [group, 'elsewhere'], false],
    ['a group that no policy names any more', 'elsewhere', [group], true],
    ['a group that Magnum does not have any more', 'bygone', [group, 'bygone'], true],
  ])('of the whole cluster is not taken for an order for %s', (_, name, names, waits) => {
    const memory = steady();
    const sent = { at: at(-30), from: 1, to: 2, remove: [], begun: true };
    const { decision } = tick(
      world({}, {})
        .pods(...full, waiting)
        .build(),
      {
        memory: { ...memory, groups: { ...memory.groups, [name]: { ...emptyGroupMemory, sent } } },
        policy: aNodePolicy({ nodeGroups: names.map((one) => ({ name: one, min: 1, max: 10 })) }),
      },
    );
    expect(decision.reason).toBe(waits ? 'UpdateByOthers' : 'PodsUnschedulable');
  });
});

describe('what an order goes out over', () => {
  const ours = { status: 'UPDATE_IN_PROGRESS' };
  const sent = { at: at(-30), from: 1, to: 2, remove: [], begun: true };
  it.each([
    ['nothing', {}, {}, null],
    ['otherGroups', {}, { status: 'UPDATE_IN_PROGRESS' }, null],
    ['ownResize', ours, {}, sent],
  ] as const)('is said with it: %s', (over, own, other, asked) => {
    const count = asked === null ? 1 : asked.to;
    const snapshot = pool(count, [aNode('w-1').build()])
      .groups(aNodeGroup(group, count, own), aNodeGroup('elsewhere', 1, { uuid: 'elsewhere', ...other }))
      .cluster({ status: over === 'nothing' ? 'UPDATE_COMPLETE' : 'UPDATE_IN_PROGRESS' })
      .pods(...full, waiting, { ...waiting, metadata: { ...waiting.metadata, name: 'web-10', uid: 'web-10' } })
      .build();
    const { decision } = tick(snapshot, { memory: steady({ sent: asked }) });
    expect(decision.resize).toMatchObject({ remove: [], over });
  });
});

describe('a removal whose sending was forgotten', () => {
  const leaving = aNode('w-3').leaving({ startedAt: at(-60), step: 'removing', removingAt: at(-15), countAfter: 2 });
  const shown = (count: number) =>
    pool(count, [aNode('w-1').build(), aNode('w-2').build(), leaving.build()])
      .groups(aNodeGroup(group, count, { status: 'UPDATE_IN_PROGRESS' }))
      .cluster({ status: 'UPDATE_IN_PROGRESS' });
  const memory = steady({ seenCount: 3 });

  it('is told by its node: it is nobody else’s change, and nobody else’s update', () => {
    const { decision, memory: after } = tick(shown(2).build(), { memory });
    expect(after.groups[group]?.foreignChanges).toBeUndefined();
    expect(decision.facts['others']).toBeUndefined();
  });

  it('is not overtaken by an order', () => {
    const world = shown(2).pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' }), waiting);
    expect(tick(world.build(), { memory }).decision).toMatchObject({
      resize: null,
      reason: 'ResizeUnderWay',
      facts: { by: 'removal of 1' },
    });
  });

  it('is no excuse for another count than its node tells of', () => {
    const { decision, memory: after } = tick(shown(4).build(), { memory });
    expect(after.groups[group]?.foreignChanges).toEqual([noon]);
    expect(decision.facts['others']).toContain('UPDATE_IN_PROGRESS');
  });
});
