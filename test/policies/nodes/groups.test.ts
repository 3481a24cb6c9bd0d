// Several groups, and what becomes of one: balancing, totals, shares, arriving nodes, failed updates and those of others.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { lookAlike } from '../../../src/policies/nodes/balance.ts';
import type { Room } from '../../../src/policies/nodes/room.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, aSnapshot, at, noon, serverId } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const waiting = (count: number, cpu = '4'): Pod[] =>
  Array.from({ length: count }, (_, index) =>
    aPod(`p-${index}`).ownedBy('ReplicaSet', 'web-abc').requesting({ cpu }).unschedulable().build(),
  );
const busyOn = (...nodes: string[]): Pod[] =>
  nodes.map((node) =>
    aPod(`busy-${node}`).ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '4' }).on(node).ready().build(),
  );

describe('groups that look alike', () => {
  const zoned = (name: string, zone: string, more: Record<string, string> = {}) =>
    aNode(name)
      .inGroup(`zone-${zone}`)
      .labelled({ 'topology.kubernetes.io/zone': zone, 'kubernetes.io/hostname': name, ...more });
  const world = (b: ReturnType<typeof zoned>) =>
    aSnapshot()
      .groups(aNodeGroup('zone-a', 3), aNodeGroup('zone-b', 1))
      .nodes(zoned('w-1', 'a'), zoned('w-2', 'a'), zoned('w-3', 'a'), b)
      .pods(...busyOn('w-1', 'w-2', 'w-3', 'w-4'), ...waiting(4));
  const policy = (more: object = {}) =>
    aNodePolicy({
      nodeGroups: [
        { name: 'zone-a', max: 9 },
        { name: 'zone-b', max: 9, ...more },
      ],
    });
  const desired = (snapshot: ReturnType<typeof world>, more = {}) =>
    tick(snapshot.build(), { policy: policy(more) }).plan.nodes.map((one) => one.desired);

  it('grow together: the smallest first', () => {
    expect(desired(world(zoned('w-4', 'b')))).toEqual([4, 4]);
  });

  it.each([
    ['by a label', zoned('w-4', 'b', { disk: 'ssd' }), {}],
    ['by a taint that everybody tolerates', zoned('w-4', 'b').tainted({ key: 'x', effect: 'PreferNoSchedule' }), {}],
    ['by what the operator prefers', zoned('w-4', 'b'), { prefer: 2 }],
  ])('are told apart %s', (_, node, more) => {
    expect(desired(world(node), more)).toEqual([7, 1]);
  });

  it('grow in step where pods are spread over their zones', () => {
    const spread = {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'web' } },
        },
      ],
    };
    const pods = Array.from({ length: 60 }, (_, index) =>
      aPod(`p-${index}`)
        .labelled({ app: 'web' })
        .ownedBy('ReplicaSet', 'web-abc')
        .requesting({ cpu: '2' })
        .spec(spread)
        .unschedulable(),
    );
    const snapshot = aSnapshot()
      .groups(aNodeGroup('zone-a', 1), aNodeGroup('zone-b', 1))
      .nodes(zoned('w-1', 'a'), zoned('w-4', 'b'))
      .pods(...busyOn('w-1', 'w-4'), ...pods)
      .build();
    const { plan } = tick(snapshot, {
      policy: aNodePolicy({
        nodeGroups: [
          { name: 'zone-a', max: 40 },
          { name: 'zone-b', max: 40 },
        ],
      }),
    });
    expect(plan.nodes.map(({ desired }) => desired)).toEqual([16, 16]);
  });

  const room = (cpu: number, labels = {}): Room => {
    const capacity = { cpu, memory: 8e12, pods: 110_000 };
    return { name: 'new', labels, taints: [], capacity, free: capacity };
  };
  it.each([
    ['five per cent', room(4000), room(3800), true],
    ['more than that', room(4000), room(3790), false],
    ['the kubelet’s own labels', room(4000, { 'kubernetes.io/os': 'linux' }), room(4000), true],
    ['Magnum’s own labels', room(4000, { 'magnum.openstack.org/nodegroup': 'a' }), room(4000), true],
  ])('may differ by %s', (_, a, b, answer) => {
    expect(lookAlike(a, b)).toBe(answer);
  });
});

