// Others at the same group: each sign that gives one away, what is no sign, and what a policy agrees to.
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory, type GroupMemory, type SentResize } from '../../../src/model/memory.ts';
import type { ConfigMap } from '../../../src/model/snapshot.ts';
import { resizedAnnotation } from '../../../src/model/annotations.ts';
import { isToldByNodes, otherActors, unwelcome, withCountSeen } from '../../../src/policies/nodes/other-actors.ts';
import { aNode, aNodeGroup, aNodePolicy, aSnapshot, at, noon } from '../../builders.ts';
import { pool, tick, workers } from './worlds.ts';

const group = aNodeGroup('default-worker', 2);
const taint = (key: string) => aNode('w-1').tainted({ key, effect: 'NoSchedule' }).build();
const status = (updated: string, text = ''): ConfigMap => ({
  metadata: {
    name: 'cluster-autoscaler-status',
    namespace: 'kube-system',
    annotations: { 'cluster-autoscaler.kubernetes.io/last-updated': updated },
  },
  data: { status: text },
});
const fresh = '2026-11-20 11:59:51.123456789 +0000 UTC';

interface Signs {
  readonly snapshot?: ReturnType<typeof aSnapshot>;
  readonly node?: ReturnType<typeof taint>;
  readonly labels?: Record<string, string>;
  readonly changes?: readonly number[];
}
const seen = ({ snapshot = aSnapshot(), node, labels, changes = [] }: Signs): readonly string[] =>
  otherActors({
    group: labels === undefined ? group : { ...group, labels },
    nodes: node === undefined ? [] : [node],
    snapshot: snapshot.build(),
    memory: { foreignChanges: changes.map(at) },
    now: noon,
  }).map(({ name, sign }) => `${name}: ${sign}`);

const daemonSet = { metadata: { name: 'magnum-auto-healer', namespace: 'kube-system' } };

describe('who else changes a group', () => {
  it.each<[string, Signs, readonly string[]]>([
    ['nobody', {}, []],
    [
      'the cluster’s label',
      { snapshot: aSnapshot().cluster({ labels: { auto_scaling_enabled: 'true' } }) },
      ['cluster-autoscaler: label auto_scaling_enabled=true'],
    ],
    [
      'the cluster’s label in Python’s spelling',
      { snapshot: aSnapshot().cluster({ labels: { auto_scaling_enabled: 'True' } }) },
      ['cluster-autoscaler: label auto_scaling_enabled=true'],
    ],
    ['the label says no', { snapshot: aSnapshot().cluster({ labels: { auto_scaling_enabled: 'false' } }) }, []],
    [
      'the group’s own label says no',
      {
        snapshot: aSnapshot().cluster({ labels: { auto_scaling_enabled: 'true' } }),
        labels: { auto_scaling_enabled: 'False' },
      },
      [],
    ],
    [
      'its taint before a removal',
      { node: taint('ToBeDeletedByClusterAutoscaler') },
      ['cluster-autoscaler: ToBeDeletedByClusterAutoscaler on w-1'],
    ],
    [
      'its taint on a candidate',
      { node: taint('DeletionCandidateOfClusterAutoscaler') },
      ['cluster-autoscaler: DeletionCandidateOfClusterAutoscaler on w-1'],
    ],
    ['another taint', { node: taint('dedicated') }, []],
    [
      'its status',
      { snapshot: aSnapshot().kubernetes({ configmaps: [status(fresh)] }) },
      ['cluster-autoscaler: ConfigMap kube-system/cluster-autoscaler-status'],
    ],
    [
      'its status, left behind',
      { snapshot: aSnapshot().kubernetes({ configmaps: [status('2026-11-20 11:40:00.1 +0000 UTC')] }) },
      [],
    ],
    [
      'its status, of a time zone',
      { snapshot: aSnapshot().kubernetes({ configmaps: [status('2026-11-20 19:59:00 +0800 CST')] }) },
      ['cluster-autoscaler: ConfigMap kube-system/cluster-autoscaler-status'],
    ],
    [
      'its status names the group',
      {
        snapshot: aSnapshot().kubernetes({
          configmaps: [
            status(fresh, 'Cluster-wide:\n  Health: Healthy\nNodeGroups:\n  Name:  default-worker-1234abcd\n'),
          ],
        }),
      },
      ['cluster-autoscaler: ConfigMap kube-system/cluster-autoscaler-status'],
    ],
    [
      'its status names other groups only',
      { snapshot: aSnapshot().kubernetes({ configmaps: [status(fresh, 'nodeGroups:\n- name: gpu-9f8e7d6c\n')] }) },
      [],
    ],
    [
      'the auto-healer',
      { snapshot: aSnapshot().kubernetes({ daemonsets: [daemonSet] }) },
      ['magnum-auto-healer: DaemonSet kube-system/magnum-auto-healer'],
    ],
    [
      'the auto-healer’s labels',
      {
        snapshot: aSnapshot().cluster({
          labels: { auto_healing_enabled: 'true', auto_healing_controller: 'magnum-auto-healer' },
        }),
      },
      ['magnum-auto-healer: label auto_healing_controller=magnum-auto-healer'],
    ],
    [
      'healing by health checks of Cluster API',
      { snapshot: aSnapshot().cluster({ labels: { auto_healing_enabled: 'true' } }) },
      [],
    ],
    ['one change of the count', { changes: [-60] }, []],
    ['two changes', { changes: [-500, -60] }, ['others: 2 changes of the count within 10 min']],
    ['two changes, one of them long ago', { changes: [-601, -60] }, []],
  ])('%s', (_, signs, expected) => {
    expect(seen(signs)).toEqual(expected);
  });

  it('is nobody of whom the policy has heard', () => {
    const actors = [
      { name: 'cluster-autoscaler', sign: '' },
      { name: 'magnum-auto-healer', sign: '' },
    ] as const;
    expect(unwelcome(actors, ['magnum-auto-healer']).map(({ name }) => name)).toEqual(['cluster-autoscaler']);
    expect(unwelcome(actors, ['magnum-auto-healer', 'cluster-autoscaler'])).toEqual([]);
  });
});

