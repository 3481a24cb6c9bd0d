// What is kept of a rule over a restart, and how `for` goes on from there: the time in between does not count.
import type { AlertingRule, RuleGroup } from '../../model/rule.ts';
import { later, minutes, since } from '../../model/units.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { byCodeUnit } from '../fingerprint.ts';
import { keyOf, type ReadyRule, type RuleAlert, type RuleStates } from './state.ts';

/** Plain data: it goes into the ledger as it is. */
export interface RuleMemory {
  readonly rule: string;
  /** of the last evaluation that succeeded */
  readonly at: Instant;
  /** none: the rule is forgotten */
  readonly alerts: readonly RuleAlert[];
}

export interface RestoreTerms {
  /** what is older begins anew */
  readonly outageTolerance: Milliseconds;
  /** how long a restored alert stays pending at least, and how long `for` is at least for it to be restored */
  readonly gracePeriod: Milliseconds;
}

export const usualRestore: RestoreTerms = { outageTolerance: minutes(60), gracePeriod: minutes(10) };

/** The same over reloads and restarts, as long as file, group, name and labels are; `occurrence` tells copies apart. */
export const ruleKey = ({ file, name }: RuleGroup, { alert, labels }: AlertingRule, occurrence: number): string =>
  JSON.stringify([file, name, alert, Object.entries(labels).sort(([a], [b]) => byCodeUnit(a, b)), occurrence]);

/**
 * The states to go on from when a rule is evaluated for the first time after a restart. What was announced stays
 * announced; Prometheus would begin to wait for `for` anew where it is shorter than the grace period.
 */
export function recalled(
  rule: Pick<ReadyRule, 'for'>,
  memory: RuleMemory,
  now: Instant,
  { outageTolerance, gracePeriod }: RestoreTerms,
): RuleStates {
  const down = Math.max(0, since(memory.at, now)) as Milliseconds;
  const states = new Map<string, RuleAlert>();
  if (down > outageTolerance) return states;
  for (const alert of memory.alerts) {
    if (alert.state !== 'pending') states.set(keyOf(alert.labels), alert);
    else if (rule.for >= gracePeriod) {
      const remaining = rule.for - since(alert.activeAt, memory.at);
      const activeAt =
        remaining <= 0
          ? alert.activeAt
          : remaining < gracePeriod
            ? later(now, (gracePeriod - rule.for) as Milliseconds)
            : later(alert.activeAt, down);
      states.set(keyOf(alert.labels), { ...alert, activeAt });
    }
  }
  return states;
}

/** What a later process would go on from; texts of pending alerts are filled in anew. */
export function worthKeeping(
  rule: Pick<ReadyRule, 'for'>,
  states: RuleStates,
  { gracePeriod }: Pick<RestoreTerms, 'gracePeriod'>,
): RuleStates {
  const kept = new Map<string, RuleAlert>();
  for (const [key, alert] of states)
    if (alert.state !== 'pending') kept.set(key, alert);
    else if (rule.for >= gracePeriod) kept.set(key, { ...alert, annotations: {} });
  return kept;
}

export interface Kept {
  readonly at: Instant;
  readonly states: RuleStates;
}

/** Alerts that only go on firing are written seldom: often enough to be within the tolerance. */
const refreshed = minutes(5);

/** A pending alert must know when it was last seen: a record an evaluation. */
export function isWorthSaving(saved: Kept | null, { at, states }: Kept): boolean {
  if (saved === null || saved.states.size === 0) return states.size > 0;
  if (states.size !== saved.states.size || since(saved.at, at) >= refreshed) return true;
  for (const [key, alert] of states)
    if (alert.state === 'pending' || !isSame(alert, saved.states.get(key))) return true;
  return false;
}

function isSame(alert: RuleAlert, saved: RuleAlert | undefined): boolean {
  switch (saved?.state) {
    case 'firing':
      return alert.state === 'firing' && alert.firedAt === saved.firedAt && alert.keptSince === saved.keptSince;
    case 'resolved':
      return alert.state === 'resolved' && alert.resolvedAt === saved.resolvedAt;
    default:
      return false;
  }
}

export const statesOf = ({ alerts }: RuleMemory): RuleStates =>
  new Map(alerts.map((alert) => [keyOf(alert.labels), alert]));
