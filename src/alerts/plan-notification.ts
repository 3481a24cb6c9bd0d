// The decision of a flush for one integration: leave it, replace what is still owed, or tell somebody now.
import type { Milliseconds, Instant } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { liveEntry, needsUpdate } from './dedup.ts';
import type { TellReason, ToldEntry } from './dedup.ts';
import type { Notification } from './ledger/state.ts';
import { isFiring } from './render.ts';

export interface FlushFacts {
  /** in reading order */
  readonly alerts: readonly Alert[];
  readonly to: readonly string[];
  readonly sendResolved: boolean;
  readonly repeat: Milliseconds;
  /** what is under way for this group and integration */
  readonly open: Notification | undefined;
  readonly toldTo: (to: string) => ToldEntry | undefined;
  readonly now: Instant;
}

export interface FlushDecision {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** they know of the firing, and are not told of the end: only the record changes */
  readonly silently: readonly string[];
  readonly notify: {
    readonly to: readonly string[];
    readonly reason: TellReason;
    readonly alerts: readonly Alert[];
  } | null;
  /** the open notification gives way to this one, or has nobody left */
  readonly supersede: boolean;
}

export function decideFlush(facts: FlushFacts): FlushDecision {
  const firingAlerts = facts.alerts.filter(isFiring);
  const firing = firingAlerts.map(periodOf);
  const resolved = facts.alerts.filter((alert) => !isFiring(alert)).map(periodOf);
  const current = { firing, resolved, sendResolved: facts.sendResolved };
  const owed = new Set(
    [...(facts.open?.recipients.values() ?? [])]
      .filter(({ state }) => state === 'owed' || state === 'attempted')
      .map(({ to }) => to),
  );
  const silently: string[] = [];
  const due: string[] = [];
  let reason: TellReason | null = null;
  for (const to of facts.to) {
    const why = needsUpdate(liveEntry(facts.toldTo(to), facts.repeat, facts.now), current, facts.repeat, facts.now);
    if (owed.has(to)) {
      due.push(to);
      reason ??= 'StillOwed';
    } else if (why !== null && firing.length === 0 && !facts.sendResolved) silently.push(to);
    else if (why !== null) {
      due.push(to);
      reason = reason === null || reason === 'StillOwed' ? why : reason;
    }
  }
  const decision = { firing, resolved, silently };
  if (reason === null) return { ...decision, notify: null, supersede: facts.open !== undefined };
  if (facts.open !== undefined && due.every((to) => owed.has(to)) && says(facts.open, firing, resolved))
    return { ...decision, notify: null, supersede: false };
  // what began and ended while nobody could be reached is told all the same
  const alerts = facts.sendResolved || owed.size > 0 ? facts.alerts : firingAlerts;
  return { ...decision, notify: { to: due, reason, alerts }, supersede: facts.open !== undefined };
}

const sameSet = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && new Set([...left, ...right]).size === left.length;

const says = ({ intent }: Notification, firing: readonly string[], resolved: readonly string[]): boolean =>
  sameSet(intent.firing, firing) && sameSet(intent.resolved, resolved);
