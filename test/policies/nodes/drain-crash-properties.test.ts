// A whole drain, from the first mark to the Node that is taken away, whose process dies between any two writes: it ends as if nobody had died.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyMemory } from '../../../src/model/memory.ts';
import { fresh, within } from '../../property-runs.ts';
import type { Mishap } from './cluster/cloud.ts';
import { fiveNodes, someShrinking, type DrawnShrinking } from './cluster/drawn-shrinking.ts';
import { Shrinking } from './cluster/shrinking.ts';
import { expectSettled, soundTick } from './cluster/sound.ts';

interface Death {
  readonly tick: number;
  readonly write: number;
  readonly what: Mishap['what'];
  /** seconds until somebody leads again */
  readonly away: number;
  /** the memory is gone as well */
  readonly forgets: boolean;
}

const quiet = 5;
const most = 160;

interface End {
  readonly servers: readonly string[];
  /** writes of each tick */
  readonly writes: readonly number[];
}

async function play(drawn: DrawnShrinking, deaths: readonly Death[] = []): Promise<End> {
  const world = new Shrinking(drawn);
  const { cloud } = world;
  const writes: number[] = [];
  let still = 0;
  for (let index = 0; still < quiet; index += 1) {
    expect(index).toBeLessThan(most);
    const death = deaths.find(({ tick }) => tick === index);
    const plan = await soundTick(world, drawn, death ?? null);
    writes.push(cloud.writes);
    if (plan === null && death?.forgets === true) world.memory = emptyMemory();
    const isOver = deaths.every(({ tick }) => tick < index);
    still = cloud.writes === 0 && world.leftovers.length === 0 && isOver ? still + 1 : 0;
    world.pass(plan === null ? death?.away : undefined);
  }
  expectSettled(world);
  return { servers: cloud.servers, writes };
}

describe('a process that dies in the middle of drains', () => {
  it(
    'between any two writes leaves the same end to whoever comes after it',
    async () => {
      const { servers, writes } = await play(fiveNodes);
      expect(servers).toHaveLength(2);
      // Marks and seals, evictions, announcements and the resize, Nodes that are taken away.
      expect(writes.filter((count) => count > 0)).toEqual([4, 2, 4, 2, 2, 2, 1]);
      for (const [tick, count] of writes.entries())
        for (let write = 0; write <= count; write += 1) {
          const death: Death = { tick, write, what: 'death', away: 15, forgets: false };
          expect({ death, servers: (await play(fiveNodes, [death])).servers }).toEqual({ death, servers });
        }
    },
    within(120_000),
  );

  it(
    'however often, with its memory or without, leaves nothing half done in any cluster',
    async () => {
      const deaths = fc.uniqueArray(
        fc.record<Death>({
          tick: fc.nat(16),
          write: fc.nat(6),
          what: fc.constantFrom('death', 'death', 'lostAnswer'),
          away: fc.constantFrom(15, 60),
          forgets: fc.boolean(),
        }),
        { minLength: 1, maxLength: 4, selector: ({ tick }) => tick },
      );
      await fc.assert(
        fc.asyncProperty(someShrinking(0), deaths, async (drawn, some) => {
          await play(drawn, some);
        }),
        fresh(8),
      );
    },
    within(60_000),
  );
});
