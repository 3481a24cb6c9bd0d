// Growth: for whom, by how many, in which group, and why not.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { rfc3339, seconds } from '../../../src/model/units.ts';
import {
  aDaemonSet,
  aDeployment,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aPodPolicy,
  at,
  noon,
  podsOf,
} from '../../builders.ts';
import { group, pool, steady, tick, workers, type Tick } from './worlds.ts';

const waiting = (count: number, requests: Record<string, string> = { cpu: '2' }): Pod[] =>
  Array.from({ length: count }, (_, index) =>
    aPod(`web-${index}`)
      .labelled({ app: 'web' })
      .ownedBy('ReplicaSet', 'web-abc')
      .requesting(requests)
      .unschedulable()
      .build(),
  );
const full = (nodes: number): Pod[] =>
  Array.from({ length: nodes }, (_, index) =>
    aPod(`filler-${index}`)
      .ownedBy('ReplicaSet', 'api-abc')
      .requesting({ cpu: '4' })
      .on(`w-${index + 1}`)
      .ready()
      .build(),
  );

describe('replicas that were just decided on', () => {
  const deployment = aDeployment('shop', 'web').replicas(4).requesting({ cpu: '1' });
  const busy = () =>
    pool(1)
      .deployments(deployment)
      .pods(...podsOf('web', { 'w-1': 4 }, { cpu: '1' }))
      .answering('requests', 900);

  it('order their VMs in the same tick, and say for whom', () => {
    const { plan, decision } = tick(busy().build(), { pods: [aPodPolicy('web')] });
    expect(plan.pods[0]?.desired).toBe(8);
    expect(decision).toMatchObject({
      action: 'grow',
      reason: 'ReplicasWillNotFit',
      current: 1,
      desired: 2,
      resize: { to: 2, remove: [] },
      for: [{ target: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods: 4 }],
    });
    expect(decision.message).toContain('m1.large');
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it.each([
    ['a dry run of the pods orders none', { mode: 'dryRun' }],
    ['switched off pods order none', { mode: 'off' }],
  ])('%s', (_, spec) => {
    expect(tick(busy().build(), { pods: [aPodPolicy('web', spec)] }).decision).toMatchObject({ action: 'none' });
  });

  it('are never counted twice: pods that wait already are a part of them', () => {
    const snapshot = pool(1)
      .deployments(aDeployment('shop', 'web').replicas(8).requesting({ cpu: '1' }))
      .pods(...podsOf('web', { 'w-1': 4 }, { cpu: '1' }), ...waiting(4, { cpu: '1' }))
      .answering('requests', 800)
      .build();
    const { decision } = tick(snapshot, { pods: [aPodPolicy('web')] });
    expect(decision).toMatchObject({ desired: 2, reason: 'PodsUnschedulable' });
    expect(decision.for.map((one) => one.pods)).toEqual([4]);
  });
});

describe('pods that wait', () => {
  it.each([
    ['two a node', waiting(4), 2],
    [
      'a DaemonSet’s own',
      [aPod('agent').ownedBy('DaemonSet', 'agent').requesting({ cpu: '3' }).unschedulable().build()],
      0,
    ],
    [
      'held back by a gate',
      [
        aPod('g')
          .requesting({ cpu: '3' })
          .status({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] })
          .build(),
      ],
      0,
    ],
    ['ended', [aPod('done').requesting({ cpu: '3' }).status({ phase: 'Succeeded' }).build()], 0],
    ['being deleted', [aPod('old').requesting({ cpu: '3' }).deleting(noon).build()], 0],
    ['too large for any node', waiting(1, { cpu: '64' }), 0],
  ])('%s', (_, pods, nodes) => {
    const { decision } = tick(
      pool(1)
        .pods(...full(1), ...pods)
        .build(),
    );
    expect((decision.desired ?? 0) - 1).toBe(nodes);
  });

  const perNode = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } };
  it.each([
    [
      'spread over nodes',
      { topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...perNode }] },
    ],
    [
      'kept together on a node',
      { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [perNode] } } },
    ],
  ])('and are %s get their node, where nobody else waits', (_, rule) => {
    const [pod] = waiting(1);
    if (pod === undefined) throw new Error('nobody waits');
    const spec = { ...pod.spec, ...rule };
    const { decision } = tick(
      pool(1)
        .pods(...full(1), { ...pod, spec })
        .build(),
    );
    expect(decision).toMatchObject({ action: 'grow', desired: 2 });
  });

  it('are awaited by nodes on their way: nothing more is ordered', () => {
    const memory = steady({ ordered: [{ at: at(-60), count: 2 }] });
    const snapshot = pool(3, workers(1))
      .pods(...full(1), ...waiting(4))
      .build();
    expect(tick(snapshot, { memory }).decision).toMatchObject({ action: 'none', reason: 'NodesUpcoming', upcoming: 2 });
    const more = pool(3, workers(1))
      .pods(...full(1), ...waiting(6))
      .build();
    expect(tick(more, { memory }).decision).toMatchObject({ action: 'grow', desired: 4 });
  });

  it('leave the share of the DaemonSets free', () => {
    const snapshot = pool(1).pods(...full(1), ...waiting(4, { cpu: '2' }));
    const daemonsets = [
      aDaemonSet('agent', { cpu: '500m' }),
      aDaemonSet('gpu-agent', { cpu: '3' }, { nodeSelector: { gpu: 'yes' } }),
    ];
    expect(tick(snapshot.kubernetes({ daemonsets }).build()).decision.desired).toBe(5);
  });

  const taint = { key: 'dedicated', value: 'batch', effect: 'NoSchedule' };
  it.each([
    ['a taint that they do not tolerate', aPod('p'), [aNode('w-1').tainted(taint)], 0],
    [
      'one that they tolerate',
      aPod('p').tolerating({ key: 'dedicated', operator: 'Equal', value: 'batch', effect: 'NoSchedule' }),
      [aNode('w-1').tainted(taint)],
      1,
    ],
    [
      'a selector for other nodes',
      aPod('p').spec({ nodeSelector: { zone: 'b' } }),
      [aNode('w-1').labelled({ zone: 'a' })],
      0,
    ],
    [
      'a selector for such nodes',
      aPod('p').spec({ nodeSelector: { zone: 'a' } }),
      [aNode('w-1').labelled({ zone: 'a' })],
      1,
    ],
    [
      'an affinity to other nodes',
      aPod('p').spec({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }],
            },
          },
        },
      }),
      [aNode('w-1').labelled({ zone: 'a' })],
      0,
    ],
    [
      'a passing taint of the model node',
      aPod('p'),
      [aNode('w-1').tainted({ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' })],
      1,
    ],
  ])('%s', (_, pod, nodes, more) => {
    const snapshot = pool(
      1,
      nodes.map((one) => one.build()),
    ).pods(...full(1), pod.requesting({ cpu: '2' }).unschedulable().build());
    expect((tick(snapshot.build()).decision.desired ?? 0) - 1).toBe(more);
  });

  it('take a node back that is being drained before a new one is ordered', () => {
    const nodes = [
      aNode('w-1').build(),
      aNode('w-2')
        .leaving({ startedAt: at(-30) })
        .build(),
    ];
    const { decision } = tick(
      pool(2, nodes)
        .pods(...full(1), ...waiting(2))
        .build(),
    );
    expect(decision.resize).toBeNull();
    expect(decision.drains).toEqual([{ step: 'rollBack', node: 'w-2', reason: 'NeededAgain', by: null }]);
  });
});

