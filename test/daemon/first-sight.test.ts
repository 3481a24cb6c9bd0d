// The wait for the first sight of the cluster: it ends with that or at the signal, and whoever waits keeps the lease.
import { expect, it } from 'vitest';
import { untilSeen } from '../../src/first-sight.ts';
import { createPulse } from '../../src/leader/pulse.ts';
import { seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { noon } from '../builders.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function waiting() {
  const clock = new VirtualClock(noon);
  const ending = new AbortController();
  const pulse = createPulse(
    () => clock.now(),
    () => seconds(1),
  );
  let see: () => void = () => undefined;
  const firstSight = new Promise<void>((resolve) => (see = resolve));
  let over = false;
  void untilSeen(firstSight, { clock, signal: ending.signal, onSign: () => pulse.beat() }).then(() => (over = true));
  /** In each of so many seconds: whether it was over, and whether the pulse beat. */
  const passing = async (count: number): Promise<readonly (readonly [boolean, boolean])[]> => {
    const each: [boolean, boolean][] = [];
    while (each.length < count) {
      clock.advance(seconds(1));
      await turn();
      each.push([over, pulse.beats()]);
    }
    return each;
  };
  return { passing, see: () => see(), ending, isOver: () => over };
}

it('gives signs for longer than a pulse lasts without them', async () => {
  const { passing, see, isOver } = waiting();
  expect(await passing(29)).toEqual(Array<readonly boolean[]>(29).fill([false, true]));
  see();
  await turn();
  expect(isOver()).toBe(true);
});

it('ends without having seen anything where the term does', async () => {
  const { passing, ending, isOver } = waiting();
  await passing(3);
  ending.abort();
  await turn();
  expect(isOver()).toBe(true);
});
