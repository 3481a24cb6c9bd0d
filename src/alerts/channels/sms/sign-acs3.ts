// Aliyun's newer signature, ACS3-HMAC-SHA256: over method, path, query, headers and the digest of the body.
import { createHash, createHmac } from 'node:crypto';
import type { Instant } from '../../../model/units.ts';
import { canonicalQuery } from './percent.ts';
import { secondOf } from './sign-aliyun-rpc.ts';

export interface Acs3Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const isSigned = (name: string): boolean => name === 'host' || name === 'content-type' || name.startsWith('x-acs-');

const signedHeaders = (headers: Acs3Request['headers']): (readonly [string, string])[] =>
  Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .filter(([name]) => isSigned(name))
    .toSorted(([left], [right]) => (left < right ? -1 : 1));

const acs3SignedNames = (headers: Acs3Request['headers']): string =>
  signedHeaders(headers)
    .map(([name]) => name)
    .join(';');

export function acs3CanonicalRequest({ method, path, query, headers, body }: Acs3Request): string {
  const lines = signedHeaders(headers).map(([name, value]) => `${name}:${value}\n`);
  const names = acs3SignedNames(headers);
  return [method, path, canonicalQuery(query), lines.join(''), names, sha256(body)].join('\n');
}

export const acs3HashedRequest = (request: Acs3Request): string => sha256(acs3CanonicalRequest(request));

export const acs3Signature = (request: Acs3Request, secret: string): string =>
  createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${acs3HashedRequest(request)}`)
    .digest('hex');

export interface Acs3Call {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly now: Instant;
  readonly nonce: string;
}

/** The headers of a POST without a body, its parameters in the query. */
export function signedAcs3(query: Acs3Request['query'], call: Acs3Call): Readonly<Record<string, string>> {
  const headers = {
    host: call.host,
    'x-acs-action': call.action,
    'x-acs-content-sha256': sha256(''),
    'x-acs-date': secondOf(call.now),
    'x-acs-signature-nonce': call.nonce,
    'x-acs-version': call.version,
  };
  const signature = acs3Signature({ method: 'POST', path: '/', query, headers, body: '' }, call.accessKeySecret);
  const credential = `Credential=${call.accessKeyId},SignedHeaders=${acs3SignedNames(headers)},Signature=${signature}`;
  return { ...headers, authorization: `ACS3-HMAC-SHA256 ${credential}` };
}
