// What groups leave behind to which no route leads any more: messages that the groups of today tell instead.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { hasTemplate } from './addressees.ts';
import { fingerprintIn } from './alert.ts';
import type { Group, GroupTable } from './group-table.ts';
import { speakersOf } from './hand-over.ts';
import { integrationsOf } from './integrations.ts';
import { recipientKey } from './ledger/records.ts';
import type { Intent } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { groupsOf } from './spoken-for.ts';
import type { Standing } from './spoken-for.ts';
import { isGone, serves } from './ways.ts';

type Groups = Pick<GroupTable, 'of' | 'holding'>;

/** What they say is told by other groups now, as it is then; whoever may have heard of them hears its end there, too. */
export const toldElsewhere = (
  { open }: Pick<LedgerState, 'open'>,
  standing: { readonly document: AlertsDocument; readonly groups: Groups },
): readonly Notification[] =>
  [...open.values()].filter(
    ({ intent }) =>
      intent.covers === undefined &&
      !isGone(intent) &&
      groupsOf(intent, standing).every(({ isLeft }) => isLeft) &&
      intent.firing.every((period) => standing.groups.holding(fingerprintIn(period)).some(({ isLeft }) => !isLeft)) &&
      intent.resolved.every((period) => standing.groups.holding(fingerprintIn(period)).length > 0),
  );

/** Messages to whoever is gone, where all that he knows is told by somebody else now. */
export const forsaken = ({ open, told }: Pick<LedgerState, 'open' | 'told'>): readonly Notification[] =>
  [...open.values()].filter(
    ({ intent }) => isGone(intent) && intent.to.every((to) => !told.has(recipientKey(intent, to))),
  );

/** What of such a message he is told now where it is held: of that he hears the end, though he has heard nothing yet. */
export function newsElsewhere(
  { firing, resolved, channel, index, way }: Intent,
  to: string,
  { ways }: Pick<LedgerState, 'ways'>,
  { document, groups }: { readonly document: AlertsDocument; readonly groups: Groups },
  now: Instant,
): readonly string[] {
  const remembered = way === undefined ? undefined : ways.get(way);
  const tells = ({ isLeft, route }: Group): boolean =>
    !isLeft && speakersOf(document, route.receiver, now).some((one) => serves(one, { channel, index, to }, remembered));
  return [...firing, ...resolved].filter((period) => groups.holding(fingerprintIn(period)).some(tells));
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
  const { channel, index } = intent;
  const way = intent.way === undefined ? undefined : ways.get(intent.way);
  const isKnown = integrationsOf(standing.document, intent.receiver, now).some(
    (one) =>
      one.channel === channel &&
      one.index === index &&
      // another webhook may have its number now
      (hasTemplate(one) || intent.to.every((to) => serves(one, { channel, index, to }, way))),
  );
  const groups = groupsOf(intent, standing);
  return !isKnown || groups.length === 0 || groups.some(({ isLeft }) => isLeft);
}
