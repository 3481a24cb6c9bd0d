// Go's fmt: how values print by themselves, and the verbs of printf.
import { formatFloat } from './number-format.ts';
import { quoted } from './quote.ts';
import { durationText, timeText } from './time.ts';
import { CallError } from './template-error.ts';
import { sortedEntries, typeName } from './value.ts';
import type { Value } from './value.ts';

interface Verb {
  readonly letter: string;
  readonly minus: boolean;
  readonly plus: boolean;
  readonly space: boolean;
  readonly sharp: boolean;
  readonly zero: boolean;
  readonly width: number | null;
  readonly precision: number | null;
}

const plainly = (letter: string): Verb => ({
  letter,
  minus: false,
  plus: false,
  space: false,
  sharp: false,
  zero: false,
  width: null,
  precision: null,
});

/** A value within others, as %v writes it. */
export const printed = (value: Value): string => formatted(value, plainly('v'), { parts: 0 });

/** Lists that hold each other can print to more than there is memory for. */
interface Printing {
  parts: number;
}
const mostParts = 100_000;

function counted(printing: Printing): void {
  printing.parts += 1;
  if (printing.parts > mostParts) throw new CallError('a list with too many parts to print');
}

/** Print: spaces between two where neither is a string. */
export function sprint(values: readonly Value[]): string {
  return values
    .map((value, index) => {
      const before = values[index - 1];
      const apart = index > 0 && !isText(value) && before !== undefined && !isText(before);
      return (apart ? ' ' : '') + printed(value);
    })
    .join('');
}

const isText = (value: Value): boolean =>
  typeof value === 'string' || (value !== null && typeof value === 'object' && value.kind === 'safe');

export const sprintln = (values: readonly Value[]): string => `${values.map(printed).join(' ')}\n`;

const longest = 1_000_000;

