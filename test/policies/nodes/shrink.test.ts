// Shrink: which nodes leave, why the others stay, and each step of a drain to its end or back.
import { describe, expect, it } from 'vitest';
import { emptyMemory } from '../../../src/model/memory.ts';
import type { Node, Pod } from '../../../src/model/kubernetes.ts';
import type { MagnumNodeGroup } from '../../../src/model/openstack.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aBudget, aNode, aNodeGroup, aNodePolicy, aPod, at, longAgo, noon, podsOf, serverId } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

/** All nodes of the pool have been unneeded for an hour. */
const unneeded = (count: number, groupMemory = {}) => ({
  ...steady(groupMemory),
  nodes: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `w-${index + 1}`,
      { ready: true, unneededSince: at(-3600), emptySince: null },
    ]),
  ),
});
const policyOf = (shrink: object = {}, min = 1, more: object = {}) =>
  aNodePolicy({ nodeGroups: [{ name: group, min, max: 20 }], shrink, ...more });
const begins = (decision: { drains: readonly { step: string; node: string }[] }): string[] =>
  decision.drains.flatMap((step) => (step.step === 'begin' ? [step.node] : []));
const keptReasons = (decision: { kept: readonly { node: string; reason: string }[] }) =>
  Object.fromEntries(decision.kept.map((one) => [one.node, one.reason]));

