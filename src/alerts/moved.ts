// What groups leave behind to which no route leads any more: messages that the groups of today tell instead.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { hasTemplate } from './addressees.ts';
import { fingerprintIn } from './alert.ts';
import { isOwed } from './courier.ts';
import type { GroupTable } from './group-table.ts';
import { integrationsOf, reaches } from './integrations.ts';
import type { Intent } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { mayHaveArrived } from './plan-notification.ts';
import { groupsOf } from './spoken-for.ts';
import type { Standing } from './spoken-for.ts';
import { isGone } from './ways.ts';

type Groups = Pick<GroupTable, 'of' | 'holding'>;

/** Nobody has heard of them, and what they say is told by other groups now, as it is then. */
export const toldElsewhere = (
  { open }: Pick<LedgerState, 'open'>,
  standing: { readonly document: AlertsDocument; readonly groups: Groups },
): readonly Notification[] =>
  [...open.values()].filter(
    ({ intent, recipients }) =>
      intent.covers === undefined &&
      !isGone(intent) &&
      groupsOf(intent, standing).every(({ isLeft }) => isLeft) &&
      [...recipients.values()].filter(isOwed).every((one) => !mayHaveArrived(one)) &&
      intent.firing.every((period) => standing.groups.holding(fingerprintIn(period)).some(({ isLeft }) => !isLeft)) &&
      intent.resolved.every((period) => standing.groups.holding(fingerprintIn(period)).length > 0),
  );

/** A reload has moved somebody whom it was on its way to, or the group. */
export function hasMoved(intent: Intent, standing: Standing, now: Instant): boolean {
  if (isGone(intent)) return false;
  const isKnown = integrationsOf(standing.document, intent.receiver, now).some(
    (one) =>
      one.channel === intent.channel &&
      one.index === intent.index &&
      (hasTemplate(one) || intent.to.every((to) => reaches(one, to))),
  );
  const groups = groupsOf(intent, standing);
  return !isKnown || groups.length === 0 || groups.some(({ isLeft }) => isLeft);
}
