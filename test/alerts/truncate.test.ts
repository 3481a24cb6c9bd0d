// Cuts: never longer than asked for, never within a character.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToBytes, cutToCharacters } from '../../src/alerts/truncate.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const most = fc.integer({ min: 0, max: 40 });

describe('a cut', () => {
  it('is no longer than asked for, and leaves what fits as it is', () => {
    fc.assert(
      fc.property(text, most, (whole, length) => {
        const byCharacters = cutToCharacters(whole, length);
        expect(Array.from(byCharacters.text).length).toBeLessThanOrEqual(length);
        expect(byCharacters.truncated).toBe(byCharacters.text !== whole);
        const byBytes = cutToBytes(whole, length);
        expect(Buffer.byteLength(byBytes.text)).toBeLessThanOrEqual(length);
        expect(byBytes.truncated).toBe(byBytes.text !== whole);
        expect(whole.startsWith(byBytes.text.replace(/(?:…|\.{1,2})$/, ''))).toBe(true);
      }),
    );
  });
});
