// Alerts that fire and for which there was no place: how many there are, and what they are called.
import type { LoopFacts } from '../model/snapshot.ts';
import type { Instant } from '../model/units.ts';
import type { Alert } from './alert.ts';

const namedAtMost = 3;

export class LeftOut {
  /** until when each counts where nobody speaks of it again, and its name */
  readonly #alerts = new Map<string, { readonly until: Instant; readonly name: string }>();

  /** No more of them are told apart than there is place for others. */
  add({ fingerprint, labels }: Alert, until: Instant, limit: number): void {
    if (this.#alerts.size < limit || this.#alerts.has(fingerprint))
      this.#alerts.set(fingerprint, { until, name: labels['alertname'] ?? '' });
  }

  delete(fingerprint: string): void {
    this.#alerts.delete(fingerprint);
  }

  /** Those of most alerts first. */
  at(now: Instant): Pick<NonNullable<LoopFacts['alertsLeftOut']>, 'count' | 'names'> {
    const counts = new Map<string, number>();
    for (const [fingerprint, { until, name }] of this.#alerts)
      if (until <= now) this.#alerts.delete(fingerprint);
      else counts.set(name, (counts.get(name) ?? 0) + 1);
    const names = [...counts].sort(([, one], [, other]) => other - one).map(([name]) => name);
    return { count: this.#alerts.size, names: names.slice(0, namedAtMost) };
  }
}