describe('what stops it', () => {
  const short = (count: number, more = {}) =>
    pool(count)
      .groups(aNodeGroup(group, count, { flavor_id: 'm1.large', ...more }))
      .pods(...full(count), ...waiting(6));
  const limited = (spec: object, max = 20) => aNodePolicy({ nodeGroups: [{ name: group, min: 1, max }], ...spec });

  it.each([
    ['the policy’s max: as far as it goes', short(1), limited({}, 3), 3, 'PodsUnschedulable'],
    ['the policy’s max is reached', short(1), limited({}, 1), 1, 'PoolAtMaximum'],
    ['Magnum’s max is tighter', short(1, { max_node_count: 2 }), limited({}), 2, 'PodsUnschedulable'],
    ['Magnum’s max of 0 is none', short(1, { max_node_count: 0 }), limited({}), 4, 'PodsUnschedulable'],
    ['the policy’s total of nodes', short(1), limited({ limits: { nodes: 1 } }), 1, 'LimitReached'],
    ['the policy’s total of cores', short(1), limited({ limits: { cores: 8 } }), 2, 'PodsUnschedulable'],
    ['the policy’s total of memory', short(1), limited({ limits: { memory: '31Gi' } }), 1, 'LimitReached'],
    [
      'the quota of cores',
      short(1).nova({ limits: { maxTotalCores: 10, totalCoresUsed: 4 } }),
      limited({}),
      2,
      'PodsUnschedulable',
    ],
    [
      'the quota is used up',
      short(1).nova({ limits: { maxTotalCores: 10, totalCoresUsed: 8 } }),
      limited({}),
      1,
      'QuotaExceeded',
    ],
    [
      'a quota of -1 is none',
      short(1).nova({ limits: { maxTotalInstances: -1, totalInstancesUsed: 500 } }),
      limited({}),
      4,
      'PodsUnschedulable',
    ],
    [
      'what the quota keeps free',
      short(1).nova({ limits: { maxTotalInstances: 10, totalInstancesUsed: 4 } }),
      limited({ quota: { keepFree: { instances: 5 } } }),
      2,
      'PodsUnschedulable',
    ],
    ['Magnum is creating', short(1, { status: 'CREATE_IN_PROGRESS' }), limited({}), 1, 'UpdateByOthers'],
    ['somebody else updates', short(1, { status: 'UPDATE_IN_PROGRESS' }), limited({}), 1, 'UpdateByOthers'],
    [
      'the cluster is being deleted',
      short(1).cluster({ status: 'DELETE_IN_PROGRESS' }),
      limited({}),
      1,
      'UpdateByOthers',
    ],
    ['a failed update is the way out', short(1, { status: 'UPDATE_FAILED' }), limited({}), 4, 'PodsUnschedulable'],
    ['switched off', short(1), limited({ mode: { grow: 'off', shrink: 'act' } }), 1, 'PolicyOff'],
  ])('%s', (_, snapshot, policy, desired, reason) => {
    const { decision } = tick(snapshot.build(), { policy });
    expect(decision).toMatchObject({ desired, reason, action: desired === 1 ? 'hold' : 'grow' });
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it.each([
    ['the daemon’s total', { limits: { nodes: 2 } }, 2],
    ['the daemon’s total of cores', { limits: { cores: 4 } }, 1],
  ])('%s', (_, daemon, desired) => {
    expect(tick(short(1).build(), { daemon }).decision.desired).toBe(desired);
  });

  it.each([
    ['Magnum cannot be read', pool(1).withoutMagnum('down'), 'MagnumUnreadable', 'hold'],
    ['the nodes cannot be read', pool(1).without('nodes'), 'KubernetesUnreadable', 'hold'],
    ['Magnum knows no such group', pool(1).groups(aNodeGroup('other', 1)), 'GroupNotFound', 'refused'],
    ['it holds the masters', pool(1).groups(aNodeGroup(group, 1, { role: 'master' })), 'GroupIsMaster', 'refused'],
  ] as const)('%s', (_, snapshot, reason, action) => {
    const { decision } = tick(snapshot.build());
    expect(decision).toMatchObject({ action, reason, current: null, desired: null, resize: null });
  });
});

describe('a resize of our own', () => {
  const sent = { at: at(-20), from: 1, to: 2, remove: [], begun: true };
  it('under way is superseded by a higher count only', () => {
    const snapshot = pool(2, workers(1))
      .groups(aNodeGroup(group, 2, { status: 'UPDATE_IN_PROGRESS' }))
      .pods(...full(1), ...waiting(4))
      .build();
    const memory = steady({ sent, ordered: [{ at: at(-20), count: 1 }] });
    expect(tick(snapshot, { memory }).decision).toMatchObject({ action: 'grow', resize: { to: 3 } });
    const removal = { ...sent, from: 3, remove: [{ node: 'w-3', serverId: 'x' }] };
    expect(
      tick(snapshot, { memory: steady({ sent: removal, ordered: [{ at: at(-20), count: 1 }] }) }).decision,
    ).toMatchObject({
      action: 'hold',
      reason: 'ResizeUnderWay',
    });
  });

  it('counts before Magnum shows it', () => {
    const memory = steady({ sent: { ...sent, begun: false, to: 3 } });
    const { decision } = tick(
      pool(1)
        .pods(...full(1), ...waiting(4))
        .build(),
      { memory },
    );
    expect(decision).toMatchObject({ current: 3, upcoming: 2, resize: null });
  });

  it.each([-59.999, -60, -60.001])('is not sent once more %s s after it went out and nothing shows', (when) => {
    const memory = steady({ sent: { ...sent, at: at(when), begun: false, to: 3 } });
    const { decision } = tick(
      pool(1)
        .pods(...full(1), ...waiting(4))
        .build(),
      { memory },
    );
    expect(decision?.resize).toBeNull();
  });

  it.each([
    ['not begun within a minute is dropped', { status: 'UPDATE_COMPLETE', node_count: 1 }, -61, 'Dropped'],
    ['that failed', { status: 'UPDATE_FAILED', node_count: 2, status_reason: 'boom' }, -61, 'ResizeFailed'],
    [
      'that failed on a quota',
      { status: 'UPDATE_FAILED', node_count: 2, status_reason: 'Quota exceeded for cores' },
      -61,
      'QuotaExceeded',
    ],
  ])('%s: the group backs off, and another one serves', (_, magnum, when, code) => {
    const memory = steady({ sent: { ...sent, at: at(when), begun: code !== 'Dropped' } });
    const snapshot = pool(1)
      .groups(aNodeGroup(group, 1, magnum), aNodeGroup('spare', 1))
      .nodes(...workers(1), aNode('s-2').inGroup('spare').build())
      .pods(
        ...full(1),
        aPod('x').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '4' }).on('s-2').ready(),
        ...waiting(8),
      )
      .build();
    const policy = aNodePolicy({
      nodeGroups: [
        { name: group, max: 9 },
        { name: 'spare', max: 9, prefer: 2 },
      ],
    });
    const { plan, memory: after } = tick(snapshot, { memory, policy });
    expect(after.groups[group]).toMatchObject({ sent: null, lastFailure: { code }, backOff: { length: 300_000 } });
    expect(plan.nodes[0]?.resize).toBeNull();
    expect(plan.nodes[1]).toMatchObject({ nodeGroup: 'spare', action: 'grow' });
  });

  it('that somebody overtook is forgotten without a failure', () => {
    const memory = steady({ sent: { ...sent, at: at(-3600) } });
    const { memory: after } = tick(pool(5, workers(5)).build(), { memory });
    expect(after.groups[group]).toMatchObject({ sent: null, lastFailure: null });
  });
});

