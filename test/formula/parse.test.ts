// Which texts are formulas, how they are read, and what is said where of those that are none.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Formula } from '../../src/formula/formula.ts';
import { maximumFormulaLength, parseFormula } from '../../src/formula/parse.ts';
import { coalescesToNumber, metricPlaces } from '../../src/formula/walk.ts';
import { anyFormulaText, printed, withoutPlaces } from './expressions.ts';

function formulaOf(text: string): Formula {
  const reading = parseFormula(text);
  if (reading.kind === 'error') throw new Error(`${text}: ${reading.message}`);
  return reading.formula;
}

describe('reads', () => {
  it.each([
    ['a + b * c', 'a + (b * c)'],
    ['a - b - c', '(a - b) - c'],
    ['a / b * c', '(a / b) * c'],
    ['-a * b', '(-a) * b'],
    ['a - -b', 'a - (-b)'],
    ['a + b > c * 2', '(a + b) > (c * 2)'],
    ['a > 1 ? b : c ? 2 : 3', '(a > 1) ? b : (c ? 2 : 3)'],
    ['a ? b ? 1 : 2 : 3', 'a ? (b ? 1 : 2) : 3'],
    ['a ?? b ?? c', '(a ?? b) ?? c'],
    ['a ?? -b', 'a ?? (-b)'],
    ['a ?? b ? c : d ?? 0', '(a ?? b) ? c : (d ?? 0)'],
    ['a ?? last ?? 0', '(a ?? last) ?? 0'],
    ['min(a, b + 1, max(c))', 'min(a, (b + 1), max(c))'],
    ['min + max', '(min) + (max)'],
    ['1e3+.5-2.*1E-2', '1000 + 0.5 - (2 * 0.01)'],
    ['a\n\t== b', 'a==b'],
  ])('%s as %s', (text, same) => {
    expect(withoutPlaces(formulaOf(text).expression)).toEqual(withoutPlaces(formulaOf(same).expression));
  });

  it('the metrics once each, in the order of the text', () => {
    const { text, inputs, needsLast } = formulaOf('requests + 0.2 * (queue ?? last) - requests + (b ?? last)');
    expect(text).toBe('requests + 0.2 * (queue ?? last) - requests + (b ?? last)');
    expect(inputs).toEqual(['requests', 'queue', 'b']);
    expect(needsLast).toEqual(['queue', 'b']);
  });

  it('every place that names a metric', () => {
    expect(metricPlaces(formulaOf('a + min(b ?? last, a)'))).toEqual([
      { offset: 0, text: 'a' },
      { offset: 8, text: 'b' },
      { offset: 19, text: 'a' },
    ]);
  });

  it('where a number stands in for something unknown', () => {
    expect(coalescesToNumber(formulaOf('(a ?? last ?? -1) + (b ?? c) * (c ?? (0)) + (a ?? min(1, 2))'))).toEqual([
      { offset: 11, text: '?? -1' },
      { offset: 34, text: '?? (0)' },
      { offset: 47, text: '?? min(1, 2)' },
    ]);
  });
});

