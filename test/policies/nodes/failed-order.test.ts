// An order of ours that has just failed: nothing is asked again before it is known whether the failure is its own.
import { describe, expect, it } from 'vitest';
import { aNode, aNodeGroup, aPod, at, podsOf } from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

describe('an order that failed', () => {
  const full = podsOf('web', { 'w-1': 1 }, { cpu: '3' });
  const waiting = aPod('web-9').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();
  const world = (status: string) =>
    pool(1, [aNode('w-1').build()])
      .groups(aNodeGroup(group, 2, { status, status_reason: 'Quota exceeded for cores' }))
      .pods(...full, waiting);
  const sent = (seconds: number) => ({ at: at(-seconds), from: 1, to: 2, remove: [], begun: true });

  it('is not sent once more in its first seconds, and backs off when it is known', () => {
    const early = tick(world('UPDATE_FAILED').build(), { memory: steady({ sent: sent(3) }) });
    expect(early.decision.resize).toBeNull();
    const known = tick(world('UPDATE_FAILED').build(), { memory: steady({ sent: sent(8) }) });
    expect(known.decision.resize).toBeNull();
    expect(known.memory.groups[group]?.lastFailure).toMatchObject({ code: 'QuotaExceeded' });
  });

  it('of somebody else is led out of at once', () => {
    const { decision } = tick(world('UPDATE_FAILED').build(), { memory: steady() });
    expect(decision.resize).toEqual({ to: 2, remove: [], over: 'nothing' });
  });
});
