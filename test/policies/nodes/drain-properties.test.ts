// Whole drains in random clusters while others act as well: no tick does what it may not, and in the end nothing is half done.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampledAnd, within } from '../../property-runs.ts';
import { fiveNodes, happenings, someShrinking, type DrawnShrinking } from './cluster/drawn-shrinking.ts';
import { Shrinking } from './cluster/shrinking.ts';
import { expectSettled, soundTick } from './cluster/sound.ts';

/** So many ticks without a write: it has settled. */
const quiet = 5;
/** Until then others act. */
const eventful = 12;
const most = 160;

/** Answers what happened in it. */
async function play(drawn: DrawnShrinking): Promise<ReadonlySet<string>> {
  const world = new Shrinking(drawn);
  const { cloud } = world;
  const seen = new Set<string>(drawn.events.map(({ what }) => what));
  let still = 0;
  for (let index = 0; still < quiet; index += 1) {
    expect(index).toBeLessThan(most);
    const plan = await soundTick(world, drawn);
    const steps = (plan?.nodes ?? []).flatMap(({ drains }) => drains);
    for (const { step } of steps) seen.add(step);
    still = cloud.writes === 0 && world.leftovers.length === 0 && index >= eventful ? still + 1 : 0;
    world.pass();
  }
  for (const { answer } of cloud.evictions) seen.add(answer);
  for (const { remove } of cloud.resizes) seen.add(['an order', 'one leaves'][remove.length] ?? 'several leave');
  expectSettled(world);
  return seen;
}

describe('a drain in a cluster where others act as well', () => {
  it(
    'breaks no budget, moves nobody who must stay, sends no resize that disagrees, and leaves nothing behind',
    async () => {
      const seen = new Set<string>();
      const drawn = someShrinking(6);
      const { examples, numRuns } = sampledAnd(drawn, 16, 6);
      // The second of two pods on one node has to wait for the first.
      const oneByOne: DrawnShrinking = {
        ...fiveNodes,
        apps: fiveNodes.apps.map((app) => (app.kind === 'plain' ? { ...app, replicas: 8 } : app)),
        budgets: fiveNodes.budgets.map((budget) => ({ ...budget, amount: 1 })),
      };
      await fc.assert(
        fc.asyncProperty(drawn, async (one) => {
          for (const what of await play(one)) seen.add(what);
        }),
        { numRuns, examples: [[oneByOne], ...examples] },
      );
      const steps = ['begin', 'evict', 'wait', 'rollBack', 'forget'];
      const results = ['accepted', 'refusedByBudget', 'an order', 'one leaves', 'several leave'];
      expect([...happenings, ...steps, ...results].filter((one) => !seen.has(one))).toEqual([]);
    },
    within(60_000),
  );
});
