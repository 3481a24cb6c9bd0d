// The alerts that are known: what is new about one that is spoken of, and when silence about one is its end.
import type { PlanAlert } from '../model/plan.ts';
import { later } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { alertOf, asOf, mergeAlerts } from './alert.ts';
import type { Alert, LabelSet } from './alert.ts';
import { begunBefore, seenAgain } from './flapping.ts';
import type { Begun, FlapRule } from './flapping.ts';
import { LeftOut } from './left-out.ts';

export interface Merged {
  readonly fingerprint: string;
  /** null: the end of something that nobody was told of, or one too many */
  readonly alert: Alert | null;
  /** it began, ended or came back: worth writing down */
  readonly news: boolean;
  /** it fires, and there is no place for it */
  readonly isLeftOut?: true;
}

export interface Forgotten {
  readonly alert: Alert;
  /** null: nothing of it is worth remembering */
  readonly begun: Begun | null;
}

export interface KnownRules {
  readonly flapping: FlapRule;
  readonly limit: number;
}

const never = Number.POSITIVE_INFINITY;

export class KnownAlerts {
  readonly #alerts: Map<string, Alert>;
  /** for how long nobody has spoken of it */
  readonly #unseen = new Map<string, number>();
  readonly #rules: () => KnownRules;
  readonly #begun: ReadonlyMap<string, Begun>;
  /** new ones for which there was no place */
  readonly leftOut = new LeftOut();
  #lastTell: Instant | null = null;
  #nextExpiry = never;

  /** Those that expire get their whole time anew: while we were away nobody could speak of them to us. */
  constructor(
    alerts: ReadonlyMap<string, Alert>,
    rules: () => KnownRules,
    now: Instant,
    /** when those that are forgotten have begun, as the ledger knows it */
    begun: ReadonlyMap<string, Begun>,
  ) {
    this.#rules = rules;
    this.#begun = begun;
    this.#alerts = new Map();
    for (const [fingerprint, alert] of alerts) this.#keep(fingerprint, revived(alert, now));
  }

  get size(): number {
    return this.#alerts.size;
  }

  all(): readonly Alert[] {
    return [...this.#alerts.values()];
  }

  get(fingerprint: string): Alert | undefined {
    return this.#alerts.get(fingerprint);
  }

  merge(told: PlanAlert, labels: LabelSet, now: Instant): Merged {
    const alert = alertOf(told, labels, now);
    const known = this.#alerts.get(alert.fingerprint);
    // a condition's end is when it was first said
    if (alert.ended !== null && known !== undefined && known.ended !== null)
      return { fingerprint: alert.fingerprint, alert: known, news: false };
    return this.accept(alert, now);
  }

  accept(told: Alert, now: Instant): Merged {
    const { fingerprint } = told;
    const before = this.#alerts.get(fingerprint);
    const known = before === undefined ? undefined : asOf(before, now);
    if (known === undefined && told.ended !== null) {
      this.leftOut.delete(fingerprint);
      return { fingerprint, alert: null, news: false };
    }
    const { flapping, limit } = this.#rules();
    // springtide's own say also that there is no place
    if (known === undefined && told.expires !== undefined && this.#alerts.size >= limit) {
      this.leftOut.add(told, told.expires, limit);
      return { fingerprint, alert: null, news: false, isLeftOut: true };
    }
    this.leftOut.delete(fingerprint);
    const merged = known === undefined ? told : mergeAlerts(known, told);
    const alert = seenAgain(known, merged, this.#begun.get(fingerprint)?.at ?? [], flapping, now);
    this.#keep(fingerprint, alert);
    return { fingerprint, alert, news: isNews(before, alert) };
  }

  /** Those whose time has run out. */
  expire(now: Instant): readonly Alert[] {
    if (now < this.#nextExpiry) return [];
    this.#nextExpiry = never;
    const ended: Alert[] = [];
    for (const [fingerprint, before] of this.#alerts) {
      const alert = asOf(before, now);
      this.#keep(fingerprint, alert);
      if (alert !== before) ended.push(alert);
    }
    return ended;
  }

  /** Ends what is not spoken of for so long; time in which nobody spoke of anything does not count. */
  endUnspoken(spoken: ReadonlySet<string>, timeout: Milliseconds, now: Instant): readonly Alert[] {
    const passed = this.#lastTell === null ? 0 : now - this.#lastTell;
    this.#lastTell = now;
    const ended: Alert[] = [];
    for (const [fingerprint, alert] of this.#alerts) {
      if (alert.ended !== null || alert.expires !== undefined) continue;
      if (spoken.has(fingerprint)) this.#unseen.delete(fingerprint);
      else if (passed < timeout) {
        const silence = (this.#unseen.get(fingerprint) ?? 0) + passed;
        this.#unseen.set(fingerprint, silence);
        if (silence >= timeout) ended.push({ ...alert, ended: now });
      }
    }
    for (const alert of ended) this.#keep(alert.fingerprint, alert);
    return ended;
  }

  forget(fingerprint: string, now: Instant): Forgotten | null {
    const alert = this.#alerts.get(fingerprint);
    this.#alerts.delete(fingerprint);
    this.#unseen.delete(fingerprint);
    return alert === undefined ? null : { alert, begun: begunBefore(alert, this.#rules().flapping, now) };
  }

  #keep(fingerprint: string, alert: Alert): void {
    this.#alerts.set(fingerprint, alert);
    if (alert.ended === null && alert.expires !== undefined)
      this.#nextExpiry = Math.min(this.#nextExpiry, alert.expires);
  }
}

function revived(alert: Alert, now: Instant): Alert {
  const { ended, expires, updated } = alert;
  if (ended !== null || expires === undefined || updated === undefined) return alert;
  return { ...alert, expires: later(now, (expires - updated) as Milliseconds), updated: now };
}

const isNews = (before: Alert | undefined, after: Alert): boolean =>
  before?.since !== after.since ||
  before.ended !== after.ended ||
  before.accepted !== after.accepted ||
  before.truncated?.count !== after.truncated?.count ||
  before.flapping?.quiet !== after.flapping?.quiet;
