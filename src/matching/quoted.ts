// Texts in double quotes as Go writes and reads them: escapes of bytes and of code points.

const simple: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
  '\\': 0x5c,
  '"': 0x22,
};
const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** With its quotes; null where it is none, or is not UTF-8 once its escapes are read. */
export function unquoted(text: string): string | null {
  const body = text.slice(1, -1);
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"') || body.includes('\n')) return null;
  if (!body.includes('\\')) return body.includes('"') ? null : body;
  const bytes: number[] = [];
  for (let index = 0; index < body.length;) {
    const escape = body.charAt(index) === '\\' ? escapeAt(body, index + 1) : plainAt(body, index);
    if (escape === null) return null;
    bytes.push(...escape.bytes);
    index = escape.next;
  }
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

interface Piece {
  readonly bytes: Iterable<number>;
  readonly next: number;
}

function plainAt(body: string, index: number): Piece | null {
  const character = String.fromCodePoint(body.codePointAt(index) ?? 0);
  return character === '"' ? null : { bytes: encoder.encode(character), next: index + character.length };
}

function escapeAt(body: string, index: number): Piece | null {
  const kind = body.charAt(index);
  const meant = Object.hasOwn(simple, kind) ? simple[kind] : undefined;
  if (meant !== undefined) return { bytes: [meant], next: index + 1 };
  const octal = /^[0-7]{3}/.exec(body.slice(index, index + 3))?.[0];
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > 0xff ? null : { bytes: [byte], next: index + 3 };
  }
  const length = Object.hasOwn(digits, kind) ? (digits[kind] ?? 0) : 0;
  const written = body.slice(index + 1, index + 1 + length);
  if (length === 0 || written.length < length || !/^[0-9a-fA-F]+$/.test(written)) return null;
  const value = Number.parseInt(written, 16);
  const next = index + 1 + length;
  if (kind === 'x') return { bytes: [value], next };
  const isCharacter = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
  return isCharacter ? { bytes: encoder.encode(String.fromCodePoint(value)), next } : null;
}

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** What Go calls printable stands as it is. */
export function quotedText(text: string): string {
  let body = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const name = Object.hasOwn(named, character) ? named[character] : undefined;
    if (name !== undefined) body += name;
    else if (character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) body += character;
    else if (code < 0x80) body += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code > 0xffff) body += `\\U${code.toString(16).padStart(8, '0')}`;
    else body += `\\u${(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code).toString(16).padStart(4, '0')}`;
  }
  return `"${body}"`;
}
