// Orders that never turn Ready: each of them is a failure of its own, however long an older one has been missing.
import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/model/kubernetes.ts';
import type { GroupMemory, Memory } from '../../../src/model/memory.ts';
import type { NodeDecision } from '../../../src/model/plan.ts';
import { minutes, rfc3339, type Instant } from '../../../src/model/units.ts';
import { record } from '../../../src/policies/record.ts';
import { memoryShape } from '../../../src/state/memory-shape.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, at, podsOf } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const full = podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' });
const waiting = aPod('late').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();
/** The first one has not come, and its back-off is over. */
const firstTold = {
  ordered: [{ at: at(-3600), count: 1, told: true }],
  lastFailure: { at: at(-2700), code: 'NeverReady', message: 'first' },
  backOff: { until: at(-2400), length: minutes(5) },
} satisfies Partial<GroupMemory>;

describe('a node that registers and is not Ready', () => {
  const born = at(-460);
  const node = (silentSince: Instant) =>
    aNode('new')
      .notReady(silentSince)
      .meta({ creationTimestamp: rfc3339(born) })
      .build();
  const ordered = [{ at: at(-500), count: 1 }];
  const look = (one: Node, memory: Memory, now: Instant) => {
    const { decision, memory: after } = tick(
      pool(3, [...workers(2), one])
        .pods(...full, waiting)
        .build(),
      { memory, now },
    );
    return { decision, memory: memoryShape.parse(JSON.parse(JSON.stringify(after))) };
  };

  it('is still the order that has not come, also once its kubelet dies, and a failure when its time is over', () => {
    const first = look(node(born), steady({ ordered }, at(-400)), at(-400));
    expect(first.memory.nodes['new']).toMatchObject({ ready: false, wasReady: false });
    // The time of the condition moves, seven minutes after it was born.
    const second = look(node(at(-40)), first.memory, at(0));
    expect(second.decision).toMatchObject({ upcoming: 1, resize: null });
    expect(second.memory.groups[group]).toMatchObject({ ordered, lastFailure: null });
    const third = look(node(at(-40)), second.memory, at(500));
    expect(third.memory.groups[group]).toMatchObject({ lastFailure: { code: 'NeverReady' } });
    expect(third.memory.groups[group]?.backOff).not.toBeNull();
  });

  it('has fallen where it was Ready, and stays fallen until it is Ready again', () => {
    const ready = aNode('new').meta({ creationTimestamp: rfc3339(born) });
    const first = look(ready.build(), steady({ ordered }, at(-60)), at(-60));
    expect(first.memory.nodes['new']?.wasReady).toBeUndefined();
    const second = look(node(at(-40)), first.memory, at(-35));
    expect(second.decision.upcoming).toBe(0);
    expect(second.memory.nodes['new']).toMatchObject({ ready: false, wasReady: true });
    expect(second.memory.groups[group]?.ordered).toEqual([]);
    const third = look(ready.build(), second.memory, at(-20));
    expect(third.memory.nodes['new']).toMatchObject({ ready: true });
    expect(third.memory.nodes['new']?.wasReady).toBeUndefined();
  });

  it('is judged by its times where nothing is remembered of it', () => {
    const upcoming = (silentSince: Instant) => look(node(silentSince), steady({ ordered }), at(0)).decision.upcoming;
    expect(upcoming(at(-40))).toBe(0);
    expect(upcoming(born)).toBe(1);
  });
});

describe('an order that never turns Ready', () => {
  it('counts as a failure beside an older one that is still missing, and only once', () => {
    const { ordered } = firstTold;
    const memory = steady({ ...firstTold, ordered: [...ordered, { at: at(-1000), count: 1 }] });
    const snapshot = pool(4, workers(2)).build();
    const first = tick(snapshot, { memory });
    expect(first.memory.groups[group]).toMatchObject({
      lastFailure: { at: at(0), code: 'NeverReady', message: expect.stringContaining('2 ordered nodes') as string },
      backOff: { length: minutes(10) },
    });
    const kept = memoryShape.parse(JSON.parse(JSON.stringify(first.memory)));
    const second = tick(snapshot, { memory: kept, now: at(15) });
    expect(second.memory.groups[group]?.lastFailure?.at).toBe(at(0));
  });

  it('is not told again because something else has failed since', () => {
    const refused = { at: at(-60), code: 'ResizeFailed', message: 'no' };
    const memory = steady({ ...firstTold, lastFailure: refused });
    const { memory: after } = tick(pool(3, workers(2)).build(), { memory });
    expect(after.groups[group]?.lastFailure).toEqual(refused);
  });

  it('backs its group off for longer each time, and another group serves', () => {
    const policy = aNodePolicy({
      nodeGroups: [
        { name: group, min: 1, max: 20, prefer: 1 },
        { name: 'burst', min: 0, max: 5, prefer: 2, shape: { cpu: 4, memory: '16Gi' } },
      ],
    });
    const grown: string[] = [];
    let count = 3;
    let memory = steady(firstTold);
    const sent = ({ nodeGroup, resize }: NodeDecision, now: Instant): void => {
      if (resize === null) return;
      grown.push(nodeGroup);
      if (nodeGroup !== group) return;
      const outcome = { kind: 'resize', nodeGroup, from: count, to: resize.to, remove: [] } as const;
      memory = record(memory, [{ ...outcome, at: rfc3339(now), status: 'succeeded' }], now);
      count = resize.to;
    };
    for (let second = 0; second < 3600 && !grown.includes('burst'); second += 60) {
      const snapshot = pool(2, workers(2)).groups(
        aNodeGroup(group, count, { flavor_id: 'm1.large' }),
        aNodeGroup('burst', 0, { flavor_id: 'm1.large' }),
      );
      const { plan, memory: after } = tick(snapshot.pods(...full, waiting).build(), {
        policy,
        memory,
        now: at(second),
      });
      memory = after;
      for (const decision of plan.nodes) sent(decision, at(second));
    }
    expect(grown).toEqual([group, 'burst']);
    expect(memory.groups[group]?.backOff?.length).toBe(minutes(10));
  });
});
