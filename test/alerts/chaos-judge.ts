// What a life full of deaths is held to: who was told, of what, by an answer that was known or not; what was broken of that.
import { periodOf } from '../../src/alerts/alert.ts';
import type { Delivery } from '../../src/alerts/channels/channel.ts';
import type { LedgerState } from '../../src/alerts/ledger/state.ts';
import type { Instant } from '../../src/model/units.ts';
import { BudgetJudge } from './chaos-budgets.ts';
import { CallJudge } from './chaos-calls.ts';
import { ForwardJudge } from './chaos-forwarding.ts';
import type { ChaosRules } from './chaos-kinds.ts';
import { Lifetimes } from './chaos-lifetimes.ts';
import { Reloads } from './chaos-reloads.ts';
import type { KeptIn } from './chaos-reloads.ts';

/** An alert as its sender knows it. */
export interface Accepted {
  readonly fingerprint: string;
  readonly number: number;
  readonly team: string;
  /** when it was first sent, and when its end was: from then on it may be known, whether or not that was said */
  readonly begun: Instant;
  readonly ending: Instant | null;
  /** when its end was accepted, too */
  readonly over: Instant | null;
}

interface Heard {
  /** by fingerprint: the number of the last message that said so */
  readonly firing: Map<string, number>;
  readonly ended: Map<string, number>;
  /** what was said by messages whose answer is in the ledger, and since when it is */
  readonly surely: Map<string, Instant>;
  /** by fingerprint: what was refused for good, and is not owed any more where it is over */
  readonly refused: Set<string>;
  /** of those the ends that his own address refuses */
  readonly refusedEnds: Set<string>;
}

/** What arrived at, or was refused by, one recipient of one channel. */
export interface Word {
  readonly delivery: Delivery;
  readonly channel: string;
  readonly to: string;
  /** of a webhook its URL: its name changes with its place in the file */
  readonly address: string;
}

/** A way is a channel and who is at its end. */
export const wayOf = ({ channel, address }: Pick<Word, 'channel' | 'address'>): string => `${channel} ${address}`;

interface Said {
  readonly way: string;
  readonly words: readonly string[];
  readonly fingerprints: readonly string[];
  /** of one group, by itself */
  readonly isSingle: boolean;
}

const keyOf = (id: string, to: string): string => `${id} ${to}`;

export class Judge {
  deliveries = 0;
  /** null: nobody is called later than the others */
  readonly calls: CallJudge | null;
  /** null: nothing is forwarded */
  readonly forwarding: ForwardJudge | null;
  /** null: the configuration stays what it is */
  readonly reloads: Reloads | null;
  readonly lifetimes = new Lifetimes();
  readonly #budgets: BudgetJudge | null;
  readonly #problems: string[] = [];
  readonly #rules: ChaosRules;
  readonly #heard = new Map<string, Heard>();
  /** how often each message arrived at each recipient */
  readonly #times = new Map<string, number>();
  readonly #words = new Map<string, Said>();
  /** taken, and the ledger has said that it knows: once more would be a mistake */
  readonly #known = new Set<string>();

  constructor(rules: ChaosRules, keptIn: KeptIn, alerts: number) {
    this.#rules = rules;
    this.calls = rules.calls === undefined ? null : new CallJudge(rules.calls, this.lifetimes);
    this.reloads = rules.waysOf === undefined ? null : new Reloads(rules.waysOf, this.lifetimes, keptIn, alerts);
    this.forwarding = rules.forwards === undefined ? null : new ForwardJudge(rules.forwards);
    this.#budgets = rules.budget === undefined ? null : new BudgetJudge(rules.budget);
  }

