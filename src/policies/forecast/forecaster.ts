// Learns one metric of one target from its samples, and says how high the load may rise until pods and VMs asked for now serve.
import type { Outlook, TargetForecast } from '../../model/forecast.ts';
import { since, type Instant, type Milliseconds } from '../../model/units.ts';

/** How long it takes until what is asked for now bears load: the age of samples counts too. */
export interface ForecastDelays {
  readonly pods: Milliseconds;
  readonly nodes: Milliseconds;
}

export class Forecaster {
  readonly #metric: string;
  #first: Instant | null = null;
  #last: { readonly at: Instant; readonly value: number } | null = null;

  constructor(metric: string) {
    this.#metric = metric;
  }

  /** In the order of time; an older sample than the last says nothing new. */
  observe(at: Instant, value: number): void {
    if (this.#last !== null && at <= this.#last.at) return;
    this.#first ??= at;
    this.#last = { at, value };
  }

  /** `perReplica`: what a replica bears, by which the cost of a wrong decision is judged. */
  forecast(_perReplica: number, delays: ForecastDelays): TargetForecast {
    const value = this.#last?.value ?? 0;
    const outlook = (ahead: Milliseconds): Outlook => ({ ahead, expected: value, upper: value, by: 'persistence' });
    return {
      metric: this.#metric,
      state: 'learning',
      doubt: 'notEnoughHistory',
      pods: outlook(delays.pods),
      nodes: outlook(delays.nodes),
      keep: outlook((2 * delays.nodes) as Milliseconds),
      coverage: null,
      history: (this.#last === null || this.#first === null ? 0 : since(this.#first, this.#last.at)) as Milliseconds,
    };
  }
}
