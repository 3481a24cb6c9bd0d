// What a life full of deaths is held to: who was told, of what, by an answer that was known or not; what was broken of that.
import { periodOf } from '../../src/alerts/alert.ts';
import type { Delivery } from '../../src/alerts/channels/channel.ts';
import type { LedgerState } from '../../src/alerts/ledger/state.ts';

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
}

const keyOf = (id: string, to: string): string => `${id} ${to}`;

export class Judge {
  readonly problems: string[] = [];
  deliveries = 0;
  readonly #recipients: readonly string[];
  readonly #heard = new Map<string, Heard>();
  /** how often each message arrived at each recipient */
  readonly #times = new Map<string, number>();
  readonly #words = new Map<string, readonly string[]>();
  /** taken, and the ledger has said that it knows: once more would be a mistake */
  readonly #known = new Set<string>();

  constructor(recipients: readonly string[]) {
    this.#recipients = recipients;
  }

  get twice(): number {
    return [...this.#times.values()].filter((times) => times > 1).length;
  }

  /** A provider has taken a message; nobody knows of that yet. */
  arrived({ id, notice }: Delivery, to: string, state: LedgerState): void {
    const key = keyOf(id, to);
    const times = (this.#times.get(key) ?? 0) + 1;
    const heard = this.#heardBy(to);
    const words = notice.alerts.map((alert) => `${periodOf(alert)} ${alert.ended === null ? 'fires' : 'is over'}`);
    this.#times.set(key, times);
    this.#words.set(key, words);
    this.deliveries += 1;
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
    const heard = this.#heardBy(to);
    for (const word of this.#words.get(key) ?? []) heard.surely.add(word);
  }

  /** After a start: everything accepted was told, or the ledger still owes it. */
  started(accepted: readonly Accepted[], state: LedgerState): void {
    const owed = new Set([
      ...state.alerts.keys(),
      ...[...state.open.values()].flatMap(({ intent }) => intent.alerts.map(({ fingerprint }) => fingerprint)),
    ]);
    for (const alert of accepted)
      if (!owed.has(alert.fingerprint))
        for (const to of this.#recipients) this.#expect(alert, to, 'is neither told nor owed after a start');
  }

  /** When everything is well again and quiet. */
  ended(accepted: readonly Accepted[], state: LedgerState): void {
    for (const alert of accepted) for (const to of this.#recipients) this.#expect(alert, to, 'is not told in the end');
    if (state.open.size > 0) this.problems.push(`${state.open.size} notifications are still owed`);
    if (state.alerts.size > 0) this.problems.push(`${state.alerts.size} alerts are still remembered`);
  }

  #expect({ fingerprint, number, isOver }: Accepted, to: string, what: string): void {
    const { firing, ended } = this.#heardBy(to);
    const [began, over] = [firing.get(fingerprint), ended.get(fingerprint)];
    const isTold = began !== undefined || over !== undefined;
    const isTakenBack = !isOver || began === undefined || (over ?? 0) > began;
    if (!isTold) this.problems.push(`alert ${number} ${what}: ${to}`);
    if (!isTakenBack) this.problems.push(`the end of alert ${number} ${what}: ${to}`);
  }

  #heardBy(to: string): Heard {
    const heard = this.#heard.get(to) ?? { firing: new Map(), ended: new Map(), surely: new Set() };
    this.#heard.set(to, heard);
    return heard;
  }
}
