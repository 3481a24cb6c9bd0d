// How often one address, and all together, may ask: token buckets, bounded in number, on the clock they are given.
import type { NextFunction, Request, Response } from 'express';
import type { Clock } from '../clock.ts';
import type { Instant } from '../model/units.ts';
import { problem } from './guard.ts';

export interface Rate {
  /** what may come at once */
  readonly burst: number;
  /** what is given back each second */
  readonly perSecond: number;
}

export interface RateLimit {
  /** null: it may; else the seconds after which it may */
  take(key: string): number | null;
}

interface Bucket {
  left: number;
  at: Instant;
}

function takeFrom(bucket: Bucket, { burst, perSecond }: Rate, now: Instant): number | null {
  const passed = Math.max(0, now - bucket.at) / 1000;
  bucket.left = Math.min(burst, bucket.left + passed * perSecond);
  bucket.at = now;
  if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / perSecond));
  bucket.left -= 1;
  return null;
}

const addressesKept = 4_096;

export function createRateLimit({ clock, each, all }: { clock: Clock; each: Rate; all: Rate }): RateLimit {
  const buckets = new Map<string, Bucket>();
  const total: Bucket = { left: all.burst, at: clock.now() };
  return {
    take: (key) => {
      const now = clock.now();
      const known = buckets.get(key) ?? { left: each.burst, at: now };
      // The one that has asked last is the last to be forgotten.
      buckets.delete(key);
      buckets.set(key, known);
      if (buckets.size > addressesKept) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return takeFrom(known, each, now) ?? takeFrom(total, all, now);
    },
  };
}

/** An IPv6 host has a whole /64 to itself; an IPv4 address may be written as an IPv6 one. */
export function addressKey(address: string | undefined): string {
  const text = (address ?? '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  if (!text.includes(':')) return text;
  const [head = '', tail] = text.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

export function tooOften(response: Response, after: number): void {
  response.set({ 'Retry-After': String(after), Connection: 'close' });
  problem(response, 429, 'TooManyRequests', `too many requests: ask again in ${after} s`);
}

export const limited =
  (limit: RateLimit) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const after = limit.take(addressKey(request.socket.remoteAddress));
    if (after === null) next();
    else tooOften(response, after);
  };
