// Drains that are given up on the way: what took the room that their pods were to have, and who comes back for whom.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { emptyGroupMemory } from '../../../src/model/memory.ts';
import type { NodeDecision } from '../../../src/model/plan.ts';
import {
  aBudget,
  aDeployment,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aPodPolicy,
  aReplicaSet,
  aSnapshot,
  at,
  noon,
} from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

const short = ({ drains }: NodeDecision): string[] =>
  drains.map((step) => {
    const what = 'reason' in step ? `${step.reason} ${step.by ?? ''}` : '';
    const pods = 'pods' in step ? step.pods.map(({ name }) => name).join(' ') : '';
    return `${step.step} ${step.node} ${what}${pods}`.trim();
  });

const running = (name: string, node: string, cpu: string) =>
  aPod(name).labelled({ app: 'api' }).ownedBy('ReplicaSet', 'api-abc').requesting({ cpu }).on(node).ready();
const waiting = (name: string, cpu: string, spec: object = {}): Pod =>
  aPod(name)
    .ownedBy('ReplicaSet', 'web-abc')
    .spec({ containers: [{ name: 'main', resources: { requests: { cpu } } }], ...spec })
    .unschedulable()
    .build();
const leaving = (name: string, record: object = {}) => aNode(name).leaving({ startedAt: at(-6), ...record });

describe('a node whose pods have no other place any more', () => {
  const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 0, max: 9 }] });
  const world = (node: ReturnType<typeof aNode>, taken: string, more: Pod[] = [], cpu = '1') =>
    pool(2, [node.build(), aNode('w-2').build()]).pods(
      running('api-1', 'w-1', cpu).build(),
      running('api-2', 'w-2', taken).build(),
      ...more,
    );

  it('is evicted from while they have one, and taken back when it is gone', () => {
    expect(short(tick(world(leaving('w-1'), '3').build(), { policy }).decision)).toEqual(['evict w-1 api-1']);
    const { decision, memory } = tick(world(leaving('w-1'), '3100m').build(), { policy });
    expect(short(decision)).toEqual(['rollBack w-1 NoPlaceToMovePods shop/api-1']);
    expect(decision).toMatchObject({ resize: null, remove: [] });
    expect(memory.groups[group]?.drainFailure).toBeNull();
  });

  it('is taken back in the middle of the evictions as well', () => {
    const middle = (taken: string) =>
      tick(
        world(leaving('w-1'), taken, [running('api-3', 'w-1', '1').deleting(noon).build()])
          .kubernetes({
            poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 0)],
            replicasets: [{ ...aReplicaSet('shop', 'api', 3), status: { replicas: 3 } }],
          })
          .build(),
        { policy },
      ).decision;
    expect(short(middle('3'))).toEqual(['evict w-1 api-1']);
    expect(short(middle('3100m'))).toEqual(['rollBack w-1 NoPlaceToMovePods shop/api-1']);
  });

  it('goes on once only pods are left that leave by themselves', () => {
    const node = leaving('w-1').build();
    const snapshot = pool(2, [node, aNode('w-2').build()])
      .pods(running('api-1', 'w-1', '1').deleting(noon).build(), running('api-2', 'w-2', '4').build())
      .build();
    expect(short(tick(snapshot, { policy }).decision)).toEqual(['wait w-1 api-1']);
  });

  it.each([
    ['a person has asked for it', leaving('w-1', { request: { by: 'wei', then: 'remove' } }), ['evict w-1 api-1']],
    ['it has stopped to answer: nothing is left to be spared', leaving('w-1').notReady(at(-5)), ['evict w-1 api-1']],
  ])('goes on all the same where %s', (_, node, steps) => {
    expect(short(tick(world(node, '4').build(), { policy }).decision)).toEqual(steps);
  });

  it.each([
    [
      'the one that began first',
      { 'w-1': -6, 'w-2': -20 },
      ['rollBack w-1 NoPlaceToMovePods shop/api-1', 'evict w-2 api-2'],
    ],
    ['of equals the first', { 'w-1': -6, 'w-2': -6 }, ['evict w-1 api-1', 'rollBack w-2 NoPlaceToMovePods shop/api-2']],
  ])('of two that want one place %s keeps it', (_, began, steps) => {
    const nodes = Object.entries(began).map(([name, second]) => leaving(name, { startedAt: at(second) }).build());
    const snapshot = pool(3, [...nodes, aNode('w-3').build()])
      // Both are full: what comes back takes nobody of the other.
      .pods(
        running('api-1', 'w-1', '2500m').build(),
        running('api-2', 'w-2', '2500m').build(),
        running('api-3', 'w-3', '1500m').build(),
      )
      .build();
    expect(short(tick(snapshot, { policy }).decision)).toEqual(steps);
  });

  it('makes room for the pods of another when it comes back', () => {
    const snapshot = pool(2, [leaving('w-1').build(), leaving('w-2', { startedAt: at(-5) }).build()])
      .pods(running('api-1', 'w-1', '1').build(), running('api-2', 'w-2', '1').build())
      .build();
    expect(short(tick(snapshot, { policy }).decision)).toEqual([
      'rollBack w-1 NoPlaceToMovePods shop/api-1',
      'evict w-2 api-2',
    ]);
  });

  it('yields to replicas that are decided on in the same tick, and no VM is ordered', () => {
    const web = running('web-1', 'w-2', '1800m').labelled({ app: 'web' }).ownedBy('ReplicaSet', 'web-abc').build();
    const snapshot = pool(2, [leaving('w-1').build(), aNode('w-2').build()])
      .deployments(aDeployment('shop', 'web').replicas(1).requesting({ cpu: '1800m' }))
      .pods(running('api-1', 'w-1', '1').build(), web);
    const decided = (requests: number) => {
      const { plan, decision } = tick(snapshot.answering('requests', requests).build(), {
        policy,
        pods: [aPodPolicy('web')],
      });
      return [plan.pods[0]?.desired, decision.resize, ...short(decision)];
    };
    expect(decided(100)).toEqual([1, null, 'evict w-1 api-1']);
    expect(decided(200)).toEqual([2, null, 'rollBack w-1 NoPlaceToMovePods shop/api-1']);
  });

  it('goes on where one order of places or the other has room for everybody', () => {
    // What waits would take w-2, the only one with room for api-1; placed after it, it goes to w-3.
    const snapshot = pool(3, [leaving('w-1').build(), aNode('w-2').build(), aNode('w-3').build()])
      .pods(
        running('api-1', 'w-1', '2500m').build(),
        running('api-2', 'w-2', '1').build(),
        running('api-3', 'w-3', '2').build(),
        waiting('web-1', '1800m'),
      )
      .build();
    expect(short(tick(snapshot, { policy }).decision)).toEqual(['evict w-1 api-1']);
  });
});

