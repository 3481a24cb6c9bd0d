// Many texts looked for at once: the same as looking for each by itself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFinder } from '../../src/matching/text-finder.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 });
const value = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '潮', '🌊'), maxLength: 30 });

describe('texts in a value', () => {
  it('are those that it includes, each once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(text, { maxLength: 30 }), value, (texts, one) => {
        expect(textFinder(texts)(one).sort()).toEqual(texts.filter((wanted) => one.includes(wanted)).sort());
      }),
      { numRuns: 1000 },
    );
  });

  it('may be none: nothing is looked for, or nothing is there', () => {
    expect(textFinder([])('abc')).toEqual([]);
    expect(textFinder([''])('abc')).toEqual([]);
    expect(textFinder(['abc'])('')).toEqual([]);
  });

  it('takes no longer where many of them end at each place', () => {
    const texts = Array.from({ length: 1000 }, (_, index) => 'a'.repeat(index + 1));
    expect(textFinder(texts)('a'.repeat(200_000))).toHaveLength(1000);
  });
});