describe('nodes that are not needed', () => {
  const busy = podsOf('web', { 'w-1': 3 }, { cpu: '1' });

  it('leave after their time only, and their timer is remembered', () => {
    const snapshot = pool(2)
      .pods(...busy)
      .build();
    const first = tick(snapshot);
    expect(first.decision.kept).toContainEqual({
      node: 'w-2',
      reason: 'UnneededTooShort',
      by: null,
      since: rfc3339(noon),
      until: rfc3339(at(600)),
    });
    expect(keptReasons(first.decision)['w-1']).toBe('NotUnderutilized');
    expect(begins(tick(snapshot, { memory: { ...first.memory, lastTick: at(590) }, now: at(599) }).decision)).toEqual(
      [],
    );
    const due = tick(snapshot, { memory: { ...first.memory, lastTick: at(590) }, now: at(600) });
    expect(due.decision).toMatchObject({
      action: 'shrink',
      reason: 'NodesUnneeded',
      current: 2,
      desired: 1,
      resize: null,
      remove: [{ node: 'w-2', serverId: serverId(2) }],
      drains: [{ step: 'begin', node: 'w-2', serverId: serverId(2), nodeGroup: group }],
    });
  });

  it('stay with a pod under two budgets, however much these allow: nobody can evict it', () => {
    const kept = (label: string) =>
      tick(
        pool(2)
          .pods(
            ...busy,
            aPod('api-1')
              .labelled({ app: 'api', [label]: 'x' })
              .ownedBy('ReplicaSet', 'api-abc')
              .on('w-2')
              .ready()
              .build(),
          )
          .kubernetes({
            poddisruptionbudgets: [aBudget('shop', 'a', { app: 'api' }, 9), aBudget('shop', 'b', { tier: 'x' }, 9)],
          })
          .build(),
        { memory: unneeded(2) },
      ).decision;
    expect(begins(kept('other'))).toEqual(['w-2']);
    expect(begins(kept('tier'))).toEqual([]);
    expect(kept('tier').kept).toContainEqual(
      expect.objectContaining({ node: 'w-2', reason: 'MoreThanOneBudget', by: 'shop/api-1: shop/a, shop/b' }),
    );
  });

  it('many empty ones leave at once, of the others one at a time', () => {
    expect(
      begins(
        tick(
          pool(4)
            .pods(...busy)
            .build(),
          { memory: unneeded(4) },
        ).decision,
      ),
    ).toEqual(['w-2', 'w-3', 'w-4']);
    const light = podsOf('api', { 'w-2': 1, 'w-3': 1, 'w-4': 1 }, { cpu: '1' });
    const { decision } = tick(
      pool(4)
        .pods(...podsOf('web', { 'w-1': 1 }, { cpu: '1' }), ...light)
        .build(),
      {
        memory: unneeded(4),
      },
    );
    expect(begins(decision)).toHaveLength(1);
    expect(Object.values(keptReasons(decision))).toContain('AtOnceReached');
  });

  it('are judged together: a place that was given away with its node is none', () => {
    // Each pod alone would fit on another node; all three nodes at once would leave one without a place.
    const light = podsOf('web', { 'w-1': 1, 'w-2': 1, 'w-3': 1 }, { cpu: '1900m' });
    const { decision } = tick(
      pool(3)
        .pods(...light)
        .build(),
      {
        memory: unneeded(3),
        policy: policyOf({ atOnce: { empty: 10, drained: 10 } }, 0),
      },
    );
    expect(begins(decision)).toHaveLength(1);
    expect(Object.values(keptReasons(decision))).toEqual(['NoPlaceToMovePods', 'NoPlaceToMovePods']);
  });

  it('pods that were moved to a node in thought move on with it', () => {
    // w-1's pod fits on w-2 only, w-2's own pod fits on w-3: w-2 may not go after w-1.
    const nodes = [
      aNode('w-1').withRoom({ cpu: '4', memory: '16Gi', pods: 110 }).build(),
      aNode('w-2').withRoom({ cpu: '8', memory: '16Gi', pods: 110 }).build(),
      aNode('w-3').withRoom({ cpu: '10', memory: '16Gi', pods: 110 }).build(),
    ];
    const pods = [
      ...podsOf('web', { 'w-1': 1 }, { cpu: '1' }),
      ...podsOf('api', { 'w-2': 1 }, { cpu: '3' }),
      aPod('big').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '7' }).on('w-3').ready().build(),
    ];
    const { decision } = tick(
      pool(3, nodes)
        .pods(...pods)
        .build(),
      {
        memory: unneeded(3),
        policy: policyOf({ atOnce: { empty: 10, drained: 10 } }, 0),
      },
    );
    expect(begins(decision)).toEqual(['w-1']);
    expect(keptReasons(decision)).toMatchObject({ 'w-2': 'NoPlaceToMovePods', 'w-3': 'NotUnderutilized' });
  });

  const empty = (nodes: readonly Node[] = workers(2)) => pool(2, nodes).pods(...busy);
  it.each([
    ['the minimum', empty(), policyOf({}, 2), {}, 'GroupAtMinimum'],
    [
      'the minimum, of which one was never made',
      empty().groups(aNodeGroup(group, 3, { status: 'UPDATE_FAILED' })),
      policyOf({}, 2),
      {},
      'GroupAtMinimum',
    ],
    ['growth a while ago', empty(), policyOf(), { lastGrowth: at(-300) }, 'RecentGrowth'],
    [
      'a removal that failed',
      empty(),
      policyOf(),
      { lastFailure: { at: at(-60), code: 'x', message: 'x' } },
      'RecentFailure',
    ],
    ['removal: never', empty(), policyOf({ removal: 'never' }), {}, 'PolicyOff'],
    ['shrinking switched off', empty(), policyOf({}, 1, { mode: { grow: 'act', shrink: 'off' } }), {}, 'PolicyOff'],
    [
      'an update under way',
      empty().groups(aNodeGroup(group, 2, { status: 'UPDATE_IN_PROGRESS' })),
      policyOf(),
      {},
      'BeingRemoved',
    ],
    ['unreadable budgets', empty().without('poddisruptionbudgets'), policyOf(), {}, 'BlockedByPDB'],
    ['the wrong server having left', empty(), policyOf(), { removal: 'refuted' }, 'WrongServerLeft'],
    [
      'an annotation',
      empty([
        ...workers(1),
        aNode('w-2').annotated({ 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' }).build(),
      ]),
      policyOf(),
      {},
      'ForbiddenByAnnotation',
    ],
    [
      'an unknown server',
      empty([...workers(1), aNode('w-2').withServer('no-uuid').build()]),
      policyOf(),
      {},
      'ServerUnknown',
    ],
    ['not being ready', empty([...workers(1), aNode('w-2').notReady(longAgo).build()]), policyOf(), {}, 'NotReady'],
  ] as const)('stay for %s', (_, snapshot, policy, memory, reason) => {
    const { decision } = tick(snapshot.build(), { policy, memory: unneeded(2, memory) });
    expect(begins(decision)).toEqual([]);
    expect(keptReasons(decision)['w-2']).toBe(reason);
  });

  it.each([
    ['after a start', { ...unneeded(2), lastTick: null }],
    ['after a pause', { ...unneeded(2), lastTick: at(-301) }],
  ])('stay %s', (_, memory) => {
    expect(keptReasons(tick(empty().build(), { memory }).decision)['w-2']).toBe('SettlingAfterStart');
  });

  it('stay while pods wait that a group could take, and leave where none ever could', () => {
    const waits = (cpu: string) =>
      aPod('x').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu }).unschedulable().build();
    const capped = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 2 }] });
    const few = pool(2)
      .pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '1' }), waits('3500m'))
      .build();
    expect(begins(tick(few, { memory: unneeded(2), policy: capped }).decision)).toEqual([]);
    const never = pool(2)
      .pods(...busy, waits('64'))
      .build();
    expect(begins(tick(never, { memory: unneeded(2), policy: capped }).decision)).toEqual(['w-2']);
  });

  it('leave only where it is proven who leaves', () => {
    const unlabelled = workers(2).map((node) => ({ ...node, metadata: { ...node.metadata, labels: { pool: 'a' } } }));
    const policy = (removal: string) =>
      aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 9, nodeSelector: { pool: 'a' } }], shrink: { removal } });
    const snapshot = empty(unlabelled).build();
    expect(tick(snapshot, { policy: policy('auto'), memory: unneeded(2) }).decision).toMatchObject({
      action: 'refused',
      reason: 'RemovalNotProven',
      drains: [],
      remove: [],
    });
    expect(begins(tick(snapshot, { policy: policy('byServerId'), memory: unneeded(2) }).decision)).toEqual(['w-2']);
    const proven = unneeded(2, { removal: 'proven' });
    expect(begins(tick(snapshot, { policy: policy('auto'), memory: proven }).decision)).toEqual(['w-2']);
  });
});

