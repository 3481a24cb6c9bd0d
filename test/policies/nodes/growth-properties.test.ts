// Whatever waits: the same answer twice, nothing more once it is carried out, and not many more nodes than there must be.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Pod, PodSpec } from '../../../src/model/kubernetes.ts';
import { emptyGroupMemory, emptyMemory, type Memory } from '../../../src/model/memory.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { decide } from '../../../src/policies/decide.ts';
import { pack, Simulation } from '../../../src/policies/nodes/fit/simulation.ts';
import { aConfig, aNode, aNodeGroup, aNodePolicy, aPod, aSnapshot, at, noon } from '../../builders.ts';
import { fresh, within } from '../../property-runs.ts';
import { aRoom } from './fit/rooms.ts';

const zone = 'topology.kubernetes.io/zone';
const groups = ['a', 'b', 'c'] as const;

interface Kind {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
  readonly rule: 'none' | 'zones' | 'nodes' | 'apart' | 'selector';
  readonly priority: number;
  /** whether it may push out others of lower priority */
  readonly pushes: boolean;
}

interface Running {
  /** in tenths of a core, shared among so many pods */
  readonly cpu: number;
  readonly pods: number;
  readonly priority: number;
}

interface World {
  readonly nodes: readonly number[];
  readonly max: readonly number[];
  /** what runs on each node */
  readonly running: readonly Running[];
  readonly kinds: readonly Kind[];
}

const kinds = fc.record({
  cpu: fc.integer({ min: 1, max: 45 }),
  memory: fc.integer({ min: 1, max: 16 }),
  pods: fc.integer({ min: 1, max: 12 }),
  rule: fc.constantFrom('none', 'none', 'zones', 'nodes', 'apart', 'selector'),
  priority: fc.constantFrom(0, 0, 0, -10, 100, 1000),
  pushes: fc.constantFrom(true, true, true, false),
});
const running = fc.record({
  cpu: fc.nat(35),
  pods: fc.integer({ min: 1, max: 3 }),
  priority: fc.constantFrom(0, 0, 0, -10, 100),
});
const worlds: fc.Arbitrary<World> = fc.record({
  nodes: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
  max: fc.array(fc.integer({ min: 3, max: 12 }), { minLength: 3, maxLength: 3 }),
  running: fc.array(running, { minLength: 9, maxLength: 9 }),
  kinds: fc.array(kinds, { minLength: 1, maxLength: 6 }),
});

function ruleOf(rule: Kind['rule'], app: string): PodSpec {
  const labelSelector = { matchLabels: { app } };
  const spread = (topologyKey: string): PodSpec => ({
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector }],
  });
  switch (rule) {
    case 'none':
      return {};
    case 'zones':
      return spread(zone);
    case 'nodes':
      return spread('kubernetes.io/hostname');
    case 'apart':
      return {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }],
          },
        },
      };
    case 'selector':
      return { nodeSelector: { [zone]: 'b' } };
  }
}

const nodeOf = (name: string, group: string, since = at(-86_400)): Node =>
  aNode(name)
    .inGroup(group)
    .labelled({ [zone]: group, 'kubernetes.io/hostname': name })
    .ready(since)
    .build();

const live = ({ nodes }: World): Node[] =>
  groups.flatMap((group, index) =>
    Array.from({ length: nodes[index] ?? 0 }, (_, at) => nodeOf(`${group}-${at}`, group)),
  );

const waiting = ({ kinds: given }: World): Pod[] =>
  given.flatMap(({ cpu, memory, pods, rule, priority, pushes }, kind) =>
    Array.from({ length: pods }, (_, index) =>
      aPod(`k${kind}-${index}`)
        .labelled({ app: `k${kind}` })
        .ownedBy('ReplicaSet', `k${kind}`)
        .requesting({ cpu: `${cpu * 100}m`, memory: `${memory}Gi` })
        .spec({ priority, ...(pushes ? {} : { preemptionPolicy: 'Never' }), ...ruleOf(rule, `k${kind}`) })
        .unschedulable()
        .build(),
    ),
  );

