// Why each pod without a node waits: what refuses it today, what new nodes would say, what is ordered, and how long the list may get.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import type { PendingPods } from '../../../src/model/plan.ts';
import { minutes } from '../../../src/model/units.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, aSnapshot, aReplicaSet, at, noon } from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

const waiting = (name: string): ReturnType<typeof aPod> =>
  aPod(name)
    .ownedBy('ReplicaSet', 'web-abc')
    .requesting({ cpu: '3' })
    .status({
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          lastTransitionTime: new Date(at(-60)).toISOString(),
        },
      ],
    });
const running = (name: string, node: string): Pod =>
  aPod(name).ownedBy('ReplicaSet', 'api-abc').requesting({ cpu: '2' }).on(node).ready().build();

const full = [aNode('w-1').build(), aNode('w-2').build()];
const busy = [running('a-1', 'w-1'), running('a-2', 'w-2')];
const one = (pending: readonly PendingPods[] | undefined): PendingPods => {
  const [first] = pending ?? [];
  if (first === undefined) throw new Error('nobody waits');
  return first;
};

describe('whyPending', () => {
  it('says nothing where nobody waits', () => {
    const { plan } = tick(
      pool(2, full)
        .pods(...busy)
        .build(),
    );
    expect([plan.pending, plan.pendingLeftOut]).toEqual([undefined, undefined]);
  });

  it('groups the pods of one owner and sums up what refuses them, node by node', () => {
    const nodes = [
      ...full,
      aNode('w-3').tainted({ key: 'dedicated', value: 'db', effect: 'NoSchedule' }),
      aNode('w-4').cordoned(),
      aNode('w-5').notReady(at(-30)),
      aNode('w-6').leaving({ startedAt: at(-20) }),
    ].map((node) => ('build' in node ? node.build() : node));
    const { plan } = tick(
      pool(6, nodes)
        .pods(...busy, waiting('web-1').build(), waiting('web-2').build())
        .build(),
      { policy: aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 6 }] }) },
    );
    const { owner, pods, names, since, why, ordered } = one(plan.pending);
    expect({ owner, pods, names, since, ordered: ordered.length }).toEqual({
      owner: { kind: 'Deployment', namespace: 'shop', name: 'web' },
      pods: 2,
      names: ['web-1', 'web-2'],
      since: '2026-11-20T11:59:00Z',
      ordered: 0,
    });
    expect(why.map(({ nodes: count, rule }) => [rule, count])).toEqual(
      expect.arrayContaining([
        ['resource', 2],
        ['taint', 1],
        ['cordoned', 1],
        ['notReady', 1],
        ['draining', 1],
      ]),
    );
    expect(why.find(({ rule }) => rule === 'taint')?.detail).toContain('dedicated=db');
    expect(why.find(({ rule }) => rule === 'resource')?.detail).toBe('cpu');
  });

  it('says which group is at its maximum, and which one would not take it', () => {
    const { plan } = tick(
      pool(2, full)
        .groups(aNodeGroup(group, 2), aNodeGroup('gpu', 1))
        .nodes(...full, aNode('g-9').inGroup('gpu').withRoom({ cpu: '2', memory: '8Gi', pods: 110 }))
        .pods(...busy, waiting('web-1').build())
        .build(),
      {
        policy: aNodePolicy({
          nodeGroups: [
            { name: group, min: 1, max: 2 },
            { name: 'gpu', min: 0, max: 5 },
          ],
        }),
      },
    );
    const refusals = one(plan.pending).why.filter(({ nodeGroup }) => nodeGroup !== null);
    expect(refusals).toEqual([
      { nodes: null, nodeGroup: group, rule: 'group', detail: 'max 2', reason: 'PoolAtMaximum' },
      expect.objectContaining({ nodeGroup: 'gpu', rule: 'resource' }),
    ]);
  });

  it('does not say that a new node would refuse those that are spread over nodes', () => {
    const labelSelector = { matchLabels: { app: 'web' } };
    const rule = {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector,
    };
    const { plan } = tick(
      pool(2, full)
        .pods(
          ...busy,
          waiting('web-1')
            .labelled({ app: 'web' })
            .spec({ topologySpreadConstraints: [rule] })
            .requesting({ cpu: '3' })
            .build(),
        )
        .build(),
      { policy: aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 2 }] }) },
    );
    expect(one(plan.pending).why.filter(({ nodeGroup }) => nodeGroup !== null)).toEqual([
      expect.objectContaining({ nodeGroup: group, rule: 'group', detail: 'max 2' }),
    ]);
  });

  it('tells what is ordered, and when half and nearly all of such orders have come', () => {
    const bootTimes = Array.from({ length: 10 }, (_, index) => minutes(index + 1));
    const { plan } = tick(
      pool(2, full)
        .pods(...busy, waiting('web-1').build())
        .build(),
      { memory: steady({ bootTimes }) },
    );
    expect(one(plan.pending).ordered).toEqual([
      { nodeGroup: group, nodes: 1, expected: '2026-11-20T12:05:30Z', latest: '2026-11-20T12:09:33Z' },
    ]);
  });

  it('does not count what is gated, ends, or has ended', () => {
    const gated = waiting('web-1').status({
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
    });
    const { plan } = tick(
      pool(2, full)
        .pods(gated, waiting('web-2').deleting(noon), waiting('web-3').status({ phase: 'Failed' }))
        .build(),
    );
    expect(plan.pending).toBeUndefined();
  });

  it('names a node that would take it now: the scheduler is to act', () => {
    const { plan } = tick(pool(2, full).pods(waiting('web-1').build()).build());
    expect(one(plan.pending).why).toContainEqual({ nodes: 2, nodeGroup: null, rule: 'room', detail: 'w-1, w-2' });
  });

  it('explains some hundreds at most, those that wait longest, and counts the others', () => {
    const crowd = Array.from({ length: 300 }, (_, index) =>
      waiting(`job-${index}`).ownedBy('Job', `job-${index}`).build(),
    );
    const oldest = waiting('old-0')
      .ownedBy('Job', 'old')
      .meta({ creationTimestamp: new Date(at(-9_000)).toISOString() })
      .status({ conditions: [] })
      .build();
    const { plan } = tick(
      aSnapshot()
        .groups(aNodeGroup(group, 2))
        .nodes(...full)
        .replicaSets(aReplicaSet('shop', 'web'))
        .pods(...busy, ...crowd, oldest)
        .build(),
    );
    expect([plan.pending?.length, plan.pendingLeftOut, plan.pending?.[0]?.owner.name]).toEqual([200, 101, 'old']);
  });
});
