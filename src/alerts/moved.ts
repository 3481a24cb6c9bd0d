// What groups leave behind to which no route leads any more: messages that the groups of today tell instead.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { isOwed } from './courier.ts';
import { hasTemplate } from './addressees.ts';
import { fingerprintIn } from './alert.ts';
import type { Group, GroupTable } from './group-table.ts';
import { speakersOf } from './hand-over.ts';
import { integrationsOf } from './integrations.ts';
import { placeOf, recipientKey } from './ledger/records.ts';
import type { HeldBack, Intent, Told } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { groupsOf } from './spoken-for.ts';
import type { Standing } from './spoken-for.ts';
import { isGone, isSameWebhook, serves } from './ways.ts';
import type { Place } from './ways.ts';

type Groups = Pick<GroupTable, 'of' | 'holding'>;

/** Of a message, those whom a reload has put elsewhere: whoever may have heard of it hears its end there, too. */
export interface MovedAway {
  readonly notification: Notification;
  readonly to: readonly string[];
}

export function movedAway(
  { open, ways }: Pick<LedgerState, 'open' | 'ways'>,
  standing: { readonly document: AlertsDocument; readonly groups: Groups },
  now: Instant,
): readonly MovedAway[] {
  return [...open.values()].flatMap((notification): readonly MovedAway[] => {
    const { intent, recipients } = notification;
    if (isGone(intent)) return [];
    const owed = [...recipients.values()].filter(isOwed).map(({ to }) => to);
    const isElsewhere = hasGroupElsewhere(intent, standing);
    if (isElsewhere && !isToldElsewhere(intent, standing) && !isForgotten(intent, standing)) return [];
    const to = isElsewhere ? owed : owed.filter((one) => !isNamed(intent, one, ways, standing.document, now));
    return to.length === 0 ? [] : [{ notification, to }];
  });
}

/** One of the groups that it speaks for does not stand any more, or for the end only. */
const hasGroupElsewhere = ({ groupKey, receiver, covers }: Intent, standing: Standing): boolean =>
  (covers ?? [{ groupKey }]).some((cover) =>
    groupsOf({ groupKey: cover.groupKey, receiver }, standing).every(({ isLeft }) => isLeft),
  );

/** What it says is told by other groups now, as it is then; of what nobody holds any more there is nothing to say. */
function isToldElsewhere({ firing, resolved }: Intent, { groups }: { readonly groups: Groups }): boolean {
  const holders = (period: string): readonly Group[] => groups.holding(fingerprintIn(period));
  const isHeld = (period: string): boolean => holders(period).length > 0;
  return (
    [...firing, ...resolved].some(isHeld) &&
    firing.filter(isHeld).every((period) => holders(period).some(({ isLeft }) => !isLeft))
  );
}

/** It says that something fires whose end everybody has heard: a kill came before it was written that it is withdrawn. */
const isForgotten = ({ firing, resolved }: Intent, { groups }: { readonly groups: Groups }): boolean =>
  resolved.length === 0 && firing.every((period) => groups.holding(fingerprintIn(period)).length === 0);

/** In the place that the message is for. */
function isNamed(
  { receiver, channel, index, way }: Pick<Intent, 'receiver' | 'channel' | 'index' | 'way'>,
  to: string,
  ways: LedgerState['ways'],
  document: AlertsDocument,
  now: Instant,
): boolean {
  const remembered = way === undefined ? undefined : ways.get(way);
  return integrationsOf(document, receiver, now).some(
    (one) =>
      one.channel === channel &&
      one.index === index &&
      // another webhook may have its number now
      (hasTemplate(one) || serves(one, { channel, index, to }, remembered)),
  );
}

/** Messages to whoever is gone, where something that they say is told by somebody else now. */
export function forsaken(
  { open, told }: Pick<LedgerState, 'open' | 'told'>,
  /** what accounts will be */
  next: ReadonlyMap<string, Told>,
): readonly Notification[] {
  const isHis = ({ firing, resolved, ...intent }: Intent, to: string): boolean => {
    const key = recipientKey(intent, to);
    const entry = next.get(key) ?? told.get(key);
    const announced = new Set([...(entry?.firing ?? []), ...(entry?.muted ?? []), ...(entry?.heard ?? [])]);
    return [...firing, ...resolved].every((period) => announced.has(period));
  };
  return [...open.values()].filter(({ intent }) => isGone(intent) && !intent.to.some((to) => isHis(intent, to)));
}

/** Of these, what he is told now where it is held: of that he hears the end, though he has heard nothing yet. */
export function newsElsewhere(
  periods: Iterable<string>,
  { channel, index, to, way }: Omit<Place, 'receiver'> & Pick<Intent, 'way'>,
  { ways, told, toldOf }: Pick<LedgerState, 'ways' | 'told' | 'toldOf'>,
  { document, groups }: { readonly document: AlertsDocument; readonly groups: Groups },
  now: Instant,
): readonly string[] {
  const remembered = way === undefined ? undefined : ways.get(way);
  const isHis = (key: string): boolean => {
    const place = placeOf(key);
    if (place.channel !== channel) return false;
    return channel === 'webhook' ? isSameWebhook(told.get(key)?.way, way, ways) : place.to === to;
  };
  const ends = new Map<string, ReadonlySet<string>>();
  const endsKnownIn = (groupKey: string): ReadonlySet<string> => {
    const known = ends.get(groupKey);
    if (known !== undefined) return known;
    const his = [...(toldOf.get(groupKey) ?? [])].filter(isHis);
    const found = new Set(his.flatMap((key) => told.get(key)?.resolved ?? []));
    ends.set(groupKey, found);
    return found;
  };
  const tells = ({ isLeft, route }: Group): boolean =>
    !isLeft && speakersOf(document, route.receiver, now).some((one) => serves(one, { channel, index, to }, remembered));
  return [...new Set(periods)].filter((period) =>
    groups.holding(fingerprintIn(period)).some((group) => tells(group) && !endsKnownIn(group.key).has(period)),
  );
}

/** Those who waited for their turn where they are not told any more. */
export function heldElsewhere(
  held: HeldBack,
  standing: { readonly document: AlertsDocument; readonly groups: Groups },
  state: Pick<LedgerState, 'told' | 'ways'>,
  now: Instant,
): readonly (Place & Pick<Intent, 'way'>)[] {
  const stands = groupsOf(held, standing).some(({ isLeft }) => !isLeft);
  return held.to
    .map((to) => ({ ...held, to, way: held.way ?? state.told.get(recipientKey(held, to))?.way }))
    .filter((place) => !stands || !isNamed(place, place.to, state.ways, standing.document, now));
}

/** A reload has moved somebody whom it was on its way to, or the group. */
export function hasMoved(
  intent: Intent,
  { ways }: Pick<LedgerState, 'ways'>,
  standing: Standing,
  now: Instant,
): boolean {
  // what he knows by now may be told by the configuration again
  if (isGone(intent)) return true;
  const isKnown = intent.to.every((to) => isNamed(intent, to, ways, standing.document, now));
  return !isKnown || hasGroupElsewhere(intent, standing) || groupsOf(intent, standing).some(({ isLeft }) => isLeft);
}
