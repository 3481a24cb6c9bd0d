// Nodes that are missing: those that have fallen silent and those that never came are different ones, and neither is waited for.
import { expect, it } from 'vitest';
import type { GroupMemory } from '../../../src/model/memory.ts';
import { aNode, aNodeGroup, aPod, at, podsOf } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const full = podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' });
const waiting = aPod('late').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();
const fallen = aNode('w-3').notReady(at(-3600)).build();
const overdue = { at: at(-7200), count: 1, told: true } as const;

it.each<[string, number, string, GroupMemory['ordered'], { readonly upcoming: number; readonly grows: boolean }]>([
  ['one fallen, one overdue', 4, 'UPDATE_COMPLETE', [overdue], { upcoming: 0, grows: true }],
  ['one fallen, one lost', 4, 'UPDATE_FAILED', [overdue], { upcoming: 0, grows: true }],
  ['one fallen', 3, 'UPDATE_COMPLETE', [], { upcoming: 0, grows: true }],
  ['one fallen, one on its way', 4, 'UPDATE_COMPLETE', [{ at: at(-60), count: 1 }], { upcoming: 1, grows: false }],
  [
    'one fallen, one overdue, one on its way',
    5,
    'UPDATE_COMPLETE',
    [overdue, { at: at(-60), count: 1 }],
    { upcoming: 1, grows: false },
  ],
])('%s: what is upcoming, and whether pods that wait order a VM', (_, count, status, ordered, { upcoming, grows }) => {
  const snapshot = pool(count, [...workers(2), fallen])
    .groups(aNodeGroup(group, count, { status, flavor_id: 'm1.large', status_reason: 'no' }))
    .pods(...full, waiting);
  const { decision } = tick(snapshot.build(), { memory: steady({ ordered, seenFailure: ' no' }) });
  expect({ upcoming: decision.upcoming, grows: decision.resize !== null }).toEqual({ upcoming, grows });
});
