// String and character literals as Go writes and reads them.

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};
const meanings = new Map(Object.entries(named).map(([character, written]) => [written.slice(1), character]));

const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

function escaped(character: string, quote: string, asciiOnly: boolean): string {
  if (character === quote || character === '\\') return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return character;
  const byName = named[character];
  if (byName !== undefined) return byName;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (!asciiOnly && printable.test(character)) return character;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

export const quoted = (text: string, quote = '"', asciiOnly = false): string =>
  quote + Array.from(text, (character) => escaped(character, quote, asciiOnly)).join('') + quote;

/** The text of a literal without its quotes; null where an escape is none of Go's. */
export function unquoted(body: string, quote: '"' | "'"): string | null {
  let bad = false;
  // bytes that escapes write one by one may make up one character
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const escapes =
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"])|([\s\S]?))|[^\\]+/g;
  for (const [whole, hex, short, long, octal, letter, other] of body.matchAll(escapes)) {
    const point = short ?? long;
    if (other !== undefined) bad = true;
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) {
      const byte = Number.parseInt(octal, 8);
      bad ||= byte > 255;
      bytes.push(byte);
    } else if (point !== undefined) {
      const code = Number.parseInt(point, 16);
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) bad = true;
      else bytes.push(...encoder.encode(String.fromCodePoint(code)));
    } else if (letter !== undefined) {
      if ((letter === '"' || letter === "'") && letter !== quote) bad = true;
      bytes.push(...encoder.encode(meanings.get(letter) ?? letter));
    } else for (const byte of encoder.encode(whole)) bytes.push(byte);
  }
  return bad ? null : new TextDecoder().decode(Uint8Array.from(bytes));
}
