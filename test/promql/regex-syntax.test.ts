// The check of regular expressions, held against RE2 itself.
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { expect, it } from 'vitest';
import { readRegex } from '../../src/promql/regex-syntax.ts';

function re2(pattern: string): string {
  try {
    RE2JS.compile(pattern);
    return RE2JS.compile(`^(?s:${pattern})$`).matcher('').find() ? 'empty' : 'filled';
  } catch {
    return 'error';
  }
}

function ours(pattern: string): string {
  const reading = readRegex(pattern);
  return reading.kind === 'error' ? 'error' : reading.matchesEmpty ? 'empty' : 'filled';
}

it.each([
  'a|b',
  'a|',
  '.*',
  '.+',
  'a*b*',
  '(a|b?)c?',
  '(?i)a?',
  '(?i:a)|',
  '(?P<n>a)*',
  '(?<n>a)+',
  '[a-z]*',
  '[^]a]',
  '[]a]?',
  '[z-a]',
  '[[:alpha:]]+',
  '[[:word]',
  '[[:nope:]]',
  '\\d{0,3}',
  'a{2,1}',
  'a{1001}',
  'a{,3}',
  '{',
  'a**',
  'a+?',
  'a|*',
  '(',
  ')',
  '(?=a)',
  '(?!a)',
  '(?<=a)',
  '\\1',
  '\\pL+',
  '\\p{Greek}*',
  '\\Qa.b\\E',
  '\\Q\\E',
  '^$',
  '\\A\\z',
  '\\b',
  '\\B',
  '\\x41',
  '\\x{1F600}?',
  '\\u0041',
  '\\-',
  '\\ä',
  '\\',
  '[\\d-z]',
  '[a\\-z]',
  'ä+|ö*',
  '(?s).',
  '(?)',
  '(?P<n>a)(?P<n>b)',
  '[a-\\n]',
  '😀?',
  'x(?i)|y',
])('judges %s as RE2 does', (pattern) => {
  expect(ours(pattern)).toBe(re2(pattern));
});

it('judges generated patterns as RE2 does', () => {
  const piece = fc.constantFrom(
    'a',
    '-',
    '.',
    '*',
    '+',
    '?',
    '|',
    '(',
    ')',
    '[',
    ']',
    '^',
    '$',
    '{2}',
    '{0,2}',
    '\\d',
    '\\.',
    '(?:',
    'b-c',
  );
  fc.assert(
    fc.property(
      fc
        .array(piece, { maxLength: 8 })
        .map((pieces) => pieces.join(''))
        // RE2 repeats what stands before empty flags; here they are refused, for nobody means that
        .filter((pattern) => !/\(\?\)[*+?{]/.test(pattern)),
      (pattern) => {
        expect(ours(pattern)).toBe(re2(pattern));
      },
    ),
    { numRuns: 1000 },
  );
});
