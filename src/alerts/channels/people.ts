// Who is meant: a name from `people`, or an address as it stands; secrets are read when they are needed.
import { mailAddressIn, phoneNumberIn } from '../../model/addresses.ts';
import type { Home } from '../../model/addresses.ts';
import type { AlertsDocument } from '../../model/config.ts';
import { messageOf } from '../../model/errors.ts';
import { readNumber } from '../number-files.ts';
import type { SendResult } from './channel.ts';
import { failed, retry } from './channel.ts';

export type Address = { readonly address: string } | { readonly problem: SendResult };

export function mailAddressOf(to: string, document: AlertsDocument): Address {
  const person = personOf(to, document);
  if (person !== undefined && person.email === undefined)
    return { problem: failed(to, 'AddressInvalid', `people.${to} has no email`) };
  const written = person?.email ?? to;
  const address = mailAddressIn(written);
  if (address !== null) return { address };
  return { problem: failed(to, 'AddressInvalid', `"${written}" is neither a person of \`people\` nor a mail address`) };
}

export async function phoneNumberOf(to: string, document: AlertsDocument): Promise<Address> {
  const person = personOf(to, document);
  if (person === undefined) return numberFrom(to, to);
  if (person.smsFile === undefined) return numberFrom(to, person.sms ?? '');
  try {
    return numberFrom(to, await readNumber(person.smsFile));
  } catch (error) {
    return { problem: retry(to, 'AddressUnreadable', `people.${to}.smsFile cannot be read: ${messageOf(error)}`) };
  }
}

/** Only where all that is sent goes by a vendor of elsewhere, a number without a country is none of the mainland. */
export const homeOf = ({ sms_gateways: gateways }: Pick<AlertsDocument, 'sms_gateways'>): Home =>
  gateways.length > 0 && gateways.every(({ twilio }) => twilio !== undefined) ? null : '86';

const personOf = (name: string, document: AlertsDocument): AlertsDocument['people'][string] | undefined =>
  Object.hasOwn(document.people, name) ? document.people[name] : undefined;

function numberFrom(to: string, written: string): Address {
  const address = phoneNumberIn(written);
  if (address !== null) return { address };
  return { problem: failed(to, 'AddressInvalid', `"${to}" is neither a phone number nor a person with one`) };
}
