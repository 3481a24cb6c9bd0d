// How long an order may take: the policy's figure at first, then what the cloud has taught.
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory } from '../../../src/model/memory.ts';
import { minutes, type Milliseconds } from '../../../src/model/units.ts';
import {
  bootBeforePods,
  expectedBoot,
  longestBoot,
  provisionTimeoutOf,
} from '../../../src/policies/nodes/boot-time.ts';
import { aNodePolicy } from '../../builders.ts';

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

describe('the boot that is allowed for', () => {
  const of = (...counts: number[]) => ({ ...emptyGroupMemory, bootTimes: counts.map((count) => minutes(count)) });
  it.each([
    ['nothing is known', [], 5],
    ['one group has taught nothing', [of(), of(2)], 2],
    ['several have', [of(2), of(9), of(4)], 9],
  ])('of any group, where %s', (_, memories, expected) => {
    const groups = Object.fromEntries(memories.map((memory, index) => [`g-${index}`, memory]));
    expect(longestBoot(groups)).toBe(minutes(expected));
    expect(bootBeforePods({ nodePolicies: [] }, groups)).toBe(0);
    expect(bootBeforePods({ nodePolicies: [aNodePolicy()] }, groups)).toBe(minutes(expected));
  });

  it('of one group is its own', () => {
    expect([of(), of(2), of(9)].map(expectedBoot)).toEqual([5, 2, 9].map(minutes));
  });
});
