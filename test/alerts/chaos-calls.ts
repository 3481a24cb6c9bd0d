// What the escalation of a life full of deaths is held to: who must be called, who must not be any more, and nobody before his time.
import type { LedgerState } from '../../src/alerts/ledger/state.ts';
import { later } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { wayOf } from './chaos-judge.ts';
import type { Accepted, Word } from './chaos-judge.ts';
import type { Lifetimes } from './chaos-lifetimes.ts';

/** Whoever is called where nobody is on it so long after the first was told. */
export interface LaterStep {
  readonly way: string;
  readonly after: Milliseconds;
}

export interface CallRules {
  /** who is told at once */
  readonly first: string;
  readonly later: readonly LaterStep[];
  /** how long a process may take to say what is due */
  readonly slack: Milliseconds;
}

interface Acknowledged {
  /** null: a kill may have come before it was durable */
  at: Instant | null;
  readonly since: Instant;
  /** who had been called by then, or was about to be */
  readonly called: Set<string>;
}

const callKey = (way: string, fingerprint: string): string => `${way} ${fingerprint}`;

export class CallJudge {
  readonly problems: string[] = [];
  readonly #rules: CallRules;
  /** by group, when something of it was first sent in */
  readonly #began = new Map<string, Instant>();
  readonly #groups = new Map<string, string>();
  readonly #ending = new Map<string, Instant>();
  /** when the first was told, and the ledger knew it */
  readonly #told = new Map<string, Instant>();
  readonly #called = new Set<string>();
  readonly #acknowledged = new Map<string, Acknowledged>();
  readonly #lifetimes: Lifetimes;

  constructor(rules: CallRules, lifetimes: Lifetimes) {
    this.#rules = rules;
    this.#lifetimes = lifetimes;
  }

  sent(fingerprint: string, group: string, at: Instant): void {
    this.#groups.set(fingerprint, group);
    if (!this.#began.has(group)) this.#began.set(group, at);
  }

  /** That it is over was sent in: it may be known, whether or not that was said. */
  ending(fingerprint: string, at: Instant): void {
    if (!this.#ending.has(fingerprint)) this.#ending.set(fingerprint, at);
  }

  /** A provider has taken a message. */
  arrived(word: Word): void {
    const way = wayOf(word);
    const step = this.#rules.later.find((one) => one.way === way);
    const { at, notice } = word.delivery;
    if (step !== undefined) {
      const began = notice.alerts.map(({ fingerprint }) => this.#began.get(this.#groups.get(fingerprint) ?? '') ?? 0);
      if (at < later(Math.min(...began) as Instant, step.after)) this.problems.push(`${way} was called too early`);
      const firing = notice.alerts.filter(({ ended }) => ended === null);
      // whoever was called hears of what goes on
      const isTaken = notice.alerts.every(({ fingerprint }) => this.#isTakenFrom(way, fingerprint, at));
      if (firing.length > 0 && isTaken)
        this.problems.push(`${way} was called by ${word.delivery.id} though somebody was on it`);
      for (const { fingerprint } of notice.alerts) this.#acknowledged.get(fingerprint)?.called.add(way);
    }
    for (const { fingerprint } of notice.alerts) this.#called.add(callKey(way, fingerprint));
  }

  /** Somebody was on it before the message was made, and this one had not been called. */
  #isTakenFrom(way: string, fingerprint: string, made: Instant): boolean {
    const known = this.#acknowledged.get(fingerprint);
    return known?.at !== undefined && known.at !== null && known.at < made && !known.called.has(way);
  }

  /** The ledger knows that it was told. */
  answered(way: string, fingerprints: readonly string[], at: Instant): void {
    if (way !== this.#rules.first) return;
    for (const one of fingerprints) if (!this.#told.has(one)) this.#told.set(one, at);
  }

  acknowledging(fingerprints: readonly string[], { open }: Pick<LedgerState, 'open'>, since: Instant): void {
    const underWay = [...open.values()].flatMap(({ intent: { channel, to, alerts } }) =>
      to.flatMap((one) => alerts.map(({ fingerprint }) => callKey(wayOf({ channel, address: one }), fingerprint))),
    );
    const known = new Set([...this.#called, ...underWay]);
    for (const fingerprint of fingerprints) {
      if (this.#acknowledged.has(fingerprint)) continue;
      const ways = this.#rules.later.map(({ way }) => way);
      const called = new Set(ways.filter((way) => known.has(callKey(way, fingerprint))));
      this.#acknowledged.set(fingerprint, { at: null, since, called });
    }
  }

  acknowledged(fingerprints: readonly string[], at: Instant): void {
    for (const fingerprint of fingerprints) {
      const known = this.#acknowledged.get(fingerprint);
      if (known !== undefined) known.at ??= at;
    }
  }

  /** When everything is well again and quiet. */
  ended(accepted: readonly Accepted[]): void {
    for (const { fingerprint, number } of accepted) {
      const told = this.#told.get(fingerprint);
      if (told === undefined) continue;
      const until = Math.min(
        this.#ending.get(fingerprint) ?? Infinity,
        this.#acknowledged.get(fingerprint)?.since ?? Infinity,
      );
      for (const { way, after } of this.#rules.later)
        if (
          this.#lifetimes.longest(later(told, after), until) >= this.#rules.slack &&
          !this.#called.has(callKey(way, fingerprint))
        )
          this.problems.push(`nobody called ${way} about alert ${number}`);
    }
  }
}