describe('ordered nodes', () => {
  it('that never turn Ready are a failure after the provision timeout, told once', () => {
    const memory = steady({ ordered: [{ at: at(-901), count: 2 }] });
    const snapshot = pool(3, workers(1))
      .pods(...full(1), ...waiting(4))
      .build();
    const first = tick(snapshot, { memory });
    expect(first.memory.groups[group]?.lastFailure).toMatchObject({ code: 'NeverReady' });
    expect(first.decision).toMatchObject({
      action: 'hold',
      reason: 'GroupBackedOff',
      upcoming: 0,
      until: '2026-11-20T12:05:00Z',
    });
    const second = tick(snapshot, { memory: first.memory, now: at(301) });
    expect(second.decision).toMatchObject({ action: 'grow', desired: 5 });
    expect(second.memory.groups[group]?.backOff).toEqual(first.memory.groups[group]?.backOff);
  });

  it('that never turn Ready are told for as long as they are missing, whatever else fails', () => {
    const alertOf = ({ plan }: Tick) =>
      plan.alerts.find(({ labels }) => labels['alertname'] === 'SpringtideNodesNeverReady');
    const memory = steady({ ordered: [{ at: at(-901), count: 1 }] });
    const missing = tick(pool(2, workers(1)).build(), { memory });
    const afterBackOff = tick(pool(2, workers(1)).build(), { memory: missing.memory, now: at(301) });
    expect(afterBackOff.decision.reason).not.toBe('GroupBackedOff');
    const gone = tick(pool(1, workers(1)).build(), { memory: afterBackOff.memory, now: at(316) });
    expect([missing, afterBackOff, gone].map((after) => alertOf(after)?.state)).toEqual([
      'firing',
      'firing',
      'resolved',
    ]);
    expect(alertOf(missing)?.annotations['description']).toContain(`ordered at ${rfc3339(at(-901))}`);
  });

  it('that arrive later than others are not taken for those that never come', () => {
    const ordered = [
      { at: at(-1000), count: 1 },
      { at: at(-95), count: 1 },
    ];
    const memory = { ...steady({ ordered }), nodes: { 'w-1': { ready: true, unneededSince: null, emptySince: null } } };
    const comes = (second: number) => [
      aNode('w-1').build(),
      aNode('w-2')
        .meta({ creationTimestamp: rfc3339(at(second)) })
        .build(),
    ];
    const after = (second: number) => tick(pool(3, comes(second)).build(), { memory }).memory.groups[group];
    expect(after(-40)).toMatchObject({ ordered: [{ at: at(-1000), count: 1 }], bootTimes: [seconds(95)] });
    // Born before the second order: it can only be the first one.
    expect(after(-500)).toMatchObject({ ordered: [{ at: at(-95), count: 1 }], bootTimes: [seconds(1000)] });
  });

  it('that arrive teach how long a VM takes', () => {
    const ordered = steady({ ordered: [{ at: at(-95), count: 1 }] });
    const memory = { ...ordered, nodes: { 'w-1': { ready: true, unneededSince: null, emptySince: null } } };
    const born = (second: number) => [
      aNode('w-1').build(),
      aNode('w-2')
        .meta({ creationTimestamp: rfc3339(at(second)) })
        .build(),
    ];
    const { decision, memory: after } = tick(pool(2, born(-40)).build(), { memory });
    expect(after.groups[group]).toMatchObject({ ordered: [], bootTimes: [seconds(95)] });
    expect(decision.bootTime).toEqual({ p50Seconds: 95, p95Seconds: 95, of: 1 });
    const recovered = tick(pool(2, born(-86_000)).build(), { memory }).memory.groups[group];
    expect(recovered).toMatchObject({ ordered: [], bootTimes: [] });
  });
});

