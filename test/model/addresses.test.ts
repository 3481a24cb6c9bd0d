// Telephone numbers as people write them: one telephone, one number.
import { describe, expect, it } from 'vitest';
import { isMistakenForMainland, mainlandNumberIn, phoneNumberIn, wholeNumber } from '../../src/model/addresses.ts';
import type { Home } from '../../src/model/addresses.ts';

const whole = (written: string, home: Home = '86'): string => wholeNumber(phoneNumberIn(written) ?? '', home);

describe('a telephone number', () => {
  it.each(['13800000001', '+86 138 0000 0001', '008613800000001', '+8613800000001', '8613800000001', '138-0000-0001'])(
    'is one of the mainland, written as %s',
    (written) => {
      expect(whole(written)).toBe('8613800000001');
      expect(mainlandNumberIn(whole(written))).toBe('13800000001');
      expect(isMistakenForMainland(whole(written))).toBe(false);
    },
  );

  it.each([
    ['+1 (310) 555-0123', '13105550123', true],
    ['0013105550123', '13105550123', true],
    ['+85261234567', '85261234567', false],
    ['85261234567', '85261234567', false],
    ['+86 10 6552 9988', '861065529988', false],
  ])('is one of elsewhere, or no mobile one, written as %s', (written, number, isMistaken) => {
    expect(whole(written)).toBe(number);
    expect(mainlandNumberIn(number)).toBeNull();
    expect(isMistakenForMainland(number)).toBe(isMistaken);
  });

  it('has its country, though it is written without a plus, where nothing goes by the mainland', () => {
    expect(whole('13105550123', null)).toBe(whole('+13105550123', null));
  });
});