interface Later {
  /** what Magnum was told, by group */
  readonly counts?: ReadonlyMap<string, number>;
  /** nodes that have come since */
  readonly more?: readonly Node[];
  readonly memory?: Memory;
  readonly limits?: { readonly nodes: number };
}

function planOf(world: World, { counts = new Map(), more = [], memory = emptyMemory(), limits }: Later = {}): Plan {
  const nodes = live(world);
  const running = nodes.flatMap(({ metadata }, index) => {
    const { cpu, pods, priority } = world.running[index] ?? { cpu: 0, pods: 1, priority: 0 };
    return Array.from({ length: pods }, (_, number) =>
      aPod(`r-${metadata.name}-${number}`)
        .ownedBy('ReplicaSet', 'running')
        .requesting({ cpu: `${Math.floor((cpu * 100) / pods)}m` })
        .spec({ priority })
        .on(metadata.name)
        .ready()
        .build(),
    );
  });
  const snapshot = aSnapshot()
    .groups(...groups.map((group, index) => aNodeGroup(group, counts.get(group) ?? world.nodes[index] ?? 0)))
    .nodes(...nodes, ...more)
    .pods(...running, ...waiting(world))
    .build();
  const policy = aNodePolicy({
    nodeGroups: groups.map((name, index) => ({
      name,
      min: 0,
      max: world.max[index],
      shape: { cpu: 4, memory: '16Gi', labels: { [zone]: name } },
    })),
    mode: { grow: 'act', shrink: 'off' },
    ...(limits && { limits }),
  });
  return decide(snapshot, aConfig([], [policy]), memory, noon).plan;
}

const countsOf = ({ nodes }: Plan): ReadonlyMap<string, number> =>
  new Map(nodes.map(({ nodeGroup, current, desired }) => [nodeGroup, desired ?? current ?? 0]));

