// The short code of a message, for a telephone that shows no link: typed on a page, said to a command. It names what was told, and is kept with it.
import { createHmac } from 'node:crypto';
import { later, minutes, since } from '../model/units.ts';
import type { Instant } from '../model/units.ts';

/** What a code stands for. */
export interface MessageCode {
  /** of the message: where it is kept */
  readonly groupKey: string;
  /** when the message was made: what joined later is not covered */
  readonly at: Instant;
  /** the groups that it told of, by their hashes; none once it has expired */
  readonly owners: readonly string[];
}

/** Nobody can take one of these for another, on paper or read out. */
const letters = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 8;
const written = /^[\da-hjkmnp-tv-z]{8}$/;

const validFor = minutes(24 * 60);
/** As long it is still said that it was one. */
const knownFor = minutes(3 * 24 * 60);

/** Of 2^40: guessing is slowed down where no token is asked for (docs/decisions/0059). */
export function codeOf(id: string, key: string): string {
  const bytes = createHmac('sha256', key).update('springtide code').update(id).digest();
  return Array.from({ length }, (_, index) => letters[(bytes[index] ?? 0) % letters.length]).join('');
}

export const isCode = (word: string): boolean => written.test(word);

/** As a person types it: with the sign before it, in capitals, in two halves, with an O for a zero. Null where it can be none. */
export function readCode(typed: string): string | null {
  const code = typed
    .toLowerCase()
    .replaceAll(/[\s#＃-]/g, '')
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1');
  return isCode(code) ? code : null;
}

export const isValid = ({ at }: Pick<MessageCode, 'at'>, now: Instant): boolean => since(at, now) < validFor;
export const validUntil = ({ at }: Pick<MessageCode, 'at'>): Instant => later(at, validFor);
export const isRemembered = ({ at }: Pick<MessageCode, 'at'>, now: Instant): boolean => since(at, now) < knownFor;
