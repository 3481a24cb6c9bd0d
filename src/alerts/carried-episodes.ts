// Escalations of groups that a reload has moved: whoever holds the alerts now, by the same receiver or by its new name, goes on where they were.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { hasTemplate } from './addressees.ts';
import { fingerprintIn, periodOf } from './alert.ts';
import { isAcknowledged } from './escalation.ts';
import type { Group, GroupTable } from './group-table.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import { placeOf } from './ledger/records.ts';
import type { Episode, LedgerRecord, Progress } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState } from './ledger/state.ts';

export interface CarryParts {
  readonly state: Pick<LedgerState, 'episodes' | 'told' | 'toldOf' | 'open' | 'openOf'>;
  readonly groups: Pick<GroupTable, 'of' | 'holding'>;
  readonly document: AlertsDocument;
  readonly now: Instant;
  /** periods that fire and are not muted */
  readonly firing: (group: Group) => readonly string[];
}

export interface Carried {
  /** in their new places: durable before the old ones are cleared, so that a kill in between loses nothing */
  readonly first: readonly LedgerRecord[];
  readonly then: readonly LedgerRecord[];
}

export function carriedEpisodes(parts: CarryParts): Carried {
  const { state, firing } = parts;
  const arrived = new Map<Group, Episode[]>();
  const then: LedgerRecord[] = [];
  for (const [owner, episode] of state.episodes) {
    const [key, receiver] = JSON.parse(owner) as [string, string];
    const group = parts.groups.of(key, receiver);
    const standing = group === undefined || group.isLeft ? null : group;
    if (standing === null) then.push({ kind: 'episode', owner, episode: null });
    const before = { key, receiver, episode, standing };
    for (const target of nowHolding(periodsOf(owner, key, episode, state), before, parts))
      arrived.set(target, [...(arrived.get(target) ?? []), episode]);
  }
  const first = [...arrived].flatMap(([group, episodes]): LedgerRecord[] => {
    const owner = groupOwner(group.key, group.route.receiver);
    const known = state.episodes.get(owner);
    const episode = together(known === undefined ? episodes : [known, ...episodes], firing(group));
    return JSON.stringify(episode) === JSON.stringify(known) ? [] : [{ kind: 'episode', owner, episode }];
  });
  return { first, then };
}

/** What people were called about, or are about to be, and what somebody is on. */
function periodsOf(
  owner: string,
  key: string,
  { acknowledged }: Episode,
  { told, toldOf, open, openOf }: CarryParts['state'],
): ReadonlySet<string> {
  const periods = new Set(acknowledged?.periods);
  const add = (some: readonly string[] = []): void => some.forEach((period) => periods.add(period));
  for (const one of toldOf.get(key) ?? []) {
    const entry = told.get(one);
    [entry?.firing, entry?.muted, entry?.heard].forEach(add);
  }
  for (const id of openOf.get(owner) ?? []) {
    const intent = open.get(id)?.intent;
    (intent?.covers ?? [intent]).forEach((cover) => add(cover?.firing));
  }
  return periods;
}

interface Before {
  readonly key: string;
  readonly receiver: string;
  readonly episode: Episode;
  /** null: it does not stand any more */
  readonly standing: Group | null;
}

/** Groups of the same receiver that hold some of it, where the one that it was in does not. */
function nowHolding(periods: ReadonlySet<string>, before: Before, parts: CarryParts): ReadonlySet<Group> {
  const found = new Set<Group>();
  for (const period of periods) {
    const fingerprint = fingerprintIn(period);
    if (before.standing?.alerts.has(fingerprint) === true) continue;
    for (const group of parts.groups.holding(fingerprint)) {
      const alert = group.alerts.get(fingerprint);
      const goesOn = alert?.ended === null && periodOf(alert) === period;
      if (goesOn && !group.isLeft && !found.has(group) && isSameReceiver(group, period, before, parts))
        found.add(group);
    }
  }
  return found;
}

/** By its name, or by another that only those are called by so far who were called already: the old one is gone. */
function isSameReceiver(
  { route: { receiver } }: Group,
  period: string,
  { key, receiver: old, episode }: Before,
  { state, document, now }: CarryParts,
): boolean {
  if (receiver === old) return true;
  if (document.receivers.some(({ name }) => name === old)) return false;
  const called = new Set<string>();
  for (const one of state.toldOf.get(key) ?? []) {
    const place = placeOf(one);
    const { firing = [], muted = [] } = state.told.get(one) ?? {};
    if (place.receiver === old && [...firing, ...muted].includes(period)) called.add(`${place.channel} ${place.to}`);
  }
  const calling = integrationsOf(document, receiver, now).filter((one) => calls(one, episode));
  const to = calling.flatMap((one) => one.to.map((name) => `${one.channel} ${name}`));
  return to.length > 0 && !calling.some(hasTemplate) && to.every((one) => called.has(one));
}

/** People, and not what machines hear. */
const calls = ({ channel, role }: Integration, { step }: Progress): boolean =>
  channel !== 'webhook' && (role.kind === 'always' || (role.kind === 'step' && role.step <= step));

/** Of several that have become one: nobody is called twice who was called for one of them, and what nobody is on goes on. */
function together(episodes: readonly Episode[], firing: readonly string[]): Episode {
  const acknowledged = togetherOn(episodes);
  const open = episodes.filter((one) => one.acknowledged === null);
  const isTaken = acknowledged !== null && isAcknowledged({ ...episodes.reduce(further), acknowledged }, firing);
  const going = isTaken || open.length === 0 ? episodes : open;
  const names = new Set(going.flatMap(({ standingIn = {} }) => Object.keys(standingIn)));
  const standIns = [...names].map((name): [string, Progress] => [
    name,
    going.flatMap(({ standingIn }) => standingIn?.[name] ?? []).reduce(further),
  ]);
  return {
    ...going.reduce(further),
    ...(standIns.length > 0 && { standingIn: Object.fromEntries(standIns) }),
    acknowledged: isTaken || open.length === 0 ? acknowledged : null,
  };
}

function togetherOn(episodes: readonly Episode[]): Episode['acknowledged'] {
  const all = episodes.flatMap(({ acknowledged }) => acknowledged ?? []);
  const [newest] = all.toSorted((one, other) => other.at - one.at);
  if (newest === undefined) return null;
  return { ...newest, periods: [...new Set(all.flatMap(({ periods }) => periods))] };
}

const countedFrom = ({ accepted, began }: Progress): Instant => accepted ?? began;

/** Of the same step the one whose next one comes first. */
const further = <One extends Progress>(before: One, one: One): One =>
  one.step > before.step || (one.step === before.step && countedFrom(one) < countedFrom(before)) ? one : before;
