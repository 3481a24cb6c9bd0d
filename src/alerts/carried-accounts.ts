// What one person knows, as an account that is carried elsewhere: a part of it, and two that become one.
import type { Told } from './ledger/records.ts';
import { isEmpty, knownTo } from './ledger/told-entry.ts';

/** Nothing where he has heard of nothing. */
export function announcedIn(entry: Told): readonly string[] {
  const known = knownTo(entry);
  return [...(known?.firing ?? []), ...(known?.muted ?? [])];
}

/** What he has perhaps heard only is news to him where he is told now, and its end is owed. */
export function only(entry: Told, periods: ReadonlySet<string>): Told {
  const { firing = [], muted = [], resolved = [] } = knownTo(entry) ?? {};
  const [sure = [], perhaps, over = []] = [firing, muted, resolved].map((some) =>
    some.filter((period) => periods.has(period)),
  );
  return { ...entry, heard: undefined, outcome: 'sent', firing: sure, muted: perhaps, resolved: over };
}

/** In whatever order, as the ledger keeps it. */
const asKept = ({ firing, resolved, muted = [], heard, at, outcome, way, truncated }: Told): string =>
  JSON.stringify([...[firing, resolved, muted, heard].map((some) => some?.toSorted()), at, outcome, way, truncated]);

export const isSame = (one: Told, other: Told): boolean => asKept(one) === asKept(other);

/** What one person knows by two ways that have become one. */
export function both(one: Told, other: Told): Told {
  // of one instant by what is in them: two who carry the same account come to the same
  const isOlder = one.at === other.at ? asKept(one) <= asKept(other) : one.at < other.at;
  const [older, newer] = isOlder ? [one, other] : [other, one];
  const [before, after] = [knownTo(older), knownTo(newer)];
  // of what he has heard the end meanwhile nothing is owed
  const over = new Set(after?.resolved);
  const together = (some: readonly string[] = [], more: readonly string[] = []): readonly string[] => [
    ...new Set([...some.filter((period) => !over.has(period)), ...more]),
  ];
  const firing = together(before?.firing, after?.firing);
  const fires = new Set(firing);
  // a doubt makes nothing of an end that he has heard for certain
  const known = new Set([...firing, ...(before?.resolved ?? [])]);
  const merged = {
    firing,
    resolved: [...new Set([...(before?.resolved ?? []).filter((period) => !fires.has(period)), ...over])],
    muted: together(before?.muted, after?.muted).filter((period) => !known.has(period)),
  };
  const way = newer.way ?? older.way;
  const entry: Told = { ...newer, ...merged, way, outcome: 'sent', heard: undefined };
  return isEmpty(entry) && entry.resolved.length === 0 ? newer : entry;
}

/** He has heard them by another account: how old the rest of this one is stays what it was. */
export const withEnds = (entry: Told, ends: Told): Told => ({ ...both(entry, ends), at: entry.at });
