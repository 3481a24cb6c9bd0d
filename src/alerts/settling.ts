// How long a start listens before it tells what others send in: a source that inhibits may be the last to be sent.
import { seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { LedgerState } from './ledger/state.ts';

/** Senders repeat what fires within a minute, most of them within half of one. */
const settling = seconds(30);

/** Nothing where another process wrote just now: it knew whatever was sent to it, and we go on. */
export function settlingOf(state: LedgerState, now: Instant): Milliseconds {
  const last = lastWritten(state);
  return last !== null && last <= now && now - last < settling ? seconds(0) : settling;
}

function lastWritten({ alerts, told, open, recent }: LedgerState): Instant | null {
  let last: Instant | null = null;
  const see = (at: Instant | null): void => {
    if (at !== null && (last === null || at > last)) last = at;
  };
  for (const { accepted, ended } of alerts.values()) {
    see(accepted);
    see(ended);
  }
  for (const { at } of told.values()) see(at);
  for (const { intent, recipients } of [...open.values(), ...recent]) {
    see(intent.at);
    for (const { at } of recipients.values()) see(at);
  }
  return last;
}
