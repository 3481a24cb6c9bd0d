// What learns one series of a rule: what is usual for it, or whether it will cross a limit.
import type { Learning } from '../../model/rule.ts';
import { minutes, seconds, since, type Instant, type Milliseconds } from '../../model/units.ts';
import { AnomalyDetector } from '../../policies/anomaly/detector.ts';
import { isUnusual, type Judgement } from '../../policies/anomaly/judgement.ts';
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

/** What is back for so long is over, though the detector would call it unusual for as long as it is news. */
const backFor = minutes(10);
/** of the farthest that it was away from what was usual */
const nearlyBack = 0.25;

/** Something unusual, from its beginning until the detector has got used to it. */
interface Event {
  readonly facts: Extract<RuleFacts, { kind: 'usual' }>;
  /** how far it was away at most */
  farthest: number;
  backSince: Instant | null;
}

class AnomalyMind implements Mind {
  readonly #sensitivity: number;
  readonly #detector = new AnomalyDetector();
  #event: Event | null = null;
  #verdict: Verdict = learning;

  constructor(sensitivity: number) {
    this.#sensitivity = sensitivity;
  }

  observe(at: Instant, value: number): void {
    const judged = this.#detector.observe(at, value);
    if (judged.known === 'gap') return;
    const isNews = judged.known === 'known' && isUnusual(judged, this.#sensitivity, this.#event !== null);
    if (isNews) {
      this.#event ??= eventOf(judged);
      this.#verdict = isOver(this.#event, at, value) ? quiet : { kind: 'active', facts: this.#event.facts };
    } else {
      this.#event = null;
      this.#verdict = judged.known === 'known' ? quiet : learning;
    }
  }

  verdict(): Verdict {
    return this.#verdict;
  }
}

/** What was usual when it began: what comes later is learnt, too. */
function eventOf({ usual }: Judgement): Event {
  const { low, high } = usual ?? { low: Number.NaN, high: Number.NaN };
  return { facts: { kind: 'usual', low, high }, farthest: 0, backSince: null };
}

/** Whether the value has come back near to where it was. What never left it, such as one that stands still, is not told by this. */
function isOver(event: Event, at: Instant, value: number): boolean {
  const { low, high } = event.facts;
  const away = Math.max(0, low - value, value - high);
  event.farthest = Math.max(event.farthest, away);
  if (event.farthest === 0 || !(away <= nearlyBack * event.farthest)) event.backSince = null;
  else event.backSince ??= at;
  return event.backSince !== null && since(event.backSince, at) >= backFor;
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
