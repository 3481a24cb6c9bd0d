// Long lists in order, in turns.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sorting } from '../../src/alerts/sorting.ts';
import { atOnce } from '../../src/slices.ts';

it('is the order that is had in one go, of equals too, and gives others their turns', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 900 }), (length, kinds) => {
      const list = Array.from({ length }, (_, index) => ({ kind: (index * 7919) % kinds, index }));
      const byKind = (one: { kind: number }, other: { kind: number }): number => one.kind - other.kind;
      expect(atOnce(sorting(list, byKind))).toEqual(list.toSorted(byKind));
      expect([...sorting(list, byKind)].length).toBeGreaterThanOrEqual(Math.floor(length / 500));
    }),
    { numRuns: 60 },
  );
});
