// Who knows what of each group, also by group; kept for as long as he knows of something that has not ended for him.
import { fingerprintIn, periodOf } from '../alert.ts';
import type { Told } from './records.ts';
import { placeOf, recipientKey } from './records.ts';
import type { MutableLedgerState } from './state.ts';
import { isEmpty, toldEntry, type Ending } from './told-entry.ts';

/** Whether the alert of a period is still there. */
export const lastsIn =
  ({ alerts }: Pick<MutableLedgerState, 'alerts'>) =>
  (period: string): boolean => {
    const alert = alerts.get(fingerprintIn(period));
    return alert !== undefined && periodOf(alert) === period;
  };

/** A message has its end for somebody: he knows what it said, or is owed it again. */
export function tell(state: MutableLedgerState, id: string, to: string, ending: Ending): void {
  const intent = state.open.get(id)?.intent;
  if (intent === undefined) return;
  for (const cover of intent.covers ?? [intent]) {
    const key = recipientKey({ ...intent, groupKey: cover.groupKey }, to);
    remember(state, key, { ...toldEntry(cover, ending, state.told.get(key), lastsIn(state)), way: intent.way });
  }
}

/** Somebody who knows of nothing that fires is as somebody who was never told. */
export function remember({ told, toldOf }: MutableLedgerState, key: string, entry: Told): void {
  const { groupKey } = placeOf(key);
  const keys = toldOf.get(groupKey) ?? new Set<string>();
  if (isEmpty(entry)) {
    told.delete(key);
    keys.delete(key);
    if (keys.size === 0) toldOf.delete(groupKey);
    return;
  }
  // what changes without a message changes nothing about how he was told
  const { way = told.get(key)?.way, ...rest } = entry;
  told.set(key, way === undefined ? rest : { ...rest, way });
  toldOf.set(groupKey, keys.add(key));
}
