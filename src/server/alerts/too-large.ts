// Requests with alerts that were refused for their size: for a while somebody must hear of them, for their sender does not send them again.
import type { Clock } from '../../clock.ts';
import type { LoopFacts } from '../../model/snapshot.ts';
import { minutes } from '../../model/units.ts';
import type { Instant } from '../../model/units.ts';

/** An Alertmanager tries the same group again at its next interval: so long it is one and the same trouble. */
const saidFor = minutes(30);
const namedAtMost = 3;

export class TooLarge {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #limitMiB: number;
  readonly #senders = new Set<string>();
  #count = 0;
  #last: Instant | null = null;

  constructor(clock: Pick<Clock, 'now'>, limitMiB: number) {
    this.#clock = clock;
    this.#limitMiB = limitMiB;
  }

  refused(sender: string): void {
    if (this.at() === null) this.#forget();
    this.#last = this.#clock.now();
    this.#count += 1;
    if (this.#senders.size < namedAtMost) this.#senders.add(sender);
  }

  /** Null: there was none lately. */
  at(): LoopFacts['alertsTooLarge'] | null {
    if (this.#last === null || Math.abs(this.#clock.now() - this.#last) >= saidFor) return null;
    return { count: this.#count, limitMiB: this.#limitMiB, senders: [...this.#senders] };
  }

  #forget(): void {
    this.#count = 0;
    this.#senders.clear();
  }
}