describe('refuses', () => {
  it.each([
    ['', 0, 'the formula is empty'],
    ['  \n', 0, 'the formula is empty'],
    ['a +', 3, 'the formula ends where a value is expected behind "+"'],
    ['a + * b', 4, '"*" stands where a number or the name of a metric is expected behind "+"'],
    ['+a', 0, '"+" stands where a number or the name of a metric is expected'],
    ['a b', 2, 'an operator is missing before "b"'],
    ['2 3', 2, 'an operator is missing before "3"'],
    ['a(b)', 0, 'unknown function "a"'],
    ['avg(a, b)', 0, 'unknown function "avg"; a formula has min(a, b, …) and max(a, b, …)'],
    ['last(a)', 0, 'unknown function "last"'],
    ['min()', 0, 'min needs at least one value'],
    ['min(a,)', 6, '")" stands where'],
    ['min(a', 3, '"(" is not closed'],
    ['(a', 0, '"(" is not closed'],
    ['(a b)', 3, 'an operator is missing before "b"'],
    ['()', 1, '")" stands where'],
    ['a)', 1, '")" closes nothing'],
    ['a, b', 1, '"," separates the values of min and max'],
    ['(a, b)', 2, '"," separates the values of min and max'],
    ['a ? b', 2, 'the "?" has no ":"'],
    ['a : b', 2, '":" without "?"'],
    ['a = b', 2, '"=" does not belong into a formula; equality is written =='],
    ['a && b', 2, '"&" does not belong into a formula; comparisons answer 1 or 0'],
    ['a and b', 2, '"and" is no operator'],
    ['a % 2', 2, '"%" does not belong'],
    ['sum(rate(x[5m]))', 10, 'PromQL belongs into a metric of its own'],
    ['a（b', 1, '"（" does not belong into a formula; write (, half-width'],
    ['a + 5m', 4, '"5m" is no number'],
    ['1.2.3', 0, '"1.2.3" is no number'],
    ['1e999', 0, 'the number 1e999 is too large'],
    ['a < b < c', 6, 'comparisons are not chained'],
    ['last', 0, '"last" is the last known value of the metric just before it'],
    ['a + last', 4, '"last" is'],
    ['a ?? (last)', 6, '"last" is'],
    ['(a) ?? last', 7, '"last" is'],
    ['a ?? b ?? last', 10, '"last" is'],
    ['last ?? a', 0, '"last" is'],
    ['a + b ?? 0', 6, '"??" beside another operator can be read in two ways; write a + (b ?? …) or (a + b) ?? …'],
    ['a - b * -c ?? 0', 11, 'write a - b * -(c ?? …) or (a - b * -c) ?? …'],
    ['-a ?? 0', 3, 'write -(a ?? …) or (-a) ?? …'],
    ['a ?? b * 2 + c', 2, 'write (a ?? b) * 2 + c or a ?? (b * 2 + c)'],
    ['a + 2 * b ?? last', 10, 'can be read in two ways; write a + 2 * (b ?? last)'],
    ['a > b ?? 0', 6, 'write a > (b ?? …) or (a > b) ?? …'],
    ['a ?? last + 1', 10, '"??" beside another operator can be read in two ways; write (a ?? last) + …'],
  ])('%j at %i: %s', (text, offset, message) => {
    const reading = parseFormula(text);
    expect(reading).toMatchObject({ kind: 'error', offset });
    expect(reading.kind === 'error' && reading.message).toContain(message);
  });

  it.each([
    ['parentheses', '('.repeat(10_000)],
    ['signs', '-'.repeat(1_900)],
    ['choices', 'a ? b : '.repeat(200)],
    ['calls', 'min('.repeat(400)],
    ['a length', `a${'+a'.repeat(maximumFormulaLength)}`],
  ])('%s without end', (_, text) => {
    expect(parseFormula(text)).toMatchObject({ kind: 'error', message: expect.stringMatching(/at most/) as string });
  });
});

it('reads the longest chain that is allowed', () => {
  expect(formulaOf(`a${'+a'.repeat((maximumFormulaLength - 1) / 2)}`).inputs).toEqual(['a']);
});

it('reads again what was printed', () => {
  fc.assert(
    fc.property(anyFormulaText, (text) => {
      const { expression } = formulaOf(text);
      expect(withoutPlaces(formulaOf(printed(expression)).expression)).toEqual(withoutPlaces(expression));
    }),
  );
});

it('reads or refuses every text, within it, and never throws', () => {
  const piece = fc.constantFrom(
    ...['a', 'b1', 'last', 'min', 'max', '(', ')', ',', '?', '??', ':', '-', '+', '*', '/', '<', '>=', '==', '1', '.5'],
    ...[' ', '\n', '=', '"', '（', '😀', '1e', '2x'],
  );
  const soup = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => {
      const reading = parseFormula(text);
      if (reading.kind === 'formula') return;
      expect(reading.message).not.toBe('');
      expect(reading.offset).toBeGreaterThanOrEqual(0);
      expect(reading.offset).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 300 },
  );
});