describe('nodes that come back for pods that wait', () => {
  const gpu = { nodeSelector: { kind: 'gpu' } };
  const policy = aNodePolicy({
    nodeGroups: [
      { name: 'a', min: 0, max: 9 },
      { name: 'b', min: 0, max: 9 },
    ],
  });
  const of = (name: string, nodeGroup: string) => {
    const node = aNode(name).inGroup(nodeGroup);
    return nodeGroup === 'b' ? node.labelled({ kind: 'gpu' }) : node;
  };
  const back = (pods: Pod[], names: readonly string[] = ['a-2', 'a-3', 'b-2']): string[] => {
    const drained = names.map((name) => of(name, name.charAt(0)).leaving({ startedAt: at(-30) }));
    const nodes = [of('a-1', 'a'), of('b-1', 'b'), ...drained].map((node) => node.build());
    const count = (nodeGroup: string): number =>
      nodes.filter(({ metadata }) => metadata.name.startsWith(nodeGroup)).length;
    const snapshot = aSnapshot()
      .groups(aNodeGroup('a', count('a')), aNodeGroup('b', count('b')))
      .nodes(...nodes)
      .replicaSets(aReplicaSet('shop', 'web'), aReplicaSet('shop', 'api'))
      .pods(running('fill-a', 'a-1', '4').build(), running('fill-b', 'b-1', '4').build(), ...pods)
      .build();
    const memory = { ...steady(), groups: { a: emptyGroupMemory, b: emptyGroupMemory } };
    const { plan } = tick(snapshot, { policy, memory });
    expect(plan.nodes.filter(({ action }) => action === 'grow')).toEqual([]);
    return plan.nodes.flatMap(({ drains }) =>
      drains.flatMap((step) => (step.step === 'rollBack' ? [`${step.node} ${step.reason}`] : [])),
    );
  };

  it('are those that take them: the drains of others go on', () => {
    expect(back([waiting('g', '3', gpu)])).toEqual(['b-2 NeededAgain']);
  });

  it('are as many as they need, the emptiest first', () => {
    expect(back([waiting('w', '3')])).toEqual(['a-2 NeededAgain']);
    expect(back([waiting('w', '3'), running('api-1', 'a-2', '100m').deleting(noon).build()])).toEqual([
      'a-3 NeededAgain',
    ]);
    expect(back([waiting('w', '3'), waiting('v', '3')])).toEqual(['a-2 NeededAgain', 'a-3 NeededAgain']);
  });

  it('are all of them where somebody finds a place elsewhere by their coming', () => {
    // It may run only in the zone of whom it belongs with, and that one is on a node that leaves and has no room itself.
    const together = {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: 'api' } }, topologyKey: 'zone' },
          ],
        },
      },
    };
    const nodes = [aNode('w-1').labelled({ zone: 'z' }).build(), leaving('w-2').labelled({ zone: 'z' }).build()];
    const snapshot = pool(2, nodes)
      .pods(running('api-1', 'w-2', '4').build(), waiting('w', '1', together))
      .build();
    expect(short(tick(snapshot).decision)).toEqual(['rollBack w-2 NeededAgain']);
  });
});