describe('totals and shares', () => {
  const limits = { maxTotalCores: 100, totalCoresUsed: 40, maxTotalInstances: 100, totalInstancesUsed: 9 };
  it.each([
    ['a share of the quota is used up', { quota: { share: { percent: 4 } } }, {}, 1, 'QuotaExceeded'],
    ['a share of the quota has room for one', { quota: { share: { percent: 8 } } }, {}, 2, 'PodsUnschedulable'],
    ['workers of no policy count in the cluster’s total', {}, { limits: { nodes: 3 } }, 2, 'PodsUnschedulable'],
    ['and their cores do', {}, { limits: { cores: 8 } }, 1, 'LimitReached'],
    ['but not in the policy’s', { limits: { nodes: 4 } }, {}, 4, 'PodsUnschedulable'],
  ])('%s', (_, spec, daemon, desired, reason) => {
    const other = aNode('x-7').inGroup('of-no-policy').build();
    const master = aNode('m-8').labelled({ 'node-role.kubernetes.io/control-plane': '' }).build();
    const snapshot = pool(1, [...workers(1), other, master])
      .nova({ limits })
      .pods(...busyOn('w-1', 'x-7', 'm-8'), ...waiting(3))
      .build();
    const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 20 }], ...spec });
    const { decision } = tick(snapshot, { policy, daemon });
    expect(decision).toMatchObject({ desired, reason });
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });
});

describe('limits that cannot be judged now', () => {
  const unasked = { source: 'nova', what: 'limits', code: 'ServerFault', message: '500' } as const;
  const short = () => pool(1).pods(...busyOn('w-1'), ...waiting(1));
  const unsized = () => short().groups(aNodeGroup(group, 1), aNodeGroup('gpu', 0, { flavor_id: 'g1.huge' }));
  const both = [
    { name: group, min: 1, max: 20 },
    { name: 'gpu', min: 2, max: 5 },
  ];
  it.each([
    ['a share of a quota that does not answer', short().failing(unasked), { quota: { share: { percent: 50 } } }, {}],
    ['a part that is kept free', short().failing(unasked), { quota: { keepFree: { cores: 8 } } }, {}],
  ])('are kept to: %s', (_, world, spec, daemon) => {
    const { decision } = tick(world.build(), { policy: aNodePolicy(spec), daemon });
    expect(decision).toMatchObject({ action: 'hold', reason: 'QuotaUnknown', resize: null });
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it.each([
    ['no quota is written', short().failing(unasked), {}],
    [
      'the cloud shows none',
      short().failing({ ...unasked, code: 'NotInCatalog' }),
      { quota: { share: { percent: 50 } } },
    ],
  ])('hold nobody where %s', (_, world, spec) => {
    expect(tick(world.build(), { policy: aNodePolicy(spec) }).decision.reason).toBe('PodsUnschedulable');
  });

  it.each([
    ['the policy’s cores', { limits: { cores: 8 } }, {}, 'ShapeUnknown'],
    ['the Daemon’s memory', {}, { limits: { memory: 64 * 2 ** 30 } }, 'ShapeUnknown'],
    ['nodes alone', { limits: { nodes: 8 } }, {}, 'BelowMinimum'],
  ])('are kept to where nobody knows the size of a node: %s', (_, spec, daemon, reason) => {
    const { plan } = tick(unsized().build(), { policy: aNodePolicy({ nodeGroups: both, ...spec }), daemon });
    expect(plan.nodes.find(({ nodeGroup }) => nodeGroup === 'gpu')?.reason).toBe(reason);
  });
});

describe('a node that is Ready but not whole', () => {
  const policy = aNodePolicy({
    nodeGroups: [{ name: group, min: 1, max: 9, ready: { resources: ['nvidia.com/gpu'], ignoreTaints: ['starting'] } }],
  });
  const whole = aNode('w-1').withRoom({ cpu: '4', memory: '16Gi', pods: 110, 'nvidia.com/gpu': 1 }).build();
  const gpu = (name: string, count = 1) =>
    aPod(name)
      .ownedBy('ReplicaSet', 'web-abc')
      .requesting({ cpu: '1', 'nvidia.com/gpu': count })
      .unschedulable()
      .build();
  const memory = steady({ ordered: [{ at: at(-60), count: 1 }] });
  it.each([
    ['without its resources', aNode('w-2')],
    [
      'with a startup taint',
      aNode('w-2')
        .withRoom({ cpu: '4', memory: '16Gi', pods: 110, 'nvidia.com/gpu': 1 })
        .tainted({ key: 'starting', effect: 'NoSchedule' }),
    ],
  ])('%s is on its way: pods wait for it', (_, node) => {
    const used = aPod('used').ownedBy('ReplicaSet', 'api-abc').requesting({ 'nvidia.com/gpu': 1 }).on('w-1').ready();
    const nodes = [whole, node.build()];
    const { decision, memory: after } = tick(pool(2, nodes).pods(used, gpu('p-1')).build(), { policy, memory });
    expect(decision).toMatchObject({ action: 'none', reason: 'NodesUpcoming', upcoming: 1 });
    expect(after.nodes['w-2']?.ready).toBe(false);
    const two = tick(pool(2, nodes).pods(used, gpu('p-1'), gpu('p-2')).build(), { policy, memory });
    expect(two.decision).toMatchObject({ action: 'grow', desired: 3 });
  });
});

describe('a group whose update has failed', () => {
  const failed = (count: number, ...nodes: string[]) =>
    pool(
      count,
      nodes.map((name) => aNode(name).build()),
    ).groups(aNodeGroup(group, count, { status: 'UPDATE_FAILED' }));
  it.each([
    ['is sent the same count for nodes that it has counted and not made', failed(3, 'w-1'), 2, 3],
    ['is sent a higher one for more', failed(2, 'w-1'), 3, 4],
    ['grows as any other where all are there', failed(1, 'w-1'), 2, 3],
  ])('%s', (_, snapshot, pods, desired) => {
    const { decision } = tick(snapshot.pods(...busyOn('w-1'), ...waiting(pods)).build());
    expect(decision).toMatchObject({ action: 'grow', desired, resize: { to: desired, remove: [] }, upcoming: 0 });
  });

  it('is brought back to its minimum by the same count', () => {
    const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 3, max: 9 }] });
    const { decision } = tick(failed(3, 'w-1', 'w-2').build(), { policy });
    expect(decision).toMatchObject({ action: 'grow', reason: 'BelowMinimum', resize: { to: 3 } });
  });

  it('is not judged by the old status right after the same count was sent again', () => {
    const before = tick(failed(3, 'w-1').build(), { now: at(-20) }).memory.groups[group];
    const sent = { at: at(-20), from: 3, to: 3, remove: [], begun: false };
    const { memory } = tick(failed(3, 'w-1').build(), { memory: steady({ ...before, lastFailure: null, sent }) });
    expect(memory.groups[group]).toMatchObject({ sent: { to: 3 }, lastFailure: null });
  });
});

