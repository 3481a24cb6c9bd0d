// A token bucket: so much at once, so much a second, and what was let through by mercy is paid back before the next.
import type { Instant } from './model/units.ts';

export interface BudgetRates {
  readonly perSecond: number;
  readonly atOnce: number;
}

export class WriteBudget {
  readonly #rates: BudgetRates;
  #left: number;
  #filledAt: Instant;

  constructor(rates: BudgetRates, now: Instant) {
    this.#rates = rates;
    this.#left = rates.atOnce;
    this.#filledAt = now;
  }

  /** Something may go now, however much it turns out to be. `urgent`: on credit too, up to as much as goes at once. */
  isOpen(now: Instant, urgent = false): boolean {
    const passed = Math.max(0, now - this.#filledAt) / 1000;
    this.#left = Math.min(this.#rates.atOnce, this.#left + passed * this.#rates.perSecond);
    this.#filledAt = now;
    return this.#left > (urgent ? -this.#rates.atOnce : 0);
  }

  /** How much may go now without waiting, in whole pieces. */
  whole(now: Instant): number {
    return this.isOpen(now) ? Math.floor(this.#left) : 0;
  }

  spend(amount: number): void {
    this.#left -= amount;
  }

  /** in milliseconds, until something may go again */
  wait(now: Instant): number {
    return this.isOpen(now) ? 0 : Math.ceil((-this.#left / this.#rates.perSecond) * 1000) + 1;
  }
}
