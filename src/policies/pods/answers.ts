// Values and ages out of Prometheus's own answers. Empty, NaN, infinite, partial and stale are unknown: never zero.
import type { Question } from '../../model/config.ts';
import { partialOf } from '../../model/partial-answer.ts';
import type { PrometheusAnswer, PrometheusSample, Snapshot } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { textFor } from '../../targets/questions.ts';
import { keyOf, Recurring } from './recurring.ts';
import { sampleValue } from './sample-value.ts';
import { Shares } from './shares.ts';

export type Unknown =
  { readonly state: 'unknown' | 'failed'; readonly why: string } | { readonly state: 'stale'; readonly why: string };

export type Answered<Value> = { readonly state: 'ok'; readonly value: Value } | Unknown;

const unknown = (why: string): Unknown => ({ state: 'unknown', why });
const failed = (why: string): Unknown => ({ state: 'failed', why });

type Samples = readonly PrometheusSample[];

function vectorOf(answer: PrometheusAnswer): Answered<Samples> {
  if (answer.status !== 'success' || answer.data === undefined)
    return failed(answer.error ?? 'Prometheus answered without data');
  const partial = partialOf(answer.warnings);
  if (partial !== null) return unknown(partial);
  switch (answer.data.resultType) {
    case 'vector':
      return { state: 'ok', value: answer.data.result };
    case 'scalar':
      return { state: 'ok', value: [{ metric: {}, value: answer.data.result }] };
    case 'string':
    case 'matrix':
      return failed(`a ${answer.data.resultType} is no number: aggregate it`);
  }
}

/** The one number of an answer. */
export function numberOf(vector: Answered<Samples>): Answered<number> {
  if (vector.state !== 'ok') return vector;
  const samples = vector.value;
  const sample = samples[0];
  if (sample === undefined) return unknown('an empty result');
  if (samples.length > 1) return failed(`${samples.length} series where one is meant: aggregate with sum or max`);
  // What a proxy or a broken adapter may send: the types promise two.
  const point = sample.value as readonly unknown[] | undefined;
  if (point === undefined) return failed('a sample without a value (a native histogram is no number)');
  if (point.length === 0) return unknown('an empty result');
  if (point.length === 1) return failed('a sample without a value');
  const value = sampleValue(sample);
  if (Number.isNaN(value)) return unknown('not a number (NaN)');
  return Number.isFinite(value) ? { state: 'ok', value } : unknown(`not a finite number (${value})`);
}

/** A target, and where it sits among all that answers are shared out to. */
export interface Seated {
  readonly target: TargetRef;
  /** absent: it is looked up by its name */
  readonly seat?: number;
}

/** What a question comes to in this tick. */
interface Ready {
  /** some target may have been asked for by a text of its own */
  readonly own: boolean;
  /** null: nobody asked for many; an answer that is none: everybody's */
  readonly shares: Shares | Unknown | null;
}

/** The answers of one tick, looked up by the question; what is made once serves all targets. */
export class Answers {
  readonly recurring: Recurring;
  readonly #queries: Readonly<Record<string, PrometheusAnswer>>;
  readonly #failures: ReadonlyMap<string, string>;
  readonly #vectors = new Map<string, Answered<Samples>>();
  readonly #ready = new Map<Question, Ready>();
  readonly #shares = new Map<string, Shares>();
  #asked: readonly string[] | null = null;

  constructor(snapshot: Snapshot, recurring: Recurring = new Recurring([])) {
    this.recurring = recurring;
    this.#queries = snapshot.prometheus.queries ?? {};
    const failures = new Map<string, string>();
    for (const { source, what, code, message } of snapshot.errors)
      if (source === 'prometheus' && !failures.has(what)) failures.set(what, `${code}: ${message}`);
    this.#failures = failures;
  }

  wasAsked(query: string): boolean {
    return this.#queries[query] !== undefined || this.#failures.has(query);
  }

  vector(query: string): Answered<Samples> {
    const known = this.#vectors.get(query);
    if (known !== undefined) return known;
    const failure = this.#failures.get(query);
    const answer = this.#queries[query];
    const vector =
      failure !== undefined
        ? failed(failure)
        : answer === undefined
          ? unknown('Prometheus was not asked')
          : vectorOf(answer);
    this.#vectors.set(query, vector);
    return vector;
  }

