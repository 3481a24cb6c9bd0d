// The alerts that are known: what is new about one that is spoken of, and when silence about one is its end.
import type { PlanAlert } from '../model/plan.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { alertOf, mergeAlerts } from './alert.ts';
import type { Alert, LabelSet } from './alert.ts';

export interface Merged {
  readonly fingerprint: string;
  /** null: the end of something that nobody was told of */
  readonly alert: Alert | null;
  /** it began, ended or came back */
  readonly news: boolean;
}

export class KnownAlerts {
  readonly #alerts: Map<string, Alert>;
  /** for how long nobody has spoken of it */
  readonly #unseen = new Map<string, number>();
  #lastTell: Instant | null = null;

  constructor(alerts: ReadonlyMap<string, Alert>) {
    this.#alerts = new Map(alerts);
  }

  all(): readonly Alert[] {
    return [...this.#alerts.values()];
  }

  merge(told: PlanAlert, labels: LabelSet, now: Instant): Merged {
    const alert = alertOf(told, labels, now);
    const { fingerprint } = alert;
    const known = this.#alerts.get(fingerprint);
    if (known === undefined && alert.ended !== null) return { fingerprint, alert: null, news: false };
    const merged = known === undefined ? alert : mergeAlerts(known, alert);
    this.#alerts.set(fingerprint, merged);
    return { fingerprint, alert: merged, news: known?.since !== merged.since || known.ended !== merged.ended };
  }

  /** Ends what is not spoken of for so long; time in which nobody spoke of anything does not count. */
  endUnspoken(spoken: ReadonlySet<string>, timeout: Milliseconds, now: Instant): readonly Alert[] {
    const passed = this.#lastTell === null ? 0 : now - this.#lastTell;
    this.#lastTell = now;
    const ended: Alert[] = [];
    for (const [fingerprint, alert] of this.#alerts) {
      if (spoken.has(fingerprint)) this.#unseen.delete(fingerprint);
      else if (alert.ended === null && passed < timeout) {
        const silence = (this.#unseen.get(fingerprint) ?? 0) + passed;
        this.#unseen.set(fingerprint, silence);
        if (silence >= timeout) ended.push({ ...alert, ended: now });
      }
    }
    for (const alert of ended) this.#alerts.set(alert.fingerprint, alert);
    return ended;
  }

  forget(fingerprint: string): void {
    this.#alerts.delete(fingerprint);
    this.#unseen.delete(fingerprint);
  }
}
