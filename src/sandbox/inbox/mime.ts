// Enough of MIME to read what mailers write: folded headers, encoded words, multipart, quoted-printable and base64.

export interface ParsedMail {
  /** Names in lower case; of repeated ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const deepest = 8;

export function parseMail(raw: Buffer): ParsedMail {
  const found = { text: '', html: '' };
  const headers = collect(raw.toString('latin1'), found, 0);
  return { headers, subject: headers['subject'] ?? '', ...found };
}

/** Works on latin1 text, in which each character is one byte, so that the charset is applied to bytes and only once. */
function collect(part: string, found: { text: string; html: string }, depth: number): Record<string, string> {
  const [, head = '', body = ''] = /^([\s\S]*?)(?:\r?\n\r?\n([\s\S]*))?$/.exec(part) ?? [];
  const headers = headersOf(head);
  const type = headers['content-type'] ?? 'text/plain';
  const boundary = parameter(type, 'boundary');
  if (boundary !== null && depth < deepest) {
    const pieces = `\n${body}`.split(`\n--${boundary}`);
    for (const piece of pieces.slice(1)) {
      if (piece.startsWith('--')) break;
      collect(piece.replace(/^[ \t]*\r?\n/, '').replace(/\r$/, ''), found, depth + 1);
    }
    return headers;
  }
  if (/^attachment/i.test(headers['content-disposition'] ?? '')) return headers;
  const text = decode(bytesOf(body, headers['content-transfer-encoding'] ?? ''), parameter(type, 'charset') ?? 'utf-8');
  if (/^text\/html/i.test(type)) found.html ||= text;
  else if (/^text\//i.test(type)) found.text ||= text;
  return headers;
}

function headersOf(head: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = decodeWords(line.slice(colon + 1).trim());
  }
  return headers;
}

/** =?utf-8?B?…?= and =?utf-8?Q?…?=; blanks between two of them are none. */
function decodeWords(text: string): string {
  if (!text.includes('=?')) return decode(Buffer.from(text, 'latin1'), 'utf-8');
  return text
    .replaceAll(/(\?=)\s+(=\?)/g, '$1$2')
    .replaceAll(/=\?([^?]+)\?([bq])\?([^?]*)\?=/gi, (_whole, charset: string, kind: string, word: string) =>
      decode(
        kind.toLowerCase() === 'b' ? Buffer.from(word, 'base64') : quotedPrintable(word.replaceAll('_', ' ')),
        charset,
      ),
    );
}

function parameter(header: string, name: string): string | null {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(header);
  return found?.[1] ?? found?.[2] ?? null;
}

function bytesOf(body: string, encoding: string): Buffer {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64');
    case 'quoted-printable':
      return quotedPrintable(body.replaceAll(/=[ \t]*\r?\n/g, ''));
    default:
      return Buffer.from(body, 'latin1');
  }
}

function quotedPrintable(text: string): Buffer {
  const plain = text.replaceAll(/=([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

function decode(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}
