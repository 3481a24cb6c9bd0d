// Sliced work: however many courses run at once, a turn of the event loop is given to their common budget only.
import { describe, expect, it } from 'vitest';
import { breathe, inSlices } from '../../src/slices.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** At least a millisecond, by the same clock. */
function work(): void {
  const until = performance.now() + 1;
  while (performance.now() < until);
}

describe('sliced work', () => {
  it('takes its turns together: three at once hold the event loop up no longer than one', async () => {
    let [steps, open] = [0, 3];
    const finished: string[] = [];
    function* course(name: string): Generator<undefined, undefined> {
      for (let step = 0; step < 25; step++) {
        work();
        steps += 1;
        yield;
      }
      finished.push(name);
      open -= 1;
      return undefined;
    }
    await turn();
    const all = Promise.all(['one', 'two', 'three'].map((name) => inSlices(course(name))));
    // Without a turn of the event loop in between nobody but the first has begun.
    expect(steps).toBeLessThanOrEqual(10);
    const perTurn: number[] = [];
    while (open > 0) {
      const before = steps;
      await turn();
      perTurn.push(steps - before);
    }
    await all;
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(10);
    expect(finished.toSorted()).toEqual(['one', 'three', 'two']);
  });

  it('hands on what a course throws, and goes on with the others', async () => {
    function* broken(): Generator<undefined, undefined> {
      yield;
      throw new Error('broken');
    }
    function* sound(): Generator<undefined, string> {
      yield;
      return 'sound';
    }
    const [one, other] = await Promise.allSettled([inSlices(broken()), inSlices(sound())]);
    expect([one.status, other.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('lets a wait be over in the same turn while nothing has been done in it', async () => {
    await turn();
    let turned = false;
    setImmediate(() => (turned = true));
    await breathe();
    expect(turned).toBe(false);
    for (let step = 0; step < 11; step++) work();
    await breathe();
    expect(turned).toBe(true);
  });
});