export function sprintf(format: string, values: readonly Value[]): string {
  const directive = /%(?:([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(?:\[(\d+)\])?([\s\S])?)/gu;
  const printing: Printing = { parts: 0 };
  let next = 0;
  let reordered = false;
  const takeInt = (): number | null => {
    const value = values[next];
    next += 1;
    return typeof value === 'bigint' && value >= -10_000n && value <= 10_000n ? Number(value) : null;
  };
  let length = 0;
  const text = format.replace(directive, (_, flags: string, width, precision, index, letter: string | undefined) => {
    let out = '';
    let minus = flags.includes('-');
    let wide = typeof width === 'string' ? Number(width) : null;
    if (width === '*') {
      wide = takeInt();
      if (wide === null) out += '%!(BADWIDTH)';
      else if (wide < 0) {
        minus = true;
        wide = -wide;
      }
    }
    let exact = typeof precision === 'string' ? Number(precision) : null;
    if (precision === '*') {
      exact = takeInt();
      if (exact === null) out += '%!(BADPREC)';
      else if (exact < 0) exact = null;
    }
    if ((wide ?? 0) > 10_000 || (exact ?? 0) > 10_000)
      throw new CallError('a width or precision above 10000 in a format');
    if (typeof index === 'string') {
      next = Number(index) - 1;
      reordered = true;
    }
    if (letter === undefined) return `${out}%!(NOVERB)`;
    if (letter === '%') return `${out}%`;
    const value = values[next];
    if (value === undefined) {
      return `${out}%!${letter}(${typeof index === 'string' ? 'BADINDEX' : 'MISSING'})`;
    }
    next += 1;
    out += formatted(
      value,
      {
        letter,
        minus,
        plus: flags.includes('+'),
        space: flags.includes(' '),
        sharp: flags.includes('#'),
        zero: flags.includes('0') && !minus,
        width: wide,
        precision: exact,
      },
      printing,
    );
    length += out.length;
    if (length > longest) throw new CallError('the text of a format grows beyond 1 MiB');
    return out;
  });
  if (reordered || next >= values.length) return text;
  const extra = values.slice(next).map((value) => (value === null ? '<nil>' : `${typeName(value)}=${printed(value)}`));
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function formatted(value: Value, verb: Verb, printing: Printing): string {
  counted(printing);
  if (verb.letter === 'T') return padded(typeName(value), verb);
  if (value === null) return verb.letter === 'v' ? padded('<nil>', verb) : `%!${verb.letter}(<nil>)`;
  switch (typeof value) {
    case 'boolean':
      return 'tv'.includes(verb.letter) ? padded(String(value), verb) : bad(value, verb);
    case 'bigint':
      return wholeNumber(value, verb) ?? bad(value, verb);
    case 'number':
      return float(value, verb) ?? bad(value, verb);
    case 'string':
      return textual(value, verb) ?? bad(value, verb);
    default:
      break;
  }
  switch (value.kind) {
    case 'safe':
      return textual(value.text, verb) ?? bad(value, verb);
    case 'time':
      return textual(timeText(value), verb) ?? bad(value, verb);
    case 'duration':
      return (
        ('dcoObUX'.includes(verb.letter)
          ? wholeNumber(value.nanoseconds, verb)
          : textual(durationText(value.nanoseconds), verb)) ?? bad(value, verb)
      );
    case 'slice':
      return `[${value.items.map((item) => formatted(item, verb, printing)).join(' ')}]`;
    case 'map':
      return `map[${sortedEntries(value)
        .map(([key, item]) => `${formatted(key, verb, printing)}:${formatted(item, verb, printing)}`)
        .join(' ')}]`;
    case 'struct':
      return `{${[...value.fields]
        .map(([name, field]) => (verb.plus && verb.letter === 'v' ? `${name}:` : '') + formatted(field, verb, printing))
        .join(' ')}}`;
  }
}

const bad = (value: Value, { letter }: Verb): string => `%!${letter}(${typeName(value)}=${printed(value)})`;

const codePoints = (text: string): number => Array.from(text).length;

function padded(text: string, { width, minus, zero }: Verb): string {
  const missing = (width ?? 0) - codePoints(text);
  if (missing <= 0) return text;
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text;
}

/** Zeros go between the sign and the digits. */
function paddedNumber(sign: string, digits: string, verb: Verb, zeros: boolean): string {
  const missing = (verb.width ?? 0) - sign.length - digits.length;
  if (zeros && missing > 0) return sign + '0'.repeat(missing) + digits;
  return padded(sign + digits, { ...verb, zero: false });
}

const signOf = (negative: boolean, { plus, space }: Verb): string => (negative ? '-' : plus ? '+' : space ? ' ' : '');

function wholeNumber(value: bigint, verb: Verb): string | null {
  const size = value < 0n ? -value : value;
  const inBase = (base: number, prefix: string, upper = false): string => {
    const digits = size.toString(base);
    const exact = verb.precision === 0 && value === 0n ? '' : digits.padStart(verb.precision ?? 0, '0');
    const sign = signOf(value < 0n, verb) + (verb.sharp ? prefix : '');
    return paddedNumber(sign, upper ? exact.toUpperCase() : exact, verb, verb.zero && verb.precision === null);
  };
  const character = value >= 0n && value <= 0x10ffffn ? String.fromCodePoint(Number(value)) : '\uFFFD';
  switch (verb.letter) {
    case 'v':
    case 'd':
      return inBase(10, '');
    case 'b':
      return inBase(2, '0b');
    case 'o':
      return inBase(8, '0');
    case 'O':
      return inBase(8, '0o').replace(/^([-+ ]?)(?!0o)/, '$10o');
    case 'x':
      return inBase(16, '0x');
    case 'X':
      return inBase(16, '0X', true);
    case 'c':
      return padded(character, verb);
    case 'q':
      return padded(quoted(character, "'", verb.plus), verb);
    case 'U':
      return padded(`U+${size.toString(16).toUpperCase().padStart(4, '0')}`, { ...verb, zero: false });
    default:
      return null;
  }
}

function float(value: number, verb: Verb): string | null {
  const written = (letter: 'e' | 'f' | 'g', precision: number | null): string => {
    const text = formatFloat(value, letter, precision);
    const negative = text.startsWith('-');
    const digits = text.replace(/^[-+]/, '');
    const finite = Number.isFinite(value);
    const sign = text.startsWith('+') ? '+' : signOf(negative, verb);
    return paddedNumber(
      Number.isNaN(value) && !verb.plus && !verb.space ? '' : sign,
      digits,
      verb,
      verb.zero && finite,
    );
  };
  switch (verb.letter) {
    case 'v':
      return written('g', verb.precision);
    case 'g':
      return written('g', verb.precision);
    case 'G':
      return written('g', verb.precision).toUpperCase().replace('NAN', 'NaN').replace('INF', 'Inf');
    case 'f':
    case 'F':
      return written('f', verb.precision ?? 6);
    case 'e':
      return written('e', verb.precision ?? 6);
    case 'E':
      return written('e', verb.precision ?? 6)
        .toUpperCase()
        .replace('NAN', 'NaN')
        .replace('INF', 'Inf');
    default:
      return null;
  }
}

function textual(value: string, verb: Verb): string | null {
  const cut = verb.precision === null ? value : Array.from(value).slice(0, verb.precision).join('');
  switch (verb.letter) {
    case 'v':
      return padded(verb.sharp ? quoted(cut) : cut, verb);
    case 's':
      return padded(cut, verb);
    case 'q':
      return padded(verb.sharp && !/[`\p{Cc}\uFEFF]/u.test(cut) ? `\`${cut}\`` : quoted(cut, '"', verb.plus), verb);
    case 'x':
    case 'X':
      return padded(hex(value, verb), verb);
    default:
      return null;
  }
}

function hex(value: string, { letter, space, sharp, precision }: Verb): string {
  const bytes = [...new TextEncoder().encode(value)].slice(0, precision ?? undefined);
  const prefix = sharp ? `0${letter}` : '';
  const pairs = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  const text = space ? pairs.map((pair) => prefix + pair).join(' ') : prefix + pairs.join('');
  return letter === 'X' ? text.toUpperCase() : text;
}
