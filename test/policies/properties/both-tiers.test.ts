// What must hold whatever the world looks like.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyMemory, type Memory } from '../../../src/model/memory.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { rfc3339, type Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { record } from '../../../src/policies/record.ts';
import {
  aConfig,
  aDeployment,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aPodPolicy,
  aReplicaSet,
  aSnapshot,
  answered,
  at,
  deepFreeze,
  longAgo,
  noon,
} from '../../builders.ts';

const runs = { numRuns: 60 };
const steady = (): Memory => ({ ...emptyMemory(), lastTick: at(-15), steadySince: longAgo });
const metrics = [
  { name: 'a', query: 'a', target: { averageValue: 100 } },
  { name: 'b', query: 'b', target: { averageValue: 7 } },
];

const value = fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constantFrom('NaN', '+Inf', null));
const world = fc.record({
  current: fc.integer({ min: 1, max: 40 }),
  min: fc.integer({ min: 1, max: 10 }),
  more: fc.integer({ min: 0, max: 30 }),
  a: value,
  b: value,
  nodes: fc.integer({ min: 0, max: 6 }),
  count: fc.integer({ min: 0, max: 8 }),
  groupMin: fc.integer({ min: 0, max: 5 }),
  waiting: fc.array(fc.integer({ min: 100, max: 6000 }), { maxLength: 6 }),
  leaving: fc.integer({ min: 0, max: 3 }),
  cpu: fc.integer({ min: 50, max: 2000 }),
});
type World = typeof world extends fc.Arbitrary<infer One> ? One : never;

function snapshotOf(one: World, now: Instant = noon): Snapshot {
  const nodes = Array.from({ length: one.nodes }, (_, index) => {
    const node = aNode(`w-${index + 1}`);
    return (index < one.leaving ? node.leaving({ startedAt: at(now / 1000 - noon / 1000 - 60) }) : node).build();
  });
  const requests = { cpu: `${one.cpu}m` };
  return aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(one.current).requesting(requests))
    .replicaSets(aReplicaSet('shop', 'web'))
    .nodes(...nodes)
    .pods(
      ...nodes.map((node, index) =>
        aPod(`web-${index}`)
          .labelled({ app: 'web' })
          .ownedBy('ReplicaSet', 'web-abc')
          .requesting(requests)
          .on(node.metadata.name)
          .ready(),
      ),
      ...one.waiting.map((cpu, index) =>
        aPod(`job-${index}`)
          .requesting({ cpu: `${cpu}m` })
          .unschedulable(),
      ),
    )
    .groups(aNodeGroup('default-worker', one.count))
    .nova({ flavors: [{ id: 'f', vcpus: 4, ram: 16_384 }] })
    .answering('a', answered(one.a))
    .answering('b', answered(one.b))
    .build();
}
const configOf = (one: World) =>
  aConfig(
    [aPodPolicy('web', { metrics, replicas: { min: one.min, max: one.min + one.more } })],
    [
      aNodePolicy({
        nodeGroups: [
          { name: 'default-worker', min: one.groupMin, max: one.groupMin + 6, shape: { cpu: 4, memory: '16Gi' } },
        ],
        shrink: { unneededFor: '0s', removal: 'byServerId' },
      }),
    ],
  );