describe('a node that is to stay after all', () => {
  const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 0, max: 9 }] });
  const noScaleDown = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';
  const world = (node: ReturnType<typeof aNode>, ...pods: Pod[]) =>
    pool(2, [node.build(), aNode('w-2').build()])
      .pods(running('api-2', 'w-2', '3').build(), ...pods)
      .build();
  const steps = (...given: Parameters<typeof world>): string[] => short(tick(world(...given), { policy }).decision);

  it.each([noScaleDown, 'karpenter.sh/do-not-disrupt'])('because it is annotated now: %s', (key) => {
    const said = `rollBack w-1 ForbiddenByAnnotation ${key}`;
    const annotated = (record: object = {}) => leaving('w-1', record).annotated({ [key]: 'true' });
    expect(steps(annotated(), running('api-1', 'w-1', '1').build())).toEqual([said]);
    expect(steps(annotated({ unready: true }).notReady(at(-600)))).toEqual([said]);
    const { decision, memory } = tick(world(annotated()), { policy });
    expect(short(decision)).toEqual([said]);
    expect(decision).toMatchObject({ resize: null, remove: [] });
    expect(memory.groups[group]?.drainFailure).toBeNull();
  });

  it.each([
    [
      'springtide itself',
      aPod('us').labelled({ 'app.kubernetes.io/name': 'springtide' }),
      'NeededBySpringtide shop/us',
    ],
    [
      'the DNS of the cluster',
      aPod('dns').meta({ namespace: 'kube-system' }).labelled({ 'k8s-app': 'kube-dns' }),
      'NeededByDns kube-system/dns',
    ],
  ])('because %s has come to it meanwhile, and is not on its way out again', (_, pod, said) => {
    const here = pod.ownedBy('ReplicaSet', 'api-abc').on('w-1').ready();
    expect(steps(leaving('w-1'), here.build())).toEqual([`rollBack w-1 ${said}`]);
    expect(steps(leaving('w-1'), here.deleting(noon).build()).join()).toMatch(/^wait w-1/);
  });

  it('leaves all the same where a person has asked for it', () => {
    const node = leaving('w-1', { request: { by: 'wei', then: 'remove' } }).annotated({ [noScaleDown]: 'true' });
    const us = aPod('us').labelled({ 'app.kubernetes.io/name': 'springtide' }).ownedBy('ReplicaSet', 'api-abc');
    expect(steps(node, us.on('w-1').ready().build())).toEqual(['evict w-1 us']);
  });
});
