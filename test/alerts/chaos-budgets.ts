// What a budget of SMS is held to in a life full of deaths: no telephone gets more single messages in an hour than it may.
import { minutes } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';

export interface BudgetRules {
  readonly ways: readonly string[];
  readonly anHour: number;
}

export class BudgetJudge {
  readonly problems: string[] = [];
  readonly #rules: BudgetRules;
  readonly #singles = new Map<string, Instant[]>();

  constructor(rules: BudgetRules) {
    this.#rules = rules;
  }

  /** The ledger knows that it was taken. */
  answered(way: string, isSingle: boolean, at: Instant): void {
    if (!isSingle || !this.#rules.ways.includes(way)) return;
    const lately = (this.#singles.get(way) ?? []).filter((one) => at - one < minutes(60));
    this.#singles.set(way, [...lately, at]);
    if (lately.length >= this.#rules.anHour) this.problems.push(`${way} got ${lately.length + 1} messages in an hour`);
  }
}
