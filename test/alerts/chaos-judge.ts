// What a life full of deaths is held to: who was told, of what, by an answer that was known or not; what was broken of that.
import { periodOf } from '../../src/alerts/alert.ts';
import type { Delivery } from '../../src/alerts/channels/channel.ts';
import type { LedgerState } from '../../src/alerts/ledger/state.ts';
import type { ChaosRules } from './chaos-kinds.ts';

/** An alert as its sender knows it. */
export interface Accepted {
  readonly fingerprint: string;
  readonly number: number;
  /** its end was accepted, too */
  readonly isOver: boolean;
}

interface Heard {
  /** by fingerprint: the number of the last message that said so */
  readonly firing: Map<string, number>;
  readonly ended: Map<string, number>;
  /** what was said by messages whose answer is in the ledger */
  readonly surely: Set<string>;
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
}

const keyOf = (id: string, to: string): string => `${id} ${to}`;

export class Judge {
  readonly problems: string[] = [];
  deliveries = 0;
  readonly #rules: ChaosRules;
  readonly #heard = new Map<string, Heard>();
  /** how often each message arrived at each recipient */
  readonly #times = new Map<string, number>();
  readonly #words = new Map<string, { readonly heard: Heard; readonly words: readonly string[] }>();
  /** taken, and the ledger has said that it knows: once more would be a mistake */
  readonly #known = new Set<string>();

  constructor(rules: ChaosRules) {
    this.#rules = rules;
  }

  get twice(): number {
    return [...this.#times.values()].filter((times) => times > 1).length;
  }

  /** A provider has taken a message; nobody knows of that yet. */
  arrived({ delivery: { id, notice, at }, channel, to }: Word, state: LedgerState): void {
    const key = keyOf(id, to);
    const times = (this.#times.get(key) ?? 0) + 1;
    const heard = this.#heardBy(`${channel} ${to}`);
    const words = notice.alerts.map((alert) => `${periodOf(alert)} ${alert.ended === null ? 'fires' : 'is over'}`);
    this.#times.set(key, times);
    this.#words.set(key, { heard, words });
    this.deliveries += 1;
    const { quiet } = this.#rules;
    if (quiet !== undefined && at >= quiet.from && at < quiet.until)
      this.problems.push(`${key} was made in quiet hours`);
    if (this.#known.has(key)) this.problems.push(`${key} came again though its answer was known`);
    if (times > 1 && state.open.get(id)?.recipients.get(to)?.maybeTwice !== true)
      this.problems.push(`${key} came twice and the ledger does not say so`);
    if (words.every((word) => heard.surely.has(word)))
      this.problems.push(`${key} says nothing that was not known to be told: ${words.join()}`);
    for (const { fingerprint, ended } of notice.alerts)
      (ended === null ? heard.firing : heard.ended).set(fingerprint, this.deliveries);
  }

  /** That it was taken is durable. */
  answered(id: string, to: string): void {
    const key = keyOf(id, to);
    this.#known.add(key);
    const said = this.#words.get(key);
    for (const word of said?.words ?? []) said?.heard.surely.add(word);
  }

  /** A provider refuses it for good: `isHis`, because of the address. */
  refused({ delivery: { notice }, channel, to }: Word, isHis: boolean): void {
    const heard = this.#heardBy(`${channel} ${to}`);
    for (const { fingerprint, ended } of notice.alerts) {
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
    if (state.open.size > 0) this.problems.push(`${state.open.size} notifications are still owed`);
    if (state.alerts.size > 0) this.problems.push(`${state.alerts.size} alerts are still remembered`);
  }

  #expect(alert: Accepted, what: string): void {
    const { fingerprint, number, isOver } = alert;
    for (const way of this.#rules.told) {
      const { firing, ended, refused } = this.#heardBy(way);
      const isTold = [firing, ended, refused].some((known) => known.has(fingerprint));
      if (!isTold) this.problems.push(`alert ${number} ${what}: ${way}`);
    }
    // whoever has heard that it fires hears that it is over
    for (const [way, { firing, ended, refusedEnds }] of this.#heard) {
      const began = firing.get(fingerprint);
      if (!isOver || began === undefined || refusedEnds.has(fingerprint) || this.#rules.noEnds.includes(way)) continue;
      if ((ended.get(fingerprint) ?? 0) <= began) this.problems.push(`the end of alert ${number} ${what}: ${way}`);
    }
  }

  #heardBy(way: string): Heard {
    const heard = this.#heard.get(way) ?? {
      firing: new Map(),
      ended: new Map(),
      surely: new Set(),
      refused: new Set(),
      refusedEnds: new Set(),
    };
    this.#heard.set(way, heard);
    return heard;
  }
}
