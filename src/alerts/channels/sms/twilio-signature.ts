// How Twilio signs what it posts to us: HMAC-SHA1 over the address as called and the sorted fields.
import { createHmac } from 'node:crypto';

export const twilioSignature = (token: string, url: string, fields: Readonly<Record<string, string>>): string =>
  createHmac('sha1', token)
    .update(
      Object.entries(fields)
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .reduce((text, [name, value]) => text + name + value, url),
      'utf8',
    )
    .digest('base64');
