// When nodes may leave: windows, schedules, guards; which nodes never do; and those that do not answer.
import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/model/kubernetes.ts';
import type { Memory } from '../../../src/model/memory.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { record } from '../../../src/policies/record.ts';
import { utilizationOf } from '../../../src/policies/nodes/utilization.ts';
import {
  aBudget,
  aDeployment,
  aForecast,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aPodPolicy,
  aReplicaSet,
  at,
  noon,
  podsOf,
  serverId,
} from '../../builders.ts';
import { begins, group, pool, steady, tick, unneeded, workers } from './worlds.ts';

const policyOf = (shrink: object = {}, more: object = {}, min = 1) =>
  aNodePolicy({ nodeGroups: [{ name: group, min, max: 40 }], shrink, ...more });
const busy = podsOf('web', { 'w-1': 3 }, { cpu: '1' });
const pair = (nodes: readonly Node[] = workers(2)) => pool(2, nodes).pods(...busy);
const hours = (from: number, until: number) => ({ from: rfc3339(at(from)), until: rfc3339(at(until)) });

describe('windows', () => {
  it.each([
    ['never beats only', { only: [hours(-60, 3600)], never: [hours(-60, 600)] }, 'NeverWindow', at(600)],
    ['outside of only', { only: [hours(600, 3600)] }, 'OutsideShrinkWindow', at(600)],
    ['of the day', { never: [{ start: '00:00', end: '24:00', timeZone: 'Asia/Shanghai' }] }, 'NeverWindow', null],
  ])('%s', (_, shrink, reason, until) => {
    const { decision } = tick(pair().build(), { policy: policyOf(shrink), memory: unneeded(2) });
    expect(begins(decision)).toEqual([]);
    expect(decision.kept.find(({ node }) => node === 'w-2')).toMatchObject({
      reason,
      since: rfc3339(at(-3600)),
      until: until === null ? null : rfc3339(until),
    });
  });

  it('let nodes leave while they are open', () => {
    const policy = policyOf({ only: [hours(-60, 3600)], never: [hours(-60, 0)] });
    expect(begins(tick(pair().build(), { policy, memory: unneeded(2) }).decision)).toEqual(['w-2']);
  });

  it('a drain under way finishes the eviction in flight, starts none, and is taken back', () => {
    const leaving = aNode('w-2')
      .leaving({ startedAt: at(-30) })
      .build();
    const pod = aPod('api-9').ownedBy('ReplicaSet', 'api-abc').on('w-2').ready();
    const policy = policyOf({ never: [hours(-1, 600)] });
    const world = (...pods: ReturnType<typeof pod.build>[]) =>
      pair([...workers(1), leaving])
        .pods(...busy, ...pods)
        .build();
    const other = aPod('api-8').ownedBy('ReplicaSet', 'api-abc').on('w-2').ready().build();
    expect(tick(world(pod.deleting(noon).build(), other), { policy }).decision.drains).toMatchObject([
      { step: 'wait', pods: [{ name: 'api-9' }] },
    ]);
    expect(tick(world(other), { policy }).decision.drains).toMatchObject([
      { step: 'rollBack', reason: 'NeverWindow', node: 'w-2' },
    ]);
  });
});

describe('schedules', () => {
  it('keep the nodes that they will ask for while new ones would still be booting', () => {
    const schedule = [{ name: 'd11', nodeGroup: group, ...hours(300, 7200), min: 2 }];
    const { decision } = tick(pair().build(), { policy: policyOf({}, { schedule }), memory: unneeded(2) });
    expect(begins(decision)).toEqual([]);
    expect(decision.kept).toContainEqual(
      expect.objectContaining({ node: 'w-2', reason: 'ScheduledSoon', by: 'd11', until: rfc3339(at(7200)) }),
    );
    const later = [{ name: 'd11', nodeGroup: group, ...hours(3600, 7200), min: 2 }];
    expect(
      begins(tick(pair().build(), { policy: policyOf({}, { schedule: later }), memory: unneeded(2) }).decision),
    ).toEqual(['w-2']);
  });

  it('may let nothing leave', () => {
    const schedule = [{ name: 'd11', nodeGroup: group, ...hours(-60, 600), shrink: 'off' }];
    const { decision } = tick(pair().build(), { policy: policyOf({}, { schedule }), memory: unneeded(2) });
    expect(decision.kept).toContainEqual(expect.objectContaining({ reason: 'ScheduleHoldsNodes', by: 'd11' }));
  });

  it('of pods keep the nodes that their replicas will need', () => {
    const web = aPodPolicy('web', {
      metrics: [],
      replicas: { min: 1, max: 20 },
      schedule: [{ name: 'sale', ...hours(300, 7200), min: 8 }],
    });
    const deployment = {
      metadata: { namespace: 'shop', name: 'web', uid: 'uid-web' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }] },
        },
      },
      status: { replicas: 3, readyReplicas: 3 },
    };
    const world = pair().kubernetes({ deployments: [deployment] });
    const { decision } = tick(world.build(), { pods: [web], policy: policyOf(), memory: unneeded(2) });
    expect(begins(decision)).toEqual([]);
    expect(decision.kept).toContainEqual(
      expect.objectContaining({ node: 'w-2', reason: 'ScheduledSoon', by: 'shop/web' }),
    );
  });
});

