// The decision of a flush for one integration: leave it, replace what is still owed, or tell somebody now.
import type { Milliseconds, Instant } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { liveEntry, needsUpdate } from './dedup.ts';
import type { TellReason, ToldEntry } from './dedup.ts';
import type { Recipient } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import { leftOutBySenders } from './left-out-by-sender.ts';
import { isFiring } from './render.ts';

export interface FlushFacts {
  /** in reading order */
  readonly alerts: readonly Alert[];
  /** inhibited, silenced, or outside of its hours now */
  readonly isMuted: (alert: Alert) => boolean;
  /** periods that were muted while they fired: where nobody heard of one, nobody hears of its end */
  readonly mutedBefore: ReadonlySet<string>;
  readonly to: readonly string[];
  /** of those, whoever is told no more than the end of what was announced to him */
  readonly endsOnly: ReadonlySet<string>;
  readonly sendResolved: boolean;
  readonly repeat: Milliseconds;
  /** what is under way for this group and integration */
  readonly open: Notification | undefined;
  /** what is owed is told by somebody else, but for what may have been heard already */
  readonly isGivenAway?: boolean;
  /** to whom it was held back before: they are told what has ended meanwhile, too */
  readonly heldTo: ReadonlySet<string>;
  readonly toldTo: (to: string) => ToldEntry | undefined;
  readonly now: Instant;
}

export interface FlushDecision {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly muted: readonly string[];
  /** alerts that a sender only counted; absent: none */
  readonly truncated?: number;
  /** nothing is said to them, only the record of what they know changes */
  readonly silently: readonly { readonly to: string; readonly entry: ToldEntry }[];
  readonly notify: {
    readonly to: readonly string[];
    readonly reason: TellReason;
    readonly alerts: readonly Alert[];
  } | null;
  /** the open notification gives way to this one, or has nobody left */
  readonly supersede: boolean;
}

export function decideFlush(facts: FlushFacts): FlushDecision {
  const scene = sceneOf(facts);
  const owed = new Set(
    [...(facts.open?.recipients.values() ?? [])]
      .filter(
        (one) => (one.state === 'owed' || one.state === 'attempted') && (!facts.isGivenAway || mayHaveArrived(one)),
      )
      .map(({ to }) => to),
  );
  const waiting = (to: string): boolean => owed.has(to) || facts.heldTo.has(to);
  const views = facts.to.map((to) => viewOf(to, scene, facts, waiting(to)));
  const due = views.filter(({ isDue }) => isDue);
  const silently = views.flatMap(({ to, silent }) => (silent === null ? [] : [{ to, entry: silent }]));
  const resolved = [...new Set(due.flatMap((view) => view.resolved))];
  const muted = [...new Set(due.flatMap((view) => view.muted))];
  const { truncated } = scene;
  const decision = { firing: scene.firing, resolved, muted, silently, ...(truncated > 0 && { truncated }) };
  const reason = reasonOf(due.map((view) => view.reason));
  if (reason === null) return { ...decision, notify: null, supersede: facts.open !== undefined };
  if (facts.open !== undefined && due.every(({ to }) => owed.has(to)) && says(facts.open, scene.firing, resolved))
    return { ...decision, notify: null, supersede: false };
  const ends = new Set(resolved);
  // what began and ended while nobody could be reached is told all the same
  const tellsEnds = facts.sendResolved || owed.size > 0 || facts.heldTo.size > 0;
  const over = tellsEnds ? facts.alerts.filter((alert) => !isFiring(alert) && ends.has(periodOf(alert))) : [];
  const alerts = [...scene.fires, ...over];
  if (alerts.length === 0) return { ...decision, notify: null, supersede: facts.open !== undefined };
  return {
    ...decision,
    notify: { to: due.map(({ to }) => to), reason, alerts },
    supersede: facts.open !== undefined,
  };
}

/** Of what is owed: whoever may have heard of it must hear its end. */
export const mayHaveArrived = ({ state, maybeTwice }: Recipient): boolean => maybeTwice || state === 'attempted';

interface Scene {
  /** not muted */
  readonly fires: readonly Alert[];
  /** their periods */
  readonly firing: readonly string[];
  /** they fire and are muted */
  readonly mutedFiring: ReadonlySet<string>;
  /** of those that fire and are not muted: what their senders left out */
  readonly truncated: number;
  readonly ended: readonly { readonly period: string; readonly open: boolean }[];
}

