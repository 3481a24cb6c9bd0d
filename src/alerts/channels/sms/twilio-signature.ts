// How Twilio signs what it posts to us: HMAC-SHA1 over the address as called and the sorted fields.
import { createHmac } from 'node:crypto';
import { byCodeUnit } from '../../fingerprint.ts';

export const twilioSignature = (token: string, url: string, fields: Readonly<Record<string, string>>): string =>
  createHmac('sha1', token)
    .update(
      Object.entries(fields)
        .toSorted(([left], [right]) => byCodeUnit(left, right))
        .reduce((text, [name, value]) => text + name + value, url),
      'utf8',
    )
    .digest('base64');
