// What somebody knows after a message: what it said, or what he knew before where it did not reach him.
import type { Instant } from '../../model/units.ts';
import type { ToldEntry } from '../dedup.ts';
import type { Cover, Told } from './records.ts';

/** The fault is in his address: asking again at each turn changes nothing, and servers count who asks. */
const hisOwn: ReadonlySet<string> = new Set(['AddressInvalid', 'RecipientRefused']);

export type Ending =
  | { readonly outcome: 'sent'; readonly at: Instant }
  | {
      readonly outcome: 'failed';
      readonly at: Instant;
      readonly reason: string | null;
      /** an attempt before the refusal may have reached him */
      readonly mayHaveArrived: boolean;
    };

/** `lasts`: its alert is still there. */
export function toldEntry(
  cover: Omit<Cover, 'groupKey'>,
  ending: Ending,
  before: Told | undefined,
  lasts: (period: string) => boolean,
): Told {
  const { muted, truncated } = cover;
  const { outcome, at } = ending;
  const unsaid = besides(cover, knownTo(before), lasts);
  const firing = [...cover.firing, ...unsaid.firing];
  const resolved = [...cover.resolved, ...unsaid.resolved];
  const entry = {
    firing,
    resolved,
    ...withMuted([...(muted ?? []), ...unsaid.muted]),
    ...(truncated !== undefined && { truncated }),
    at,
    outcome,
  };
  if (ending.outcome === 'sent' || hisOwn.has(ending.reason ?? '')) return entry;
  const known = knownTo(before);
  const owesEnds = [...(muted ?? []), ...(known?.muted ?? []), ...(ending.mayHaveArrived ? cover.firing : [])];
  return {
    ...entry,
    ...withMuted(owesEnds),
    heard: known?.firing ?? [],
    resolved: (known?.resolved ?? []).filter(lasts),
  };
}

/** What he knows beside: a reload has brought it to his account while the message was on its way, or others still wait for its end. */
function besides(
  { firing, resolved, muted = [] }: Omit<Cover, 'groupKey'>,
  known: ToldEntry | undefined,
  lasts: (period: string) => boolean,
): Required<Pick<Told, 'firing' | 'resolved' | 'muted'>> {
  if (known === undefined) return { firing: [], resolved: [], muted: [] };
  const said = new Set([...firing, ...resolved, ...muted]);
  const isLeft = (period: string): boolean => !said.has(period) && lasts(period);
  return {
    firing: known.firing.filter(isLeft),
    resolved: known.resolved.filter(isLeft),
    muted: (known.muted ?? []).filter(isLeft),
  };
}

/** Something else is said in the place of what he may have heard: that is still news, and its end is to be told. */
export function maybeTold({ firing }: Pick<Cover, 'firing'>, at: Instant, before: Told | undefined): Told {
  const entry: Told = before ?? { firing: [], resolved: [], at, outcome: 'nothingToSay' };
  const { firing: fires = [], resolved: over = [] } = knownTo(before) ?? {};
  const known = new Set([...fires, ...over]);
  return { ...entry, ...withMuted([...(entry.muted ?? []), ...firing.filter((period) => !known.has(period))]) };
}

const withMuted = (muted: readonly string[]): Pick<Told, 'muted'> =>
  muted.length === 0 ? {} : { muted: [...new Set(muted)] };

/** What he knows of: undefined where he has never heard of the group. */
export function knownTo(entry: Told | undefined): ToldEntry | undefined {
  if (entry?.heard === undefined) return entry;
  const { heard, muted = [], at } = entry;
  const announced = new Set([...heard, ...muted]);
  const resolved = entry.resolved.filter((period) => !announced.has(period));
  return announced.size + resolved.length === 0 ? undefined : { firing: heard, resolved, ...withMuted(muted), at };
}

export const isEmpty = ({ firing, muted = [], heard = [] }: Pick<Told, 'firing' | 'muted' | 'heard'>): boolean =>
  firing.length === 0 && muted.length === 0 && heard.length === 0;
