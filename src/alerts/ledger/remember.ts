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

/** Somebody who knows of nothing that fires, nor of an end that others still wait for, is as somebody who was never told. */
export function remember(state: MutableLedgerState, key: string, entry: Told): void {
  const { told, toldOf, knownOver } = state;
  const { groupKey } = placeOf(key);
  const keys = toldOf.get(groupKey) ?? new Set<string>();
  // one of them stands for all: the last, as those that are forgotten together are forgotten in their order
  const over = isEmpty(entry) ? entry.resolved.findLast(lastsIn(state)) : undefined;
  if (isEmpty(entry) && over === undefined) {
    told.delete(key);
    keys.delete(key);
    if (keys.size === 0) toldOf.delete(groupKey);
    return;
  }
  if (over !== undefined) {
    const fingerprint = fingerprintIn(over);
    knownOver.set(fingerprint, (knownOver.get(fingerprint) ?? new Set()).add(key));
  }
  // what changes without a message changes nothing about how he was told
  const { way = told.get(key)?.way, ...rest } = entry;
  told.set(key, way === undefined ? rest : { ...rest, way });
  toldOf.set(groupKey, keys.add(key));
}

/** An alert is forgotten: so is who knew no more than that it was over. */
export function forgetOver(state: MutableLedgerState, fingerprint: string): void {
  const keys = state.knownOver.get(fingerprint);
  state.knownOver.delete(fingerprint);
  for (const key of keys ?? []) {
    const entry = state.told.get(key);
    if (entry !== undefined && isEmpty(entry)) remember(state, key, entry);
  }
}
