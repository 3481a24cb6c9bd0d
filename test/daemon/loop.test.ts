// The beat of the loop: on its grid, never in bursts, whatever the clock does.
import { describe, expect, it } from 'vitest';
import { nextDue, runLoop } from '../../src/loop.ts';
import { seconds, type Instant, type Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';

const at = (second: number): Instant => (1_000_000_000_000 + second * 1000) as Instant;
const interval = seconds(15);

describe('the next beat', () => {
  it.each([
    { name: 'a tick that took no time', now: 0, next: 15 },
    { name: 'a tick within its interval', now: 14, next: 15 },
    { name: 'a tick that took exactly its interval', now: 15, next: 15 },
    { name: 'one beat missed: left out', now: 16, next: 30 },
    { name: 'many beats missed: one tick, on the grid', now: 100, next: 105 },
    { name: 'ends on a beat', now: 105, next: 105 },
  ])('$name', ({ now, next }) => {
    expect(nextDue(at(0), interval, at(now))).toBe(at(next));
  });
});

interface Tick {
  readonly due: number;
  readonly began: number;
}

/** A clock whose time of day can be set, as an operator or NTP does; its timers run on regardless. */
class SettableClock extends VirtualClock {
  shift = 0;
  override now(): Instant {
    return (super.now() + this.shift) as Instant;
  }
}

/** Plays `span` seconds of a loop whose ticks take what `lasts` says; `meanwhile` runs within a tick. */
async function play(
  span: number,
  lasts: (tick: number) => number,
  meanwhile?: (tick: number, clock: SettableClock) => void,
) {
  const clock = new SettableClock(at(0));
  const stopping = new AbortController();
  const ticks: Tick[] = [];
  const done = runLoop({
    clock,
    interval: () => interval,
    signal: stopping.signal,
    tick: (due) => {
      ticks.push({ due: (due - at(0)) / 1000, began: (clock.now() - at(0)) / 1000 });
      meanwhile?.(ticks.length, clock);
      return new Promise((resolve) => clock.after(seconds(lasts(ticks.length)), resolve));
    },
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  for (let second = 0; second < span; second++) {
    clock.advance(1000 as Milliseconds);
    await turn();
  }
  stopping.abort();
  clock.advance(seconds(60));
  await done;
  return ticks;
}

describe('the loop', () => {
  it('ticks at once and then at its beat', async () => {
    expect(await play(50, () => 1)).toEqual([0, 15, 30, 45].map((second) => ({ due: second, began: second })));
  });

  it('leaves out the beats that a slow tick has missed', async () => {
    const ticks = await play(70, (tick) => (tick === 2 ? 40 : 1));
    expect(ticks).toEqual([0, 15, 60].map((second) => ({ due: second, began: second })));
  });

  it('makes up for nothing when the clock is set forward by an hour', async () => {
    const ticks = await play(
      40,
      () => 1,
      (tick, clock) => {
        if (tick === 2) clock.shift += 3_600_000;
      },
    );
    expect(ticks.map(({ began }) => began)).toEqual([0, 15, 3630]);
  });

  it('does not wait for an hour when the clock is set back by one', async () => {
    const ticks = await play(
      50,
      () => 1,
      (tick, clock) => {
        if (tick === 2) clock.shift -= 3_600_000;
      },
    );
    expect(ticks.map(({ began }) => began)).toEqual([0, 15, -3569, -3554]);
  });

  it('ends at once when it is told to, in the middle of its wait', async () => {
    const clock = new VirtualClock(at(0));
    const stopping = new AbortController();
    const done = runLoop({ clock, interval: () => interval, signal: stopping.signal, tick: () => Promise.resolve() });
    stopping.abort();
    await expect(done).resolves.toBeUndefined();
  });

  it('has what takes long begun a second before each tick but the first', async () => {
    const clock = new VirtualClock(at(0));
    const stopping = new AbortController();
    const seen: string[] = [];
    const note = (what: string): number => seen.push(`${what} ${(clock.now() - at(0)) / 1000}`);
    const done = runLoop({
      clock,
      interval: () => interval,
      signal: stopping.signal,
      prepare: () => note('prepare'),
      tick: () => {
        note('tick');
        return Promise.resolve();
      },
    });
    for (let second = 0; second < 31; second++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1000 as Milliseconds);
    }
    stopping.abort();
    clock.advance(seconds(60));
    await done;
    expect(seen).toEqual(['tick 0', 'prepare 14', 'tick 15', 'prepare 29', 'tick 30']);
  });
});

describe('a hurried beat', () => {
  it('comes at once, while resting and after the tick that it fell into', async () => {
    const clock = new SettableClock(at(0));
    const stopping = new AbortController();
    const began: number[] = [];
    let hurry: () => void = () => undefined;
    const done = runLoop({
      clock,
      interval: () => interval,
      signal: stopping.signal,
      hurry: (listener) => {
        hurry = listener;
        return () => undefined;
      },
      tick: () => {
        began.push((clock.now() - at(0)) / 1000);
        return new Promise((resolve) => clock.after(seconds(2), resolve));
      },
    });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await turn();
    for (let second = 1; second <= 40; second++) {
      clock.advance(1000 as Milliseconds);
      await turn();
      if (second === 7 || second === 8) hurry();
      await turn();
    }
    stopping.abort();
    clock.advance(seconds(60));
    await done;
    expect(began).toEqual([0, 7, 9, 24, 39]);
  });
});
