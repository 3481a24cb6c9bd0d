// How long an order may take: the policy's figure at first, then what the cloud has taught.
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory } from '../../../src/model/memory.ts';
import { minutes, type Milliseconds } from '../../../src/model/units.ts';
import { provisionTimeoutOf } from '../../../src/policies/nodes/boot-time.ts';

describe('the provision timeout', () => {
  it.each([
    ['nothing learned', [], 15],
    ['too little learned', [2, 2, 2, 2], 15],
    ['a quick cloud is given its slow hour', [1, 1, 1, 1, 1], 5],
    ['three times the slow ones', [4, 4, 4, 4, 10], 26.4],
  ])('%s', (_, learned, expected) => {
    const memory = { ...emptyGroupMemory, bootTimes: learned.map((count) => minutes(count)) };
    expect(provisionTimeoutOf(minutes(15), memory)).toBe(expected * 60_000);
  });

  it('does not depend on the order in which they came', () => {
    const bootTimes: readonly Milliseconds[] = [3, 9, 4, 6, 5, 7].map(minutes);
    const shuffled = { ...emptyGroupMemory, bootTimes: bootTimes.toReversed() };
    expect(provisionTimeoutOf(minutes(15), shuffled)).toBe(
      provisionTimeoutOf(minutes(15), { ...emptyGroupMemory, bootTimes }),
    );
  });
});
