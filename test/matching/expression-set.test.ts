// Many expressions asked at once: the same answers as of each by itself, or none.
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { expressionSet } from '../../src/matching/expression-set.ts';

const values = Array.from({ length: 60 }, (_, index) =>
  `prod-shop-svc${index}-${index * 7}x\n`.slice(0, 5 + (index % 20)),
);

describe('a set of expressions', () => {
  it('answers as each of them does', () => {
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
    const ask = expressionSet(patterns);
    const each = patterns.map((pattern) => RE2JS.compile(`^(?:${pattern})$`));
    for (const value of ['', ...values])
      expect([value, ask(value)]).toEqual([value, each.flatMap((one, index) => (one.matches(value) ? [index] : []))]);
  });

  it('is given up where what it has to build does not fit', () => {
    const ask = expressionSet(Array.from({ length: 250 }, (_, index) => `.*[a-z${index % 10}].{${index}}[0-9].*`));
    const answers = Array.from({ length: 300 }, (_, index) => ask(`prod-shop-svc${index}-${index * 7}`.repeat(3)));
    expect(answers[0]).not.toBeNull();
    expect(answers.at(-1)).toBeNull();
  });
});
