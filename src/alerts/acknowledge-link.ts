// Links by which people say that they are on it: short enough for an SMS, signed, and good for what the message told only.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../model/units.ts';

export interface LinkClaim {
  /** the group and receiver that the message was made for, by its hash */
  readonly owner: string;
  /** when the message was made, in whole seconds: what joined later is not covered */
  readonly at: Instant;
}

const ownerBytes = 6;
const timeBytes = 4;
const signatureBytes = 9;
const tokenBytes = ownerBytes + timeBytes + signatureBytes;

export const ownerHash = (owner: string): string =>
  createHash('sha256').update(owner).digest().subarray(0, ownerBytes).toString('hex');

export function linkToken(owner: string, at: Instant, secret: string): string {
  const claim = Buffer.alloc(ownerBytes + timeBytes);
  claim.write(ownerHash(owner), 'hex');
  claim.writeUInt32BE(Math.ceil(at / 1000), ownerBytes);
  return Buffer.concat([claim, signatureOf(claim, secret)]).toString('base64url');
}

/** Null where it was not made with this secret. */
export function readLink(token: string, secret: string): LinkClaim | null {
  if (!/^[\w-]{20,40}$/.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== tokenBytes) return null;
  const claim = bytes.subarray(0, ownerBytes + timeBytes);
  if (!timingSafeEqual(bytes.subarray(claim.length), signatureOf(claim, secret))) return null;
  return {
    owner: claim.subarray(0, ownerBytes).toString('hex'),
    at: (claim.readUInt32BE(ownerBytes) * 1000) as Instant,
  };
}

const signatureOf = (claim: Buffer, secret: string): Buffer =>
  createHmac('sha256', secret).update('springtide acknowledge').update(claim).digest().subarray(0, signatureBytes);
