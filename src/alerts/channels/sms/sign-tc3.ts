// Tencent's signature, TC3-HMAC-SHA256: a key of the day and the service signs headers and the digest of the body.
import { createHash, createHmac } from 'node:crypto';
import type { Instant } from '../../../model/units.ts';

export interface Tc3Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly signedHeaders: readonly string[];
  readonly body: string;
}

export interface Tc3Scope {
  readonly secretKey: string;
  /** Unix seconds */
  readonly timestamp: number;
  readonly service: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export const tc3HashedPayload = (body: string): string => sha256(body);

function tc3CanonicalRequest({ headers, signedHeaders, body }: Tc3Request): string {
  const low = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim().toLowerCase()]));
  const names = signedHeaders.map((name) => name.toLowerCase()).toSorted();
  const lines = names.map((name) => `${name}:${low.get(name) ?? ''}\n`);
  return ['POST', '/', '', lines.join(''), names.join(';'), sha256(body)].join('\n');
}

export const tc3HashedRequest = (request: Tc3Request): string => sha256(tc3CanonicalRequest(request));

const dayOf = (timestamp: number): string => new Date(timestamp * 1000).toISOString().slice(0, 10);

export function tc3Signature(request: Tc3Request, { secretKey, timestamp, service }: Tc3Scope): string {
  const day = dayOf(timestamp);
  const scope = `${day}/${service}/tc3_request`;
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${tc3HashedRequest(request)}`;
  const key = hmac(hmac(hmac(`TC3${secretKey}`, day), service), 'tc3_request');
  return hmac(key, text).toString('hex');
}

export interface Tc3Call {
  readonly secretId: string;
  readonly secretKey: string;
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly region: string;
  readonly now: Instant;
}

export function signedTc3(body: string, call: Tc3Call): Readonly<Record<string, string>> {
  const timestamp = Math.floor(call.now / 1000);
  const service = 'sms';
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    host: call.host,
    'x-tc-action': call.action,
  };
  const signedHeaders = Object.keys(headers);
  const signature = tc3Signature({ headers, signedHeaders, body }, { secretKey: call.secretKey, timestamp, service });
  const credential = `${call.secretId}/${dayOf(timestamp)}/${service}/tc3_request`;
  return {
    ...headers,
    'x-tc-version': call.version,
    'x-tc-region': call.region,
    'x-tc-timestamp': String(timestamp),
    authorization: `TC3-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  };
}
