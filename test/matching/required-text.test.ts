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
    ['a(?i:b)c', '', []],
    ['a\\x41b', '', []],
    ['\\Qa|b\\E', '', []],
    ['^abc$', '', ['abc']],
    ['\\d+abc', '', ['abc']],
    ['', '', []],
  ])('of %s', (pattern, prefix, inside) => {
    expect(requiredText(pattern)).toEqual({ prefix, inside, letters: 'exact' });
  });

  it.each([
    ['(?i)ABC', 'abc', []],
    ['(?i).*-SVC12-[A-Z]+', '', ['-svc12-']],
    ['(?i)Straße-[0-9]+', 'stra', ['e-']],
  ])('of %s, in small letters', (pattern, prefix, inside) => {
    expect(requiredText(pattern)).toEqual({ prefix, inside, letters: 'small' });
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
    'B',
    'k',
    'S',
    '[j-l]',
    '[^s]',
    'ß',
  );
  const times = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,1}', '{2,}', '+?', '*?', '{2}?');
  const expression = fc
    .tuple(fc.constantFrom('', '', '(?i)'), fc.array(fc.tuple(piece, times), { maxLength: 6 }))
    .map(
      ([flag, pieces]) =>
        flag + pieces.map(([text, repeat]) => (/^[|^$]$/.test(text) ? text : `${text}${repeat}`)).join(''),
    );
  const value = fc
    .array(fc.constantFrom('a', 'b', 'A', 'B', '.', '1', '\n', 'k', '\u212a', 's', '\u017f', 'ß', 'İ'), {
      maxLength: 6,
    })
    .map((characters) => characters.join(''));

  it('keeps every value that RE2 takes', () => {
    fc.assert(
      fc.property(expression, fc.array(value, { minLength: 10, maxLength: 20 }), (pattern, values) => {
        const re2 = RE2JS.compile(`^(?:${pattern})$`);
        const { test } = anchored(pattern);
        for (const one of values) expect([pattern, one, test(one)]).toEqual([pattern, one, re2.matches(one)]);
      }),
      { numRuns: 500 },
    );
  });
});
