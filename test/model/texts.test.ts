// Sentences with their places filled: the same, whatever was filled before.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillText, type Texts } from '../../src/model/texts.ts';

const texts = (sentences: Readonly<Record<string, string>>): Texts => ({ language: 'en', sentences });

/** The rule itself. */
const shown = (value: string | number): string =>
  typeof value === 'string' || Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

describe('a number in a sentence', () => {
  const filled = (value: number): string => fillText(texts({ code: '{value}' }), 'code', { value });

  it('has at most four significant digits', () => {
    const any = fc.double({ noNaN: true });
    const usual = fc.double({ min: 0.05, max: 2_000, noNaN: true });
    const halves = fc.tuple(fc.integer({ min: 900, max: 10_100 }), fc.constantFrom(0.1, 1, 10, 100, 1_000, 10_000));
    const half = halves.map(([digits, scale]) => (digits + 0.5) / scale);
    fc.assert(
      fc.property(fc.oneof(any, usual, half), (value) => {
        expect(filled(value)).toBe(shown(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [999.96, '1000'],
    [0.99996, '1'],
    [9.9994, '9.999'],
    [0.1, '0.1'],
    [100.05, '100'],
    [-12.3456, '-12.35'],
    [0.000123456, '0.0001235'],
    [1e21 + 0.5, '1e+21'],
    [-0, '0'],
  ])('%d is %s', (value, expected) => {
    expect(filled(value)).toBe(expected);
  });
});

describe('a sentence', () => {
  const names = ['metric', 'value', 'target', 'current'] as const;
  const value = fc.oneof(
    fc.constantFrom('requests', 'queue', ''),
    fc.integer({ min: -2, max: 2_000 }),
    fc.double({ min: 0, max: 1_000, noNaN: true }),
  );
  const facts = fc.record({ metric: value, value, target: value, current: value }, { requiredKeys: [] });
  const piece = fc.oneof(
    fc.constantFrom('over ', ' of ', ': ', ''),
    fc.constantFrom(...names.map((name) => `{${name}}`)),
  );
  const sentence = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

  it('says each fact in its place, and leaves a place without one', () => {
    const some = fc.array(facts, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sentence, some, (text, all) => {
        for (const one of all) {
          const expected = text.replaceAll(/\{(\w+)\}/g, (place, name: (typeof names)[number]) =>
            one[name] === undefined ? place : shown(one[name]),
          );
          expect(fillText(texts({ code: text }), 'code', one)).toBe(expected);
        }
      }),
    );
  });

  it('is right also where there are more different ones than are kept', () => {
    const said = texts({ code: '{metric} {value} of {target}: {current}' });
    for (let round = 0; round < 50_000; round++)
      if (
        fillText(said, 'code', { metric: `m${round}`, value: 1, target: round % 900, current: 2 }) !==
        `m${round} 1 of ${round % 900}: 2`
      )
        expect(round).toBe(-1);
  });

  it('takes what its facts do not say from elsewhere', () => {
    const said = texts({ code: '{name}: {current}' });
    expect(fillText(said, 'code', { current: 3 }, (name) => (name === 'name' ? 'shop/web' : 0))).toBe('shop/web: 3');
  });

  it('that is missing shows its code and its facts', () => {
    expect(fillText(texts({}), 'code', { metric: 'queue', value: 1.23456 })).toBe('code metric=queue value=1.235');
  });
});
