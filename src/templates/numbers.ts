// Number literals as Go reads them: decimal, 0x, 0o, 0b, with underscores, with exponents; whole ones are ints.
import type { NumberNode } from './nodes.ts';

const maxInt = (1n << 64n) - 1n;
const minInt = -(1n << 63n);

export function numberNode(text: string, offset: number): NumberNode | null {
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (/__|_$|^_|_\.|\._/.test(body) || (body.includes('_') && /^0[0-9]/.test(body) && !/^0_?[0-7_]+$/.test(body)))
    return null;
  const plain = body.replaceAll('_', '');
  const node = (int: bigint | null, float: number): NumberNode | null => {
    const signed = sign === '-' && int !== null ? -int : int;
    const value = sign === '-' ? -float : float;
    if (signed !== null && (signed > maxInt || signed < minInt)) return null;
    return Number.isFinite(value) ? { kind: 'number', offset, text, int: signed, float: value } : null;
  };
  const based = /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/.test(plain)
    ? plain.toLowerCase()
    : /^0[0-7]+$/.test(plain)
      ? `0o${plain.slice(1)}`
      : null;
  if (based !== null) return node(BigInt(based), Number(BigInt(based)));
  if (/^\d+$/.test(plain)) return /^0\d/.test(plain) ? null : node(BigInt(plain), Number(plain));
  if (!/^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) return null;
  const float = Number(plain);
  // 28800e9 is a float by its look and an int where one is wanted
  return node(Number.isInteger(float) && float < 2 ** 63 ? BigInt(float) : null, float);
}

/** Whether it stands for a float where nothing says what is wanted. */
export const looksLikeFloat = ({ text, int }: NumberNode): boolean =>
  int === null || (/[.eEpP]/.test(text) && !/^[+-]?0[xX]/.test(text));
