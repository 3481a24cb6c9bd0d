// Removals that were announced on their nodes and never began: they are drains again, and every rule of a drain holds for them.
import { describe, expect, it } from 'vitest';
import type { DrainRecord } from '../../../src/model/drain-record.ts';
import type { Node } from '../../../src/model/kubernetes.ts';
import type { DrainStep } from '../../../src/model/plan.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, at, podsOf, serverId } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const full = podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' });
const waiting = aPod('late').ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build();
const startedAt = at(-900);
const announced: Partial<DrainRecord> = { step: 'removing', removingAt: at(-600), countAfter: 2 };
const reopen: DrainStep = { step: 'reopen', node: 'w-3', serverId: serverId(3), removingAt: at(-600) };
const policyOf = (max: number, shrink = {}) => aNodePolicy({ nodeGroups: [{ name: group, min: 1, max }], shrink });
const never = { never: [{ days: ['all'], start: '00:00', end: '23:59', timeZone: 'UTC' }] };
const silent = [4, 5, 6, 7, 8].map((number) => aNode(`w-${number}`).notReady(at(-600)).build());
const forbidden = { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' };

describe('a removal that was announced and never began', () => {
  const count = (others: readonly Node[]) => 3 + others.length;
  const world = (record: Partial<DrainRecord>, others: readonly Node[], annotations = {}, pods = [...full]) => {
    const node = aNode('w-3').leaving({ startedAt, ...record });
    const nodes = [...workers(2), node.annotated(annotations).build(), ...others];
    return pool(count(others), nodes).pods(...pods);
  };

  it.each<[string, ReturnType<typeof policyOf>, readonly Node[], object, typeof full, object]>([
    ['leaves after all', policyOf(3), [], {}, full, { remove: ['w-3'], back: [] }],
    ['is needed by a pod', policyOf(3), [], {}, [...full, waiting], { remove: [], back: ['NeededAgain'] }],
    ['meets a window of people', policyOf(3, never), [], {}, full, { remove: [], back: ['NeverWindow'] }],
    ['is forbidden by now', policyOf(3), [], forbidden, full, { remove: [], back: ['ForbiddenByAnnotation'] }],
    ['is in a cluster that is ill', policyOf(9), silent, {}, full, { remove: [], back: ['TooManyUnready'] }],
    [
      'may not leave any more',
      aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 3 }], mode: { grow: 'act', shrink: 'off' } }),
      [],
      {},
      full,
      { remove: [], back: ['PolicyOff'] },
    ],
  ])('is a drain again, and %s', (_, policy, others, annotations, pods, expected) => {
    const countAfter = count(others) - 1;
    const first = tick(world({ ...announced, countAfter }, others, annotations, pods).build(), { policy });
    expect(first.decision).toMatchObject({ mode: 'act', drains: [reopen] });
    const second = tick(world({}, others, annotations, pods).build(), { policy, memory: first.memory, now: at(15) });
    const { drains, resize } = second.decision;
    expect({
      remove: resize?.remove.map(({ node }) => node) ?? [],
      back: drains.map((step) => (step.step === 'rollBack' ? step.reason : step.step)),
    }).toEqual(expected);
  });

  it('is left alone while our own resize may still show, and while nobody has seen for how long', () => {
    const snapshot = world({ ...announced, removingAt: at(-61) }, []).build();
    const sent = { at: at(-59), from: 3, to: 2, remove: [{ node: 'w-3', serverId: serverId(3) }], begun: false };
    expect(tick(snapshot, { memory: steady({ sent }) }).decision.drains).toEqual([]);
    expect(tick(snapshot).decision.drains).toMatchObject([{ step: 'reopen' }]);
    expect(tick(snapshot, { memory: { ...steady(), steadySince: at(-30) } }).decision.drains).toEqual([]);
  });
});

describe('a removal that was announced by a clock that was ahead', () => {
  const ahead = { startedAt: at(7000), step: 'removing', removingAt: at(7200), countAfter: 2 } as const;

  it('is a drain again once this clock has watched for a minute', () => {
    const snapshot = pool(3, [...workers(2), aNode('w-3').leaving(ahead).build()]).pods(...full);
    const since = (seconds: number) => ({ ...steady(), steadySince: at(seconds) });
    const drainsOf = (seconds: number) => tick(snapshot.build(), { memory: since(seconds) }).decision.drains;
    expect(drainsOf(-61)).toEqual([{ ...reopen, removingAt: at(7200) }]);
    expect(drainsOf(-59)).toEqual([]);
  });

  it('is said to have hit the wrong server by nobody: since when cannot be known', () => {
    const snapshot = pool(2, [...workers(2), aNode('w-3').leaving(ahead).build()]).pods(...full);
    const { decision } = tick(snapshot.build(), { memory: steady({ lastShrink: at(-3600) }) });
    expect(decision.drains).toEqual([]);
  });

  it('is done where its server is gone', () => {
    const gone = aNode('w-3').notReady(at(-600)).leaving(ahead).build();
    const snapshot = pool(2, [...workers(2), gone]).nova({ servers: [{ id: serverId(1) }, { id: serverId(2) }] });
    expect(tick(snapshot.build()).decision.drains).toMatchObject([{ step: 'forget', node: 'w-3' }]);
  });
});

describe('a removal of a group that no policy names', () => {
  const lost = (record: Partial<DrainRecord>, status = 'UPDATE_COMPLETE', nodes = 3) => {
    const node = aNode('g-1').leaving({ startedAt: at(-4000), nodeGroup: 'gone', ...announced, ...record });
    const groups = [aNodeGroup(group, 2), aNodeGroup('gone', nodes, { status })];
    const snapshot = pool(2)
      .groups(...groups)
      .nodes(...workers(2), node.inGroup('gone').build());
    return tick(snapshot.build()).plan.nodes.flatMap(({ drains }) => drains);
  };

  it.each<[string, Parameters<typeof lost>, readonly string[]]>([
    ['never began', [{ removingAt: at(-601) }], ['PolicyRemoved']],
    ['may have begun since Magnum was read', [{ removingAt: at(-600) }], []],
    ['is under way', [{ removingAt: at(-3600) }, 'UPDATE_IN_PROGRESS'], []],
    ['was taken', [{ removingAt: at(-3600) }, 'UPDATE_COMPLETE', 2], []],
    ['is a person’s', [{ removingAt: at(-3600), request: { by: 'ann', then: 'remove' } }], []],
  ])('%s', (_, given, reasons) => {
    expect(lost(...given).map((step) => (step.step === 'rollBack' ? step.reason : step.step))).toEqual(reasons);
  });
});
