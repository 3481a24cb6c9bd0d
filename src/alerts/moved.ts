// What groups leave behind to which no route leads any more: messages that the groups of today tell instead.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { isOwed } from './courier.ts';
import { hasTemplate } from './addressees.ts';
import { fingerprintIn } from './alert.ts';
import type { Group, GroupTable } from './group-table.ts';
import { speakersOf } from './hand-over.ts';
import { integrationsOf } from './integrations.ts';
import { recipientKey } from './ledger/records.ts';
import type { Intent, Recipient } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { groupsOf } from './spoken-for.ts';
import type { Standing } from './spoken-for.ts';
import { isGone, serves } from './ways.ts';

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
    const groups = groupsOf(intent, standing);
    const isElsewhere = groups.every(({ isLeft }) => isLeft);
    if (isElsewhere && !isToldElsewhere(intent, standing)) return [];
    const to = isElsewhere ? owed : owed.filter((one) => !isNamed(intent, one, ways, standing.document, now));
    return to.length === 0 ? [] : [{ notification, to }];
  });
}

/** What it says is told by other groups now, as it is then; of what nobody holds any more there is nothing to say. */
function isToldElsewhere({ firing, resolved }: Intent, { groups }: { readonly groups: Groups }): boolean {
  const holders = (period: string): readonly Group[] => groups.holding(fingerprintIn(period));
  const isHeld = (period: string): boolean => holders(period).length > 0;
  return (
    [...firing, ...resolved].some(isHeld) &&
    firing.filter(isHeld).every((period) => holders(period).some(({ isLeft }) => !isLeft))
  );
}

/** In the place that the message is for. */
function isNamed(
  { receiver, channel, index, way }: Intent,
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

/** Messages to whoever is gone, where all that he knows is told by somebody else now. */
export const forsaken = ({ open, told }: Pick<LedgerState, 'open' | 'told'>): readonly Notification[] =>
  [...open.values()].filter(
    ({ intent }) => isGone(intent) && intent.to.every((to) => !told.has(recipientKey(intent, to))),
  );

/** What of such a message he is told now where it is held: of that he hears the end, though he has heard nothing yet. */
export function newsElsewhere(
  { channel, index, way }: Intent,
  { to, owes = [] }: Pick<Recipient, 'to' | 'owes'>,
  { firing, resolved }: Pick<Intent, 'firing' | 'resolved'>,
  { ways }: Pick<LedgerState, 'ways'>,
  { document, groups }: { readonly document: AlertsDocument; readonly groups: Groups },
  now: Instant,
): readonly string[] {
  const remembered = way === undefined ? undefined : ways.get(way);
  const tells = ({ isLeft, route }: Group): boolean =>
    !isLeft && speakersOf(document, route.receiver, now).some((one) => serves(one, { channel, index, to }, remembered));
  const over = owes.filter((period) => resolved.includes(period));
  return [...firing, ...over].filter((period) => groups.holding(fingerprintIn(period)).some(tells));
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
  const groups = groupsOf(intent, standing);
  return !isKnown || groups.length === 0 || groups.some(({ isLeft }) => isLeft);
}
