// What a query reads, how its age is asked, its type and its sure labels.
import { describe, expect, it } from 'vitest';
import { PromqlError } from '../../src/promql/refusal.ts';
import { ageQueryOf, groupingLabelsOf, selectorsOf } from '../../src/promql/selectors.ts';
import { parsePromql } from '../../src/promql/parse.ts';

describe('selectorsOf', () => {
  it.each([
    ['sum(rate(x{b="2",a=~"1.*"}[5m] offset 1h)) / sum(rate(x{ b = "2", a=~\'1.*\' }[1m]))', ['x{b="2",a=~"1.*"}']],
    ['{__name__="x",a!="b"} + x{a!="b"}', ['x{a!="b"}']],
    ['absent(up{job="a"}) or absent_over_time(y[5m])', ['up{job="a"}', 'y']],
    ['max_over_time(sum(x @ 5)[1h:1m])', ['x']],
    ['topk(scalar(n), m)', ['n', 'm']],
    ['{"a.b", "c d"="e\\n"}', ['{"a.b","c d"="e\\n"}']],
    ['{__name__=~"a|b"}', ['{__name__=~"a|b"}']],
    ['info(x, {a="b"})', ['x']],
    ['x{}', ['x']],
    ['vector(1) + time()', []],
  ])('%s reads %j', (text, wanted) => {
    expect(selectorsOf(text)).toEqual(wanted);
  });

  it('gives texts that are selectors again', () => {
    for (const selector of selectorsOf('{"a.b","c d"=~"[e]\\\\d\\"",f!=\'\'} + x{a="é\\t"}')) {
      expect(selectorsOf(selector)).toEqual([selector]);
      expect(parsePromql(ageQueryOf(selector))).toMatchObject({ kind: 'ok', type: 'vector' });
    }
  });

  it('throws at a text that is no query, with its place', () => {
    expect(() => selectorsOf('x +\n rate(y)')).toThrow(PromqlError);
    expect(() => selectorsOf('x +\n rate(y)')).toThrow(/^2:7: rate wants/);
  });
});

it('asks the age of the newest sample', () => {
  expect(ageQueryOf('x{a="b"}')).toBe('time() - max(timestamp(x{a="b"}))');
});

it.each([
  ['sum(x)', []],
  ['sum by (a, b) (rate(x[5m]))', ['a', 'b']],
  ['2 * (sum by (a) (x)) > 5', ['a']],
  ['clamp_min(max by (a) (x), 1)', ['a']],
  ['sum by (a, b) (x) / on(a) group_left sum by (a) (y)', ['a', 'b']],
  ['sum by (a) (x) / sum by (a) (y)', ['a']],
  ['x / on(a) y', ['a']],
  ['histogram_quantile(0.9, sum by (le, a) (rate(x[5m])))', ['a']],
  ['topk(5, sum by (a) (x))', ['a']],
  ['max_over_time(sum by (a) (x)[1h:1m])', ['a']],
  ['sum by (a) (x) or sum by (b) (y)', null],
  ['sum without (a) (x)', null],
  ['x', null],
  ['label_replace(sum by (a) (x), "b", "", "", "")', null],
])('%s is surely grouped by %j', (text, labels) => {
  expect(groupingLabelsOf(text)).toEqual(labels);
});