describe('a forecast', () => {
  it.each([
    ['needs again within twice the time that VMs take', aForecast(300, 300, 800), 'ForecastSoon'],
    ['needs before new VMs would come', aForecast(300, 800, 800), 'ForecastSoon'],
    ['does not need', aForecast(300, 300, 300), null],
    ['would need, were it trusted', aForecast(300, 300, 800, { state: 'learning', doubt: 'notEnoughHistory' }), null],
  ])('keeps the nodes that it %s', (_, said, reason) => {
    const web = aPodPolicy('web', { forecast: { metric: 'requests', fallbackUtilization: 1 } });
    const world = pair()
      .deployments(aDeployment('shop', 'web').replicas(3).requesting({ cpu: '1' }))
      .answering('requests', 300)
      .foreseeing(said);
    const { decision } = tick(world.build(), { pods: [web], policy: policyOf(), memory: unneeded(2) });
    if (reason === null) expect(begins(decision)).toEqual(['w-2']);
    else expect(decision.kept).toContainEqual(expect.objectContaining({ node: 'w-2', reason, by: 'shop/web' }));
  });
});

describe('nodes that never leave', () => {
  const on2 = (name: string) => aPod(name).ownedBy('ReplicaSet', 'api-abc').on('w-2').ready();
  it.each([
    ['springtide itself', on2('st').labelled({ 'app.kubernetes.io/name': 'springtide' }), 'NeededBySpringtide'],
    ['its Prometheus, by the name of the service', on2('prom-server-0').in('monitoring'), 'NeededByPrometheus'],
    [
      'its Prometheus, by its label',
      on2('k8s-0').in('monitoring').labelled({ 'app.kubernetes.io/name': 'prometheus' }),
      'NeededByPrometheus',
    ],
    ['the DNS', on2('dns').in('kube-system').labelled({ 'k8s-app': 'kube-dns' }), 'NeededByDns'],
  ])('run %s', (_, pod, reason) => {
    const world = pair()
      .pods(...busy, pod.build())
      .build();
    const daemon = { prometheus: { url: 'http://prom-server.monitoring.svc:9090' } };
    const { decision } = tick(world, { policy: policyOf(), memory: unneeded(2), daemon });
    expect(decision.kept).toContainEqual(expect.objectContaining({ node: 'w-2', reason }));
  });
});

describe('budgets of pods', () => {
  it('are reckoned over all that leave together, drains under way included', () => {
    const light = podsOf('api', { 'w-2': 1, 'w-3': 1 }, { cpu: '100m' });
    const world = (allowed: number, nodes = workers(4)) =>
      pool(4, nodes)
        .pods(...busy, ...light)
        .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, allowed)] })
        .build();
    const policy = policyOf({ atOnce: { empty: 10, drained: 10 } });
    const one = tick(world(1), { policy, memory: unneeded(4) }).decision;
    expect(begins(one)).toEqual(['w-4', 'w-2']);
    expect(one.kept).toContainEqual(
      expect.objectContaining({ node: 'w-3', reason: 'BlockedByPDB', by: 'shop/api', since: rfc3339(at(-3600)) }),
    );
    expect(begins(tick(world(2), { policy, memory: unneeded(4) }).decision)).toEqual(['w-4', 'w-2', 'w-3']);
    const underWay = [
      ...workers(2),
      aNode('w-3')
        .leaving({ startedAt: at(-1) })
        .build(),
      aNode('w-4').build(),
    ];
    expect(begins(tick(world(1, underWay), { policy, memory: unneeded(4) }).decision)).toEqual(['w-4']);
  });
});