  /** Shares the answer for many out; later each target finds its own at once. */
  prepare(question: Question): void {
    this.#readyFor(question);
  }

  /** The answer for one target: to its own text, or its share of the answer for many; null: nobody asked. */
  samples(question: Question, target: TargetRef): Answered<Samples> | null {
    const { own, shares } = this.#readyFor(question);
    if (own) {
      const text = textFor(question, target);
      if (text !== null && this.wasAsked(text)) return this.vector(text);
    }
    return shares instanceof Shares ? { state: 'ok', value: shares.of(target) } : shares;
  }

  /** `numberOf(samples(…))` where that is a number, which it nearly always is; NaN where it has to be looked into. */
  number(question: Question, { target, seat }: Seated): number {
    const { own, shares } = this.#readyFor(question);
    if (own || !(shares instanceof Shares)) return Number.NaN;
    const value = shares.numberOf(target, seat);
    return Number.isFinite(value) ? value : Number.NaN;
  }

  /** As `samples`; a series without the labels of the split is everybody's. */
  ages(question: Question, target: TargetRef): Answered<Samples> | null {
    const own = this.samples(question, target);
    if (own?.state !== 'ok' || own.value.length > 0) return own;
    const { shares } = this.#readyFor(question);
    const common = shares instanceof Shares ? shares.common() : null;
    return common === null ? own : { state: 'ok', value: common };
  }

  #readyFor(given: Question): Ready {
    const ready = this.#ready.get(given);
    if (ready !== undefined) return ready;
    const question = this.recurring.same(given);
    const made = this.#ready.get(question) ?? {
      own: this.#mayHaveOwnAnswer(question),
      shares: this.#sharesOf(question),
    };
    this.#ready.set(question, made).set(given, made);
    return made;
  }

  /**
   * Filling a template for every target only to find that nobody asked for it costs more than all the rest: what stands
   * before its first string is the same in every text that it is filled to.
   */
  #mayHaveOwnAnswer({ single, grouped }: Question): boolean {
    if (single === null || grouped === null) return single !== null;
    const quote = single.search(/["'`]/);
    const beginning = quote < 0 ? single : single.slice(0, quote);
    this.#asked ??= [...Object.keys(this.#queries), ...this.#failures.keys()];
    return this.#asked.some((text) => text.startsWith(beginning));
  }

  #sharesOf({ grouped }: Question): Shares | Unknown | null {
    if (grouped === null || !this.wasAsked(grouped.query)) return null;
    const vector = this.vector(grouped.query);
    if (vector.state !== 'ok') return vector;
    const key = keyOf(grouped);
    let shares = this.#shares.get(key);
    if (shares === undefined) {
      const order = this.recurring.order(this.recurring.targets, key);
      this.#shares.set(key, (shares = new Shares(vector.value, grouped.split, order)));
    }
    return shares;
  }
}

export interface Age {
  /** null: nobody asked for it (a recording made by hand) */
  readonly seconds: number | null;
  /** why the age is not known although it was asked for */
  readonly why: string | null;
}

/** The seconds of `ageOf` where all are numbers, which they nearly always are; NaN where it has to be looked into. */
export function plainAge(answers: Answers, questions: readonly Question[], of: Seated): number {
  let seconds = 0;
  for (const question of questions) {
    const age = answers.number(question, of);
    if (Number.isNaN(age)) return age;
    if (age > seconds) seconds = age;
  }
  return seconds;
}

/** The oldest of the selectors that a metric reads. The collector asks for every one of them. */
export function ageOf(answers: Answers, questions: readonly Question[], of: Seated): Age {
  let seconds: number | null = null;
  for (const question of questions) {
    let age = answers.number(question, of);
    if (Number.isNaN(age)) {
      const samples = answers.ages(question, of.target);
      if (samples === null) continue;
      const number = numberOf(samples);
      if (number.state !== 'ok') return { seconds: null, why: `the age of its samples is unknown: ${number.why}` };
      age = number.value;
    }
    if (seconds === null || age > seconds) seconds = Math.max(0, age);
  }
  return { seconds, why: null };
}
