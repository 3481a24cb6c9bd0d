// What the reader refuses, where, and how it says so; and the trees that the grammar alone would get wrong.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expression } from '../../src/promql/ast.ts';
import { parsePromql } from '../../src/promql/parse.ts';

/** The tree as fully parenthesised text. */
function shape(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'string':
      return JSON.stringify(expression.value);
    case 'vectorSelector':
      return `${expression.name ?? '{}'}${expression.offset === 0 ? '' : `~${String(expression.offset / 1000)}`}`;
    case 'matrixSelector':
      return `${shape(expression.selector)}[${String(expression.range / 1000)}]`;
    case 'subquery':
      return `${shape(expression.expression)}[${String(expression.range / 1000)}:${String((expression.step ?? 0) / 1000)}]`;
    case 'call':
      return `${expression.name}(${expression.arguments.map(shape).join(' ')})`;
    case 'aggregation':
      return `${expression.operator}(${shape(expression.expression)})`;
    case 'unary':
      return `(${expression.operator}${shape(expression.expression)})`;
    case 'parenthesis':
      return shape(expression.expression);
    case 'binary':
      return `(${shape(expression.left)} ${expression.operator} ${shape(expression.right)})`;
  }
}

const shapeOf = (text: string): string => {
  const reading = parsePromql(text);
  return reading.kind === 'ok' ? shape(reading.expression) : `${String(reading.offset)}: ${reading.message}`;
};

