// Victims that did not answer when they were told to leave: their silence proves nothing, and hides no wrong removal.
import { describe, expect, it } from 'vitest';
import { aNode, aNodeGroup, aNodePolicy, at, podsOf, serverId } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 9 }], shrink: { removal: 'byServerId' } });
const sent = { at: at(-600), from: 3, to: 2, remove: [{ node: 'w-3', serverId: serverId(3) }], begun: true };
const victim = (silentSince: number, unready: boolean) =>
  aNode('w-3')
    .notReady(at(silentSince))
    .leaving({
      startedAt: at(-700),
      step: 'removing',
      removingAt: at(-600),
      countAfter: 2,
      ...(unready ? { unready } : {}),
    })
    .build();
/** Two are left of three, and the third is silent; `listed`: the servers that Nova has, null: nobody can ask it. */
const after = (silentSince: number, listed: readonly number[] | null, memory = steady({ sent })) => {
  const snapshot = pool(2, [aNode('w-1').build(), victim(silentSince, silentSince < -600)])
    .cluster({ stack_id: 'shop-abc' })
    .nova(listed === null ? {} : { servers: listed.map((number) => ({ id: serverId(number) })) })
    .pods(...podsOf('web', { 'w-1': 1 }, { cpu: '3' }));
  const { decision, memory: learned } = tick(snapshot.build(), { policy, memory });
  return { drains: decision.drains, removal: learned.groups[group]?.removal };
};

describe('a victim that is silent', () => {
  it.each([
    ['since it was told, and nobody can ask Nova', -500, null, 'proven'],
    ['since before, and nobody can ask Nova', -7200, null, 'unproven'],
    ['since before, and Nova has it no more', -7200, [1], 'proven'],
    ['since it was told, and Nova still has it', -500, [1, 3], 'unproven'],
  ])('%s: whether that proves anything', (_, silentSince, listed, removal) => {
    expect(after(silentSince, listed).removal).toBe(removal);
  });

  it('and that Nova still has three minutes after the end was not the one that left', () => {
    const { drains } = after(-7200, [1, 3], steady({ lastShrink: at(-181) }));
    expect(drains).toEqual([{ step: 'rollBack', node: 'w-3', reason: 'WrongServerLeft', by: serverId(3) }]);
    expect(after(-7200, [1, 3], steady({ lastShrink: at(-50) })).drains).toEqual([]);
  });

  it('is forgotten without Nova only if it answered until it was told to leave', () => {
    const done = steady({ lastShrink: at(-300) });
    expect(after(-7200, null, done).drains).toEqual([]);
    expect(after(-500, null, done).drains).toMatchObject([{ step: 'forget' }]);
  });
});

describe('a victim that still answers', () => {
  const leaving = aNode('w-3').leaving({ startedAt: at(-300), step: 'removing', removingAt: at(-240), countAfter: 2 });
  const world = (status: string) =>
    pool(2, [...workers(2), leaving.build()])
      .groups(aNodeGroup(group, 2, { status }))
      .pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' }))
      .build();

  it('is not taken for a wrong removal within three minutes of an update that took longer', () => {
    const seen = tick(world('UPDATE_IN_PROGRESS'), { memory: steady({}, at(-15)), now: at(-15) });
    const ended = tick(world('UPDATE_COMPLETE'), { memory: seen.memory });
    expect(ended.decision.drains).toEqual([]);
    const soon = tick(world('UPDATE_COMPLETE'), { memory: ended.memory, now: at(160) });
    expect(soon.decision.drains).toEqual([]);
    expect(tick(world('UPDATE_COMPLETE'), { memory: soon.memory, now: at(170) }).decision.drains).toMatchObject([
      { step: 'rollBack', node: 'w-3', reason: 'WrongServerLeft' },
    ]);
  });
});