describe('a pod that must stay keeps its node', () => {
  const owned = (name = 'p') => aPod(name).ownedBy('ReplicaSet', 'web-abc').labelled({ app: 'web' });
  const system = (name = 'p') => aPod(name).in('kube-system').ownedBy('DaemonSet', 'x');
  it.each([
    ['without a controller', aPod('p'), 'NotReplicated'],
    ['with a controller of a kind of others', aPod('p').ownedBy('Rollout', 'x'), 'NotReplicated'],
    ['whose controller is gone', aPod('p').ownedBy('ReplicaSet', 'gone'), 'ControllerGone'],
    [
      'annotated as not safe',
      owned().annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' }),
      'NotSafeToEvict',
    ],
    ['annotated for Karpenter', owned().annotated({ 'karpenter.sh/do-not-disrupt': 'true' }), 'NotSafeToEvict'],
    [
      'that shall complete first',
      owned().annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'on-completion' }),
      'WaitsForCompletion',
    ],
    ['with a hostPath', owned().spec({ volumes: [{ name: 'v', hostPath: {} }] }), 'LocalStorage'],
    ['with an emptyDir on disk', owned().spec({ volumes: [{ name: 'v', emptyDir: {} }] }), 'LocalStorage'],
    ['that a budget protects', owned().labelled({ tier: 'db' }), 'BlockedByPDB'],
    ['in memory', owned().spec({ volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] }), null],
    [
      'whose local volume is listed',
      owned()
        .spec({ volumes: [{ name: 'v', emptyDir: {} }] })
        .annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes': 'v' }),
      null,
    ],
    ['of a static manifest', system().annotated({ 'kubernetes.io/config.mirror': 'x' }), null],
    ['that has ended', owned().status({ phase: 'Failed' }), null],
  ])('%s', (_, pod, reason) => {
    const snapshot = pool(2)
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), pod.on('w-2').build())
      .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'db', { tier: 'db' }, 0)] })
      .build();
    const { decision } = tick(snapshot, { memory: unneeded(2) });
    expect(keptReasons(decision)['w-2'] ?? null).toBe(reason);
  });

  it('lets a node go whose pods can leave one after the other only', () => {
    const snapshot = pool(2)
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), ...podsOf('api', { 'w-2': 5 }, { cpu: '100m' }))
      .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 1)] })
      .build();
    expect(tick(snapshot, { memory: unneeded(2) }).decision.drains).toMatchObject([{ step: 'begin', node: 'w-2' }]);
  });

  it('a pod of kube-system without a budget until it is an hour old', () => {
    const at1 = (age: number) => ({
      ...aPod('dns')
        .in('kube-system')
        .ownedBy('ReplicaSet', 'dns-abc')
        .on('w-2')
        .meta({ creationTimestamp: rfc3339(at(-age)) })
        .build(),
    });
    const replicasets = [{ metadata: { namespace: 'kube-system', name: 'dns-abc' } }];
    const world = (pod: Pod) =>
      pool(2)
        .pods(pod, ...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
        .kubernetes({ replicasets: [...replicasets, { metadata: { namespace: 'shop', name: 'web-abc' } }] })
        .build();
    expect(keptReasons(tick(world(at1(3599)), { memory: unneeded(2) }).decision)['w-2']).toBe('SystemPodWithoutPDB');
    expect(begins(tick(world(at1(3601)), { memory: unneeded(2) }).decision)).toEqual(['w-2']);
  });

  it('all whose controllers cannot be read', () => {
    const snapshot = pool(2)
      .pods(owned().on('w-2').build(), ...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
      .without('replicasets');
    expect(keptReasons(tick(snapshot.build(), { memory: unneeded(2) }).decision)['w-2']).toBe('ControllerGone');
  });
});

