// How vendors check what was signed, written from what they publish and not from what we send with: a mistake on our side shows.
import { createHash, createHmac } from 'node:crypto';

type Texts = Readonly<Record<string, string>>;

const digest = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Byte by byte: letters, digits and - _ . ~ stand for themselves. */
const escaped = (text: string): string => {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    out += /[A-Za-z0-9\-_.~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
};

const queryOf = (parameters: Texts): string => {
  const names = Object.keys(parameters);
  names.sort((one, other) => (one < other ? -1 : 1));
  return names.map((name) => `${escaped(name)}=${escaped(parameters[name] ?? '')}`).join('&');
};

/** `METHOD&%2F&…`, by a key that ends in an ampersand. */
export function aliyunRpc(method: string, parameters: Texts, secret: string): string {
  const hmac = createHmac('sha1', `${secret}&`);
  hmac.update(`${method}&%2F&${escaped(queryOf(parameters))}`);
  return hmac.digest('base64');
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Texts;
  readonly headers: Texts;
  /** as the request names them */
  readonly signed: readonly string[];
  readonly body: string;
}

const headerLines = (headers: Texts, names: readonly string[], written: (value: string) => string): string =>
  names.map((name) => `${name}:${written((headers[name] ?? '').trim())}\n`).join('');

export function aliyunAcs3({ method, path, query, headers, signed, body }: SignedRequest, secret: string): string {
  const names = [...signed].sort();
  const lines = headerLines(headers, names, (value) => value);
  const canonical = `${method}\n${path}\n${queryOf(query)}\n${lines}\n${names.join(';')}\n${digest(body)}`;
  return createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${digest(canonical)}`)
    .digest('hex');
}

/** Names and values in lower case; the day is that of the timestamp in UTC. */
export function tencentTc3(
  { headers, signed, body }: Pick<SignedRequest, 'headers' | 'signed' | 'body'>,
  { secretKey, timestamp, service }: { secretKey: string; timestamp: number; service: string },
): string {
  const names = [...signed].sort();
  const lines = headerLines(headers, names, (value) => value.toLowerCase());
  const canonical = `POST\n/\n\n${lines}\n${names.join(';')}\n${digest(body)}`;
  const at = new Date(timestamp * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  let key: string | Buffer = `TC3${secretKey}`;
  for (const part of [day, service, 'tc3_request']) key = createHmac('sha256', key).update(part).digest();
  const text = ['TC3-HMAC-SHA256', timestamp, `${day}/${service}/tc3_request`, digest(canonical)].join('\n');
  return createHmac('sha256', key).update(text).digest('hex');
}

/** The address as it is called, then every field and its value by name. */
export function twilioCallback(token: string, url: string, fields: Texts): string {
  const hmac = createHmac('sha1', token).update(url);
  for (const name of Object.keys(fields).sort()) hmac.update(name).update(fields[name] ?? '');
  return hmac.digest('base64');
}