  get problems(): readonly string[] {
    const others = [this.calls, this.#budgets, this.forwarding].flatMap((judge) => judge?.problems ?? []);
    return [...this.#problems, ...others];
  }

  problem(what: string): void {
    this.#problems.push(what);
  }

  get twice(): number {
    return [...this.#times.values()].filter((times) => times > 1).length;
  }

  /** A provider has taken a message; nobody knows of that yet. */
  arrived(word: Word, state: LedgerState): void {
    const { delivery, to } = word;
    const { id, notice, at } = delivery;
    const key = keyOf(id, to);
    const times = (this.#times.get(key) ?? 0) + 1;
    const way = wayOf(word);
    const heard = this.#heardBy(way);
    const words = notice.alerts.map((alert) => `${periodOf(alert)} ${alert.ended === null ? 'fires' : 'is over'}`);
    this.#times.set(key, times);
    const fingerprints = notice.alerts.map(({ fingerprint }) => fingerprint);
    this.#words.set(key, { way, words, fingerprints, isSingle: notice.bundle === undefined });
    this.deliveries += 1;
    const { quiet } = this.#rules;
    if (quiet !== undefined && at >= quiet.from && at < quiet.until)
      this.#problems.push(`${key} was made in quiet hours`);
    if (this.#known.has(key)) this.#problems.push(`${key} came again though its answer was known`);
    if (times > 1 && state.open.get(id)?.recipients.get(to)?.maybeTwice !== true)
      this.#problems.push(`${key} came twice and the ledger does not say so`);
    // a message of another group may be made before this one's answer is there
    const isKnown = (since: Instant | undefined): boolean =>
      since !== undefined && (this.reloads === null || since < at);
    if (words.every((word) => isKnown(heard.surely.get(word))))
      this.#problems.push(`${key} says nothing that was not known to be told: ${words.join()}`);
    for (const alert of notice.alerts) {
      (alert.ended === null ? heard.firing : heard.ended).set(alert.fingerprint, this.deliveries);
      // of a group that stands no more, tried again: its end is news once more
      if (alert.ended === null && this.reloads !== null) heard.surely.delete(`${periodOf(alert)} is over`);
    }
    this.calls?.arrived(word);
    this.forwarding?.arrived(word);
  }

  /** That it was taken is durable. */
  answered(id: string, to: string, at: Instant): void {
    const key = keyOf(id, to);
    this.#known.add(key);
    const said = this.#words.get(key);
    if (said === undefined) return;
    const { surely } = this.#heardBy(said.way);
    for (const word of said.words) if (!surely.has(word)) surely.set(word, at);
    this.calls?.answered(said.way, said.fingerprints, at);
    this.#budgets?.answered(said.way, said.isSingle, at);
  }

  /** A provider refuses it for good: `isHis`, because of the address. */
  refused(word: Word, isHis: boolean): void {
    const heard = this.#heardBy(wayOf(word));
    for (const { fingerprint, ended } of word.delivery.notice.alerts) {
      heard.refused.add(fingerprint);
      if (isHis && ended !== null) heard.refusedEnds.add(fingerprint);
    }
  }

  /** After a start: everything accepted was told, or the ledger still owes it. */
  started(accepted: readonly Accepted[], state: LedgerState): void {
    const owed = new Set([
      ...state.alerts.keys(),
      ...[...state.open.values()].flatMap(({ intent }) => intent.alerts.map(({ fingerprint }) => fingerprint)),
    ]);
    for (const alert of accepted)
      if (!owed.has(alert.fingerprint)) this.#expect(alert, 'is neither told nor owed after a start');
  }

  /** When everything is well again and quiet. */
  ended(accepted: readonly Accepted[], state: LedgerState): void {
    for (const alert of accepted) this.#expect(alert, 'is not told in the end');
    if (state.open.size > 0) this.#problems.push(`${state.open.size} notifications are still owed`);
    if (state.alerts.size > 0) this.#problems.push(`${state.alerts.size} alerts are still remembered`);
    this.calls?.ended(accepted);
    this.forwarding?.ended(accepted);
  }

  #expect(alert: Accepted, what: string): void {
    const { fingerprint, number, over } = alert;
    const due = this.reloads?.dueFor(alert).map((way) => [way]) ?? [];
    for (const ways of [...this.#rules.told, ...due]) {
      const isTold = ways.some((way) => {
        const { firing, ended, refused } = this.#heardBy(way);
        return [firing, ended, refused].some((known) => known.has(fingerprint));
      });
      if (!isTold && this.forwarding?.knows(fingerprint) !== true)
        this.#problems.push(`alert ${number} ${what}: ${ways.join(', or ')}`);
    }
    // whoever has heard that it fires hears that it is over
    for (const [way, { firing, ended, refusedEnds }] of this.#heard) {
      const began = firing.get(fingerprint);
      if (over === null || began === undefined || refusedEnds.has(fingerprint) || this.#rules.noEnds.includes(way))
        continue;
      if ((ended.get(fingerprint) ?? 0) <= began) this.#problems.push(`the end of alert ${number} ${what}: ${way}`);
    }
  }

  #heardBy(way: string): Heard {
    const heard = this.#heard.get(way) ?? {
      firing: new Map(),
      ended: new Map(),
      surely: new Map(),
      refused: new Set(),
      refusedEnds: new Set(),
    };
    this.#heard.set(way, heard);
    return heard;
  }
}
