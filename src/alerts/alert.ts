// An alert as the pipeline knows it, its fingerprint, and how a second observation joins the first.
import type { PlanAlert } from '../model/plan.ts';
import { instantOf } from '../model/units.ts';
import type { Instant } from '../model/units.ts';

export type LabelSet = Readonly<Record<string, string>>;

export interface Alert {
  readonly fingerprint: string;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly since: Instant;
  /** null while it fires */
  readonly ended: Instant | null;
  /** when this period was accepted: group_wait counts from here, over restarts too */
  readonly accepted: Instant;
}

const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const encoder = new TextEncoder();

/** FNV-1a 64 over the sorted labels, `name 0xff value 0xff`; an empty value is an absent label. */
export function fingerprintOf(labels: LabelSet): string {
  let hash = offsetBasis;
  const mix = (byte: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  };
  for (const name of Object.keys(labels).sort(byCodeUnit)) {
    const value = labels[name] ?? '';
    if (value === '') continue;
    encoder.encode(name).forEach(mix);
    mix(0xff);
    encoder.encode(value).forEach(mix);
    mix(0xff);
  }
  return hash.toString(16).padStart(16, '0');
}

export const byCodeUnit = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** What deduplication compares: a period of an alert, so that one that ended and came back counts as news. */
export const periodOf = (alert: Alert): string => `${alert.fingerprint}@${alert.since}`;

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
  };
}

/** One label set seen again: periods that overlap become one with the earlier start; the newer text wins. */
export function mergeAlerts(known: Alert, told: Alert): Alert {
  if (known.ended !== null && told.ended !== null) return known;
  const overlaps = known.ended === null || told.since < known.ended;
  const since = overlaps && known.since < told.since ? known.since : told.since;
  const cameBack = known.ended !== null;
  return { ...told, since, accepted: cameBack ? told.accepted : known.accepted };
}
