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

/** It must have kept quiet for this part of the window. */
const quietFor = ({ per }: FlapRule): Milliseconds => Math.ceil(per / 3) as Milliseconds;

export class Flapping {
  /** when those that came back have begun */
  readonly #begins = new Map<string, readonly Instant[]>();

  /** What has become of an alert that was seen again. */
  seen(known: Alert | undefined, merged: Alert, rule: FlapRule, now: Instant): Alert {
    const flap = known?.ended === null ? known.flapping : undefined;
    return flap === undefined ? this.#steady(known, merged, rule, now) : held(flap, known, merged, rule, now);
  }

  #steady(known: Alert | undefined, merged: Alert, rule: FlapRule, now: Instant): Alert {
    const alert = merged.flapping === undefined ? merged : { ...merged, flapping: undefined };
    if (alert.ended !== null || known?.ended === null) return alert;
    const begins = [...(this.#begins.get(alert.fingerprint) ?? []), now].filter((at) => at > now - rule.per);
    if (begins.length < rule.changes) {
      this.#remember(alert.fingerprint, begins, rule, now);
      return alert;
    }
    this.#begins.delete(alert.fingerprint);
    return { ...alert, flapping: { since: now, begins: begins.length, quiet: null } };
  }

  #remember(fingerprint: string, begins: readonly Instant[], rule: FlapRule, now: Instant): void {
    this.#begins.delete(fingerprint);
    this.#begins.set(fingerprint, begins);
    // the oldest come first: what has not begun for a whole window is forgotten
    for (const [oldest, instants] of this.#begins) {
      if ((instants.at(-1) ?? 0) > now - rule.per) return;
      this.#begins.delete(oldest);
    }
  }
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