describe('a resize that Magnum took and its conductor refused', () => {
  const sent = { at: at(-15), from: 1, to: 2, remove: [], begun: false };
  const world = (count: number, status: string, reason: string, updated = '2026-11-20T11:59:50+00:00') =>
    pool(1)
      .groups(aNodeGroup(group, count, { status, status_reason: reason, updated_at: updated }))
      .build();
  const busy = 'ERROR: Stack is UPDATE_IN_PROGRESS: action UPDATE cannot be performed';
  it('is told with its reason as soon as it is seen', () => {
    const { memory } = tick(world(1, 'UPDATE_FAILED', busy), { memory: steady({ sent }) });
    expect(memory.groups[group]).toMatchObject({
      sent: null,
      lastFailure: { at: noon, code: 'ResizeFailed', message: busy },
    });
    expect(memory.groups[group]?.backOff).not.toBeNull();
  });

  it('is told with its reason also where it is seen in the first seconds, when it is not judged yet', () => {
    const refused = world(1, 'UPDATE_FAILED', busy, '2026-11-20T11:59:58+00:00');
    const early = tick(refused, { memory: steady({ sent: { ...sent, at: at(-4) } }) });
    expect(early.memory.groups[group]).toMatchObject({ sent: { to: 2 }, lastFailure: null });
    const { memory } = tick(refused, { memory: early.memory, now: at(4) });
    expect(memory.groups[group]).toMatchObject({ sent: null, lastFailure: { code: 'ResizeFailed', message: busy } });
  });

  it('names a quota where the reason does', () => {
    const { memory } = tick(world(1, 'UPDATE_FAILED', 'Quota exceeded for instances'), { memory: steady({ sent }) });
    expect(memory.groups[group]?.lastFailure?.code).toBe('QuotaExceeded');
  });

  const old = world(1, 'UPDATE_FAILED', busy, '2026-11-20T11:00:00+00:00');
  const stood = tick(old, { now: at(-15) }).memory.groups[group];
  it('is not what the group had said before', () => {
    const { memory } = tick(old, { memory: steady({ ...stood, sent }) });
    expect(memory.groups[group]).toMatchObject({ sent: { to: 2 }, lastFailure: null });
  });

  it('is one where it says the same once more', () => {
    const { memory } = tick(world(1, 'UPDATE_FAILED', busy), { memory: steady({ ...stood, sent }) });
    expect(memory.groups[group]).toMatchObject({ sent: null, lastFailure: { code: 'ResizeFailed' } });
  });

  it('and that never showed at all is told with the words that still stand there', () => {
    const { memory } = tick(old, { memory: steady({ ...stood, sent: { ...sent, at: at(-61) } }) });
    expect(memory.groups[group]?.lastFailure).toMatchObject({ code: 'Dropped' });
    expect(memory.groups[group]?.lastFailure?.message).toContain(busy);
  });
});