describe('a drain', () => {
  const leaving = (started: number, more = {}) => aNode('w-2').leaving({ startedAt: at(started), ...more });
  const world = (node: ReturnType<typeof aNode>, pods: Pod[] = [], magnum: Partial<MagnumNodeGroup> = {}) =>
    pool(2, [aNode('w-1').build(), node.build()])
      .groups(aNodeGroup(group, 2, magnum))
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), ...pods);
  const api = (name = 'api-9') => aPod(name).ownedBy('ReplicaSet', 'api-abc').on('w-2').ready();

  describe('of a pod that two budgets came over meanwhile', () => {
    const budgets = [aBudget('shop', 'a', { app: 'api' }, 9), aBudget('shop', 'b', { tier: 'x' }, 9)];
    const double = () => api().labelled({ app: 'api', tier: 'x' });
    const drains = (pod: Pod, more = {}, lastTick = 0) =>
      tick(world(leaving(-15, more), [pod]).kubernetes({ poddisruptionbudgets: budgets }).build(), {
        memory: { ...steady(), lastTick: at(lastTick) },
      }).decision.drains;

    it('is taken back at once and says whose they are: Kubernetes would refuse for ever', () => {
      expect(drains(double().build())).toEqual([
        { step: 'rollBack', node: 'w-2', reason: 'MoreThanOneBudget', by: 'shop/api-9: shop/a, shop/b' },
      ]);
    });

    it.each(['Pending', 'Succeeded', 'Failed'])('goes on where it is %s: budgets are not asked then', (phase) => {
      expect(drains(double().status({ phase }).build())).toMatchObject([{ step: 'evict', node: 'w-2' }]);
    });

    it('waits where a person asked for it, and is tried again more and more seldom', () => {
      const request = { by: 'wei', then: 'keep' } as const;
      expect(drains(double().build(), { request }, -4)).toMatchObject([{ step: 'wait', node: 'w-2' }]);
      expect(drains(double().build(), { request }, -11)).toMatchObject([{ step: 'evict', node: 'w-2' }]);
    });
  });

  it('waits five seconds, looks again, evicts', () => {
    expect(tick(world(leaving(-4), [api().build()]).build()).decision).toMatchObject({
      reason: 'DrainUnderWay',
      drains: [],
    });
    expect(tick(world(leaving(-5), [api().build()]).build()).decision.drains).toEqual([
      {
        step: 'evict',
        node: 'w-2',
        serverId: serverId(2),
        pods: [{ namespace: 'shop', name: 'api-9', uid: 'uid-api-9' }],
      },
    ]);
  });

  it('waits for pods that are leaving, and not for those of DaemonSets and static manifests', () => {
    const { decision } = tick(
      world(leaving(-30), [
        api().deleting(noon).build(),
        aPod('agent').ownedBy('DaemonSet', 'agent').on('w-2').build(),
        aPod('static').annotated({ 'kubernetes.io/config.mirror': 'x' }).on('w-2').build(),
      ]).build(),
    );
    expect(decision.drains).toMatchObject([{ step: 'wait', node: 'w-2', pods: [{ name: 'api-9' }] }]);
  });

  it('of an empty node ends in one resize that names its server', () => {
    expect(tick(world(leaving(-30)).build()).decision).toMatchObject({
      action: 'shrink',
      current: 2,
      desired: 1,
      resize: { to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }] },
    });
  });

  it('of two nodes: the one that is ready first waits for the other, for a minute', () => {
    const nodes = [
      aNode('w-1').build(),
      leaving(-30).build(),
      aNode('w-3')
        .leaving({ startedAt: at(-30) })
        .build(),
    ];
    const snapshot = pool(3, nodes)
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), api().on('w-3').build())
      .build();
    const first = tick(snapshot);
    expect(first.decision).toMatchObject({ resize: null, reason: 'DrainUnderWay' });
    expect(first.memory.nodes['w-2']?.emptySince).toBe(noon);
    expect(tick(snapshot, { memory: first.memory, now: at(59) }).decision.resize).toBeNull();
    expect(tick(snapshot, { memory: first.memory, now: at(60) }).decision.resize).toMatchObject({
      to: 2,
      remove: [{ node: 'w-2', serverId: serverId(2) }],
    });
  });

  const waits = aPod('x').ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '3' }).unschedulable().build();
  const budget = { poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 0)] };
  it.each([
    ['it is needed again', world(leaving(-30), [waits]), {}, 'NeededAgain'],
    ['a pod must stay after all', world(leaving(-30), [aPod('bare').on('w-2').build()]), {}, 'NotReplicated'],
    ['it takes too long', world(leaving(-601), [api().build()]), {}, 'DrainTimedOut'],
    [
      'a budget never opens',
      world(leaving(-601), [api().labelled({ app: 'api' }).build()]).kubernetes(budget),
      {},
      'BlockedByPDB',
    ],
    [
      'shrinking was switched off',
      world(leaving(-30)),
      { policy: policyOf({}, 1, { mode: { grow: 'act', shrink: 'off' } }) },
      'PolicyOff',
    ],
    [
      'the whole policy was switched to dryRun',
      world(leaving(-30)),
      { policy: policyOf({}, 1, { mode: 'dryRun' }) },
      'PolicyOff',
    ],
    ['the minimum was raised', world(leaving(-30)), { policy: policyOf({}, 2) }, 'GroupAtMinimum'],
    [
      'the wrong server left meanwhile',
      world(leaving(-30)),
      { memory: steady({ removal: 'refuted' }) },
      'WrongServerLeft',
    ],
  ] as const)('is taken back when %s', (_, snapshot, options, reason) => {
    const { decision } = tick(snapshot.build(), options);
    expect(decision.drains).toMatchObject([{ step: 'rollBack', node: 'w-2', reason }]);
    expect(decision).toMatchObject({ resize: null, remove: [], mode: 'act' });
  });

  it('tries a pod whose budget is spent again, each time after twice as long, within its time', () => {
    const tried = (seconds: number, budgets: object = budget): string[] => {
      const snapshot = world(leaving(-seconds), [api().labelled({ app: 'api' }).build()])
        .kubernetes(budgets)
        .build();
      return tick(snapshot, { memory: { ...steady(), lastTick: at(-15) } }).decision.drains.map(({ step }) => step);
    };
    const times = [5, 10, 15, 20, 30, 45, 60, 75, 90, 105, 150, 165, 300, 315, 330];
    expect(times.filter((seconds) => tried(seconds).includes('evict'))).toEqual([5, 10, 15, 20, 30, 45, 90, 165, 330]);
    expect(times.filter((seconds) => !tried(seconds).includes('evict')).map((seconds) => tried(seconds))).toEqual(
      [60, 75, 105, 150, 300, 315].map(() => ['wait']),
    );
    const open = { poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 1)] };
    expect(tried(300, open)).toEqual(['evict']);
  });

  it('goes on while growing is only rehearsed, and in the mode of shrinking', () => {
    const policy = policyOf({}, 1, { mode: { grow: 'dryRun', shrink: 'act' } });
    const { decision } = tick(world(leaving(-30), [api().build()]).build(), { policy });
    expect(decision).toMatchObject({ mode: 'act', reason: 'DrainUnderWay', drains: [{ step: 'evict' }] });
  });

  it('gives back whether or not the group may grow', () => {
    const policy = policyOf({}, 1, { mode: { grow: 'off', shrink: 'act' } });
    expect(tick(world(leaving(-30)).build(), { policy }).decision).toMatchObject({
      action: 'shrink',
      resize: { to: 1 },
    });
  });

  it('is resumed from the node alone, with an empty memory', () => {
    const { decision } = tick(world(leaving(-30), [api().build()]).build(), { memory: emptyMemory() });
    expect(decision).toMatchObject({ mode: 'act', drains: [{ step: 'evict', node: 'w-2' }] });
  });

  it('that another clock dates into the future is neither stuck nor over', () => {
    const { decision } = tick(world(leaving(86_400 * 365), [api().build()]).build(), {
      memory: { ...steady(), steadySince: at(-60) },
    });
    expect(decision.drains).toMatchObject([{ step: 'evict' }]);
  });

  it.each([
    ['somebody else updates', { status: 'UPDATE_IN_PROGRESS' }, {}, 'UpdateByOthers'],
    ['Magnum is creating', { status: 'CREATE_IN_PROGRESS' }, {}, 'UpdateByOthers'],
    ['the last removal failed', {}, { removalFailure: { at: at(-60), code: 'x', message: 'x' } }, 'GroupBackedOff'],
  ])('drained nodes wait when %s', (_, magnum, memory, reason) => {
    expect(tick(world(leaving(-30), [], magnum).build(), { memory: steady(memory) }).decision).toMatchObject({
      action: 'hold',
      reason,
      resize: null,
    });
  });
});

