// What formulas come to, above all where something is unknown.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, type FormulaAnswer, type MetricLookup } from '../../src/formula/evaluate.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { anyTree, names, oracle, textOf } from './expressions.ts';

const nothing: MetricLookup = () => null;
const lookup =
  (values: Readonly<Record<string, number | null>>): MetricLookup =>
  (name) =>
    values[name] ?? null;

function answer(text: string, value: MetricLookup, last: MetricLookup = nothing): FormulaAnswer {
  const reading = parseFormula(text);
  if (reading.kind === 'error') throw new Error(`${text}: ${reading.message}`);
  return evaluate(reading.formula, value, last);
}

describe('a formula', () => {
  const values = lookup({ requests: 800, queue: 50, workers: 0, big: 1e308, strange: NaN });
  const last = lookup({ lost: 7 });

  it.each([
    ['requests + 0.2 * (queue ?? last)', 810],
    ['2 + 3 * 4 - 10 / 5', 12],
    ['-(requests) + -2', -802],
    ['lost ?? last', 7],
    ['gone ?? last ?? 3', 3],
    ['gone ?? lost ?? queue', 50],
    ['strange ?? 1', 1],
    ['(requests / workers) ?? 1', 1],
    ['min(requests, queue, 60) + max(1)', 51],
    ['(queue > 40) + (queue >= 50) + (queue < 50) + (queue <= 50) + (queue == 50) + (queue != 50)', 4],
    ['workers > 0 ? requests / workers : queue', 50],
    ['queue ? 1 : gone', 1],
    ['-workers', 0],
  ])('%s is %d', (text, value) => {
    expect(answer(text, values, last)).toStrictEqual({ value });
  });

  it.each([
    ['gone', ['gone'], []],
    ['gone + lost * gone', ['gone', 'lost'], []],
    ['gone ?? last', ['gone'], []],
    ['gone ?? lost', ['gone', 'lost'], []],
    ['strange', ['strange'], []],
    ['max(requests, gone)', ['gone'], []],
    ['gone > 1', ['gone'], []],
    ['gone ? 1 : 2', ['gone'], []],
    ['1 + requests / workers', [], [{ kind: 'divisionByZero', text: 'requests / workers' }]],
    ['0 / -workers', [], [{ kind: 'divisionByZero', text: '0 / -workers' }]],
    ['big * 10 > 1', [], [{ kind: 'notFinite', text: 'big * 10' }]],
    ['gone + 1 / 0', ['gone'], [{ kind: 'divisionByZero', text: '1 / 0' }]],
  ])('%s is unknown for %j %j', (text, unknown, faults) => {
    expect(answer(text, values, last)).toStrictEqual({ unknown, faults });
  });

  it('looks only at the side of ?: that is taken, and at the right of ?? only when it must', () => {
    const asked: string[] = [];
    const value: MetricLookup = (name) => {
      asked.push(name);
      return 1;
    };
    expect(answer('a ? b : c', value)).toEqual({ value: 1 });
    expect(answer('d ?? e', value)).toEqual({ value: 1 });
    expect(asked).toEqual(['a', 'b', 'd']);
  });
});

it('comes to what JavaScript makes of the same tree', () => {
  const anyValue = fc.option(fc.constantFrom(0, 1, -1, 3, 0.25, 1e200), { nil: null, freq: 3 });
  const anyValues = fc.tuple(...names.map(() => anyValue)).map((values) => {
    const byName = new Map<string, number | null>(names.map((name, index) => [name, values[index] ?? null]));
    return (name: string): number | null => byName.get(name) ?? null;
  });
  fc.assert(
    fc.property(anyTree, anyValues, anyValues, (tree, value, last) => {
      const wanted = oracle(tree, value, last);
      const found = answer(textOf(tree), value, last);
      if (wanted !== null) expect(found).toEqual({ value: wanted + 0 });
      else expect('unknown' in found && found.unknown.length + found.faults.length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});
