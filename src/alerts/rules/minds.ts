// What learns one series of a rule: what is usual for it, or whether it will cross a limit.
import type { Learning } from '../../model/rule.ts';
import { seconds, since, type Instant, type Milliseconds } from '../../model/units.ts';
import { AnomalyDetector } from '../../policies/anomaly/detector.ts';
import { isUnusual } from '../../policies/anomaly/judgement.ts';
import { Crossing, crossingStep } from '../../policies/crossing/crossing.ts';
import type { RuleFacts } from './state.ts';

export type Verdict =
  | { readonly kind: 'learning' }
  | { readonly kind: 'quiet' }
  /** the alert of this series is active */
  | { readonly kind: 'active'; readonly facts: RuleFacts };

export interface Mind {
  /** In the order of time. */
  observe(at: Instant, value: number): void;
  /** Of the newest value. */
  verdict(): Verdict;
}

/** `interval`: between two answers */
export function mindOf(learns: Learning, interval: Milliseconds): Mind {
  switch (learns.kind) {
    case 'anomaly':
      return new AnomalyMind(learns.sensitivity);
    case 'forecast':
      return new ForecastMind(learns, interval);
  }
}

/** How far apart the values of its past may be. */
export const stepOf = (learns: Learning, interval: Milliseconds): Milliseconds => {
  const step = learns.kind === 'forecast' ? crossingStep({ ...learns, step: interval }) : interval;
  return seconds(Math.max(1, Math.ceil(step / 1000)));
};

const learning: Verdict = { kind: 'learning' };
const quiet: Verdict = { kind: 'quiet' };

class AnomalyMind implements Mind {
  readonly #sensitivity: number;
  readonly #detector = new AnomalyDetector();
  #verdict: Verdict = learning;

  constructor(sensitivity: number) {
    this.#sensitivity = sensitivity;
  }

  observe(at: Instant, value: number): void {
    const judged = this.#detector.observe(at, value);
    if (judged.known === 'gap') return;
    if (judged.known === 'learning' || !isUnusual(judged, this.#sensitivity, this.#verdict.kind === 'active'))
      this.#verdict = judged.known === 'learning' ? learning : quiet;
    else if (this.#verdict.kind !== 'active') {
      // What was usual when it began: what comes later is learnt, too.
      const { low, high } = judged.usual ?? { low: Number.NaN, high: Number.NaN };
      this.#verdict = { kind: 'active', facts: { kind: 'usual', low, high } };
    }
  }

  verdict(): Verdict {
    return this.#verdict;
  }
}

/** What was likely enough stays so until it is less than half as likely: the odds of each moment tremble. */
const stays = 0.5;

class ForecastMind implements Mind {
  readonly #confidence: number;
  readonly #crossing: Crossing;
  #now = 0 as Instant;
  #likely = false;

  constructor({ confidence, ...terms }: Extract<Learning, { kind: 'forecast' }>, step: Milliseconds) {
    this.#confidence = confidence;
    this.#crossing = new Crossing({ ...terms, step });
  }

  observe(at: Instant, value: number): void {
    this.#now = at;
    this.#crossing.observe(at, value);
  }

  verdict(): Verdict {
    const outlook = this.#crossing.outlook();
    if (outlook === null) return learning;
    const { probability, expected, at } = outlook;
    this.#likely = probability >= (this.#likely ? this.#confidence * stays : this.#confidence);
    if (!this.#likely || at === null) return quiet;
    return { kind: 'active', facts: { kind: 'forecast', probability, expected, at, ahead: since(this.#now, at) } };
  }
}
