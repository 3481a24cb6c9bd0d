// Why an alert is not told now: something graver inhibits it, somebody has silenced it, or its route has no hours.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { containsInstant, parseTimeIntervals } from '../matching/time-interval.ts';
import type { TimeInterval } from '../matching/time-interval.ts';
import type { Alert } from './alert.ts';
import { compileInhibitRules, Inhibition } from './inhibit.ts';
import type { Route } from './route.ts';
import { SilenceIndex } from './silence.ts';
import type { Silence } from './silence.ts';

export interface MutedBy {
  /** fingerprints */
  readonly inhibitedBy: readonly string[];
  /** ids of silences */
  readonly silencedBy: readonly string[];
  /** names of intervals */
  readonly mutedBy: readonly string[];
}

export class Muting {
  readonly #silences = new SilenceIndex();
  #inhibition: Inhibition;
  #intervals: ReadonlyMap<string, readonly TimeInterval[]>;

  constructor(document: AlertsDocument, alerts: Iterable<Alert>, silences: Iterable<Silence>) {
    this.#inhibition = inhibitionOf(document, alerts);
    this.#intervals = intervalsOf(document);
    for (const silence of silences) this.#silences.set(silence);
  }

  /** Throws where the document cannot be used; then the old one stays in force. */
  reload(document: AlertsDocument, alerts: Iterable<Alert>): void {
    const intervals = intervalsOf(document);
    this.#inhibition = inhibitionOf(document, alerts);
    this.#intervals = intervals;
  }

  set(alert: Alert): void {
    this.#inhibition.set(alert);
  }

  forget(alert: Alert): void {
    this.#inhibition.remove(alert);
    this.#silences.forget(alert.fingerprint);
  }

  silence(silence: Silence): void {
    this.#silences.set(silence);
  }

  forgetSilence(id: string): void {
    this.#silences.remove(id);
  }

  /** Of the alert itself, whatever its route. */
  of(alert: Alert, now: Instant): Omit<MutedBy, 'mutedBy'> {
    return {
      inhibitedBy: this.#inhibition.mutedBy(alert, now),
      silencedBy: this.#silences.mutes(alert.labels, alert.fingerprint, now),
    };
  }

  /** The intervals that keep all of these routes silent; none where one of them may speak. */
  hoursOf(routes: readonly Route[], now: Instant): readonly string[] {
    const [only, ...others] = routes;
    // in a storm thousands of alerts are asked of one route
    if (only !== undefined && others.length === 0) return this.#hoursOf(only, now);
    const names = routes.map((route) => this.#hoursOf(route, now));
    return names.every(({ length }) => length > 0) ? [...new Set(names.flat())] : [];
  }

  /** Outside of its active hours all of these. */
  #hoursOf({ muteIntervals, activeIntervals }: Route, now: Instant): readonly string[] {
    const muting = muteIntervals.filter((name) => this.isIn(name, now));
    if (muting.length > 0 || activeIntervals.length === 0) return muting;
    return activeIntervals.some((name) => this.isIn(name, now)) ? [] : activeIntervals;
  }

  /** `routes`: by which it is told. */
  isMuted(alert: Alert, routes: readonly Route[], now: Instant): boolean {
    if (this.hoursOf(routes, now).length > 0) return true;
    const { inhibitedBy, silencedBy } = this.of(alert, now);
    return inhibitedBy.length > 0 || silencedBy.length > 0;
  }

  isIn(name: string, now: Instant): boolean {
    return this.#intervals.get(name)?.some((interval) => containsInstant(interval, now)) ?? false;
  }
}

function inhibitionOf(document: AlertsDocument, alerts: Iterable<Alert>): Inhibition {
  const inhibition = new Inhibition(compileInhibitRules(document.inhibit_rules));
  for (const alert of alerts) inhibition.set(alert);
  return inhibition;
}

const intervalsOf = (document: AlertsDocument): ReadonlyMap<string, readonly TimeInterval[]> =>
  new Map(
    [...document.time_intervals, ...document.mute_time_intervals].map(({ name, time_intervals: written }) => [
      name,
      parseTimeIntervals(written),
    ]),
  );