describe('decide', () => {
  it('is deterministic, writes to nothing that it was given, and its memory is JSON', () => {
    fc.assert(
      fc.property(world, (one) => {
        const [snapshot, config, memory] = [
          deepFreeze(snapshotOf(one)),
          deepFreeze(configOf(one)),
          deepFreeze(steady()),
        ];
        const first = decide(snapshot, config, memory, noon);
        expect(decide(snapshot, config, memory, noon)).toEqual(first);
        const back = JSON.parse(JSON.stringify(first.memory)) as Memory;
        expect(back).toEqual(first.memory);
        const next = snapshotOf(one, at(15));
        expect(decide(next, config, back, at(15)).plan).toEqual(decide(next, config, first.memory, at(15)).plan);
      }),
      runs,
    );
  });

  it('does not care for the order of pods, nodes and metrics', () => {
    fc.assert(
      fc.property(world, (one) => {
        const snapshot = snapshotOf(one);
        const turned: Snapshot = {
          ...snapshot,
          kubernetes: {
            ...snapshot.kubernetes,
            pods: [...(snapshot.kubernetes.pods ?? [])].reverse(),
            nodes: [...(snapshot.kubernetes.nodes ?? [])].reverse(),
          },
        };
        const config = configOf(one);
        const other = {
          ...config,
          podPolicies: config.podPolicies.map((policy) => ({
            ...policy,
            spec: { ...policy.spec, metrics: policy.spec.metrics.toReversed() },
          })),
        };
        const numbers = ({ plan }: ReturnType<typeof decide>) => ({
          pods: plan.pods.map(({ desired, action }) => ({ desired, action })),
          nodes: plan.nodes.map(({ desired, action, reason }) => ({ desired, action, reason })),
        });
        expect(numbers(decide(turned, other, steady(), noon))).toEqual(
          numbers(decide(snapshot, config, steady(), noon)),
        );
      }),
      runs,
    );
  });

  it('stays within the bounds, but on the way down from above them', () => {
    fc.assert(
      fc.property(world, (one) => {
        const [pods] = decide(snapshotOf(one), configOf(one), steady(), noon).plan.pods;
        const max = one.min + one.more;
        expect(pods?.desired).toBeGreaterThanOrEqual(one.min);
        expect(pods?.desired).toBeLessThanOrEqual(Math.max(max, one.current));
      }),
      runs,
    );
  });

  it('asks for no less where a metric is higher', () => {
    fc.assert(
      fc.property(
        world,
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        (one, x, y) => {
          const desired = (a: number): number =>
            decide(snapshotOf({ ...one, a }), configOf(one), steady(), noon).plan.pods[0]?.desired ?? -1;
          expect(desired(Math.min(x, y))).toBeLessThanOrEqual(desired(Math.max(x, y)));
        },
      ),
      runs,
    );
  });

  it('never lowers while a metric is unknown, and not before a window of known ones has been seen after it', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 19 }), (one, gap, known) => {
        const blind = { ...one, min: 1, more: 60, a: null, b: 1 };
        const config = configOf(blind);
        let memory = steady();
        for (let index = 0; index < gap + known; index += 1) {
          const given = index < gap ? blind : { ...blind, a: 1 };
          const decided = decide(snapshotOf(given, at(index * 15)), config, memory, at(index * 15));
          expect(decided.plan.pods[0]?.desired).toBeGreaterThanOrEqual(one.current);
          ({ memory } = decided);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('sends no resize whose count, victims and bounds disagree', () => {
    fc.assert(
      fc.property(world, (one) => {
        for (const { resize, current, drains } of decide(snapshotOf(one), configOf(one), steady(), noon).plan.nodes) {
          if (resize === null || current === null) continue;
          expect(resize.to).toBeLessThanOrEqual(Math.max(one.groupMin + 6, current));
          for (const victim of resize.remove) expect(victim.serverId).toMatch(/^[0-9a-f-]{36}$/);
          if (resize.remove.length > 0) {
            expect(resize.to).toBe(current - resize.remove.length);
            expect(resize.to).toBeGreaterThanOrEqual(one.groupMin);
          } else expect(resize.to).toBeGreaterThan(current);
          const begun = drains.filter((step) => step.step === 'begin').length;
          expect(current - begun).toBeGreaterThanOrEqual(Math.min(one.groupMin, current));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('leaves nothing unplaced that fits an empty node, as far as the group may grow', () => {
    fc.assert(
      fc.property(world, (one) => {
        const [group] = decide(snapshotOf(one), configOf(one), steady(), noon).plan.nodes;
        const roomLeft = (group?.desired ?? 0) < one.groupMin + 6;
        if (group?.reason === 'PoolAtMaximum') expect(roomLeft).toBe(false);
        if (roomLeft && group?.action === 'hold') expect(['DrainUnderWay', 'BelowMinimum']).toContain(group.reason);
      }),
      runs,
    );
  });
});

describe('record', () => {
  const outcome = fc.record({
    from: fc.integer({ min: 0, max: 50 }),
    to: fc.integer({ min: 0, max: 50 }),
    status: fc.constantFrom('succeeded', 'failed', 'refused', 'dryRun'),
  });
  it('makes scale events of writes that succeeded, and of no others', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 12 }), (given) => {
        const outcomes = given.map(({ from, to, status }): Outcome => ({
          kind: 'scale',
          target: { kind: 'Deployment', namespace: 'shop', name: 'web' },
          from,
          to,
          status,
          at: rfc3339(noon),
        }));
        const memory = record(deepFreeze(steady()), outcomes, noon).targets['shop/Deployment/web'];
        const changes = given.flatMap(({ from, to, status }) =>
          status === 'succeeded' && from !== to ? [to - from] : [],
        );
        expect(memory?.acted.ups.map((event) => event.change) ?? []).toEqual(changes.filter((change) => change > 0));
        expect(memory?.acted.downs.map((event) => event.change) ?? []).toEqual(
          changes.filter((change) => change < 0).map((change) => -change),
        );
      }),
      runs,
    );
  });

  it('takes a resize for sent only when it was', () => {
    fc.assert(
      fc.property(fc.constantFrom('succeeded', 'failed', 'refused', 'dryRun'), (status) => {
        const outcome: Outcome = {
          kind: 'resize',
          nodeGroup: 'g',
          from: 2,
          to: 3,
          remove: [],
          status,
          at: rfc3339(noon),
        };
        const group = record(steady(), [outcome], noon).groups['g'];
        expect(group?.sent !== null).toBe(status === 'succeeded');
        expect(group?.lastGrowth === noon).toBe(status === 'succeeded');
        expect(group?.backOff !== null).toBe(status === 'failed');
      }),
    );
  });
});
