// One target's forecast: what speaks for it, what is kept for it while its past is being read, and how old all of it is.
import type { TargetForecast } from '../model/forecast.ts';
import type { TargetRef } from '../model/target.ts';
import { minutes, since, type Instant, type Milliseconds } from '../model/units.ts';
import { Forecaster, type ForecastDelays } from '../policies/forecast/forecaster.ts';
import type { Foreseen, Load } from './loads.ts';

/** What takes longer to read is not waited for: from then on there is a margin. */
const readWithin = minutes(10);
/** Some hours of ticks: reading a past takes minutes. */
const mostKept = 1_000;
/** A load that nobody has seen for so long may be anything by now. */
const freshFor = minutes(3);
const firstRetry = minutes(1);
const longestRetry = minutes(60);
/** how slowly an age that has become shorter is believed */
const forgetting = 0.01;
const usualAge = 30;
const longestAge = 120;
const agesAStep = 15;

interface Sample {
  readonly at: Instant;
  readonly value: number;
}

export type PastState =
  | { readonly kind: 'unread'; readonly failures: number; readonly again: Instant }
  | { readonly kind: 'reading'; readonly failures: number; readonly since: Sample[] }
  | { readonly kind: 'read' };

export class Learner {
  readonly target: TargetRef;
  foreseen: Foreseen;
  past: PastState;
  /** why its past could not be read */
  trouble: string | null = null;
  seenAt: Instant;
  #forecaster: Forecaster;
  readonly #begun: Instant;
  #last: Instant | null = null;
  #age = usualAge;
  #delays: ForecastDelays | null = null;

  constructor(target: TargetRef, foreseen: Foreseen, now: Instant) {
    this.target = target;
    this.foreseen = foreseen;
    this.seenAt = now;
    this.#begun = now;
    this.past = { kind: 'unread', failures: 0, again: now };
    this.#forecaster = new Forecaster(foreseen.metric.name);
  }

  /** The age of its samples, in steps: the longest of late. */
  get age(): Milliseconds {
    return (Math.ceil(this.#age / agesAStep) * agesAStep * 1000) as Milliseconds;
  }

  observe(at: Instant, { value, ageSeconds }: Load): void {
    if (ageSeconds !== null) {
      const age = Math.min(ageSeconds, longestAge);
      this.#age = age > this.#age ? age : this.#age + (age - this.#age) * forgetting;
    }
    if (value === null) return;
    this.#last = at;
    this.#forecaster.observe(at, value);
    if (this.past.kind !== 'reading') return;
    this.past.since.push({ at, value });
    if (this.past.since.length > mostKept) this.past.since.shift();
  }

  /** `reads`: somebody can be asked for its past */
  forecast(delays: ForecastDelays, now: Instant, reads: boolean): TargetForecast {
    this.#delays = delays;
    const said = {
      ...this.#forecaster.forecast(this.foreseen.perReplica, delays),
      ...(this.trouble === null ? {} : { trouble: this.trouble }),
      ...(reads && this.#isStarting(now) ? { reading: true as const } : {}),
    };
    if (this.#last !== null && since(this.#last, now) <= freshFor) return said;
    const state = said.state === 'trusted' ? 'steppedBack' : said.state;
    return { ...said, state, doubt: 'noFreshSample' };
  }

  #isStarting(now: Instant): boolean {
    return this.past.kind !== 'read' && this.past.failures === 0 && since(this.#begun, now) < readWithin;
  }

  isDue(now: Instant): boolean {
    return this.past.kind === 'unread' && this.past.again <= now;
  }

  /** One that knows nothing yet, for the past to be told to; what is seen meanwhile is kept for it. */
  beginPast(): Forecaster {
    this.past = { kind: 'reading', failures: this.past.kind === 'unread' ? this.past.failures : 0, since: [] };
    const forecaster = new Forecaster(this.foreseen.metric.name);
    // By what it is judged it has to know before it learns.
    if (this.#delays !== null) forecaster.forecast(this.foreseen.perReplica, this.#delays);
    return forecaster;
  }

  endPast(forecaster: Forecaster, trouble: string | null): void {
    if (this.past.kind === 'reading') for (const { at, value } of this.past.since) forecaster.observe(at, value);
    this.#forecaster = forecaster;
    this.trouble = trouble;
    this.past = { kind: 'read' };
  }

  /** It goes on with what it has seen itself; when the past is asked for again. */
  failPast(why: string, now: Instant): Instant {
    const failures = this.past.kind === 'read' ? 1 : this.past.failures + 1;
    const wait = Math.min(longestRetry, firstRetry * 2 ** (failures - 1));
    const again = (now + wait) as Instant;
    this.trouble = why;
    this.past = { kind: 'unread', failures, again };
    return again;
  }
}
