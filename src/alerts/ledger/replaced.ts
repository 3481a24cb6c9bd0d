// What a kill has left open although something newer speaks in its place: it is settled when the ledger is opened.
import { doubtsOf } from './doubts.ts';
import { applyRecord } from './fold.ts';
import { ownersOf } from './state.ts';
import type { MutableLedgerState, MutableNotification } from './state.ts';

/** After a replay that a kill cut short: what another one has taken the place of, and nobody was left to say so. */
export function settleReplaced(state: MutableLedgerState): void {
  const newest = new Map<string, MutableNotification>();
  const inTime = [...state.open.values()].sort((one, other) => one.intent.at - other.intent.at);
  for (const notification of inTime)
    for (const owner of ownersOf(notification.intent)) {
      const { channel, index, at } = notification.intent;
      const place = JSON.stringify([owner, channel, index]);
      const before = newest.get(place);
      newest.set(place, notification);
      // what speaks for several groups is never replaced for one of them
      if (before === undefined || before.intent.covers !== undefined || before.intent.id === notification.intent.id)
        continue;
      for (const record of doubtsOf(before, state, at)) applyRecord(state, record);
      applyRecord(state, { kind: 'settled', id: before.intent.id, at, how: 'superseded' });
    }
}
