// What a telephone has been sent and is about to be sent: by all the names that it has, a message on its way included.
import { phoneNumberIn, wholeNumber } from '../model/addresses.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { SentMessage } from './budget.ts';
import { homeOf } from './channels/people.ts';
import type { LedgerState } from './ledger/state.ts';
import { numberLastRead } from './number-files.ts';

type Known = Pick<AlertsDocument, 'people' | 'sms_gateways'>;

/** Two names with one of these are one telephone; a file that was never read is one of its own. */
export function telephoneOf(document: Known, to: string): string {
  const { people } = document;
  const person = Object.hasOwn(people, to) ? people[to] : undefined;
  const file = person?.smsFile;
  const number = phoneNumberIn(file === undefined ? (person?.sms ?? to) : (numberLastRead(file) ?? ''));
  if (number !== null) return wholeNumber(number, homeOf(document));
  return file === undefined ? `nobody's: ${to}` : `file ${file}`;
}

/** In any order. `replaced`: what is taken back if something is sent now, so that it counts for nothing. */
export function smsHistory(
  state: Pick<LedgerState, 'smsSent' | 'smsOwed'>,
  document: Known,
  to: string,
  replaced: string | undefined,
): readonly SentMessage[] {
  const telephone = telephoneOf(document, to);
  const isSame = (name: string): boolean => name === to || telephoneOf(document, name) === telephone;
  const sent = [...state.smsSent].flatMap(([name, messages]) => (isSame(name) ? messages : []));
  const owed = [...state.smsOwed].flatMap(([name, messages]) =>
    isSame(name) ? [...messages].filter(([id]) => id !== replaced).map(([, message]) => message) : [],
  );
  return [...sent, ...owed];
}

/** Of several names of one telephone the first. */
export function oncePerTelephone(document: Known, names: readonly string[]): string[] {
  const telephones = new Set<string>();
  return names.filter((name) => {
    const telephone = telephoneOf(document, name);
    if (telephones.has(telephone)) return false;
    telephones.add(telephone);
    return true;
  });
}
