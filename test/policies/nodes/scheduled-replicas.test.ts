// A schedule of pods orders VMs before its window opens: so early that they are there in time.
import { describe, expect, it } from 'vitest';
import type { Scale } from '../../../src/model/kubernetes.ts';
import { minutes, rfc3339 } from '../../../src/model/units.ts';
import { aDeployment, aForecast, aNodeGroup, answered, aPodPolicy, at } from '../../builders.ts';
import { group, pool, running, served, steady, tick, wanting } from './worlds.ts';

describe('a schedule of pods', () => {
  const window = (min: number, second = 300, more: object = {}) => ({
    name: 'office',
    from: rfc3339(at(second)),
    until: rfc3339(at(second + 7200)),
    min,
    ...more,
  });
  const scheduled = (schedule: readonly object[], spec: object = {}) => ({
    pods: [aPodPolicy('web', { schedule, ...spec })],
  });
  /** Four of four replicas suffice, and the one node is full. */
  const calm = (annotations: Record<string, string> = {}, nodes = 1) => {
    const deployment = aDeployment('shop', 'web').replicas(4).requesting({ cpu: '1' }).build();
    return pool(nodes)
      .deployments({ ...deployment, metadata: { ...deployment.metadata, annotations } })
      .pods(...running)
      .answering('requests', 400);
  };
  const learned = (count: number) => steady({ bootTimes: [minutes(count)] });

  it.each([
    ['a minute too early', 375, undefined, 'none', 0],
    ['as early as VMs usually take, and a tick', 315, undefined, 'grow', 6],
    ['a minute before the slow ones would come in time', 675, learned(10), 'none', 0],
    ['in time for them', 615, learned(10), 'grow', 6],
    ['nothing where VMs are quick and it is early', 300, learned(2), 'none', 0],
  ])('orders VMs %s', (_, opens, memory, action, pods) => {
    const ordered = tick(calm().build(), { ...scheduled([window(10, opens)]), ...(memory && { memory }) });
    expect(ordered.decision.action).toBe(action);
    expect(served(ordered)).toBe(pods);
    expect(ordered.plan.pods[0]).toMatchObject({ action: 'none', desired: 4 });
  });

  it('names the targets, and says that nobody waits yet', () => {
    const { decision } = tick(calm().build(), scheduled([window(10)]));
    expect(decision).toMatchObject({ action: 'grow', reason: 'ScheduleWillNotFit', desired: 3 });
    expect(decision.for).toMatchObject([{ target: { kind: 'Deployment', name: 'web' }, pods: 6 }]);
    expect(decision.message).toContain('shop/web');
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it.each([
    ['the highest of several windows', [window(8), window(10), window(6, 100)], {}, 6],
    ['an exact number', [window(4, 300, { min: undefined, replicas: 9 })], {}, 5],
    ['one that is to be ready before it opens', [window(10, 900, { readyBefore: '10m' })], {}, 6],
    ['no more than the policy’s maximum', [window(10)], { replicas: { min: 1, max: 10 } }, 6],
    ['nothing for a ceiling', [window(4, 300, { min: undefined, max: 9 })], {}, 0],
    ['nothing for what runs already', [window(4)], {}, 0],
    ['nothing in a rehearsal', [window(10)], { mode: 'dryRun' }, 0],
    ['nothing while only the way up is rehearsed', [window(10)], { mode: { up: 'dryRun', down: 'act' } }, 0],
    ['nothing that a person is asked for first', [window(10)], { mode: 'confirm' }, 0],
  ])('orders %s', (_, schedule, spec, pods) => {
    expect(served(tick(calm().build(), scheduled(schedule, spec)))).toBe(pods);
  });

  it('orders while the metrics are unknown, and while only the way down is rehearsed', () => {
    const unknown = calm().answering('requests', answered(null)).build();
    expect(served(tick(unknown, scheduled([window(10)])))).toBe(6);
    const down = { mode: { up: 'act', down: 'dryRun' } };
    const falling = calm().answering('requests', 100).build();
    expect(served(tick(falling, scheduled([window(10)], down)))).toBe(6);
  });

  it.each([
    ['paused', { 'springtide.io/paused': 'true' }],
    ['paused at a number', { 'springtide.io/paused-replicas': '4' }],
    ['not to rise', { 'springtide.io/paused-scale-up': 'true' }],
    ['paused nobody knows how', { 'springtide.io/paused': 'maybe' }],
  ])('orders nothing for a target that is %s', (_, annotations) => {
    expect(tick(calm(annotations).build(), scheduled([window(10)])).decision.action).toBe('none');
  });

  it.each([
    ['of a custom kind as well', {}, 'grow', 6],
    ['nothing for one of a custom kind that is not to rise', { 'springtide.io/paused-scale-up': 'true' }, 'none', 0],
    ['nothing for one of a custom kind that is paused', { 'springtide.io/paused': 'true' }, 'none', 0],
  ])('orders %s', (_, annotations, action, pods) => {
    const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
    const scale: Scale = {
      metadata: { name: 'web', namespace: 'shop', annotations },
      spec: { replicas: 4 },
      status: { replicas: 4, selector: 'app=web' },
      target: rollout,
    };
    const snapshot = pool(1)
      .kubernetes({ scales: [scale] })
      .pods(...running)
      .answering('requests', 400)
      .build();
    const ordered = tick(snapshot, {
      pods: [aPodPolicy('web', { target: { ...rollout, name: 'web' }, schedule: [window(10)] })],
    });
    expect(ordered.decision.action).toBe(action);
    expect(served(ordered)).toBe(pods);
  });

  it('orders nothing while the way up is switched off, nor for a target that a person has put to zero', () => {
    const control = { off: ['pods.up' as const], by: 'ann', why: 'freeze', until: null, releasedAt: null };
    expect(tick({ ...calm().build(), control }, scheduled([window(10)])).decision.action).toBe('none');
    const asleep = aDeployment('shop', 'web').replicas(0).requesting({ cpu: '1' });
    const stopped = pool(1).deployments(asleep).answering('requests', 0).build();
    expect(tick(stopped, scheduled([window(10)])).decision.action).toBe('none');
  });

  it('orders once for replicas that are decided on, foreseen and scheduled: the most of them', () => {
    const forecast = { forecast: { metric: 'requests' } };
    const both = (min: number, load: number, foreseen: number) =>
      tick(
        calm().answering('requests', load).foreseeing(aForecast(load, foreseen)).build(),
        scheduled([window(min)], forecast),
      );
    expect(served(both(8, 400, 1000))).toBe(6);
    expect(both(8, 400, 1000).decision.reason).toBe('ForecastWillNotFit');
    expect(served(both(12, 400, 1000))).toBe(8);
    expect(both(12, 400, 1000).decision.reason).toBe('ScheduleWillNotFit');
    expect(served(both(12, 800, 1000))).toBe(8);
    expect(both(12, 800, 1000).decision.reason).toBe('ReplicasWillNotFit');
  });

  it('orders within limits and quotas, and pages nobody where it may not', () => {
    const most = wanting({ limits: { nodes: 1 } });
    const short = tick(calm().build(), { ...scheduled([window(10)]), policy: most });
    expect(short.decision).toMatchObject({ action: 'hold', reason: 'ScheduleWillNotFit', desired: 1 });
    expect(short.decision.message).not.toMatch(/\{\w+\}/);
    expect(short.plan.alerts).toEqual([]);
    const two = { metadata: { name: 'q', namespace: 'shop' }, status: { hard: { pods: 6 }, used: { pods: 4 } } };
    expect(
      served(
        tick(
          calm()
            .kubernetes({ resourcequotas: [two] })
            .build(),
          scheduled([window(10)]),
        ),
      ),
    ).toBe(2);
  });

  it('says of an order that the guard over nodes holds that nobody waits for it', () => {
    const guards = { nodes: { ordered: { nodes: 1, per: '10m' } } };
    const held = tick(calm().build(), { ...scheduled([window(10)]), daemon: { guards } });
    expect(held.memory.nodeGuard?.tripped).toMatchObject({ guard: 'nodesOrdered' });
    expect(held.decision).toMatchObject({ resize: null, for: [] });
  });

  it('orders nothing more while the VMs are on their way, and keeps them once they have come', () => {
    const memory = steady({ ordered: [{ at: at(-60), count: 2 }] });
    const coming = calm()
      .groups(aNodeGroup(group, 3, { flavor_id: 'm1.large' }))
      .build();
    expect(tick(coming, { ...scheduled([window(10, 240)]), memory }).decision).toMatchObject({
      action: 'none',
      reason: 'NodesUpcoming',
    });
    const come = calm({}, 3).build();
    const kept = tick(come, { ...scheduled([window(10, 120)]), memory: learned(10) }).decision;
    expect(kept).toMatchObject({ action: 'none', resize: null });
    expect(kept.kept.filter(({ reason }) => reason === 'ScheduledSoon').map(({ node }) => node)).toEqual([
      'w-2',
      'w-3',
    ]);
  });
});
