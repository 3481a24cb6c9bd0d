// Removals that failed: told, and waited with, and no reason to order less.
import { describe, expect, it } from 'vitest';
import type { MagnumNodeGroup } from '../../../src/model/openstack.ts';
import type { ResizeOutcome } from '../../../src/model/outcome.ts';
import { record } from '../../../src/policies/record.ts';
import { memoryShape } from '../../../src/state/memory-shape.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, at, podsOf, serverId } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const full = podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' });
const waiting = aPod('late').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();
const remove = [{ node: 'w-3', serverId: serverId(3) }];
const refused: ResizeOutcome = {
  kind: 'resize',
  nodeGroup: group,
  from: 3,
  to: 2,
  remove,
  at: '2026-11-20T11:59:40Z',
  status: 'failed',
  code: 'Forbidden',
  message: 'no',
};

describe('a removal that failed', () => {
  it('orders for pods that wait all the same, and lets nothing begin to leave for a while', () => {
    const failed = memoryShape.parse(JSON.parse(JSON.stringify(record(steady(), [refused], at(-20)))));
    expect(failed.groups[group]).toMatchObject({
      lastFailure: null,
      backOff: null,
      removalFailure: { at: at(-20), code: 'Forbidden', message: 'no' },
    });
    const { decision } = tick(
      pool(2)
        .pods(...full, waiting)
        .build(),
      { memory: failed },
    );
    expect(decision).toMatchObject({ action: 'grow', resize: { to: 3 } });
    const nodes = { ...failed.nodes, 'w-3': { ready: true, unneededSince: at(-3600), emptySince: null } };
    const idle = tick(
      pool(3)
        .cluster({})
        .pods(...full)
        .build(),
      { memory: { ...failed, nodes } },
    );
    expect(idle.decision.kept).toContainEqual(expect.objectContaining({ node: 'w-3', reason: 'RecentFailure' }));
    const alert = idle.plan.alerts.find(({ labels }) => labels['alertname'] === 'SpringtideResizeFailed');
    expect(alert?.annotations['description']).toContain('Forbidden: no');
  });

  it.each<[string, Partial<MagnumNodeGroup>, string]>([
    ['was dropped', { node_count: 3 }, 'Dropped'],
    ['ended in a failure', { node_count: 2, status: 'UPDATE_FAILED', status_reason: 'boom' }, 'ResizeFailed'],
  ])('and %s backs nothing off either', (_, magnum, code) => {
    const sent = { at: at(-61), from: 3, to: 2, remove, begun: code !== 'Dropped' };
    const snapshot = pool(3, [...workers(2), aNode('w-3').build()]).groups(aNodeGroup(group, 3, magnum));
    const { memory } = tick(snapshot.build(), { memory: steady({ sent }) });
    expect(memory.groups[group]).toMatchObject({ sent: null, lastFailure: null, backOff: null });
    expect(memory.groups[group]?.removalFailure).toMatchObject({ at: at(0), code });
  });

  it('of another clock is no later than now', () => {
    const memory = { ...steady({ removalFailure: { at: at(900), code: 'x', message: '' } }), lastTick: at(900) };
    expect(tick(pool(2).build(), { memory }).memory.groups[group]?.removalFailure?.at).toBe(at(0));
  });
});

describe('empty nodes of which one could not be emptied', () => {
  const leaving = [
    ...workers(2),
    aNode('w-3')
      .leaving({ startedAt: at(-620) })
      .build(),
  ];
  const failure = { at: at(-15), code: 'DrainTimedOut', message: 'shop/stuck' };
  it.each([
    ['another node’s drain', { drainFailure: failure }, ['w-3']],
    ['an order', { lastFailure: failure }, ['w-3']],
    ['a removal', { removalFailure: failure }, []],
  ])('leave although %s has failed, unless that was a removal', (_, more, gone) => {
    const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 9 }], shrink: { afterFailure: '1h' } });
    const { decision } = tick(
      pool(3, leaving)
        .pods(...full)
        .build(),
      { policy, memory: steady(more) },
    );
    expect(decision.resize?.remove.map(({ node }) => node) ?? []).toEqual(gone);
  });
});
