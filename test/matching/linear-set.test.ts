// Linear expressions asked in one pass: read as RE2 reads them, and the same answers as RE2's own.
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { readAs } from '../../src/matching/letters.ts';
import { linearForm } from '../../src/matching/linear-form.ts';
import { linearSet } from '../../src/matching/linear-set.ts';

/** Each by RE2 itself, and those that are linear together. */
function expectTheSame(patterns: readonly string[], values: readonly string[]): void {
  for (const letters of ['exact', 'small'] as const) {
    const forms = patterns.flatMap((pattern, number) => {
      const form = linearForm(pattern);
      return form?.letters === letters ? [{ number, form }] : [];
    });
    if (forms.length === 0) continue;
    const surely = linearSet(forms, 0);
    const perhaps = linearSet(forms);
    const each = forms.map(({ number }) => ({ number, one: RE2JS.compile(`^(?:${patterns[number] ?? ''})$`) }));
    for (const value of values) {
      const read = readAs(letters, value);
      const taken = each.flatMap(({ number, one }) => (one.matches(value) ? [number] : []));
      expect({ value, patterns, taken: surely(read) }).toEqual({ value, patterns, taken });
      const possible = perhaps(read);
      expect({ value, patterns, missing: taken.filter((one) => !possible.includes(one)) }).toEqual({
        value,
        patterns,
        missing: [],
      });
    }
  }
}

const isRe2 = (pattern: string): boolean => {
  try {
    RE2JS.compile(`^(?:${pattern})$`);
    return true;
  } catch {
    return false;
  }
};

const character = fc.constantFrom(
  'a',
  'b',
  'k',
  'K',
  'B',
  'z',
  '1',
  '9',
  '-',
  '.',
  '_',
  '\n',
  ' ',
  'ß',
  '潮',
  '🌊',
  '\u212a',
  '\u017f',
);
const value = fc.oneof(
  fc.array(character, { maxLength: 12 }).map((all) => all.join('')),
  fc.array(character, { minLength: 30, maxLength: 45 }).map((all) => all.join('')),
);
const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    'k',
    'B',
    '-',
    '_',
    'ß',
    '潮',
    '\\.',
    '\\-',
    '.',
    '\\d',
    '\\w',
    '\\s',
    '[a-c]',
    '[^a]',
    '[^k-z]',
    '[\\w.-]',
  ],
  ...[
    '[-a]',
    '[A-z]',
    '[\\d\\-]',
    '[^\\n]',
    '[^-b]',
    '(a|b)',
    '(?:ab|)',
    '(k(b|1)?)?',
    '(?:潮|[^潮])',
    '(a|b)*',
    '[[:alpha:]]',
  ],
);
const times = fc.constantFrom(
  '',
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{0,2}',
  '{1,}',
  '{0}',
  '{3,5}',
  '{28,}',
  '{0,40}',
);
const sequence = fc
  .array(fc.tuple(atom, times), { maxLength: 6 })
  .map((pieces) => pieces.map(([one, many]) => `${one}${many}`).join(''));
const expression = fc
  .tuple(fc.constantFrom('', '', '(?i)'), fc.array(sequence, { minLength: 1, maxLength: 3 }))
  .map(([flag, branches]) => `${flag}${branches.join('|')}`)
  .filter(isRe2);

describe('linear expressions', () => {
  it('take what RE2 takes', () => {
    fc.assert(
      fc.property(
        fc.array(expression, { minLength: 1, maxLength: 30 }),
        fc.array(value, { minLength: 5, maxLength: 10 }),
        expectTheSame,
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ['.*[a-z3].{17}[0-9].{12}[a-c]', true],
    ['[a-z]{1,3}(-[0-9]+)?', true],
    ['(prod|test)-[\\w.-]+', true],
    ['(ab)+', false],
    ['a(?i)b', false],
    ['(?i)\\w', false],
    ['\\Qa\\E', false],
    ['^a', false],
    ['[]a]', false],
    ['a{2}{3}', false],
    ['(a|b)(a|b)(a|b)(a|b)(a|b)', false],
    ['.{1000}.{1000}.{100}', false],
  ])('%s is one of them: %s', (pattern, isLinear) => {
    expect(linearForm(pattern) !== null).toBe(isLinear);
  });

  it('take what RE2 takes, of any text that RE2 reads', () => {
    const text = fc
      .array(fc.constantFrom(...Array.from('ab1.-\\[]^$(){}|*+?,:dwsiP<>&\n')), { maxLength: 9 })
      .map((all) => all.join(''))
      .filter(isRe2);
    fc.assert(
      fc.property(fc.array(text, { minLength: 20, maxLength: 60 }), fc.array(value, { minLength: 5 }), expectTheSame),
      {
        numRuns: 15,
      },
    );
  });
});
