// Many expressions asked at once: the same answers as of each by itself, or all.
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { expressionSet } from '../../src/matching/expression-set.ts';

const values = Array.from({ length: 60 }, (_, index) =>
  `prod-shop-svc${index}-${index * 7}x\n`.slice(0, 5 + (index % 20)),
);

describe('a set of expressions', () => {
  it('names all that each by itself would', () => {
    const patterns = [
      ...[
        '[a-z]+-[a-z]+',
        '(?i)PROD-.*',
        '',
        '.+',
        'a|prod-|b',
        '(prod|test)-s?',
        '\\w+-\\w+-\\w+[0-9]',
        '(?s).*x.',
        '.*x$',
      ],
      ...Array.from({ length: 30 }, (_, index) => `[a-z]+-.{${index}}`),
      // it is read as it stands: behind the beginning, and before the end
      'prod)-.*|(?:.*-1',
    ];
    const asks = [expressionSet(patterns), expressionSet(patterns, 60), expressionSet(patterns, 0)];
    const each = patterns.map((pattern) => RE2JS.compile(`^(?:${pattern})$`));
    for (const value of ['', ...values]) {
      const taken = each.flatMap((one, index) => (one.matches(value) ? [index] : []));
      for (const ask of asks) expect([value, ask(value)]).toEqual([value, expect.arrayContaining(taken)]);
      // without room for pieces all are asked by RE2
      expect([value, asks.at(-1)?.(value)]).toEqual([value, taken]);
    }
  });

  it('names all of those that cannot be asked together', () => {
    const patterns = Array.from({ length: 250 }, (_, index) => `(?:.*[a-z${index % 10}])*\\b.{${index}}[0-9].*`);
    const ask = expressionSet(['nobody', ...patterns]);
    const answers = Array.from({ length: 300 }, (_, index) => ask(`prod-shop-svc${index}-${index * 7}`.repeat(3)));
    expect(answers[0]?.length).toBeLessThan(patterns.length);
    expect(answers.at(-1)).toEqual(patterns.map((_, index) => index + 1));
  });
});