describe('the guard over nodes', () => {
  const guards = { nodes: { removed: { percent: 20, per: '1h' }, ordered: { nodes: 2, per: '1h' } } };
  const policy = policyOf({ atOnce: { empty: 10, drained: 10 } });
  const many = pool(9).pods(...busy);

  it('holds all of a step that would give back too much, until somebody releases it', () => {
    const held = tick(many.build(), { policy, memory: unneeded(9), daemon: { guards } });
    expect(begins(held.decision)).toEqual([]);
    expect(held.decision.kept).toContainEqual(
      expect.objectContaining({ reason: 'NodeGuardTripped', by: '8 of 9 nodes, allowed 20 %' }),
    );
    expect(held.memory.nodeGuard?.tripped).toMatchObject({ guard: 'nodesRemoved', count: 8, of: 9 });
    expect(held.plan.alerts.map(({ labels }) => labels['alertname'])).toContain('SpringtideGuardTripped');
    const released = {
      ...many.build(),
      control: { off: [], until: null, by: 'a person', why: 'it is right', releasedAt: rfc3339(at(10)) },
    };
    const after = tick(released, {
      policy,
      memory: { ...held.memory, lastTick: noon },
      now: at(15),
      daemon: { guards },
    });
    expect(begins(after.decision)).toHaveLength(8);
  });

  it('holds an order that is too large, and counts what was ordered before', () => {
    const waits = Array.from({ length: 6 }, (_, index) =>
      aPod(`x-${index}`).ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '3' }).unschedulable().build(),
    );
    const snapshot = pair()
      .pods(...busy, ...waits)
      .build();
    const { decision, memory } = tick(snapshot, { policy, daemon: { guards } });
    expect(decision).toMatchObject({ action: 'hold', reason: 'NodeGuardTripped', resize: null });
    expect(memory.nodeGuard?.tripped).toMatchObject({ guard: 'nodesOrdered' });
    const sent = {
      kind: 'resize',
      nodeGroup: group,
      from: 2,
      to: 4,
      remove: [],
      status: 'succeeded',
      at: rfc3339(noon),
    } as const;
    expect(record(steady(), [sent], noon).nodeGuard).toEqual({
      removed: [],
      ordered: [{ at: noon, change: 2 }],
      tripped: null,
    });
  });
});

describe('a node that does not answer', () => {
  const dead = (since: number) => [...workers(1), aNode('w-2').notReady(at(since)).build(), aNode('w-3').build()];
  const world = (since: number, nodes = dead(since)) =>
    pool(3, nodes).pods(...busy, ...podsOf('web', { 'w-3': 3 }, { cpu: '1' }));
  const remove = policyOf({ unready: { action: 'remove', after: '20m' } });
  const seen = (since: number): Memory => ({
    ...steady(),
    nodes: { 'w-2': { ready: false, unneededSince: at(since), emptySince: null } },
  });

  it('is named by an alert, and stays where the policy says no more', () => {
    const { plan, decision } = tick(world(-1300).build(), { policy: policyOf() });
    expect(decision.kept).toContainEqual(
      expect.objectContaining({ node: 'w-2', reason: 'NotReady', since: rfc3339(at(-1300)) }),
    );
    expect(plan.alerts).toContainEqual(
      expect.objectContaining({ labels: expect.objectContaining({ alertname: 'SpringtideNodesUnready' }) as unknown }),
    );
  });

  it('leaves after its time, and its pods are not waited for', () => {
    expect(begins(tick(world(-1300).build(), { policy: remove, memory: seen(-1100) }).decision)).toEqual([]);
    expect(tick(world(-1300).build(), { policy: remove, memory: seen(-1300) }).decision.drains).toEqual([
      { step: 'begin', node: 'w-2', serverId: serverId(2), nodeGroup: group, unready: true },
    ]);
    const gone = aNode('w-2')
      .notReady(at(-1300))
      .leaving({ startedAt: at(-30), unready: true });
    const stuck = aPod('api-1').ownedBy('ReplicaSet', 'api-abc').on('w-2').deleting(at(-900)).build();
    const nodes = [...workers(1), gone.build(), aNode('w-3').build()];
    const leaving = world(-1300, nodes).pods(...busy, stuck);
    expect(tick(leaving.build(), { policy: remove }).decision.resize).toMatchObject({
      to: 2,
      remove: [{ node: 'w-2', serverId: serverId(2) }],
    });
    const again = [...workers(1), gone.ready().build(), aNode('w-3').build()];
    expect(tick(world(-1300, again).build(), { policy: remove }).decision.drains).toMatchObject([
      { step: 'rollBack', reason: 'NeededAgain' },
    ]);
  });

  it('stops all shrinking where there are too many of them', () => {
    const nodes = Array.from({ length: 9 }, (_, index) =>
      index < 4
        ? aNode(`w-${index + 2}`)
            .notReady(at(-1300))
            .build()
        : aNode(`w-${index + 2}`).build(),
    );
    const cluster = pool(10, [...workers(1), ...nodes]).pods(...busy);
    const { decision } = tick(cluster.build(), { policy: remove, memory: unneeded(10) });
    expect(begins(decision)).toEqual([]);
    expect(new Set(decision.kept.filter(({ node }) => node !== 'w-1').map(({ reason }) => reason))).toEqual(
      new Set(['TooManyUnready']),
    );
  });
});

