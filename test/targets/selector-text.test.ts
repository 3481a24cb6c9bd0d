// The selector of a scale as text: read as the API writes it, refused where it says nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatches } from '../../src/targets/glob.ts';
import { labelSelectorText } from '../../src/model/label-selector-text.ts';
import { parseSelectorText } from '../../src/targets/selector-text.ts';

describe('a selector as text', () => {
  it.each([
    ['app=web', { matchLabels: { app: 'web' } }],
    ['app == web , tier=front', { matchLabels: { app: 'web', tier: 'front' } }],
    ['a=', { matchLabels: { a: '' } }],
    [
      'a=b,c!=d,e in (x, y),f notin (z),!g, h',
      {
        matchLabels: { a: 'b' },
        matchExpressions: [
          { key: 'c', operator: 'NotIn', values: ['d'] },
          { key: 'e', operator: 'In', values: ['x', 'y'] },
          { key: 'f', operator: 'NotIn', values: ['z'] },
          { key: 'g', operator: 'DoesNotExist' },
          { key: 'h', operator: 'Exists' },
        ],
      },
    ],
    ['app.kubernetes.io/name in (web)', { matchLabels: { 'app.kubernetes.io/name': 'web' } }],
    // one label with two values can never be met: it must not become one of them
    ['a=b,a=c', { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['c'] }] }],
    ['generation>3', { matchLabels: {}, matchExpressions: [{ key: 'generation', operator: 'Gt', values: ['3'] }] }],
  ])('%s', (text, expected) => {
    expect(parseSelectorText(text)).toEqual(expected);
  });

  it.each(['', ' ', 'a=b,', 'a in x', 'a in (x', '=b', 'a=b=c', 'a b', 'a=ü', `${'a'.repeat(20_000)}=b`])(
    'no selector: %s',
    (text) => {
      expect(parseSelectorText(text)).toBeNull();
    },
  );

  it('comes back as it was written', () => {
    const key = fc.constantFrom('app', 'tier', 'app.kubernetes.io/name', 'x-1');
    const value = fc.constantFrom('web', 'a.b', '1', 'x_y');
    const values = fc.uniqueArray(value, { minLength: 2 });
    const expression = fc.oneof(
      fc.record({ key, operator: fc.constantFrom('In', 'NotIn'), values }),
      fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { minKeys: 1 }),
        fc.array(expression, { minLength: 1 }),
        (matchLabels, matchExpressions) => {
          const selector = { matchLabels: { ...matchLabels }, matchExpressions };
          expect(parseSelectorText(labelSelectorText(selector))).toEqual(selector);
        },
      ),
    );
  });
});

describe('names and patterns', () => {
  it.each([
    ['shop', 'shop', true],
    ['shop', 'shop2', false],
    ['pay-*', 'pay-', true],
    ['pay-*', 'payments', false],
    ['*-prod', 'shop-prod', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*a', 'a', false],
    ['a*bb*b', 'abb', false],
    ['*', '', true],
    ['**', 'x', true],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(globMatches(pattern, name)).toBe(expected);
  });
});
