// Aliyun's older signature, RPC: HMAC-SHA1 over the sorted parameters.
import { createHmac } from 'node:crypto';
import type { Instant } from '../../../model/units.ts';
import { canonicalQuery, percentEncoded } from './percent.ts';

export type Parameters = Readonly<Record<string, string>>;

export const rpcStringToSign = (method: string, parameters: Parameters): string =>
  `${method}&${percentEncoded('/')}&${percentEncoded(canonicalQuery(parameters))}`;

export const rpcSignature = (method: string, parameters: Parameters, secret: string): string =>
  createHmac('sha1', `${secret}&`).update(rpcStringToSign(method, parameters)).digest('base64');

export interface RpcCall {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly action: string;
  readonly version: string;
  readonly region?: string | undefined;
  readonly now: Instant;
  readonly nonce: string;
}

/** Everything that is sent, the signature last. */
export function signedRpc(method: string, business: Parameters, call: RpcCall): Parameters {
  const parameters = {
    ...business,
    AccessKeyId: call.accessKeyId,
    Action: call.action,
    Format: 'JSON',
    ...(call.region !== undefined && { RegionId: call.region }),
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: call.nonce,
    SignatureVersion: '1.0',
    Timestamp: secondOf(call.now),
    Version: call.version,
  };
  return { ...parameters, Signature: rpcSignature(method, parameters, call.accessKeySecret) };
}

/** yyyy-MM-ddTHH:mm:ssZ */
export const secondOf = (now: Instant): string => `${new Date(now).toISOString().slice(0, 19)}Z`;
