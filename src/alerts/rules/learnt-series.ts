// The series of a rule that learns: each has a mind of its own, their past is read in the background, and the answer becomes what is active.
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../model/errors.ts';
import type { Learning } from '../../model/rule.ts';
import { minutes, since, type Instant, type Milliseconds } from '../../model/units.ts';
import { inSlices } from '../../slices.ts';
import type { LabelSet } from '../alert.ts';
import type { AlertLog } from '../courier.ts';
import type { Limiter } from '../limiter.ts';
import { mindOf, stepOf, type Mind, type Verdict } from './minds.ts';
import type { RuleRangeQuery } from './query.ts';
import { pastParts } from './rule-past.ts';
import { keyOf, type JudgedAnswer, type RuleAnswer, type RuleSample } from './state.ts';

/** What all rules that learn have in common. */
export interface LearningParts {
  readonly clock: Clock;
  readonly range: RuleRangeQuery;
  /** one past after the other */
  readonly reading: Limiter;
  readonly places: Places;
  readonly log: Pick<AlertLog, 'info' | 'warn'>;
}

/** How many series are learnt by all rules together: some tens of kilobytes each. */
export interface Places {
  free: number;
}

export interface LearningCounts {
  readonly known: number;
  readonly learning: number;
  /** in the last answer, and no place for them */
  readonly leftOut: number;
}

interface Series {
  mind: Mind;
  verdict: Verdict;
  sample: RuleSample;
  seenAt: Instant;
  past: 'unread' | 'reading' | 'read';
  /** what is seen while the past is read */
  meanwhile: (readonly [Instant, number])[];
}

/** A series that is missing in a good answer for less than this has not ended: a scrape failed, a pod moved. */
const missedFor = minutes(10);
/** What comes back within a week and a day goes on from what it knew. */
const forgottenAfter = minutes(8 * 24 * 60);
/** What takes longer to read is not waited for. */
const readWithin = minutes(10);
const mostMeanwhile = 1_000;
const firstRetry = minutes(1);
const longestRetry = minutes(60);
/** for series that came later */
const readAgainAfter = minutes(6 * 60);
/** between two breaths */
const stride = 16;

export class LearntSeries {
  readonly #learns: Learning;
  readonly #query: string;
  readonly #parts: LearningParts;
  readonly #series = new Map<string, Series>();
  readonly #abort = new AbortController();
  #interval = minutes(1);
  #leftOut = 0;
  #begun: Instant | null = null;
  #reading: Promise<void> | null = null;
  #failures = 0;
  #wasRead = false;
  #readAt: Instant | null = null;

  constructor(query: string, learns: Learning, parts: LearningParts) {
    this.#query = query;
    this.#learns = learns;
    this.#parts = parts;
  }