describe('a count that has changed', () => {
  const sent = (from: number, to: number): SentResize => ({ at: at(-10), from, to, remove: [], begun: false });
  const after = (memory: Partial<GroupMemory>, count: number, asked: SentResize | null = null) =>
    withCountSeen({ ...emptyGroupMemory, ...memory }, { ...group, node_count: count }, asked, noon);
  it.each<[string, Partial<GroupMemory>, number, SentResize | null, number]>([
    ['seen for the first time', {}, 5, null, 0],
    ['as before', { seenCount: 5 }, 5, null, 0],
    ['to what we asked for', { seenCount: 3 }, 5, sent(3, 5), 0],
    ['not yet to what we asked for', { seenCount: 3 }, 3, sent(3, 5), 0],
    ['to something else than we asked for', { seenCount: 3 }, 6, sent(3, 5), 1],
    ['by somebody', { seenCount: 3 }, 4, null, 1],
    ['by somebody again', { seenCount: 3, foreignChanges: [at(-60)] }, 4, null, 2],
    ['by somebody, long after the last time', { seenCount: 3, foreignChanges: [at(-700)] }, 4, null, 1],
  ])('%s', (_, memory, count, asked, changes) => {
    const learned = after(memory, count, asked);
    expect(learned.seenCount).toBe(count);
    expect(learned.foreignChanges ?? []).toHaveLength(changes);
  });
});

describe('a count that somebody has asked for with springtide', () => {
  const said = (more: object) =>
    aNode('w-1')
      .annotated({
        [resizedAnnotation]: JSON.stringify({ nodeGroup: 'default-worker', to: 4, by: 'li', at: noon, ...more }),
      })
      .build();
  const drained = (countAfter: number, request?: { by: string; then: 'remove' }) =>
    aNode('w-1')
      .leaving({
        startedAt: noon,
        step: 'removing',
        removingAt: noon,
        countAfter,
        ...(request === undefined ? {} : { request }),
      })
      .build();
  const li = { by: 'li', then: 'remove' } as const;
  it.each([
    ['is theirs', said({}), true],
    ['of another group is none', said({ nodeGroup: 'gpu' }), false],
    ['is another one', said({ to: 5 }), false],
    ['is forgotten after ten minutes', said({ at: at(-600) }), false],
    ['is theirs where their own drain leads to it', drained(4, li), true],
    ['is ours where a drain of the daemon’s leads to it', drained(4), true],
    ['is another one than a drain leads to', drained(3), false],
    ['is none where nobody says so', aNode('w-1').build(), false],
    [
      'is none where what is written cannot be read',
      aNode('w-1')
        .annotated({ [resizedAnnotation]: 'x' })
        .build(),
      false,
    ],
  ])('%s', (_, node, expected) => {
    expect(isToldByNodes([aNode('w-2').build(), node], { ...group, node_count: 4 }, noon)).toBe(expected);
  });
});

describe('a group in dry run beside another autoscaler', () => {
  const waiting = pool(1, workers(1))
    .cluster({ labels: { auto_scaling_enabled: 'true' } })
    .build();

  it.each([
    ['dryRun', 'grow', 'BelowMinimum'],
    ['act', 'refused', 'AnotherAutoscaler'],
    ['confirm', 'refused', 'AnotherAutoscaler'],
  ])('in mode %s: %s, %s', (mode, action, reason) => {
    const policy = aNodePolicy({
      nodeGroups: [{ name: group.name, min: 3, max: 9 }],
      mode: { grow: mode, shrink: mode },
    });
    expect(tick(waiting, { policy }).decision).toMatchObject({ action, reason });
  });
});
