// Matchers: what is printed is read back, both parsers where they agree and differ, where a mistake stands, cheap expressions.
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import {
  compileMatcher,
  compileMatchers,
  matcherMistake,
  MatcherError,
  oldMatchers,
  parseMatcher,
  parseMatchers,
  printMatcher,
} from '../../src/matching/matchers.ts';
import type { Matcher, MatchOperator } from '../../src/matching/matchers.ts';
import { anchored } from '../../src/matching/value-test.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const plainName = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,7}$/);
const operator = fc.constantFrom<MatchOperator>('=', '!=');
const matcherOf = (name: fc.Arbitrary<string>): fc.Arbitrary<Matcher> => fc.record({ name, operator, value: text });
const printed = (matchers: readonly Matcher[]): string => `{${matchers.map(printMatcher).join(',')}}`;

describe('what is printed', () => {
  it('is read back, whatever the name and the value', () => {
    fc.assert(
      fc.property(fc.array(matcherOf(text), { maxLength: 4 }), (matchers) => {
        expect(parseMatchers(printed(matchers), 'utf8')).toEqual(matchers);
      }),
    );
  });

  it('is read alike by all parsers where the names are of the old kind', () => {
    fc.assert(
      fc.property(fc.array(matcherOf(plainName), { maxLength: 4 }), (matchers) => {
        for (const mode of ['fallback', 'utf8', 'classic'] as const)
          expect(parseMatchers(printed(matchers), mode)).toEqual(matchers);
      }),
    );
  });
});

describe('any text', () => {
  it('is read or refused with its place, never anything else', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      ',',
      '=',
      '!=',
      '=~',
      '!~',
      '"',
      '\\',
      'a',
      'b1',
      ' ',
      '[',
      '(',
      '名',
      "'",
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const input = pieces.join('');
        const mistake = matcherMistake(input);
        if (mistake === null) expect(parseMatchers(input)).toBeInstanceOf(Array);
        else {
          expect(() => parseMatchers(input)).toThrow(MatcherError);
          expect(mistake.offset).toBeLessThanOrEqual(input.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the two parsers', () => {
  it.each([
    ['only UTF-8 can read it', '"foo bar"="x"', [['foo bar', 'x']]],
    ['only UTF-8 can read it', '集群="a"', [['集群', 'a']]],
    ['only the older can read it', 'foo=bar}}', [['foo', 'bar}']]],
    ['only the older can read it', '{foo=bar\\n}', [['foo', 'bar\n']]],
    ['only the older can read it', "severity='page'", [['severity', "'page'"]]],
    ['they differ: the older', '{foo="\\\\x41\\u0041"}', [['foo', '\\x41\\u0041']]],
    [
      'they agree',
      'foo="bar", baz=qux',
      [
        ['foo', 'bar'],
        ['baz', 'qux'],
      ],
    ],
  ])('%s: %s', (_, input, expected) => {
    expect(parseMatchers(input).map(({ name, value }) => [name, value])).toEqual(expected);
  });

  it('take exactly one where one is asked for', () => {
    expect(parseMatcher('a=b')).toEqual({ name: 'a', operator: '=', value: 'b' });
    expect(() => parseMatcher('a=b,c=d')).toThrow(/a single matcher is expected/);
    expect(() => parseMatcher('{}')).toThrow(/a matcher is expected/);
  });
});

describe('a mistake', () => {
  it.each([
    ['severity', 8, /one of = != =~ !~ is expected/],
    ['severity=="page"', 9, /equal is written with one =/],
    ['severity="page', 9, /closing double quote is missing/],
    ['{"a b"=c', 8, /closing brace is missing/],
    ['"a b"="c"}', 9, /no opening brace/],
    ['a=b "c d"=d', 4, /a comma is expected/],
    ["a-b='c'", 4, /stands in double quotes/],
    ['team=~"pay|(core"', 6, /regular expression pay\|\(core cannot be read: missing closing \)/],
    ['team=~"(?=pay)"', 6, /invalid or unsupported Perl syntax/],
    ['"a b"="\\d"', 6, /escape that does not exist/],
  ])('%s is shown at %d', (input, offset, message) => {
    const mistake = matcherMistake(input);
    expect(mistake).toMatchObject({ offset });
    expect(mistake?.message).toMatch(message);
  });

  it('says how to mend it', () => {
    expect(() => parseMatchers('severity')).toThrow(/"severity" is no matcher: .*write severity="page"/);
  });
});

describe('matching', () => {
  const all = (input: string, labels: Readonly<Record<string, string>>): boolean =>
    compileMatchers(input).every((matcher) => matcher.matches(labels));

  it('takes an absent label as the empty string', () => {
    expect(all('team=""', {})).toBe(true);
    expect(all('team!="pay"', {})).toBe(true);
    expect(all('team=~".+"', {})).toBe(false);
    expect(all('toString=""', {})).toBe(true);
    expect(all('constructor="x"', { constructor: 'x' })).toBe(true);
  });

  it('refuses an expression that is not RE2', () => {
    expect(() => compileMatcher({ name: 'team', operator: '=~', value: '(?=pay)' })).toThrow(MatcherError);
  });

  it('reads match and match_re as matchers', () => {
    expect(oldMatchers({ env: 'a|b' }, { team: 'a|b' }).map(printMatcher)).toEqual(['env="a|b"', 'team=~"^(?:a|b)$"']);
  });
});

describe('an expression without RE2', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    'ab',
    '.*',
    '.+',
    '|',
    '\\.',
    '\\|',
    '[ab]',
    '[^a-c]',
    '\\d',
    '\\w',
    '*?',
    '(?:',
    '\\\\',
    '.',
    '-',
    '?',
    '(',
    ')',
    '(?i)',
    '{2}',
    '*',
    '+',
    '$',
    '^',
    '\n',
    '名',
  );
  const value = fc.array(fc.constantFrom('a', 'b', 'A', '.', '|', '\\', '-', '\n', '名', '\u2028'), { maxLength: 6 });

  it.each(['a)*?(', 'a)|(b', 'ab)?('])('closes the bracket around it as Alertmanager lets it: %s', (pattern) => {
    const compiled = RE2JS.compile(`^(?:${pattern})$`);
    const { test, prefix, inside } = anchored(pattern);
    for (const one of ['', 'a', 'b', 'ab']) expect([one, test(one)]).toEqual([one, compiled.matches(one)]);
    expect([prefix, inside]).toEqual(['', []]);
  });

  it('answers as RE2 does', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 7 }),
        fc.array(value, { minLength: 1, maxLength: 6 }),
        (pieces, values) => {
          const pattern = pieces.join('');
          let compiled: RE2JS;
          try {
            compiled = RE2JS.compile(`^(?:${pattern})$`);
          } catch {
            expect(() => anchored(pattern)).toThrow();
            return;
          }
          const { test, values: accepted } = anchored(pattern);
          for (const one of accepted ?? []) expect([pattern, one, compiled.matches(one)]).toEqual([pattern, one, true]);
          for (const one of values.map((characters) => characters.join('')))
            expect([pattern, one, test(one)]).toEqual([pattern, one, compiled.matches(one)]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
