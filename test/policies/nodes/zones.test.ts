// Pods that must be spread over zones get nodes zone by zone, also where no node is yet.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { decide } from '../../../src/policies/decide.ts';
import { emptyMemory } from '../../../src/model/memory.ts';
import { aConfig, aNode, aNodeGroup, aNodePolicy, aPod, aSnapshot, noon } from '../../builders.ts';

const zone = 'topology.kubernetes.io/zone';
const zones = ['a', 'b', 'c'] as const;

interface Case {
  /** nodes that are there, each full */
  readonly nodes?: Partial<Record<(typeof zones)[number], number>>;
  readonly pods: number;
  readonly apps?: number;
  readonly maxSkew?: number;
  /** more of the group's policy, by zone */
  readonly groups?: Partial<Record<(typeof zones)[number], object>>;
  /** cores of a new node, by zone */
  readonly cores?: readonly number[];
}

const spreadPods = ({ pods, apps = 1, maxSkew = 1 }: Case): Pod[] =>
  Array.from({ length: pods * apps }, (_, index) => {
    const app = `app-${index % apps}`;
    return aPod(`p-${index}`)
      .labelled({ app })
      .ownedBy('ReplicaSet', app)
      .requesting({ cpu: '1' })
      .spec({
        topologySpreadConstraints: [
          { maxSkew, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app } } },
        ],
      })
      .unschedulable()
      .build();
  });

function planFor(given: Case, more: readonly Pod[] = []): Plan {
  const { nodes = {}, groups = {}, cores = [4, 4, 4] } = given;
  const live = zones.flatMap((name) =>
    Array.from({ length: nodes[name] ?? 0 }, (_, index) =>
      aNode(`${name}-${index}`)
        .inGroup(name)
        .labelled({ [zone]: name })
        .build(),
    ),
  );
  const filling = live.map(({ metadata }) =>
    aPod(`full-${metadata.name}`)
      .ownedBy('ReplicaSet', 'full')
      .requesting({ cpu: '4' })
      .on(metadata.name)
      .ready()
      .build(),
  );
  const snapshot = aSnapshot()
    .groups(...zones.map((name) => aNodeGroup(name, nodes[name] ?? 0)))
    .nodes(...live)
    .pods(...filling, ...spreadPods(given), ...more);
  const policy = aNodePolicy({
    nodeGroups: zones.map((name, index) => ({
      name,
      min: 0,
      max: 100,
      shape: { cpu: cores[index], memory: '64Gi', labels: { [zone]: name } },
      ...groups[name],
    })),
  });
  return decide(snapshot.build(), aConfig([], [policy]), emptyMemory(), noon).plan;
}

const ordered = ({ nodes }: Plan): number[] => nodes.map(({ current, desired }) => (desired ?? 0) - (current ?? 0));
const servedPods = ({ nodes }: Plan): number[] => nodes.map((one) => one.for.reduce((sum, { pods }) => sum + pods, 0));

describe('pods that must be spread over zones', () => {
  it.each<[string, Case, number[], number[]]>([
    ['from nothing', { pods: 12 }, [1, 1, 1], [4, 4, 4]],
    ['where one zone has nodes', { nodes: { a: 3 }, pods: 24 }, [2, 2, 2], [8, 8, 8]],
    ['with groups of different sizes', { pods: 24, cores: [2, 4, 8] }, [4, 2, 1], [8, 8, 8]],
    ['a few of them', { pods: 2 }, [1, 1, 0], [1, 1, 0]],
    ['unevenly, as far as it is allowed', { pods: 13, maxSkew: 5 }, [2, 1, 1], [5, 4, 4]],
    ['without a zone that is second choice', { pods: 8, groups: { c: { prefer: 2 } } }, [1, 1, 0], [4, 4, 0]],
    [
      'without a zone that they may not run in',
      {
        pods: 8,
        groups: {
          c: {
            shape: { cpu: 4, memory: '64Gi', labels: { [zone]: 'c' }, taints: [{ key: 'gpu', effect: 'NoSchedule' }] },
          },
        },
      },
      [1, 1, 0],
      [4, 4, 0],
    ],
    ['until a zone is full: the others stop with it', { pods: 30, groups: { c: { max: 1 } } }, [2, 2, 1], [5, 5, 4]],
  ])('%s', (_, given, nodes, served) => {
    const plan = planFor(given);
    expect([ordered(plan).toSorted(), servedPods(plan).toSorted()]).toEqual([nodes.toSorted(), served.toSorted()]);
  });

  it('share their new nodes with those that need no zone', () => {
    const plain = Array.from({ length: 6 }, (_, index) =>
      aPod(`plain-${index}`).ownedBy('ReplicaSet', 'plain').requesting({ cpu: '1' }).unschedulable().build(),
    );
    expect(ordered(planFor({ pods: 6 }, plain))).toEqual([1, 1, 1]);
  });

  it('in large numbers, are planned in one tick without waste', () => {
    const plan = planFor({ pods: 10, apps: 150, groups: { a: { max: 900 }, b: { max: 900 }, c: { max: 900 } } });
    expect(servedPods(plan).reduce((sum, pods) => sum + pods, 0)).toBe(1500);
    expect(ordered(plan).reduce((sum, nodes) => sum + nodes, 0)).toBeLessThanOrEqual(378);
  });

  it('are never further apart in the plan than they may be', () => {
    const sizes = fc.record({
      nodes: fc.record({ a: fc.nat(2), b: fc.nat(2), c: fc.nat(2) }),
      pods: fc.integer({ min: 1, max: 40 }),
      maxSkew: fc.integer({ min: 1, max: 3 }),
      cores: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
    });
    fc.assert(
      fc.property(sizes, (given) => {
        const served = servedPods(planFor(given));
        expect(served.reduce((sum, pods) => sum + pods, 0)).toBe(given.pods);
        expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(given.maxSkew);
      }),
      { numRuns: 60 },
    );
  });
});
