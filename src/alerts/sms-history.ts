// What a telephone has been sent and is about to be sent: by all the names that it has, a message on its way included.
import type { AlertsDocument } from '../model/config.ts';
import type { SentMessage } from './budget.ts';
import type { LedgerState } from './ledger/state.ts';

/** Two names with one of these are one telephone. */
export function telephoneOf({ people }: Pick<AlertsDocument, 'people'>, to: string): string {
  const person = Object.hasOwn(people, to) ? people[to] : undefined;
  if (person?.smsFile !== undefined) return `file ${person.smsFile}`;
  return (person?.sms ?? to).replaceAll(/[^\d+]/g, '');
}

/** In any order. `replaced`: what is taken back if something is sent now, so that it counts for nothing. */
export function smsHistory(
  state: Pick<LedgerState, 'smsSent' | 'smsOwed'>,
  document: Pick<AlertsDocument, 'people'>,
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
export function oncePerTelephone(document: Pick<AlertsDocument, 'people'>, names: readonly string[]): string[] {
  const telephones = new Set<string>();
  return names.filter((name) => {
    const telephone = telephoneOf(document, name);
    if (telephones.has(telephone)) return false;
    telephones.add(telephone);
    return true;
  });
}
