// Drains of groups that cannot be read: nobody else is evicted, and nodes do not stay cordoned until Magnum answers again.
import { describe, expect, it } from 'vitest';
import type { DrainRecord } from '../../../src/model/drain-record.ts';
import type { NodePolicyDocument } from '../../../src/model/config.ts';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { emptyMemory } from '../../../src/model/memory.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { record as recordOutcomes } from '../../../src/policies/record.ts';
import { aConfig, aNode, aNodeGroup, aNodePolicy, aPod, at, podsOf } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const full = podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' });
const waiting = aPod('late').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();
const moving = podsOf('api', { 'w-3': 1 }, { cpu: '1' });
const ending = aPod('slow').on('w-3').ownedBy('ReplicaSet', 'api-abc').deleting(at(-5)).build();
const policyOf = (shrink: object = {}, mode: object = {}): NodePolicyDocument =>
  aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 9 }], shrink, ...mode });
const never = { never: [{ days: ['all'], start: '00:00', end: '23:59', timeZone: 'UTC' }] };
const forbidden = { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' };
const request = { by: 'ann', then: 'remove' } as const;
const fresh: Partial<DrainRecord> & Pick<DrainRecord, 'startedAt'> = { startedAt: at(-120) };
const old = { startedAt: at(-660) };

interface Case {
  readonly record?: Partial<DrainRecord> & Pick<DrainRecord, 'startedAt'>;
  readonly pods?: readonly Pod[];
  readonly policy?: NodePolicyDocument;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly silent?: true;
  readonly othersSilent?: number;
}

const world = ({ record = fresh, pods = moving, annotations = {}, silent, othersSilent = 0 }: Case) => {
  const leaving = aNode('w-3').leaving(record).annotated(annotations);
  if (silent) leaving.notReady(at(-600));
  const others = Array.from({ length: othersSilent }, (_, index) =>
    aNode(`w-${index + 4}`)
      .notReady(at(-600))
      .build(),
  );
  return pool(3 + othersSilent, [...workers(2), leaving.build(), ...others]).pods(...full, ...pods);
};

const unread: readonly (readonly [string, (built: ReturnType<typeof world>) => Snapshot])[] = [
  ['Magnum', (built) => built.withoutMagnum('503').build()],
  [
    'the group',
    (built) =>
      built
        .groups(aNodeGroup('other', 1))
        .failing({ source: 'magnum', what: `nodegroup ${group}`, code: 'ServerFault', message: '503' })
        .build(),
  ],
];

describe.each(unread)('a drain while %s cannot be read', (_, without) => {
  it.each<[string, Case, string | null]>([
    ['waits', {}, null],
    ['waits also where nothing is left on it', { pods: [] }, null],
    ['is over in its time', { record: old }, 'GroupUnreadable'],
    ['is over in its time, empty as well', { record: old, pods: [] }, 'GroupUnreadable'],
    ['is over in the time that the policy says', { policy: policyOf({ drainTimeout: '1m' }) }, 'GroupUnreadable'],
    ['waits as long as the policy says', { record: old, policy: policyOf({ drainTimeout: '1h' }) }, null],
    ['of a clock ahead is measured by its own', { record: { startedAt: at(7200) } }, 'GroupUnreadable'],
    ['meets a window of people', { policy: policyOf(never) }, 'NeverWindow'],
    ['lets a pod end in a window', { policy: policyOf(never), pods: [ending] }, null],
    ['gives its room to a pod that waits', { pods: [waiting] }, 'NeededAgain'],
    ['has no room for a pod that is too large', { pods: [...moving, ...moving, waiting] }, null],
    ['is forbidden by now', { annotations: forbidden }, 'ForbiddenByAnnotation'],
    ['is not wanted any more', { policy: policyOf({}, { mode: { grow: 'act', shrink: 'off' } }) }, 'PolicyOff'],
    ['is in a cluster that is ill', { othersSilent: 5 }, 'TooManyUnready'],
    ['was announced to Magnum', { record: { ...old, step: 'removing', removingAt: at(-600), countAfter: 2 } }, null],
    ["is a person's", { record: { ...old, request }, pods: [...moving, waiting], policy: policyOf(never) }, null],
    ['of a silent node waits', { record: { ...old, unready: true }, silent: true }, null],
    ['of a node that answers again is over', { record: { ...fresh, unready: true } }, 'NeededAgain'],
  ])('%s', (__, of, reason) => {
    const { decision } = tick(without(world(of)), { policy: of.policy ?? policyOf() });
    expect(decision).toMatchObject({ nodeGroup: group, reason: 'MagnumUnreadable', resize: null });
    const by = expect.anything() as unknown;
    expect(decision.drains).toEqual(
      reason === null ? [] : [{ step: 'rollBack', node: 'w-3', reason, by: reason === 'NeededAgain' ? null : by }],
    );
  });

  it('is taken back under confirm without asking, and in thought only where nothing is written', () => {
    const snapshot = without(world({ record: { ...old, approval: { id: 'a', by: 'ann', at: rfc3339(at(-660)) } } }));
    expect(tick(snapshot, { daemon: { mode: 'confirm' } }).decision).toMatchObject({ mode: 'act', drains: [{}] });
    expect(tick(snapshot, { daemon: { mode: 'dryRun' } }).decision).toMatchObject({ mode: 'dryRun', drains: [{}] });
  });

  it('is no failure: nobody is told of one, and the node may be chosen again', () => {
    const { plan, memory, decision } = tick(without(world({ record: old })));
    expect(decision.drains).toMatchObject([
      { step: 'rollBack', reason: 'GroupUnreadable', by: expect.stringContaining('503') as string },
    ]);
    expect(plan.alerts.map(({ labels }) => labels['alertname'])).not.toContain('SpringtideDrainFailed');
    const outcome = {
      kind: 'drain',
      node: 'w-3',
      nodeGroup: group,
      step: 'rollBack',
      code: 'GroupUnreadable',
    } as const;
    const after = recordOutcomes(memory, [{ ...outcome, at: rfc3339(at(0)), status: 'succeeded' }], at(0));
    expect(after.groups[group]).toMatchObject({ drainFailure: null, lastFailure: null });
    expect(after.groups[group]?.failedDrains).toBeUndefined();
  });
});

describe('a pod that waits while one group cannot be read', () => {
  it('goes to the node that is drained there, and no VM of another group is ordered for it', () => {
    const other = 'burst';
    const policy = aNodePolicy({
      nodeGroups: [
        { name: group, min: 1, max: 9 },
        { name: other, min: 0, max: 9, shape: { cpu: 4, memory: '16Gi' } },
      ],
    });
    const look = (pods: readonly Pod[]) => {
      const snapshot = world({ pods })
        .groups(aNodeGroup(other, 0))
        .failing({ source: 'magnum', what: `nodegroup ${group}`, code: 'ServerFault', message: '503' })
        .build();
      const { plan } = decide(snapshot, aConfig([], [policy]), { ...emptyMemory(), ...steady() }, at(0));
      return plan.nodes.map(({ nodeGroup, resize, drains }) => [nodeGroup, resize?.to ?? null, drains.length]);
    };
    expect(look([waiting])).toEqual([
      [group, null, 1],
      [other, null, 0],
    ]);
    const another = aPod('later').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();
    expect(look([waiting, another])).toEqual([
      [group, null, 1],
      [other, 1, 0],
    ]);
  });
});
