// The embedded world's clocks: a virtual one that jumps from timer to timer, and a real one that runs at any speed.
import type { Cancel, Clock } from '../clock.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { Timers } from './timers.ts';

/** Time stands still until somebody advances it; due timers run in the order of their instants. */
export class VirtualClock implements Clock {
  #now: number;
  readonly #timers = new Timers();

  constructor(start: Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now as Instant;
  }

  after(delay: Milliseconds, run: () => void): Cancel {
    return this.#timers.add(this.#now + Math.max(0, delay), run);
  }

  /** Plays all timers that are due within the span, those that they set included. */
  advance(by: Milliseconds): void {
    const end = this.#now + by;
    for (let next = this.#timers.take(end); next !== undefined; next = this.#timers.take(end)) {
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  /** When the next timer is due; null where none is set. */
  nextDue(): Instant | null {
    return (this.#timers.first?.at ?? null) as Instant | null;
  }
}

/** Real time, `speed` times as fast. */
export function scaledClock(speed: number, start: Instant = Date.now() as Instant): Clock {
  const realStart = performance.now();
  return {
    now: () => (start + (performance.now() - realStart) * speed) as Instant,
    after: (delay, run) => {
      const timer = setTimeout(run, Math.max(0, delay) / speed);
      return () => clearTimeout(timer);
    },
  };
}
