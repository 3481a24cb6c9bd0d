// Matchers: the classic parser's facts, anchoring, RE2, and quoting that survives its own parser.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMatcher, MatcherError, parseMatchers, printMatcher } from '../../src/matching/matchers.ts';
import type { MatchOperator } from '../../src/matching/matchers.ts';
import { readVectors } from './vectors.ts';

interface MatcherVectors {
  readonly classic_parse_list: readonly {
    readonly input: string;
    readonly expected?: readonly { readonly op: string; readonly name: string; readonly value: string }[];
    readonly error?: string;
  }[];
  readonly value_match: readonly {
    readonly op: MatchOperator;
    readonly pattern: string;
    readonly value: string;
    readonly match: boolean;
  }[];
}
const vectors = readVectors('matchers') as MatcherVectors;

describe('the classic parser', () => {
  it.each(vectors.classic_parse_list)('reads $input', ({ input, expected }) => {
    if (expected === undefined) expect(() => parseMatchers(input).map(compileMatcher)).toThrow(MatcherError);
    else expect(parseMatchers(input)).toEqual(expected.map(({ op, name, value }) => ({ name, operator: op, value })));
  });

  it('says how to mend what it refuses', () => {
    expect(() => parseMatchers('severity')).toThrow(/"severity" is no matcher: .*write severity="page"/);
  });

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string(), (name, value) => {
        const matcher = { name, operator: '=' as const, value };
        expect(parseMatchers(printMatcher(matcher))).toEqual([matcher]);
      }),
    );
  });
});

describe('matching', () => {
  it.each(vectors.value_match)('$value $op $pattern', ({ op, pattern, value, match }) => {
    const matcher = compileMatcher({ name: 'label', operator: op, value: pattern });
    expect(matcher.matches({ label: value })).toBe(match);
  });

  it('takes an absent label as the empty string', () => {
    const matches = (text: string): boolean =>
      parseMatchers(text)
        .map((matcher) => compileMatcher(matcher))
        .every((matcher) => matcher.matches({}));
    expect(matches('team=""')).toBe(true);
    expect(matches('team!="pay"')).toBe(true);
    expect(matches('team=~".+"')).toBe(false);
  });

  it('refuses an expression that is not RE2', () => {
    expect(() => compileMatcher({ name: 'team', operator: '=~', value: '(?=pay)' })).toThrow(MatcherError);
  });
});
