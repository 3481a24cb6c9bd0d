// Floats as Go writes them: exact decimals rounded half to even, and the shortest text that reads back as the same float.

interface Decimal {
  /** without leading zeros, except "0" itself */
  readonly digits: string;
  /** of the first digit: 12.5 is 1.25e1 */
  readonly exponent: number;
}

/** |x| = mantissa × 2^exponent, exactly. */
function taken(x: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0) & 0x7fff_ffff_ffff_ffffn;
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

/** |x| × 10^places as a whole number, half to even. */
function scaled(x: number, places: number): bigint {
  const { mantissa, exponent } = taken(x);
  let over = mantissa;
  let under = 1n;
  if (exponent >= 0) over <<= BigInt(exponent);
  else under <<= BigInt(-exponent);
  if (places >= 0) over *= 10n ** BigInt(places);
  else under *= 10n ** BigInt(-places);
  const whole = over / under;
  const twice = (over % under) * 2n;
  return twice > under || (twice === under && (whole & 1n) === 1n) ? whole + 1n : whole;
}

function shortest(x: number): Decimal {
  const [mantissa = '0', exponent = '0'] = Math.abs(x).toExponential().split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

/** Exactly so many significant digits. */
function significant(x: number, count: number): Decimal {
  if (x === 0) return { digits: '0'.repeat(count), exponent: 0 };
  let { exponent } = shortest(x);
  let digits = scaled(x, count - 1 - exponent).toString();
  if (digits.length > count) {
    exponent += 1;
    digits = scaled(x, count - 1 - exponent).toString();
  }
  return { digits, exponent };
}

function fixed(x: number, places: number | null): string {
  if (places !== null) {
    const digits = scaled(x, places)
      .toString()
      .padStart(places + 1, '0');
    return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  }
  const { digits, exponent } = shortest(x);
  return laidOut({ digits, exponent });
}

function laidOut({ digits, exponent }: Decimal): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, '0');
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function withExponent({ digits, exponent }: Decimal): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0] ?? '0'}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** The digits without sign; `precision` null is as many as are needed. */
function magnitude(x: number, verb: 'e' | 'f' | 'g', precision: number | null): string {
  switch (verb) {
    case 'f':
      return fixed(x, precision);
    case 'e':
      return withExponent(precision === null ? shortest(x) : significant(x, precision + 1));
    case 'g': {
      const count = precision === null ? null : Math.max(1, precision);
      const exact = count === null ? shortest(x) : significant(x, count);
      const digits = exact.digits.replace(/0+$/, '') || '0';
      const decimal = { digits, exponent: exact.exponent };
      const limit =
        count === null ? 6 : count > digits.length && digits.length >= exact.exponent + 1 ? digits.length : count;
      return exact.exponent < -4 || exact.exponent >= limit ? withExponent(decimal) : laidOut(decimal);
    }
  }
}

/** With its sign, NaN and infinities as Go writes them. */
export function formatFloat(x: number, verb: 'e' | 'f' | 'g', precision: number | null): string {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x < 0 ? '-Inf' : '+Inf';
  return `${x < 0 || Object.is(x, -0) ? '-' : ''}${magnitude(x, verb, precision)}`;
}
