// Pods of higher priority push others out: those need the VM, and the plan says who and where.
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec, PriorityClass } from '../../../src/model/kubernetes.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aDeployment, aPod, aPodPolicy, at, noon, podsOf } from '../../builders.ts';
import { pool, tick } from './worlds.ts';

/** Four of them fill a worker. */
const batch = (count = 4, more: PodSpec = {}): Pod[] =>
  Array.from({ length: count }, (_, index) =>
    aPod(`api-${index}`)
      .labelled({ app: 'api' })
      .ownedBy('ReplicaSet', 'api-abc')
      .requesting({ cpu: '1' })
      .spec({ priority: 0, ...more })
      .on('w-1')
      .ready()
      .build(),
  );

const urgent = (count: number, more: PodSpec = {}, status: Pod['status'] = {}): Pod[] =>
  Array.from({ length: count }, (_, index) =>
    aPod(`web-${index}`)
      .labelled({ app: 'web' })
      .ownedBy('ReplicaSet', 'web-abc')
      .requesting({ cpu: '1' })
      .spec({ priority: 1000, ...more })
      .unschedulable()
      .status(status)
      .build(),
  );

const refused = (message: string, since = -10): Pod['status'] => ({
  phase: 'Pending',
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: rfc3339(at(since)),
    },
  ],
});

const served = (pods: readonly Pod[]) => {
  const { plan, decision } = tick(
    pool(1)
      .pods(...pods)
      .build(),
  );
  return {
    plan,
    decision,
    for: Object.fromEntries(decision.for.map(({ target, pods: count }) => [target.name, count])),
  };
};

describe('a demand that will preempt', () => {
  it('is placed first, and its victims are the demand', () => {
    const { decision, for: whom } = served([...batch(), ...urgent(2)]);
    expect(decision).toMatchObject({ action: 'grow', reason: 'PodsDisplaced', desired: 2 });
    expect(whom).toEqual({ api: 2 });
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it('is told with the pods that wait: where, and who leaves', () => {
    const { plan } = served([...batch(), ...urgent(2)]);
    expect(plan.pending?.[0]).toMatchObject({
      owner: { name: 'web' },
      preempts: [{ node: 'w-1', pods: 2, victims: [{ target: { name: 'api' }, pods: 2 }] }],
    });
  });

  it.each<[string, readonly Pod[], Record<string, number>]>([
    ['that never preempts orders its own VM', [...batch(), ...urgent(1, { preemptionPolicy: 'Never' })], { web: 1 }],
    ['of equal priority as well', [...batch(4, { priority: 1000 }), ...urgent(1)], { web: 1 }],
    ['finds free room before it pushes out anybody', [...batch(2), ...urgent(2)], {}],
    ['pushes out only for those that find none', [...batch(3), ...urgent(2)], { api: 1 }],
    [
      'whose victims are nobody’s orders nothing: they do not come back',
      [...batch().map((pod) => ({ ...pod, metadata: { ...pod.metadata, ownerReferences: [] } })), ...urgent(1)],
      {},
    ],
    [
      'is not believed in where the scheduler found nobody to push out',
      [
        ...batch(),
        ...urgent(
          1,
          {},
          refused(
            '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
          ),
        ),
      ],
      { web: 1 },
    ],
    ['nor where it has named no node for long', [...batch(), ...urgent(1, {}, refused('0/1 nodes', -600))], { web: 1 }],
    ['but is at first', [...batch(), ...urgent(1, {}, refused('0/1 nodes'))], { api: 1 }],
  ])('%s', (_, pods, expected) => {
    expect(served(pods).for).toEqual(expected);
  });

  it('goes on to those that its victims push out in turn', () => {
    const low = batch(2, { priority: -10 }).map((pod) => ({
      ...pod,
      metadata: { ...pod.metadata, name: `low-${pod.metadata.name}` },
    }));
    const { for: whom, decision } = served([
      ...batch(2).map((pod) => ({
        ...pod,
        metadata: { ...pod.metadata, ownerReferences: [{ kind: 'ReplicaSet', name: 'mid', controller: true }] },
      })),
      ...low,
      ...urgent(4),
    ]);
    expect(decision.desired).toBe(2);
    expect(whom).toEqual({ mid: 2, api: 2 });
  });

  it('has its node already: nothing is ordered for it while the others leave', () => {
    const leaving = batch().map((pod) => ({
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp: rfc3339(noon) },
    }));
    const nominated = urgent(2, {}, { nominatedNodeName: 'w-1' });
    expect(served([...leaving, ...nominated]).decision).toMatchObject({ action: 'none' });
    expect(served([...leaving, ...nominated]).plan.pending?.[0]?.preempts?.[0]?.node).toBe('w-1');
    const gone = urgent(2, {}, { nominatedNodeName: 'w-9' });
    expect(served([...batch(4, { priority: 1000 }), ...gone]).for).toEqual({ web: 2 });
  });

  it('is foreseen of replicas that were just decided on, by their class', () => {
    const classes: PriorityClass[] = [{ metadata: { name: 'urgent' }, value: 1000 }];
    const snapshot = pool(2)
      .deployments(
        aDeployment('shop', 'web')
          .template({
            containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }],
            priorityClassName: 'urgent',
          })
          .replicas(4),
      )
      .pods(
        ...podsOf('web', { 'w-2': 4 }, { cpu: '1' }).map((pod) => ({ ...pod, spec: { ...pod.spec, priority: 1000 } })),
        ...batch(),
      )
      .kubernetes({ priorityclasses: classes })
      .answering('requests', 600);
    const { plan, decision } = tick(snapshot.build(), { pods: [aPodPolicy('web')] });
    expect(plan.pods[0]?.desired).toBe(6);
    expect(decision).toMatchObject({ reason: 'PodsDisplaced', for: [{ target: { name: 'api' }, pods: 2 }] });
  });
});