describe('drains that nobody wants any more', () => {
  const leaving = aNode('w-2')
    .leaving({ startedAt: at(-30), nodeGroup: 'old' })
    .build();
  const snapshot = pool(1, [...workers(1), leaving])
    .groups(aNodeGroup(group, 1))
    .pods(...busy)
    .build();

  it('are taken back when no policy names their group', () => {
    const { plan } = tick(snapshot, { policy: policyOf() });
    expect(plan.nodes.find(({ nodeGroup }) => nodeGroup === 'old')).toMatchObject({
      mode: 'act',
      resize: null,
      drains: [{ step: 'rollBack', node: 'w-2', reason: 'PolicyRemoved' }],
    });
  });

  it('are named by an alert where nothing may be written', () => {
    const first = tick(snapshot, { policy: policyOf(), daemon: { mode: 'off' } });
    const { plan } = tick(snapshot, { policy: policyOf(), daemon: { mode: 'off' }, memory: first.memory, now: at(75) });
    expect(plan.alerts).toContainEqual(
      expect.objectContaining({
        labels: expect.objectContaining({ alertname: 'SpringtideDrainsAbandoned' }) as unknown,
      }),
    );
  });
});

describe('utilization', () => {
  it('of a node with an extended resource is that resource’s', () => {
    const node = aNode('gpu-1')
      .withRoom({ cpu: '32', memory: '256Gi', pods: 110, 'nvidia.com/gpu': 4, 'hugepages-2Mi': 0 })
      .build();
    const pod = aPod('train').requesting({ cpu: '1', memory: '1Gi', 'nvidia.com/gpu': 3 }).on('gpu-1').build();
    expect(utilizationOf(node, [pod])).toBe(0.75);
  });

  it('a controller with fewer replicas than the policy asks for keeps its pods where they are', () => {
    const small = { ...aReplicaSet('shop', 'api'), spec: { replicas: 1 } };
    const world = pair()
      .replicaSets(aReplicaSet('shop', 'web'), small)
      .pods(...busy, ...podsOf('api', { 'w-2': 1 }, { cpu: '100m' }))
      .build();
    const { decision } = tick(world, { policy: policyOf({ minReplicas: 2 }), memory: unneeded(2) });
    expect(decision.kept).toContainEqual(expect.objectContaining({ node: 'w-2', reason: 'BelowMinReplicas' }));
  });
});

describe('pods that wait for a group that is full', () => {
  const waits = (labels: Record<string, string>) =>
    aPod('p-1')
      .ownedBy('ReplicaSet', 'web-abc')
      .requesting({ cpu: '4' })
      .spec({ nodeSelector: labels })
      .unschedulable();
  const policy = aNodePolicy({
    nodeGroups: [
      { name: group, min: 1, max: 2 },
      { name: 'full', min: 1, max: 1 },
    ],
  });
  const world = (labels: Record<string, string>) =>
    pair()
      .groups(aNodeGroup(group, 2), aNodeGroup('full', 1))
      .nodes(...workers(2), aNode('f-1').inGroup('full').labelled({ disk: 'ssd' }))
      .pods(...busy, ...podsOf('web', { 'f-1': 3 }, { cpu: '1' }), waits(labels))
      .build();

  it('keep no other group from giving back', () => {
    const { plan } = tick(world({ disk: 'ssd' }), { policy, memory: unneeded(2) });
    expect(plan.nodes[1]).toMatchObject({ nodeGroup: 'full', reason: 'PoolAtMaximum' });
    expect(begins(plan.nodes[0] ?? { drains: [] })).toEqual(['w-2']);
  });
});
