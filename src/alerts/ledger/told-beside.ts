// What a message for several groups has told each of them, made up again from the message where a group's own object had no time for it.
import { minutes, type Instant } from '../../model/units.ts';
import { groupHome, type Home } from './homes.ts';
import { recipientKey } from './records.ts';
import { lastsIn, remember } from './remember.ts';
import type { MutableLedgerState } from './state.ts';
import { toldEntry } from './told-entry.ts';

/** Objects are written within seconds, but what is made up again here is not: several starts may lie in between. A group that has none any more has ended long ago. */
const writtenWithin = minutes(60);

/** `writtenAt`: how far each object is true. */
export function tellCovered(state: MutableLedgerState, writtenAt: ReadonlyMap<Home, Instant>, now: Instant): void {
  for (const { intent, recipients } of [...state.recent, ...state.open.values()])
    for (const { groupKey, ...said } of intent.covers ?? [])
      for (const { to, at, state: outcome, reason, maybeTwice } of recipients.values()) {
        if (at === null || (outcome !== 'sent' && outcome !== 'failed')) continue;
        const upTo = writtenAt.get(groupHome(groupKey)) ?? ((now - writtenWithin) as Instant);
        const key = recipientKey({ ...intent, groupKey }, to);
        // what happened in the instant of the writing may be missing from it
        if (at < upTo || (state.told.get(key)?.at ?? 0) >= at) continue;
        const entry = toldEntry(
          said,
          outcome === 'sent' ? { outcome, at } : { outcome, at, reason, mayHaveArrived: maybeTwice },
          state.told.get(key),
          lastsIn(state),
        );
        remember(state, key, { ...entry, way: intent.way });
      }
}
