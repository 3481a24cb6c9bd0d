// The virtual clock: timers run when they are due, those of one instant in the order in which they were set.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cancel } from '../../src/clock.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';

interface Set {
  readonly at: number;
  readonly number: number;
}

const step = fc.oneof(
  fc.record({ does: fc.constant('set' as const), delay: fc.integer({ min: -5, max: 30 }) }),
  fc.record({ does: fc.constant('cancel' as const), which: fc.nat(40) }),
  fc.record({ does: fc.constant('pass' as const), span: fc.nat(15) }),
);

describe('the virtual clock', () => {
  it('runs each timer once, when it is due and in order, but for those that were cancelled', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new VirtualClock(0 as Instant);
        const cancels: Cancel[] = [];
        const ran: Set[] = [];
        let waiting: Set[] = [];
        let expected: Set[] = [];
        for (const one of steps) {
          if (one.does === 'set') {
            const number = cancels.length;
            const set = { at: clock.now() + Math.max(0, one.delay), number };
            waiting.push(set);
            cancels.push(clock.after(one.delay as Milliseconds, () => ran.push({ at: clock.now(), number })));
          } else if (one.does === 'cancel') {
            cancels[one.which]?.();
            waiting = waiting.filter(({ number }) => number !== one.which);
          } else {
            const end = clock.now() + one.span;
            const due = waiting.filter(({ at }) => at <= end);
            expected = [...expected, ...due.sort((a, b) => a.at - b.at || a.number - b.number)];
            waiting = waiting.filter(({ at }) => at > end);
            clock.advance(one.span as Milliseconds);
            expect([clock.now(), ran]).toEqual([end, expected]);
          }
          const soonest = waiting.length === 0 ? null : Math.min(...waiting.map(({ at }) => at));
          expect(clock.nextDue()).toBe(soonest);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('plays what a timer sets within the span, behind what was already due then', () => {
    const clock = new VirtualClock(0 as Instant);
    const ran: string[] = [];
    clock.after(10 as Milliseconds, () => {
      ran.push(`first ${clock.now()}`);
      clock.after(0 as Milliseconds, () => ran.push(`its own ${clock.now()}`));
      clock.after(5 as Milliseconds, () => ran.push(`later ${clock.now()}`));
    });
    clock.after(10 as Milliseconds, () => ran.push(`second ${clock.now()}`));
    clock.advance(15 as Milliseconds);
    expect(ran).toEqual(['first 10', 'second 10', 'its own 10', 'later 15']);
  });
});