describe('a removal', () => {
  const removing = (sentAt: number) =>
    aNode('w-2').leaving({ startedAt: at(sentAt - 60), step: 'removing', removingAt: at(sentAt), countAfter: 1 });
  const world = (node: Node, magnum: Partial<MagnumNodeGroup>) =>
    pool(2, [aNode('w-1').build(), node])
      .groups(aNodeGroup(group, 1, magnum))
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }));
  const address = { node_addresses: ['10.0.0.1'] };
  const dead = (node: ReturnType<typeof aNode>): Node => node.notReady(at(-60)).build();

  it.each([
    ['is under way', removing(-300).build(), { status: 'UPDATE_IN_PROGRESS' }, []],
    ['has just been sent', removing(-30).build(), {}, []],
    [
      'is done: the Node object is cleaned up',
      dead(removing(-300)),
      address,
      [{ step: 'forget', node: 'w-2', serverId: serverId(2) }],
    ],
    ['is done, says Magnum; the address is still there', dead(removing(-300)), { node_addresses: ['10.0.0.2'] }, []],
  ])('%s', (_, node, magnum, drains) => {
    expect(tick(world(node, magnum).build()).decision.drains).toEqual(drains);
  });

  it.each([
    [
      'is still there',
      [{ id: serverId(2) }],
      [{ step: 'rollBack', node: 'w-2', reason: 'WrongServerLeft', by: serverId(2) }],
    ],
    [
      'is still listed as deleted',
      [{ id: serverId(2), status: 'DELETED' }],
      [{ step: 'forget', node: 'w-2', serverId: serverId(2) }],
    ],
    ['has left', [{ id: serverId(1) }], [{ step: 'forget', node: 'w-2', serverId: serverId(2) }]],
  ])('with Nova: the server %s', (_, servers, drains) => {
    const snapshot = world(dead(removing(-300)), {})
      .nova({ servers })
      .build();
    expect(tick(snapshot).decision.drains).toEqual(drains);
  });

  it('that Magnum has taken up is never sent again, though a growth overtook it before it was settled', () => {
    const sent = { at: at(-59), from: 2, to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }], begun: false };
    const taken = tick(world(removing(-59).build(), {}).build(), { memory: steady({ sent }) });
    expect(taken.memory.groups[group]?.lastShrink).toBe(noon);
    const growth = { at: at(0), from: 1, to: 2, remove: [], begun: true };
    const memory = steady({ ...taken.memory.groups[group], sent: growth });
    const { decision } = tick(world(removing(-59).build(), { node_count: 2 }).build(), { memory, now: at(30) });
    expect(decision.resize).toBeNull();
  });

  it.each([
    ['nobody remembers it, and the count shows it', 1, undefined, false, false],
    ['nobody remembers it, and the group has grown since', 2, undefined, false, false],
    ['nobody has watched since then, and the node is silent', 2, -3600, true, false],
    ['nobody has watched since then, and the node may be a minute dead', 2, -59, false, false],
    ['nobody has watched since then, and the node lives', 2, -61, false, true],
    ['it was watched since then, and the node is silent', 2, -86_400, true, true],
  ] as const)('where %s, is a drain again only if its server surely stands', (_, count, since, silent, again) => {
    const node = silent ? dead(removing(-7_000)) : removing(-7_000).build();
    const memory = since === undefined ? emptyMemory() : { ...steady(), steadySince: at(since), lastTick: at(-15) };
    const { decision } = tick(world(node, { node_count: count }).build(), { memory });
    expect(decision.resize).toBeNull();
    expect(decision.drains.map(({ step }) => step)).toEqual(again ? ['reopen'] : []);
  });

  it('is not sent again for a server that has left, whatever the count says', () => {
    const { decision } = tick(world(dead(removing(-300)), { ...address, node_count: 2 }).build());
    expect(decision.resize).toBeNull();
    expect(decision.drains).toMatchObject([{ step: 'forget' }]);
  });

  it.each([
    ['for three minutes', {}, 180],
    ['for one minute where Magnum still lists it', { node_addresses: ['10.0.0.2'] }, 60],
  ])('hit the wrong server: seen %s after the end of the update, not of its start', (_, magnum, wait) => {
    const snapshot = world(removing(-600).build(), magnum).build();
    const memory = steady({ lastShrink: at(0) });
    expect(tick(snapshot, { memory, now: at(wait - 1) }).decision.drains).toEqual([]);
    expect(tick(snapshot, { memory, now: at(wait + 1) }).decision.drains).toEqual([
      { step: 'rollBack', node: 'w-2', reason: 'WrongServerLeft', by: serverId(2) },
    ]);
  });

  it('that was done once is never sent again, though the group has grown since', () => {
    const snapshot = world(removing(-90).build(), { node_count: 2, node_addresses: ['10.0.0.2'] }).build();
    const { decision } = tick(snapshot, { memory: steady({ lastShrink: at(-20) }) });
    expect(decision.resize).toBeNull();
    expect(decision.drains).toEqual([]);
  });

  it('ends where it was first seen to be done, or where the update that was seen ends', () => {
    const end = (begun: boolean): number | null | undefined => {
      const sent = { at: at(-40), from: 2, to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }], begun };
      const memory = steady({ sent, lastShrink: at(-20) });
      return tick(world(removing(-40).build(), {}).build(), { memory }).memory.groups[group]?.lastShrink;
    };
    expect([end(false), end(true)]).toEqual([at(-20), noon]);
  });

  it('that was seen through to the end proves who leaves', () => {
    const sent = { at: at(-120), from: 2, to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }], begun: true };
    const { memory } = tick(
      pool(1)
        .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
        .build(),
      { memory: steady({ sent }) },
    );
    expect(memory.groups[group]).toMatchObject({ removal: 'proven', sent: null, lastShrink: noon });
  });
});
