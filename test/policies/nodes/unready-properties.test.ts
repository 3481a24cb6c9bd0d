// Whatever falls silent or never registers: counts and victims agree, no minimum is broken, nobody who answers leaves in their place, and it ends.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory, type Memory } from '../../../src/model/memory.ts';
import type { NodeDecision } from '../../../src/model/plan.ts';
import { aNode, aNodeGroup, aNodePolicy, at, podsOf, serverId } from '../../builders.ts';
import { sampledAnd, within } from '../../property-runs.ts';
import { group, pool, steady, tick } from './worlds.ts';

interface World {
  /** of which so many are silent */
  readonly nodes: number;
  readonly silent: number;
  /** servers without a node */
  readonly servers: number;
  readonly min: number;
  readonly max: number;
  readonly busy: readonly boolean[];
}

const worlds: fc.Arbitrary<World> = fc.record({
  nodes: fc.integer({ min: 1, max: 6 }),
  silent: fc.nat(2),
  servers: fc.nat(2),
  min: fc.nat(8),
  max: fc.integer({ min: 1, max: 10 }),
  busy: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
});

const nameOf = (number: number): string => `shop-h3k5s7d9f2ab-node-${number}`;
const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

function planOf({ nodes, silent, servers, min, max, busy }: World): {
  readonly decision: NodeDecision;
  readonly count: number;
} {
  const count = nodes + servers;
  const dead = numbers(1, Math.min(silent, nodes));
  const there = numbers(1, nodes).map((number) => {
    const node = aNode(nameOf(number));
    return (dead.includes(number) ? node.notReady(at(-7200)) : node).build();
  });
  const nodeless = numbers(nodes + 1, servers);
  const memory: Memory = {
    ...steady(),
    nodes: Object.fromEntries(
      there.map(({ metadata }) => [metadata.name, { ready: true, unneededSince: at(-7200), emptySince: null }]),
    ),
    groups: {
      [group]: {
        ...emptyGroupMemory,
        ordered: servers === 0 ? [] : [{ at: at(-7200), count: servers, told: true }],
        lastFailure: { at: at(-3600), code: 'NeverReady', message: '' },
        nodeless: Object.fromEntries(nodeless.map((number) => [serverId(number), { since: at(-7200) }])),
      },
    },
  };
  const load = Object.fromEntries(
    numbers(1, nodes).map((number) => [nameOf(number), busy[number - 1] === true ? 3 : 0]),
  );
  const snapshot = pool(count, there)
    .groups(aNodeGroup(group, count, { flavor_id: 'm1.large', is_default: true }))
    .cluster({ name: 'shop' })
    .nova({
      servers: numbers(1, count).map((number) => ({ id: serverId(number), name: nameOf(number), status: 'ACTIVE' })),
    })
    .pods(...podsOf('web', load, { cpu: '1' }))
    .build();
  const policy = aNodePolicy({
    nodeGroups: [{ name: group, min: Math.min(min, max), max }],
    shrink: { unready: { action: 'remove', after: '20m', stopAbove: { percent: 60, nodes: 3 } } },
  });
  return { decision: tick(snapshot, { policy, memory }).decision, count };
}

describe('what does not answer', () => {
  it(
    'leaves by its own server, above the minimum, and before any that answers',
    () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(worlds, (world) => {
          const { decision, count } = planOf(world);
          const { resize, drains } = decision;
          const floor = Math.min(world.min, world.max);
          const named = resize?.remove ?? [];
          if (named.length > 0) expect(resize?.to).toBe(count - named.length);
          // Those that have a node are not given back as servers that have none.
          for (const { serverId: id } of named) expect(Number(id.slice(-2))).toBeGreaterThan(world.nodes);
          const begun = drains.flatMap((step) => (step.step === 'begin' ? [step] : []));
          if (named.length + begun.length > 0)
            expect(count - named.length - begun.length).toBeGreaterThanOrEqual(floor);
          if (named.length > 0) seen.add('servers');
          if (resize !== null && named.length === 0) seen.add('orders');
          for (const { unready } of begun) seen.add(unready === true ? 'silent' : 'answering');
          const answering = begun.filter(({ unready }) => unready !== true).length;
          const unanswering = Math.min(world.silent, world.nodes) + world.servers;
          // Of those that answer, the group keeps its minimum.
          if (answering > 0) expect(count - unanswering - answering).toBeGreaterThanOrEqual(floor);
          if (resize !== null && named.length === 0) {
            expect(resize.to).toBeGreaterThan(count);
            expect(resize.to).toBeLessThanOrEqual(Math.max(world.max, count));
            expect(resize.to).toBeLessThanOrEqual(Math.max(floor, floor + unanswering));
          }
        }),
        sampledAnd(worlds, 50, 30),
      );
      expect([...seen].toSorted()).toEqual(['answering', 'orders', 'servers', 'silent']);
    },
    within(60_000),
  );
});
