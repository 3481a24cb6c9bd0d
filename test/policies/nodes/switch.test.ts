// A person's switch over the node tier: what it holds, for how long, and what becomes of drains under way.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import type { ControlFacts, Snapshot } from '../../../src/model/snapshot.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aNode, aNodePolicy, aPod, at, noon, podsOf, serverId } from '../../builders.ts';
import { group, pool, tick, unneeded } from './worlds.ts';

const until = rfc3339(at(3600));
const off = (...ways: ControlFacts['off']): ControlFacts => ({
  off: ways,
  until,
  by: 'wei',
  why: 'a load test',
  releasedAt: null,
});
const under = (control: ControlFacts, snapshot: Snapshot): Snapshot => ({ ...snapshot, control });
const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 20 }] });
const busy = podsOf('web', { 'w-1': 3 }, { cpu: '1' });
const idle = pool(2)
  .pods(...busy)
  .build();
const waiting = pool(1)
  .pods(...busy, aPod('x').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '3' }).unschedulable().build())
  .build();

describe('growing switched off', () => {
  it('orders nothing, says who switched it off and until when', () => {
    expect(tick(waiting, { policy }).decision.action).toBe('grow');
    expect(tick(under(off('nodes.grow'), waiting), { policy }).decision).toMatchObject({
      action: 'hold',
      reason: 'SwitchedOff',
      resize: null,
      until,
      facts: { by: 'wei', why: 'a load test', pods: 1 },
    });
  });

  it('holds no shrink, and is over at its end', () => {
    expect(tick(under(off('nodes.grow'), idle), { policy, memory: unneeded(2) }).decision.reason).toBe('NodesUnneeded');
    const later = { ...off('nodes.grow'), until: rfc3339(noon) };
    expect(tick(under(later, waiting), { policy }).decision.action).toBe('grow');
  });
});

describe('shrinking switched off', () => {
  const held = off('nodes.shrink');

  it('begins no drain and says so of the group and of the node', () => {
    const { decision } = tick(under(held, idle), { policy, memory: unneeded(2) });
    expect(decision).toMatchObject({
      action: 'hold',
      reason: 'SwitchedOff',
      drains: [],
      until,
      facts: { by: 'wei', why: 'a load test', node: 'w-2' },
    });
    expect(decision.kept).toContainEqual({
      node: 'w-2',
      reason: 'SwitchedOff',
      by: 'wei',
      since: rfc3339(at(-3600)),
      until,
    });
  });

  it('holds no growth, and a pool that is at its minimum anyway says nothing of it', () => {
    expect(tick(under(held, waiting), { policy }).decision.action).toBe('grow');
    const atMinimum = aNodePolicy({ nodeGroups: [{ name: group, min: 2, max: 20 }] });
    expect(tick(under(held, idle), { policy: atMinimum, memory: unneeded(2) }).decision.reason).toBe('PoolFits');
  });
});

describe('a drain under way when shrinking is switched off', () => {
  const held = off('nodes.shrink');
  const draining = (started: number, ...pods: Pod[]) =>
    pool(2, [
      aNode('w-1').build(),
      aNode('w-2')
        .leaving({ startedAt: at(started) })
        .build(),
    ])
      .pods(...busy, ...pods)
      .build();
  const api = (name: string) => aPod(name).ownedBy('ReplicaSet', 'api-abc').on('w-2').ready();

  it('ends the evictions in flight and begins none', () => {
    const leaving = draining(-30, api('a').deleting(noon).build(), api('b').build());
    expect(tick(under(held, leaving), { policy }).decision).toMatchObject({
      action: 'hold',
      reason: 'SwitchedOff',
      until,
      drains: [{ step: 'wait', node: 'w-2', pods: [{ name: 'a' }] }],
    });
    expect(tick(under(held, draining(-30, api('b').build())), { policy }).decision).toMatchObject({
      action: 'hold',
      reason: 'SwitchedOff',
      drains: [],
      remove: [{ node: 'w-2', serverId: serverId(2) }],
    });
  });

  it('gives no server back, though its node is empty', () => {
    expect(tick(draining(-30), { policy }).decision.resize).not.toBeNull();
    expect(tick(under(held, draining(-30)), { policy }).decision).toMatchObject({
      action: 'hold',
      reason: 'SwitchedOff',
      resize: null,
    });
  });

  it('gives the node back to work where pods wait for room', () => {
    const needed = draining(
      -30,
      aPod('x').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '3' }).unschedulable().build(),
    );
    expect(tick(under(held, needed), { policy }).decision.drains).toMatchObject([
      { step: 'rollBack', node: 'w-2', reason: 'NeededAgain' },
    ]);
  });

  it('is taken back once it is held for longer than a drain may take', () => {
    expect(tick(under(held, draining(-601, api('b').build())), { policy }).decision.drains).toEqual([
      { step: 'rollBack', node: 'w-2', reason: 'SwitchedOff', by: 'wei' },
    ]);
  });

  it('goes on when it is released', () => {
    const released = { ...held, off: [], until: null, releasedAt: rfc3339(noon) };
    expect(tick(under(released, draining(-30, api('b').build())), { policy }).decision.drains).toMatchObject([
      { step: 'evict', pods: [{ name: 'b' }] },
    ]);
  });
});
