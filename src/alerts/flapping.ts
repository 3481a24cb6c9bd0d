// Flapping: an alert that begins again and again is told once, as flapping, and counts as firing until it keeps quiet.
import { later } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Alert } from './alert.ts';

export interface FlapRule {
  readonly changes: number;
  readonly per: Milliseconds;
}

export interface Flap {
  readonly since: Instant;
  readonly begins: number;
  /** its sender says that it has ended: since when; null while it fires */
  readonly quiet: Instant | null;
}

/** When something that is over has begun, kept for as long as that may still make it flap. */
export interface Begun {
  readonly at: readonly Instant[];
  readonly until: Instant;
}

/** It must have kept quiet for this part of the window. */
const quietFor = ({ per }: FlapRule): Milliseconds => Math.ceil(per / 3) as Milliseconds;

/** What has become of an alert that was seen again. `earlier`: when it had begun before it was forgotten. */
export function seenAgain(
  known: Alert | undefined,
  merged: Alert,
  earlier: readonly Instant[],
  rule: FlapRule,
  now: Instant,
): Alert {
  const flap = known?.ended === null ? known.flapping : undefined;
  return flap === undefined ? steady(known, merged, earlier, rule, now) : held(flap, known, merged, rule, now);
}

/** What is remembered of an alert that is forgotten; null: nothing that could make it flap. */
export function begunBefore(alert: Alert, rule: FlapRule, now: Instant): Begun | null {
  // whatever flapped has kept quiet since
  if (alert.flapping !== undefined) return null;
  const at = within(begunAt(alert), rule, now);
  const newest = at.at(-1);
  return newest === undefined ? null : { at, until: later(newest, rule.per) };
}

/** Most alerts begin once: that is when they were accepted, and need not be written down beside it. */
const begunAt = ({ begins, accepted }: Alert): readonly Instant[] => begins ?? [accepted];

const within = (begins: readonly Instant[], { per }: FlapRule, now: Instant): readonly Instant[] =>
  begins.filter((at) => at > now - per);

function steady(
  known: Alert | undefined,
  merged: Alert,
  earlier: readonly Instant[],
  rule: FlapRule,
  now: Instant,
): Alert {
  const alert: Alert = { ...merged, flapping: undefined, begins: known?.begins };
  if (alert.ended !== null || known?.ended === null) return alert;
  const before = known === undefined ? earlier : known.flapping === undefined ? begunAt(known) : [];
  const begins = [...within(before, rule, now), now];
  if (begins.length >= rule.changes)
    return { ...alert, begins: undefined, flapping: { since: now, begins: begins.length, quiet: null } };
  return { ...alert, begins: begins.length === 1 && alert.accepted === now ? undefined : begins };
}

function held(flap: Flap, known: Alert | undefined, merged: Alert, rule: FlapRule, now: Instant): Alert {
  if (merged.ended === null) {
    const begins = flap.begins + (flap.quiet === null ? 0 : 1);
    return { ...merged, flapping: { ...flap, begins, quiet: null } };
  }
  if (flap.quiet !== null && known !== undefined) return known;
  return {
    ...merged,
    ended: null,
    expires: later(now, quietFor(rule)),
    timeout: false,
    flapping: { ...flap, quiet: now },
  };
}