describe('an update by others', () => {
  const world = (status: string, ofGroup = 'UPDATE_COMPLETE') =>
    pool(1)
      .groups(aNodeGroup(group, 1, { status: ofGroup }))
      .cluster({ status, status_reason: 'Stack UPDATE started' })
      .pods(...busyOn('w-1'), ...waiting(1));
  it('of the whole cluster is waited for, in Magnum’s words', () => {
    const { decision } = tick(world('UPDATE_IN_PROGRESS').build());
    expect(decision).toMatchObject({ action: 'hold', reason: 'UpdateByOthers', resize: null });
    expect(decision.message).toContain('cluster UPDATE_IN_PROGRESS: Stack UPDATE started');
  });

  it('is told after half an hour, whether anybody waits or not', () => {
    let memory = steady();
    const names: string[][] = [];
    for (const second of [0, 1790, 1810]) {
      const { plan, memory: after } = tick(pool(1).cluster({ status: 'UPDATE_IN_PROGRESS' }).build(), {
        memory,
        now: at(second),
      });
      names.push(plan.alerts.map(({ labels }) => labels['alertname'] ?? ''));
      memory = after;
    }
    expect(names).toEqual([[], [], ['SpringtideUpdateByOthers']]);
  });
});

describe('nodes that are late', () => {
  it('are named where they have registered, and counted where not', () => {
    const booting = aNode('w-2')
      .meta({ creationTimestamp: new Date(at(-600)).toISOString() })
      .notReady(at(-600))
      .build();
    const memory = steady({ ordered: [{ at: at(-901), count: 2 }] });
    const { memory: after, plan } = tick(pool(3, [...workers(1), booting]).build(), { memory });
    expect(after.groups[group]?.lastFailure?.message).toBe(
      '2 ordered nodes are not Ready after 15 min: w-2, never registered: 1',
    );
    expect(plan.alerts.map(({ annotations }) => annotations['description']).join()).toContain('w-2');
  });

  it('are named by their servers where Nova tells them', () => {
    const memory = steady({ ordered: [{ at: at(-901), count: 1 }] });
    const servers = [
      { id: serverId(1), name: 'k8s-default-worker-0' },
      { id: serverId(77), name: 'k8s-default-worker-1', addresses: { net: [{ addr: '10.0.0.77' }] } },
    ];
    const snapshot = pool(2, workers(1))
      .groups(aNodeGroup(group, 2, { node_addresses: ['10.0.0.1', '10.0.0.77'] }))
      .nova({ servers });
    const { memory: after } = tick(snapshot.build(), { memory });
    expect(after.groups[group]?.lastFailure?.message).toContain('never registered: k8s-default-worker-1');
  });

  it('are not those that were Ready and fell', () => {
    const fallen = aNode('w-2').notReady(at(-1000)).build();
    const first = tick(pool(2, [...workers(1), fallen]).build());
    expect(first.memory.groups[group]?.ordered).toEqual([]);
    const later = tick(pool(2, [...workers(1), fallen]).build(), { memory: first.memory, now: at(1200) });
    expect(later.memory.groups[group]).toMatchObject({ lastFailure: null, backOff: null });
    expect(noon).toBeLessThan(at(1200));
  });
});
