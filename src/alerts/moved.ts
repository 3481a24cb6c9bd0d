// What groups leave behind to which no route leads any more: who is on it, and messages that the groups of today tell instead.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { isOwed } from './courier.ts';
import type { GroupTable } from './group-table.ts';
import { integrationsOf, reaches } from './integrations.ts';
import type { Episode, Intent, LedgerRecord } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { mayHaveArrived } from './plan-notification.ts';
import { groupsOf } from './spoken-for.ts';
import type { Standing } from './spoken-for.ts';
import { isGone } from './ways.ts';

type Groups = Pick<GroupTable, 'of' | 'holding'>;

const fingerprintIn = (period: string): string => period.slice(0, period.indexOf('@'));

/** Whoever is on an alert stays on it in the group of the same receiver that holds it now. */
export function carriedAcknowledgements(
  { episodes }: Pick<LedgerState, 'episodes'>,
  groups: Groups,
  now: Instant,
): readonly LedgerRecord[] {
  const carried = new Map<string, Episode>();
  const left: LedgerRecord[] = [];
  for (const [owner, { acknowledged }] of episodes) {
    const [key, receiver] = JSON.parse(owner) as [string, string];
    if (acknowledged === null || groups.of(key, receiver)?.isLeft === false) continue;
    left.push({ kind: 'episode', owner, episode: null });
    for (const period of acknowledged.periods)
      for (const group of groups.holding(fingerprintIn(period))) {
        if (group.isLeft || group.route.receiver !== receiver) continue;
        const target = groupOwner(group.key, receiver);
        const known = carried.get(target) ??
          episodes.get(target) ?? { step: 0, began: now, accepted: now, acknowledged: null };
        const periods = [...new Set([...(known.acknowledged?.periods ?? []), period])];
        carried.set(target, { ...known, acknowledged: { ...acknowledged, periods } });
      }
  }
  // after what takes its place: of what is written together a kill may leave the beginning only
  return [...[...carried].map(([owner, episode]): LedgerRecord => ({ kind: 'episode', owner, episode })), ...left];
}

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
    (one) => one.channel === intent.channel && one.index === intent.index && intent.to.every((to) => reaches(one, to)),
  );
  const groups = groupsOf(intent, standing);
  return !isKnown || groups.length === 0 || groups.some(({ isLeft }) => isLeft);
}
