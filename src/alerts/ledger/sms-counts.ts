// The SMS that somebody was sent, or is still owed: what budgets count.
import type { Instant } from '../../model/units.ts';
import { budgetMemory } from '../budget.ts';
import type { SentMessage } from '../budget.ts';
import type { Intent } from './records.ts';
import type { MutableLedgerState } from './state.ts';

/** Several that come within minutes would have been as many messages: theirs counts. */
const kindOf = ({ bundle }: Intent): SentMessage['kind'] =>
  bundle === undefined || bundle.why === 'together' ? 'single' : 'digest';

export function countIfSms(state: MutableLedgerState, id: string, to: string, at: Instant): void {
  const intent = state.open.get(id)?.intent;
  if (intent?.channel === 'sms') countSms(state, to, [{ at, kind: kindOf(intent) }]);
}

export function oweSms(state: MutableLedgerState, intent: Intent): void {
  if (intent.channel !== 'sms') return;
  for (const to of intent.to) {
    const owed = state.smsOwed.get(to) ?? new Map<string, SentMessage>();
    state.smsOwed.set(to, owed.set(intent.id, { at: intent.at, kind: kindOf(intent) }));
  }
}

export function oweNothing(state: MutableLedgerState, id: string, to: string): void {
  const owed = state.smsOwed.get(to);
  owed?.delete(id);
  if (owed?.size === 0) state.smsOwed.delete(to);
}

export function countSms(state: MutableLedgerState, to: string, messages: readonly SentMessage[]): void {
  const all = [...(state.smsSent.get(to) ?? []), ...messages];
  const newest = all.at(-1)?.at ?? 0;
  state.smsSent.set(
    to,
    all.filter(({ at }) => newest - at < budgetMemory),
  );
}
