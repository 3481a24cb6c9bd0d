// The embedded world's clocks: a virtual one that jumps from timer to timer, and a real one that runs at any speed.
import type { Cancel, Clock } from '../clock.ts';
import type { Instant, Milliseconds } from '../model/units.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time stands still until somebody advances it; due timers run in the order of their instants. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(start: Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now as Instant;
  }

  after(delay: Milliseconds, run: () => void): Cancel {
    const timer: Timer = { at: this.#now + Math.max(0, delay), order: this.#order++, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Plays all timers that are due within the span, those that they set included. */
  advance(by: Milliseconds): void {
    const end = this.#now + by;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  /** When the next timer is due; null where none is set. */
  nextDue(): Instant | null {
    return (this.#next(Number.POSITIVE_INFINITY)?.at ?? null) as Instant | null;
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
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
