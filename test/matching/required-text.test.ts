// The text that every value of an expression must hold: never more than RE2 wants.
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { requiredText } from '../../src/matching/required-text.ts';
import { anchored } from '../../src/matching/value-test.ts';

describe('the text that an expression requires', () => {
  it.each([
    ['team-17[0-9]?-.*', 'team-17', ['-']],
    ['.*-svc12-[a-z0-9]+', '', ['-svc12-']],
    ['10\\.0\\.[0-9]+\\.17:9100', '10.0.', ['.17:9100']],
    ['.*a-[0-9]+-svc-.*b', '', ['-svc-', 'a-', 'b']],
    ['pay(-eu)?-db', 'pay', ['-db']],
    ['ab+c', 'ab', ['c']],
    ['ab*cde', 'a', ['cde']],
    ['ab?', 'a', []],
    ['ab{0,2}c', 'a', ['c']],
    ['a+?b', 'a', ['b']],
    ['[]a]b[[:alpha:]]cde', '', ['cde', 'b']],
    ['a|b', '', []],
    ['(a|b)cd', '', ['cd']],
    ['(?i)abc', '', []],
    ['a(?i:b)c', '', []],
    ['a\\x41b', '', []],
    ['\\Qa|b\\E', '', []],
    ['^abc$', '', ['abc']],
    ['\\d+abc', '', ['abc']],
    ['', '', []],
  ])('of %s', (pattern, prefix, inside) => {
    expect(requiredText(pattern)).toEqual({ prefix, inside });
  });

  const piece = fc.constantFrom(
    'a',
    'b',
    'ab',
    '\\.',
    '.',
    '[ab]',
    '[^a]',
    '[]a]',
    '\\d',
    '\\w',
    '(a|b)',
    '(ab)',
    '(?:a)',
    '^',
    '$',
    '|',
    '[[:alpha:]]',
  );
  const times = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,1}', '+?', '*?');
  const expression = fc
    .array(fc.tuple(piece, times), { maxLength: 6 })
    .map((pieces) => pieces.map(([text, repeat]) => (/^[|^$]$/.test(text) ? text : `${text}${repeat}`)).join(''));
  const value = fc
    .array(fc.constantFrom('a', 'b', '.', '1', '\n'), { maxLength: 6 })
    .map((characters) => characters.join(''));

  it('keeps every value that RE2 takes', () => {
    fc.assert(
      fc.property(expression, fc.array(value, { minLength: 10, maxLength: 20 }), (pattern, values) => {
        const re2 = RE2JS.compile(`^(?:${pattern})$`);
        const { test } = anchored(pattern);
        for (const one of values) expect([pattern, one, test(one)]).toEqual([pattern, one, re2.matches(one)]);
      }),
      { numRuns: 1500 },
    );
  });
});