function sceneOf({ alerts, isMuted, mutedBefore }: FlushFacts): Scene {
  const fires: Alert[] = [];
  const mutedFiring = new Set<string>();
  const ended: { period: string; open: boolean }[] = [];
  for (const alert of alerts) {
    const muted = isMuted(alert);
    if (isFiring(alert) && !muted) fires.push(alert);
    else if (isFiring(alert)) mutedFiring.add(periodOf(alert));
    else {
      const period = periodOf(alert);
      ended.push({ period, open: !muted && !mutedBefore.has(period) });
    }
  }
  return { fires, firing: fires.map(periodOf), mutedFiring, ended, truncated: leftOutBySenders(fires) };
}

const never = Number.POSITIVE_INFINITY as Milliseconds;

interface RecipientView {
  readonly to: string;
  readonly isDue: boolean;
  readonly reason: TellReason | null;
  readonly resolved: readonly string[];
  readonly muted: readonly string[];
  readonly silent: ToldEntry | null;
}

function viewOf(to: string, scene: Scene, facts: FlushFacts, isOwed: boolean): RecipientView {
  const { now, sendResolved } = facts;
  const endsOnly = facts.endsOnly.has(to);
  const repeat = endsOnly ? never : facts.repeat;
  const entry = facts.toldTo(to) ?? null;
  const announced = new Set([...(entry?.firing ?? []), ...(entry?.muted ?? [])]);
  // of what began after his time somebody hears the end only while he is owed what it came with
  const hearsAll = !endsOnly || isOwed;
  // an end that he has heard stays known for when he hears everything again
  const heard = new Set(entry?.resolved);
  const resolved = scene.ended
    .filter(({ period, open }) => (open && (hearsAll || heard.has(period))) || announced.has(period))
    .map(({ period }) => period);
  const muted = [...announced].filter((period) => scene.mutedFiring.has(period));
  const known = entry === null ? null : asKnown(entry, scene, resolved);
  const firing = endsOnly ? scene.firing.filter((period) => known?.firing.includes(period)) : scene.firing;
  // what was told so long ago must be told anew where it fires; that it was announced stays so, and its end is owed
  const isTooOld = !endsOnly && firing.length > 0 && liveEntry(entry ?? undefined, facts.repeat, now) === null;
  const truncated = endsOnly ? 0 : scene.truncated;
  const why = needsUpdate(isTooOld ? null : known, { firing, resolved, sendResolved, truncated }, repeat, now);
  const view = { to, resolved, muted };
  // what was owed to him another message has told him meanwhile: that of the place where a reload had put him
  const hasHeard = why === null && isWithin(firing, entry?.firing) && isWithin(resolved, entry?.resolved);
  if (isOwed && !hasHeard) return { ...view, isDue: true, reason: why ?? 'StillOwed', silent: null };
  if (why !== null && (firing.length > 0 || sendResolved)) return { ...view, isDue: true, reason: why, silent: null };
  // they know of the firing and are not told of the end, or what they know of is muted from now on
  const silent =
    why !== null
      ? { firing, resolved, muted, at: now }
      : entry !== null && entry.firing.some((period) => scene.mutedFiring.has(period))
        ? { ...entry, firing: entry.firing.filter((period) => !scene.mutedFiring.has(period)), muted }
        : null;
  return { ...view, isDue: false, reason: null, silent };
}

function isWithin(some: readonly string[], all: readonly string[] | undefined): boolean {
  const known = all === undefined ? null : new Set(all);
  return known !== null && some.every((period) => known.has(period));
}

/** What is muted is not counted as known, so that it is news when the mute ends; what ended under the mute is. */
function asKnown(entry: ToldEntry, { mutedFiring }: Scene, resolved: readonly string[]): ToldEntry {
  const ended = new Set(resolved);
  const firing = [
    ...entry.firing.filter((period) => !mutedFiring.has(period)),
    ...(entry.muted ?? []).filter((period) => ended.has(period)),
  ];
  return { ...entry, firing };
}

/** That somebody is still owed it is no reason where there is a better one. */
const reasonOf = (reasons: readonly (TellReason | null)[]): TellReason | null =>
  reasons.find((reason) => reason !== null && reason !== 'StillOwed') ??
  reasons.find((reason) => reason !== null) ??
  null;

const sameSet = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && new Set([...left, ...right]).size === left.length;

const says = ({ intent }: Notification, firing: readonly string[], resolved: readonly string[]): boolean =>
  sameSet(intent.firing, firing) && sameSet(intent.resolved, resolved);