  get counts(): LearningCounts {
    const verdicts = [...this.#series.values()].map(({ verdict }) => verdict.kind);
    const learning = verdicts.filter((kind) => kind === 'learning').length;
    return { known: verdicts.length - learning, learning, leftOut: this.#leftOut };
  }

  /** What of the answer is active now. An answer that is none teaches nothing. */
  async judge(answer: RuleAnswer, at: Instant, interval: Milliseconds): Promise<JudgedAnswer> {
    if (answer.kind === 'error') return answer;
    this.#begun ??= at;
    this.#interval = interval;
    const samples = await inSlices(this.#observing(answer.samples, at));
    this.#readDue(at);
    return this.#isStarting(at) ? { kind: 'unknown' } : { kind: 'vector', samples };
  }

  async settle(): Promise<void> {
    await this.#reading;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#reading;
    this.#parts.places.free += this.#series.size;
    this.#series.clear();
  }

  /** Whoever has learnt nothing yet has nothing to take back either. */
  #isStarting(at: Instant): boolean {
    const isWaiting = this.#reading !== null && !this.#wasRead && this.#failures === 0;
    return isWaiting && since(this.#begun ?? at, at) < readWithin;
  }

  *#observing(samples: readonly RuleSample[], at: Instant): Generator<undefined, readonly RuleSample[]> {
    this.#leftOut = 0;
    for (const [index, sample] of samples.entries()) {
      if (index % stride === 0) yield;
      // no number is no news
      if (!Number.isFinite(sample.value)) continue;
      const series = this.#seriesOf(sample, at);
      if (series === null) continue;
      series.sample = sample;
      series.seenAt = at;
      series.mind.observe(at, sample.value);
      series.verdict = series.mind.verdict();
      if (series.past !== 'reading') continue;
      series.meanwhile.push([at, sample.value]);
      if (series.meanwhile.length > mostMeanwhile) series.meanwhile.shift();
    }
    const active: RuleSample[] = [];
    for (const [key, { seenAt, verdict, sample }] of this.#series) {
      const missed = since(seenAt, at);
      if (missed > forgottenAfter) this.#forget(key);
      else if (verdict.kind === 'active' && missed < missedFor) active.push({ ...sample, facts: verdict.facts });
    }
    return active;
  }

  #seriesOf(sample: RuleSample, at: Instant): Series | null {
    const key = seriesKey(sample.labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (!this.#hasPlace(at)) {
      this.#leftOut += 1;
      return null;
    }
    this.#parts.places.free -= 1;
    const series: Series = {
      mind: mindOf(this.#learns, this.#interval),
      verdict: { kind: 'learning' },
      sample,
      seenAt: at,
      past: 'unread',
      meanwhile: [],
    };
    this.#series.set(key, series);
    return series;
  }

  /** Where there is none, the one that is gone longest makes place. */
  #hasPlace(at: Instant): boolean {
    const { places } = this.#parts;
    // a reload has put another one in its place while its answer was on the way
    if (this.#abort.signal.aborted) return false;
    if (this.#series.size < this.#learns.series && places.free > 0) return true;
    let oldest: string | null = null;
    let least = at - missedFor;
    for (const [key, { seenAt }] of this.#series)
      if (seenAt < least) {
        least = seenAt;
        oldest = key;
      }
    if (oldest === null) return false;
    this.#forget(oldest);
    return true;
  }

  #forget(key: string): void {
    if (this.#series.delete(key)) this.#parts.places.free += 1;
  }

  #readDue(at: Instant): void {
    if (this.#reading !== null || this.#abort.signal.aborted) return;
    const wait = this.#failures > 0 ? Math.min(longestRetry, firstRetry * 2 ** (this.#failures - 1)) : readAgainAfter;
    if (this.#readAt !== null && since(this.#readAt, at) < wait) return;
    const due = [...this.#series].filter(([, { past }]) => past === 'unread');
    if (due.length === 0) return;
    for (const [, series] of due) series.past = 'reading';
    this.#readAt = at;
    this.#reading = this.#parts
      .reading(() => this.#read(new Map(due), at))
      .finally(() => {
        this.#reading = null;
      });
  }

  async #read(due: ReadonlyMap<string, Series>, at: Instant): Promise<void> {
    const { range, log } = this.#parts;
    const { signal } = this.#abort;
    const minds = new Map<string, Mind>();
    const parts = pastParts(this.#query, at, stepOf(this.#learns, this.#interval), this.#series.size + this.#leftOut);
    try {
      for (const part of parts) {
        if (signal.aborted) return;
        for (const { labels, points } of await range(part, signal)) {
          const key = seriesKey(labels);
          if (!due.has(key)) continue;
          let mind = minds.get(key);
          if (mind === undefined) minds.set(key, (mind = mindOf(this.#learns, this.#interval)));
          await inSlices(learning(mind, points));
        }
      }
      this.#failures = 0;
      this.#wasRead = true;
      log.info({ query: this.#query, series: minds.size }, 'the past of a rule that learns was read');
    } catch (thrown) {
      if (signal.aborted) return;
      this.#failures += 1;
      minds.clear();
      log.warn(
        { query: this.#query, err: messageOf(thrown) },
        'the past of a rule that learns cannot be read: it learns from what it sees',
      );
    }
    for (const [key, series] of due) this.#takeOver(series, minds.get(key));
  }

  /** Without a past it goes on with what it has seen itself. */
  #takeOver(series: Series, mind: Mind | undefined): void {
    const { meanwhile } = series;
    series.meanwhile = [];
    series.past = this.#failures === 0 ? 'read' : 'unread';
    if (mind === undefined) return;
    for (const [at, value] of meanwhile) mind.observe(at, value);
    series.mind = mind;
    series.verdict = mind.verdict();
  }
}

function* learning(mind: Mind, points: readonly (readonly [number, number])[]): Generator<undefined, void> {
  for (const [index, [at, value]] of points.entries()) {
    if (index % stride === 0) yield;
    if (Number.isFinite(value)) mind.observe((at * 1000) as Instant, value);
  }
}

const seriesKey = (labels: LabelSet): string =>
  keyOf(Object.fromEntries(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))));
