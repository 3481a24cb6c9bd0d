// Where else somebody is known to have heard of an alert: in the groups that hold it now, and by whatever tells those who are gone.
import { fingerprintIn } from './alert.ts';
import type { GroupTable } from './group-table.ts';
import { placeOf } from './ledger/records.ts';
import type { Told } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { isSameWebhook } from './ways.ts';

/** What is in an account never changes: another one takes its place. */
const announced = new WeakMap<Told, ReadonlySet<string>>();

function announcedIn(entry: Told): ReadonlySet<string> {
  const { firing, muted = [], heard = [] } = entry;
  const found = announced.get(entry) ?? new Set([...firing, ...muted, ...heard]);
  announced.set(entry, found);
  return found;
}

/** The other accounts of whoever has this one that may owe him the end of the period. */
export function accountsBeside(
  own: string,
  period: string,
  { told, toldOf, ways }: Pick<LedgerState, 'told' | 'toldOf' | 'ways'>,
  groups: Pick<GroupTable, 'holding'>,
): readonly string[] {
  const { groupKey, channel, to } = placeOf(own);
  const way = told.get(own)?.way;
  const keys = new Set([groupKey, ...groups.holding(fingerprintIn(period)).map((group) => group.key)]);
  const isHis = (key: string): boolean => {
    const place = placeOf(key);
    if (key === own || place.channel !== channel) return false;
    return channel === 'webhook' ? isSameWebhook(told.get(key)?.way, way, ways) : place.to === to;
  };
  const owes = (key: string): boolean => {
    const entry = told.get(key);
    return entry !== undefined && announcedIn(entry).has(period);
  };
  return [...keys].flatMap((one) => [...(toldOf.get(one) ?? [])].filter((key) => isHis(key) && owes(key)));
}
