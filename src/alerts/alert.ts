// An alert as the pipeline knows it, and how a second observation joins the first.
import type { PlanAlert } from '../model/plan.ts';
import { instantOf } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Flap } from './flapping.ts';
import type { Truncated } from './left-out-by-sender.ts';

export type LabelSet = Readonly<Record<string, string>>;

export interface Alert {
  readonly fingerprint: string;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly since: Instant;
  /** null while it fires */
  readonly ended: Instant | null;
  /** when this period was accepted: it names the period, and group_wait counts from here, over restarts too */
  readonly accepted: Instant;
  /** while it fires: its end, unless its sender speaks of it again; absent where the end is always said */
  readonly expires?: Instant;
  /** the end was not said by its sender: it is resolve_timeout after the last word */
  readonly timeout?: boolean;
  /** when its sender last spoke of it */
  readonly updated?: Instant;
  readonly generatorURL?: string;
  /** alerts beside it that its sender only counted */
  readonly truncated?: Truncated;
  /** when it has begun lately, where that is more than once */
  readonly begins?: readonly Instant[] | undefined;
  /** it begins and ends all the time: it counts as firing until it has kept quiet for a while */
  readonly flapping?: Flap | undefined;
}

/** What deduplication compares: a period of an alert, so that one that ended and came back counts as news. */
export const periodOf = ({ fingerprint, accepted, flapping }: Alert): string =>
  `${fingerprint}@${accepted}${flapping === undefined ? '' : `~${flapping.since}`}`;

export const fingerprintIn = (period: string): string => period.slice(0, period.indexOf('@'));

/** An own condition with the global labels put under its own. */
export function alertOf(told: PlanAlert, globalLabels: LabelSet, now: Instant): Alert {
  const labels = { ...globalLabels, ...told.labels };
  return {
    fingerprint: fingerprintOf(labels),
    labels,
    annotations: told.annotations,
    since: instantOf(told.since) ?? now,
    ended: told.state === 'resolved' ? now : null,
    accepted: now,
    updated: now,
  };
}

const always = Number.POSITIVE_INFINITY;
const endOf = ({ ended, expires }: Alert): number => ended ?? expires ?? always;

/** A firing alert whose time has run out, as it is now. */
export function asOf(alert: Alert, now: Instant): Alert {
  const { expires } = alert;
  return alert.ended !== null || expires === undefined || expires > now ? alert : { ...alert, ended: expires };
}

/** One label set seen again. Periods that overlap become one; else the later word stands alone. */
export function mergeAlerts(known: Alert, told: Alert): Alert {
  const inside = (at: number): boolean => at > known.since && at < endOf(known);
  const overlaps = inside(told.since) || inside(endOf(told));
  const merged = overlaps ? joined(known, told) : told;
  const goesOn = known.ended === null || merged.since <= known.since;
  return { ...merged, accepted: goesOn ? known.accepted : told.accepted };
}

/** The earliest start; the words of the later one; an end that was said beats one that was only waited for. */
export function joined(one: Alert, other: Alert): Alert {
  const [older, newer] = (one.updated ?? 0) <= (other.updated ?? 0) ? [one, other] : [other, one];
  const since = older.since < newer.since ? older.since : newer.since;
  if (newer.ended !== null) {
    const ended = older.ended !== null && older.ended > newer.ended ? older.ended : newer.ended;
    return { ...newer, since, ended };
  }
  const { expires: later } = older;
  const keeps = older.ended === null && older.timeout !== true && later !== undefined && later > endOf(newer);
  return keeps ? { ...newer, since, expires: later, timeout: false } : { ...newer, since };
}
