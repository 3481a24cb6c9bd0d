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
    const ask = linearSet(forms);
    const each = forms.map(({ number }) => ({
      number,
      one: RE2JS.compile(`^(?:${patterns[number] ?? ''})$`),
    }));
    for (const value of values) {
      const read = readAs(letters, value);
      const taken = each.flatMap(({ number, one }) => (one.matches(value) ? [number] : []));
      expect({ value, patterns, taken: ask(read) }).toEqual({
        value,
        patterns,
        taken,
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
  fc
    .array(fc.constantFrom('a', 'b', 'k', '1', '-'), {
      minLength: 60,
      maxLength: 140,
    })
    .map((all) => all.join('')),
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
    '(a.|-?[a-c]+)*',
    '(k?|1){2,}',
    '(?:[a-k]+1*.)+',
    '(ab|b-?){0,3}',
    '((a|1)*-)*',
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
    ['(ab)+', true],
    ['(a(b|c)?|-){2,5}', true],
    ['((ab)+-)*', false],
    ['.{1000}.{1000}.{100}', true],
    ['a(?i)b', false],
    ['(?i)\\w', false],
    ['\\Qa\\E', false],
    ['^a', false],
    ['[]a]', false],
    ['a{2}{3}', false],
    ['(a|b)(a|b)(a|b)(a|b)(a|b)', false],
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

  it('keep to distances: no line feed within one, and none leads beyond the end', () => {
    const patterns = [
      'a.{3}',
      '.*a.{3}.*',
      '.*a.{3}',
      'a.{2}b',
      '.*a.{2}b',
      'a.{2}b.*',
      '.*a.{2}.*',
      'a.{2}[^a].*',
      'a.{40}.*b',
    ];
    const values = [
      'bbba',
      'ba-',
      'a12b',
      'a1\nb',
      'a\n1b',
      'xa1\nb',
      'xa12b',
      'a12b\n',
      'a12\n',
      `a${'-'.repeat(30)}\n`,
    ];
    expectTheSame(patterns, [...values, `a${'-'.repeat(40)}b`, `a${'-'.repeat(39)}\nb`, `${'-'.repeat(60)}a`]);
  });

  it('that share a group at their beginning take what RE2 takes', () => {
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    const patterns = numbers.map((index) => `([a-z]+[0-9]*.)+[0-9]{${index % 5}}[a-${'bkz'[index % 3] ?? ''}]`);
    expectTheSame(patterns, ['', 'a', 'ab', 'prod-shop7-12-3a', 'a1b22c333d4444-'.repeat(5), 'a\n1k', '12a']);
  });

  it.each([
    ['(?:ab|a|.{3})*[0-9]', 3000],
    ['(?:[a-c]|-[0-9]?){400}.*', 1500],
    ['a+b', 1500],
  ])(
    '%s misses nothing that RE2 takes of a value of %d characters, and takes short ones for sure',
    (pattern, length) => {
      const form = linearForm(pattern);
      if (form === null) throw new Error('it is not linear');
      const ask = linearSet([{ number: 7, form }]);
      const withoutRoom = linearSet([{ number: 7, form }], 1000);
      const re2 = RE2JS.compile(`^(?:${pattern})$`);
      const taken = (value: string): number[] => (re2.matches(value) ? [7] : []);
      for (const text of ['ab', 'a-c1', 'a', 'a\n'].map((some) => some.repeat(length).slice(0, length - 1)))
        for (const value of [`${text}1`, `${text}b`]) {
          expect(ask(value)).toEqual(expect.arrayContaining(taken(value)));
          expect(withoutRoom(value)).toEqual([7]);
        }
      for (const value of ['', 'a1', 'aab', 'ab-']) {
        expect(ask(value)).toEqual(taken(value));
        expect(withoutRoom(value)).toEqual(taken(value));
      }
    },
  );
});