describe('a growth', () => {
  it(
    'is the same when it is asked for again',
    () => {
      fc.assert(
        fc.property(worlds, (world) => {
          expect(planOf(world)).toEqual(planOf(world));
        }),
        fresh(12),
      );
    },
    within(60_000),
  );

  const sumOf = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
  const total = (plan: Plan): number => sumOf(countsOf(plan));
  const before = ({ nodes }: World, index: number): number => nodes[index] ?? 0;

  /** What was ordered is on its way, since a minute ago; or it has come, and is empty yet. */
  function later(world: World, counts: ReadonlyMap<string, number>, come = false): Later {
    const added = (index: number): number => (counts.get(groups[index] ?? '') ?? 0) - before(world, index);
    const more = groups.flatMap((group, index) =>
      Array.from({ length: come ? added(index) : 0 }, (_, number) => nodeOf(`${group}-new-${number}`, group, at(-20))),
    );
    const orders = (index: number) => (come || added(index) === 0 ? [] : [{ at: at(-60), count: added(index) }]);
    const memory: Memory = {
      ...emptyMemory(),
      groups: Object.fromEntries(
        groups.map((group, index) => [group, { ...emptyGroupMemory, ordered: orders(index) }]),
      ),
    };
    return { counts, more, memory };
  }

  it(
    'goes over no maximum, of a group or of all together',
    () => {
      fc.assert(
        fc.property(worlds, fc.integer({ min: 1, max: 20 }), (world, nodes) => {
          const limited = planOf(world, { limits: { nodes } });
          for (const [index, group] of groups.entries())
            expect(countsOf(limited).get(group)).toBeLessThanOrEqual(world.max[index] ?? 0);
          const there = world.nodes.reduce((sum, count) => sum + count, 0);
          expect(total(limited)).toBeLessThanOrEqual(Math.max(nodes, there));
        }),
        fresh(12),
      );
    },
    within(60_000),
  );

  it(
    'orders nothing more while its nodes are on their way, whatever the groups and the rules',
    () => {
      fc.assert(
        fc.property(worlds, (world) => {
          const first = planOf(world);
          expect(total(planOf(world, later(world, countsOf(first))))).toBe(total(first));
        }),
        fresh(25),
      );
    },
    within(60_000),
  );

  it(
    'orders nothing more for pods that have come and were ordered for one kind after the other',
    () => {
      fc.assert(
        fc.property(worlds, (world) => {
          let counts: ReadonlyMap<string, number> = new Map(
            groups.map((group, index) => [group, before(world, index)]),
          );
          for (const [index] of world.kinds.entries()) {
            const some = { ...world, kinds: world.kinds.slice(0, index + 1) };
            counts = countsOf(planOf(some, later(world, counts)));
          }
          expect(total(planOf(world, later(world, counts)))).toBe(sumOf(counts));
        }),
        fresh(8),
      );
    },
    within(60_000),
  );

  it(
    'orders nothing more when its nodes are there and empty yet, whatever the groups and the rules',
    () => {
      fc.assert(
        fc.property(worlds, (world) => {
          const first = planOf(world);
          expect(total(planOf(world, later(world, countsOf(first), true)))).toBe(total(first));
        }),
        fresh(25),
      );
    },
    within(60_000),
  );

  it('orders for those who have come since, beside the nodes that are on their way', () => {
    const few: Kind = { cpu: 20, memory: 4, pods: 4, rule: 'none', priority: 0, pushes: true };
    const world: World = { nodes: [0, 0, 0], max: [9, 9, 9], running: [], kinds: [few] };
    const first = countsOf(planOf(world));
    const more = { ...world, kinds: [few, { ...few, pods: 2 }] };
    expect(sumOf(first)).toBe(2);
    const { nodes } = planOf(more, later(world, first));
    expect(nodes.filter(({ action }) => action === 'grow').map(({ for: whom }) => whom)).toEqual([
      [{ target: { kind: 'ReplicaSet', namespace: 'shop', name: 'k1' }, pods: 2 }],
    ]);
  });

  it(
    'orders nothing more in one group when its nodes are there and empty yet',
    () => {
      const inOneGroup = worlds.map((world): World => ({
        ...world,
        nodes: [world.nodes[0] ?? 0, 0, 0],
        max: [60, 1, 1],
        kinds: world.kinds.map((kind) => ({
          ...kind,
          priority: 0,
          rule: kind.rule === 'apart' ? kind.rule : 'none',
        })),
      }));
      fc.assert(
        fc.property(inOneGroup, (world) => {
          const first = planOf(world);
          expect(total(planOf(world, later(world, countsOf(first), true)))).toBe(total(first));
        }),
        fresh(20),
      );
    },
    within(60_000),
  );
});

describe('how many nodes mixed pods get', () => {
  it('is near the least that their sums allow, in the mean', () => {
    const some = fc.sample(fc.array(kinds, { minLength: 3, maxLength: 12 }), { numRuns: 100, seed: 42 });
    const excess = some.map((given) => {
      const simulation = new Simulation({});
      const demands = given.map(({ cpu, memory, pods }) => ({
        needs: simulation.needsOf(
          aPod('p')
            .requesting({ cpu: `${Math.min(cpu, 40) * 100}m`, memory: `${memory}Gi` })
            .build(),
        ),
        pods: pods * 5,
      }));
      const capacity = { cpu: 8000, memory: 32 * 2 ** 30 * 1000, pods: 110_000 };
      const { rooms, left } = pack(simulation, demands, { room: aRoom('new', { capacity }), daemons: [] }, Infinity);
      expect(left).toEqual([]);
      const sum = (name: 'cpu' | 'memory'): number =>
        demands.reduce((all, { needs, pods }) => all + pods * (needs.requests[name] ?? 0), 0);
      const least = Math.max(Math.ceil(sum('cpu') / capacity.cpu), Math.ceil(sum('memory') / capacity.memory));
      return rooms.length / least - 1;
    });
    const mean = excess.reduce((sum, one) => sum + one, 0) / excess.length;
    expect(mean).toBeLessThan(0.18);
  });
});
