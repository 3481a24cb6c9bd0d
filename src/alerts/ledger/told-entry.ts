// What somebody knows after a message: what it said, or what he knew before where it did not reach him.
import type { Instant } from '../../model/units.ts';
import type { ToldEntry } from '../dedup.ts';
import type { Cover, Told } from './records.ts';

/** The fault is in his address: asking again at each turn changes nothing, and servers count who asks. */
const hisOwn: ReadonlySet<string> = new Set(['AddressInvalid', 'RecipientRefused']);

export type Ending =
  | { readonly outcome: 'sent'; readonly at: Instant }
  | { readonly outcome: 'failed'; readonly at: Instant; readonly reason: string | null };

export function toldEntry(
  { firing, resolved, muted, truncated }: Omit<Cover, 'groupKey'>,
  ending: Ending,
  before: Told | undefined,
): Told {
  const { outcome, at } = ending;
  const isNews = ending.outcome === 'failed' && !hisOwn.has(ending.reason ?? '');
  return {
    firing,
    resolved,
    ...(muted !== undefined && muted.length > 0 && { muted }),
    ...(truncated !== undefined && { truncated }),
    at,
    outcome,
    ...(isNews && { heard: knownTo(before)?.firing ?? [] }),
  };
}

/** What he knows of: undefined where he has never heard of the group. */
export function knownTo(entry: Told | undefined): ToldEntry | undefined {
  if (entry?.heard === undefined) return entry;
  return entry.heard.length === 0 ? undefined : { firing: entry.heard, resolved: [], at: entry.at };
}

export const isEmpty = ({ firing, muted = [], heard = [] }: Told): boolean =>
  firing.length === 0 && muted.length === 0 && heard.length === 0;