describe('the shape of a node that does not exist yet', () => {
  const flavors = [{ id: 'f-1', name: 'm1.large', vcpus: 4, ram: 16_384 }];
  it.each([
    ['from its flavor', { flavors }, {}, 2, 'PodsUnschedulable'],
    ['from the policy', {}, { shape: { cpu: 8, memory: '32Gi' } }, 1, 'PodsUnschedulable'],
    ['from nowhere', {}, {}, 0, 'ShapeUnknown'],
  ])('%s', (_, nova, more, desired, reason) => {
    const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 0, max: 9, ...more }] });
    const { decision } = tick(
      pool(0)
        .nova(nova)
        .pods(...waiting(4))
        .build(),
      { policy },
    );
    expect(decision).toMatchObject({ desired, reason });
    if (reason === 'ShapeUnknown') {
      expect(decision).toMatchObject({ action: 'hold', resize: null });
      expect(decision.facts['by']).toContain('shape: {cpu, memory}');
    }
  });

  it('is no matter to the minimum', () => {
    const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 2, max: 9 }] });
    expect(tick(pool(0).build(), { policy }).decision).toMatchObject({
      action: 'grow',
      reason: 'BelowMinimum',
      desired: 2,
    });
  });
});

describe('the minimum', () => {
  const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 4, max: 9 }] });
  it.each([
    ['is reached', pool(1), 4],
    ['as far as the quota goes', pool(1).nova({ limits: { maxTotalInstances: 10, totalInstancesUsed: 8 } }), 3],
    ['as far as Magnum’s max goes', pool(1).groups(aNodeGroup(group, 1, { max_node_count: 2 })), 2],
  ])('%s', (_, snapshot, desired) => {
    expect(tick(snapshot.build(), { policy }).decision).toMatchObject({ desired, reason: 'BelowMinimum' });
  });
});
