// The place of a mistake inside a scalar, whatever way the scalar is written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify, type Scalar } from 'yaml';
import { positionInScalar } from '../../src/config/scalar-position.ts';

const styles = ['PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const;
const words = fc.array(fc.constantFrom('sum(', 'rate', ')', '"x"', "'", '\\d', ' ', '\n', 'é', '{a=b}', ':', '#'), {
  minLength: 1,
  maxLength: 30,
});

describe('positionInScalar', () => {
  it('points at the very character that the value has there', () => {
    fc.assert(
      fc.property(words, fc.constantFrom(...styles), fc.nat(200), (parts, style, at) => {
        const text = stringify({ spec: { query: parts.join('') } }, { defaultStringType: style, lineWidth: 40 });
        const scalar = parseDocument(text).getIn(['spec', 'query'], true) as Scalar;
        const value = String(scalar.value);
        const offset = at % value.length;
        const character = value[offset] ?? '';
        fc.pre(!/\s/.test(character));
        const written = text.slice(positionInScalar(text, scalar, offset));
        expect(written.startsWith(character) || /^(?:\\|'')/.test(written)).toBe(true);
      }),
    );
  });
});
