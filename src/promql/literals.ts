// Numbers, durations and strings as PromQL writes them.
import type { Milliseconds } from '../model/units.ts';
import { Refusal } from './refusal.ts';

const unitMilliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** `1h30m` in milliseconds; null where the text is no duration. */
export function durationOf(text: string): Milliseconds | null {
  if (!/^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/.test(text)) return null;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+)([a-z]+)/g))
    total += Number(count) * (unitMilliseconds[unit] ?? 0);
  return total as Milliseconds;
}

/** A number without sign: decimal, hexadecimal, octal with a leading 0, Inf, NaN, or a duration in seconds. */
export function numberOf(text: string, offset: number): number {
  const lower = text.toLowerCase();
  if (lower === 'inf') return Infinity;
  if (lower === 'nan') return NaN;
  const span = durationOf(text);
  if (span !== null) return span / 1000;
  const digits = lower.replaceAll('_', '');
  if (/^0[0-7]+$/.test(digits)) return parseInt(digits, 8);
  const value = Number(digits);
  if (Number.isNaN(value)) throw new Refusal(offset, `"${text}" is neither a number nor a duration`);
  return value;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const numericEscapes: readonly { readonly form: RegExp; readonly base: number }[] = [
  { form: /^x([0-9a-fA-F]{2})/, base: 16 },
  { form: /^u([0-9a-fA-F]{4})/, base: 16 },
  { form: /^U([0-9a-fA-F]{8})/, base: 16 },
  { form: /^([0-3][0-7]{2})/, base: 8 },
];

/** A quoted string without its quotes and escapes; backquotes know no escapes. */
export function unquote(quoted: string, offset: number): string {
  const quote = quoted[0];
  if (quoted.length < 2 || quoted.at(-1) !== quote) throw new Refusal(offset, `the string ${quoted} is not closed`);
  const body = quoted.slice(1, -1);
  if (quote === '`' || !body.includes('\\')) return body;
  let out = '';
  let index = 0;
  while (index < body.length) {
    const character = body[index] ?? '';
    if (character !== '\\') {
      out += character;
      index++;
      continue;
    }
    const { text, length } = unescape(body.slice(index + 1), quote ?? '', offset + 1 + index);
    out += text;
    index += 1 + length;
  }
  return out;
}

function unescape(rest: string, quote: string, offset: number): { text: string; length: number } {
  const first = rest[0] ?? '';
  const simple = first === quote ? quote : simpleEscapes[first];
  if (simple !== undefined) return { text: simple, length: 1 };
  for (const { form, base } of numericEscapes) {
    const found = form.exec(rest);
    const code = found === null ? NaN : parseInt(found[1] ?? '', base);
    if (found !== null && code <= 0x10ffff) return { text: String.fromCodePoint(code), length: found[0].length };
  }
  const hint = /[dDwWsSb.*+?()[\]{}|^$-]/.test(first)
    ? `; a backslash of a regular expression is written \\\\${first}`
    : '';
  throw new Refusal(offset, `"\\${first}" is not an escape that a PromQL string knows${hint}`);
}

/** The quoted form, as Prometheus prints it. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
