// Time that goes on while something is waited for: whoever is on the way has a turn, and the clock a step.
import { setImmediate as turn } from 'node:timers/promises';
import { seconds } from '../../../src/model/units.ts';
import type { VirtualClock } from '../../../src/sandbox/clock.ts';

export async function until(clock: VirtualClock, holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) {
    await turn();
    clock.advance(seconds(0.1));
  }
}

/** Until it is done, and gives what came of it. */
export async function settle<Value>(clock: VirtualClock, doing: Promise<Value>): Promise<Value> {
  let isDone = false;
  const done = doing.finally(() => (isDone = true));
  done.catch(() => undefined);
  await until(clock, () => isDone);
  return done;
}
