// A certificate for the embedded world, made on the spot: signed by itself or by another one, good for localhost and 127.0.0.1.
import { createSign, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';

export interface SelfMadeCertificate {
  /** PEM; signed by itself it is its own authority, so clients that shall trust it take this as their CA. */
  readonly cert: string;
  readonly key: string;
}

const day = 86_400_000;

export function makeCertificate(commonName = 'localhost', authority?: SelfMadeCertificate): SelfMadeCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const nameOf = (common: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(common)))));
  const issuer = authority === undefined ? commonName : new X509Certificate(authority.cert).subject.replace(/^CN=/, '');
  const alternatives = sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = sequence(
    sequence(oid('2.5.29.17'), octets(alternatives)),
    sequence(oid('2.5.29.19'), tagged(0x01, Buffer.from([0xff])), octets(sequence(tagged(0x01, Buffer.from([0xff]))))),
  );
  // A first byte of 0x01 keeps the number positive.
  const serial = tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    serial,
    algorithm,
    nameOf(issuer),
    // Real dates, because those who check them know no virtual clock.
    sequence(time(Date.now() - day), time(Date.now() + 3650 * day)),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const signature = createSign('SHA256')
    .update(body)
    .sign(authority?.key ?? privateKey);
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function tagged(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
const set = (...parts: Buffer[]): Buffer => tagged(0x31, Buffer.concat(parts));
const octets = (content: Buffer): Buffer => tagged(0x04, content);

/** YYMMDDHHMMSSZ, good until 2049. */
function time(at: number): Buffer {
  return tagged(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const digits = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}
