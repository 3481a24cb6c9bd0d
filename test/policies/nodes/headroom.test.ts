// Nodes that nobody's pod asks for yet: headroom for a target, and a schedule of nodes.
import { describe, expect, it } from 'vitest';
import { minutes, rfc3339 } from '../../../src/model/units.ts';
import { aPod, at, podsOf } from '../../builders.ts';
import { group, pool, running, steady, tick, wanting, web } from './worlds.ts';

describe('headroom', () => {
  const keeping = (pods: number, spec: object = {}) =>
    wanting({ growth: { headroom: { of: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods } }, ...spec });

  it.each([
    ['fits on today’s nodes', { 'w-1': 2 }, 2, 'PoolFits', 1],
    ['does not', { 'w-1': 2 }, 3, 'HeadroomShort', 2],
    ['needs several nodes', { 'w-1': 4 }, 5, 'HeadroomShort', 3],
  ])('that %s', (_, where, pods, reason, desired) => {
    const snapshot = pool(1)
      .deployments(web)
      .pods(...podsOf('web', where, { cpu: '1' }));
    expect(tick(snapshot.build(), { policy: keeping(pods) }).decision).toMatchObject({ reason, desired });
  });

  it('comes after pods that wait, and pages nobody where it cannot be had', () => {
    const waiting = aPod('batch').requesting({ cpu: '4' }).unschedulable().build();
    const policy = keeping(4, { limits: { nodes: 2 } });
    const snapshot = pool(1)
      .deployments(web)
      .pods(...running, waiting)
      .build();
    const { decision } = tick(snapshot, { policy });
    expect(decision).toMatchObject({ reason: 'PodsUnschedulable', desired: 2 });
    const alone = tick(
      pool(2)
        .deployments(web)
        .pods(...podsOf('web', { 'w-1': 4, 'w-2': 4 }, { cpu: '1' }))
        .build(),
      {
        policy,
      },
    );
    expect(alone.decision).toMatchObject({ action: 'hold', reason: 'HeadroomShort', desired: 2 });
    expect(alone.decision.message).not.toMatch(/\{\w+\}/);
    expect(alone.plan.alerts).toEqual([]);
  });

  it('of a target that nobody knows the shape of is named, and orders nothing', () => {
    const policy = wanting({
      growth: { headroom: { of: { kind: 'Rollout', namespace: 'shop', name: 'new' }, pods: 9 } },
    });
    const { decision } = tick(pool(1).build(), { policy });
    expect(decision).toMatchObject({ action: 'hold', reason: 'ShapeUnknown', resize: null });
    expect(decision.message).toContain('Rollout shop/new');
  });
});

describe('a schedule of nodes', () => {
  it.each([
    ['too early', 600, [], 1],
    ['as early as nodes have lately taken to come', 600, [minutes(10)], 5],
    ['as early as they usually take where nothing is known yet', 315, [], 5],
    ['no earlier than that', 316, [], 1],
    ['later where they are quick', 300, [minutes(2)], 1],
  ])('orders its nodes: %s', (_, opens, bootTimes, desired) => {
    const schedule = [{ name: 'd11', from: rfc3339(at(opens)), until: rfc3339(at(7200)), nodeGroup: group, min: 5 }];
    const { decision } = tick(pool(1).build(), { policy: wanting({ schedule }), memory: steady({ bootTimes }) });
    expect(decision.desired).toBe(desired);
    if (desired > 1) {
      expect(decision).toMatchObject({ action: 'grow', reason: 'ScheduledNodes' });
      expect(decision.message).toContain('d11');
    }
  });
});
