// The clock that everything is handed: the system's here; the embedded world brings a virtual and a scaled one.
import type { Instant, Milliseconds } from './model/units.ts';

export type Cancel = () => void;

export interface Clock {
  now(): Instant;
  /** Runs once after the delay. The returned function cancels it. */
  after(delay: Milliseconds, run: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  after: (delay, run) => {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};

/** Resolves after the delay, or at once when the signal aborts; the caller looks at the signal. */
export function sleep(clock: Clock, delay: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delay, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
