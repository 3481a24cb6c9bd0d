// A growth in random clusters where pods push out others: nothing is ordered twice however far the scheduler is, and whoever has no place gets a node.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampledAnd, within } from '../../property-runs.ts';
import { someContending, type Drawn } from './cluster/drawn.ts';
import { Growing } from './cluster/growing.ts';

interface Course {
  readonly drawn: Drawn;
  /** what the scheduler chooses, turn after turn, and then again */
  readonly picks: readonly number[];
  /** pods that it has placed before the first tick */
  readonly early: number;
  /** pods that it has placed on what has come, when the next tick looks */
  readonly some: number;
}

const courses: fc.Arbitrary<Course> = fc.record({
  drawn: someContending,
  picks: fc.array(fc.nat(9_999), { minLength: 40, maxLength: 40 }),
  early: fc.oneof(fc.constant(0), fc.nat(20)),
  some: fc.nat(12),
});

/** A node more may be for those who have none by the scheduler's choice: they push out nobody, and it is done in a few rounds. */
const mostRounds = 4;
const mostTurns = 500;

class Play {
  readonly world: Growing;
  readonly seen: Set<string>;
  readonly #picks: readonly number[];
  #turn = 0;

  constructor({ drawn, picks }: Course, seen: Set<string>) {
    this.world = new Growing(drawn);
    this.#picks = picks;
    this.seen = seen;
  }

  /** So many turns of the scheduler, less where nobody has a place any more. */
  turns(most: number): void {
    for (let turn = 0; turn < most; turn += 1) {
      const done = this.world.contend(this.#picks[this.#turn++ % this.#picks.length] ?? 0);
      if (done === null) return;
      if (done.gone.length > 0) this.seen.add('pushes out');
      if (done.pod.metadata.name.includes('-x')) this.seen.add('pushed out, has a place again');
    }
  }

  /** Nothing is ordered: every node that is missing is on its way or there. */
  nothing(when: string): void {
    expect([when, this.world.tick()]).toEqual([when, 0]);
  }

  /** Answers whether something was ordered, which must be for somebody who has no place by now, or in the end, on what is there. */
  ordersOnlyForThoseLeftOut(when: string): boolean {
    const { leftOut } = this.world;
    const ordered = this.world.tick();
    if (ordered === 0) return false;
    if (leftOut.length === 0) this.turns(mostTurns);
    expect([when, ordered, leftOut, this.world.short]).not.toEqual([when, ordered, [], []]);
    return true;
  }

  round(some: number): void {
    const { world } = this;
    world.pass(15);
    this.nothing('on their way');
    world.pass(60);
    world.arrive();
    world.pass(5);
    this.nothing('empty yet');
    this.turns(some);
    world.pass(5);
    if (this.ordersOnlyForThoseLeftOut('filled in part')) world.arrive();
    this.turns(mostTurns);
    expect(world.contend(0)).toBeNull();
    world.pass(5);
  }
}

describe('a growth where pods push out others', () => {
  it(
    'orders nothing more once it is there, however far the scheduler is, but for those who have no place',
    () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(courses, (course) => {
          const play = new Play(course, seen);
          const { world } = play;
          play.turns(course.early);
          let rounds = 0;
          for (let ordered = world.tick() > 0; ordered; ordered = play.ordersOnlyForThoseLeftOut('filled')) {
            rounds += 1;
            expect(rounds).toBeLessThanOrEqual(mostRounds);
            play.round(course.some);
          }
          expect(world.excess).toEqual([]);
          if (rounds > 0) expect(world.neglected).toEqual([]);
        }),
        sampledAnd(courses, 40, 12),
      );
      const all = ['pushes out', 'pushed out, has a place again'];
      expect(all.filter((one) => !seen.has(one))).toEqual([]);
    },
    within(60_000),
  );

  it('packs those whom the scheduler has placed as they were packed when they waited, also of equals', () => {
    const group = { pods: 110, zone: 'a', tainted: false, ssd: false } as const;
    const kind = { running: 0, rule: 'none', where: 'a', tolerates: false } as const;
    // A node of 4 cores and 16 Gi that is wanted first takes one of either, and neither is larger than the other.
    const world = new Growing({
      groups: [
        { ...group, nodes: 0, more: 2, cores: 8, prefer: 2 },
        { ...group, nodes: 0, more: 4, cores: 4, prefer: 1 },
      ],
      kinds: [
        { ...kind, cpu: 1, memory: 1, waiting: 1 },
        { ...kind, cpu: 6, memory: 15, waiting: 3, priority: -10 },
        { ...kind, cpu: 21, memory: 9, waiting: 4 },
      ],
      agents: false,
      limits: {},
    });
    expect(world.tick()).toBe(5);
    world.pass(75);
    world.arrive();
    world.pass(5);
    for (const pick of [0, 0, 0, 272, 433]) expect(world.contend(pick)).not.toBeNull();
    expect(world.tick()).toBe(0);
  });
});
