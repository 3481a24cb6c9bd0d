// A growth carried out to its end in random clusters: whoever fits a node that may be had has a place, and nothing more is ordered then.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fresh, sampledAnd, within } from '../../property-runs.ts';
import { groupName, memoryOf, rules, someGroup, someGrowing, someKind, type Drawn } from './cluster/drawn.ts';
import { Growing } from './cluster/growing.ts';

/** What pods are allowed may depend on where the scheduler has put others: some find a place a round later. */
const mostRounds = 4;

interface Course {
  readonly world: Growing;
  /** VMs that each round ordered */
  readonly rounds: readonly number[];
}

/** Rounds of order, wait and arrival, until nothing is ordered any more. */
function play(drawn: Drawn): Course {
  const world = new Growing(drawn);
  const rounds: number[] = [];
  for (;;) {
    const ordered = world.tick();
    expect(world.excess).toEqual([]);
    if (ordered === 0) return { world, rounds };
    rounds.push(ordered);
    expect(rounds.length).toBeLessThanOrEqual(mostRounds);
    world.pass(15);
    // They are on their way: whoever waits, waits for them.
    expect(world.tick()).toBe(0);
    world.pass(60);
    world.arrive();
    world.schedule();
    world.pass(15);
  }
}

describe('a growth that is carried out', () => {
  it(
    'has a place for everybody who fits a node that may be had, and orders nothing more',
    () => {
      const seen = new Set<string>();
      const drawn = someGrowing();
      fc.assert(
        fc.property(drawn, (one) => {
          const { world, rounds } = play(one);
          expect(world.neglected).toEqual([]);
          if (rounds.length > 0) seen.add('orders');
          if (world.grown.length > 1) seen.add('of several groups');
          if (world.waiting.length === 0) seen.add('all have a place');
          else if (one.groups.every((_, group) => !world.mayGrow(group))) seen.add('nobody may grow');
          else seen.add('no node would do');
          for (const kind of one.kinds) if (world.placedOnNew(one.kinds.indexOf(kind))) seen.add(`for ${kind.rule}`);
        }),
        sampledAnd(drawn, 24, 12),
      );
      const all = ['orders', 'of several groups', 'all have a place', 'nobody may grow', 'no node would do'];
      expect(all.filter((one) => !seen.has(one))).toEqual([]);
      expect(rules.filter((rule) => seen.has(`for ${rule}`)).length).toBeGreaterThanOrEqual(8);
    },
    within(60_000),
  );

  it(
    'orders for pods of one size what arithmetic says, and not one more',
    () => {
      const cases = fc.record({ group: someGroup, kind: someKind('none'), agents: fc.boolean() });
      fc.assert(
        fc.property(cases, ({ group, kind, agents }) => {
          const one = { ...group, nodes: 0, tainted: false, more: 40 };
          const { world, rounds } = play({ groups: [one], kinds: [kind], agents, limits: {} });
          const [agent, taken] = agents ? [2, 1] : [0, 0];
          const each = Math.min(
            Math.floor((one.cores * 10 - agent) / kind.cpu),
            Math.floor(memoryOf(one) / kind.memory),
            one.pods - taken,
          );
          expect(rounds).toEqual(each === 0 || kind.waiting === 0 ? [] : [Math.ceil(kind.waiting / each)]);
          expect(world.waiting).toHaveLength(each === 0 ? kind.waiting : 0);
          expect(world.grown).toEqual(rounds.length === 0 ? [] : [groupName(0)]);
        }),
        fresh(40),
      );
    },
    within(60_000),
  );
});