describe('parsePromql', () => {
  it.each([
    ['', 0, 'the query is empty'],
    [' # nothing\n', 0, 'the query is empty'],
    ['up\u00a0> 1', 2, 'a blank that PromQL does not know (U+00A0): write a plain one'],
    ['sum(up)\u3000by\u3000(job)', 7, 'a blank that PromQL does not know (U+3000): write a plain one'],
    ['\ufeffup', 0, 'a blank that PromQL does not know (U+FEFF): write a plain one'],
    ['up\fand up', 2, 'a blank that PromQL does not know (U+000C): write a plain one'],
    ['  # nothing', 0, 'the query is empty'],
    ['rate(x)', 5, 'rate wants a range vector, not an instant vector; add a range such as [5m]'],
    ['rate(sum(x))', 5, 'rate wants a range vector, not an instant vector'],
    ['rat(x[5m])', 0, 'unknown function "rat"; did you mean "rate"?'],
    ['1 + sume(x)', 4, 'unknown function "sume"; did you mean "sum"?'],
    ['count_scalar(x)', 0, 'it is called count today'],
    ['5.s', 1, 'unexpected'],
    ['1 + "5. ', 4, 'the string "5.  is not closed'],
    ['rate()', 0, 'rate takes 1 argument, not 0'],
    ['label_replace(x, "a", "b")', 0, 'label_replace takes 5 arguments, not 3'],
    ['round(x, 1, 2)', 0, 'round takes 1 to 2 arguments, not 3'],
    ['sum()', 0, 'sum takes 1 argument, not 0'],
    ['sum(x, y)', 0, 'sum takes 1 argument, not 2'],
    ['topk(x)', 0, 'topk takes 2 arguments, not 1'],
    ['topk(x, y)', 5, 'the first argument of topk is a scalar, not an instant vector'],
    ['sum(x[5m])', 4, 'sum aggregates an instant vector, not a range vector'],
    ['count_values("", x)', 13, 'the label name of count_values is empty'],
    ['sum(rate(x[5m])', 3, '"(" is not closed'],
    ['rate(x[5m]))', 11, '")" closes nothing'],
    ['rate(x[5m)]', 9, '")" stands where "]" must close the "[" at 6'],
    ['"abc', 0, 'the string "abc is not closed'],
    ['x{a="b}', 4, 'is not closed'],
    ['x{a="\\d+"}', 5, 'a backslash of a regular expression is written \\\\d'],
    ['x{,}', 2, 'unexpected ","'],
    ['x{a=b}', 4, 'a label value is quoted, "b"'],
    ['x{a=="b"}', 4, 'a label matcher has one of = != =~ !~'],
    ['x{a="b" c="d"}', 8, 'unexpected "c" in the label matchers'],
    ['x{a=~"["}', 5, 'the character class is not closed'],
    ['x{a=~"a(?=b)"}', 5, 'lookaround is not known to RE2'],
    ['x{a=~"(a)\\\\1"}', 5, 'references back'],
    ['{}', 0, 'a selector needs a metric name or a matcher'],
    ['{a=~".*",b!="c"}', 0, 'a selector needs a metric name or a matcher'],
    ['sum({a=~"b|"})', 4, 'a selector needs a metric name or a matcher'],
    ['x{__name__="y"}', 2, 'the metric name is set twice'],
    ['{"a.b","c"}', 7, 'the metric name is set twice'],
    ['a b', 2, 'an operator or a comma is missing before it'],
    ['a +', 3, 'the query ends too early'],
    ['avg(x) by', 9, 'the query ends too early after "by"'],
    ['sum by a (x)', 7, 'labels stand in parentheses'],
    ['sum without(a)(x) by(b)', 18, 'unexpected "by"'],
    ['$x', 0, 'unexpected "$"'],
    ['1and 2', 0, 'a number runs into the word after it'],
    ['x[]', 2, 'unexpected "]"'],
    ['x[0s]', 2, 'a duration between brackets must be greater than 0'],
    ['x[-5m]', 2, 'a duration between brackets must be greater than 0'],
    ['x[5m:0s]', 5, 'a duration between brackets must be greater than 0'],
    ['x[5mm]', 4, 'unexpected "m"'],
    ['x[1m1h]', 4, 'unexpected "1h"'],
    ['x[step()*2]', 2, 'depends on the step or range of the query'],
    ['(x)[5m]', 3, 'a range can only stand behind a selector'],
    ['x offset 5m [5m]', 11, 'offset and @ stand behind the range'],
    ['x offset 1h offset 2h', 12, 'offset is set twice'],
    ['x @ 1 @ 2', 6, '@ is set twice'],
    ['sum(x) offset 5m', 7, 'offset can only stand behind a selector or a subquery'],
    ['x @ Inf', 4, 'out of bounds'],
    ['x offset', 8, 'the query ends too early after "offset"'],
    ['"a" + 1', 0, '+ takes scalars and instant vectors, not a string'],
    ['x + y[5m]', 4, '+ takes scalars and instant vectors, not a range vector'],
    ['-x[5m]', 0, 'a sign belongs before a scalar or an instant vector'],
    ['x[5m][5m:1m]', 0, 'a subquery runs over an instant vector'],
    ['1 > 2', 2, 'a comparison of two scalars needs bool'],
    ['x + bool y', 2, 'bool belongs to comparisons only'],
    ['x and 1', 2, 'and combines instant vectors'],
    ['x and on(a) group_left y', 2, 'group_left is not allowed for and'],
    ['x + on(a) 1', 2, 'one side is a scalar'],
    ['x + on(a) group_left(a) y', 2, 'must not stand in on and in group_left at once'],
    ['x\n  + rate(y)', 11, 'rate wants a range vector'],
  ])('refuses %s at %i', (text, offset, message) => {
    const reading = parsePromql(text);
    expect(reading).toMatchObject({ kind: 'error', offset });
    expect(reading.kind === 'error' ? reading.message : '').toContain(message);
  });

  it.each([
    ['a / b offset 1h', '(a / b~3600)'],
    ['a + b offset 1h * c', '(a + (b~3600 * c))'],
    ['a + rate(b[5m:1m] offset 1h)', '(a + rate(b[300:60]))'],
    ['a > b or c offset 5m', '((a > b) or c~300)'],
    ['-x offset -5m', '(-x~-300)'],
    ['-1 ^ 2', '(-(1 ^ 2))'],
    ['2 ^ -1 * 3', '((2 ^ (-1)) * 3)'],
    ['2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))'],
    ['1 - 2 - 3', '((1 - 2) - 3)'],
    ['a or b and c', '(a or (b and c))'],
    ['a - -1', '(a - (-1))'],
    ['1 + 2 * (3 - 4) % 5', '(1 + ((2 * (3 - 4)) % 5))'],
    ['SUM(x) BY (a)', 'sum(x)'],
    ['rate', 'rate'],
    ['sum{a="b"}', 'sum'],
    ['x[1h+30m]', 'x[5400]'],
    ['rate(x[2*(1m+30s)])', 'rate(x[180])'],
    ['x[90]', 'x[90]'],
    ['0x1F + 010 + 1e3 + .5', '(((31 + 8) + 1000) + 0.5)'],
    ['1h30m', '5400'],
    ['-Inf', '(-Infinity)'],
    ['{"my.metric", a="b"}', 'my.metric'],
    ['{"a.b"="c"}', '{}'],
    ['sum by ("a.b", c,) (x) # why', 'sum(x)'],
    ["'it\\'s' ", '"it\'s"'],
    ['"\\u00e9\\x41\\n"', '"éA\\n"'],
    ['`\\d`', '"\\\\d"'],
    ['x[5m] @ end() offset 1m', 'x~60[300]'],
  ])('reads %s as %s', (text, wanted) => {
    expect(shapeOf(text)).toBe(wanted);
  });

  it('accepts what only a feature flag allows, and says so', () => {
    expect(parsePromql('limitk(5, mad_over_time(x[5m] anchored))')).toMatchObject({
      kind: 'ok',
      experimental: ['limitk', 'mad_over_time', 'anchored'],
    });
    expect(parsePromql('a + fill(0) b')).toMatchObject({ kind: 'ok', experimental: ['fill'] });
  });

  it.each([
    ['parentheses', `${'('.repeat(20_000)}x${')'.repeat(20_000)}`],
    ['operands', `a${'+a'.repeat(10_000)}`],
    ['signs', `${'-'.repeat(10_000)}a`],
    ['characters', 'a'.repeat(70_000)],
  ])('refuses too many %s without exhausting the stack', (_, text) => {
    expect(parsePromql(text).kind).toBe('error');
  });

  it('answers every text, with a place inside it', () => {
    const piece = fc.constantFrom(
      'rate(',
      'sum',
      ' by',
      '(',
      ')',
      'x',
      '{',
      '}',
      'a',
      '=~',
      '"b"',
      '[5m',
      ']',
      ':',
      ' + ',
      ' offset ',
      '1h',
      '@',
      '-',
      ',',
      '\\',
      '#',
      '\n',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
        (text) => {
          const reading = parsePromql(text);
          if (reading.kind === 'error') {
            expect(reading.offset).toBeGreaterThanOrEqual(0);
            expect(reading.offset).toBeLessThanOrEqual(text.length);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a number with a point and no digit after it', () => {
  it.each([
    ['5.', '5'],
    ['x > 5. and y<1_0.', '((x > 5) and (y < 10))'],
    ['5.e3 + 5.E-1', '(5000 + 0.5)'],
    ['1.5 * -2.', '(1.5 * (-2))'],
    ['x @ 5.', 'x'],
    ['"5. and" == on() vector(5.)', '0: == takes scalars and instant vectors, not a string'],
  ])('is read: %s', (text, wanted) => {
    expect(shapeOf(text)).toBe(wanted);
  });

  it('stays in strings and comments, and moves nothing', () => {
    const reading = parsePromql('x{a="5. \\" 5.", b=\'5.\', c=`5.`} > 5. # 5.\n+ y');
    if (reading.kind === 'error' || reading.expression.kind !== 'binary') throw new Error(JSON.stringify(reading));
    const { left, right } = reading.expression;
    expect(left).toMatchObject({ matchers: [{ value: '5. " 5.' }, { value: '5.' }, { value: '5.' }] });
    expect(right).toMatchObject({ kind: 'binary', span: { from: 34, to: 45 } });
  });
});

it('tells what Prometheus 3 has given up from what it hides behind a flag', () => {
  const needs = (text: string): unknown => {
    const reading = parsePromql(text);
    return reading.kind === 'ok' ? [reading.experimental, reading.former] : reading;
  };
  expect(needs('holt_winters(x[1h], 0.5, 0.5) > 1')).toEqual([[], ['holt_winters']]);
  expect(needs('day_of_month(holt_winters) + on (holt_winters) x{holt_winters="holt_winters("}')).toEqual([[], []]);
  expect(needs('double_exponential_smoothing(x[1h], 0.5, 0.5)')).toEqual([['double_exponential_smoothing'], []]);
});
