// Values and ages out of Prometheus's own answers. Empty, NaN, infinite, partial and stale are unknown: never zero.
import type { Question, Split } from '../../model/config.ts';
import type { PrometheusAnswer, PrometheusSample, Snapshot } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { textFor } from '../../targets/questions.ts';

export type Unknown =
  { readonly state: 'unknown' | 'failed'; readonly why: string } | { readonly state: 'stale'; readonly why: string };

export type Answered<Value> = { readonly state: 'ok'; readonly value: Value } | Unknown;

const unknown = (why: string): Unknown => ({ state: 'unknown', why });
const failed = (why: string): Unknown => ({ state: 'failed', why });

type Samples = readonly PrometheusSample[];
/** The series of one grouped answer by the namespace and the name that their labels say. */
type Shares = ReadonlyMap<string, ReadonlyMap<string, Samples>>;

const anyNamespace = '*';
const none: Samples = [];

function vectorOf(answer: PrometheusAnswer): Answered<Samples> {
  if (answer.status !== 'success' || answer.data === undefined)
    return failed(answer.error ?? 'Prometheus answered without data');
  if ((answer.warnings ?? []).length > 0) return unknown(`a partial answer: ${answer.warnings?.join('; ') ?? ''}`);
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

function shareOut(samples: Samples, split: Split): Shares {
  const labels = Object.entries(split);
  const ofNamespace = labels.find(([, part]) => part === 'namespace')?.[0];
  const ofName = labels.find(([, part]) => part === 'name')?.[0];
  const shares = new Map<string, Map<string, PrometheusSample[]>>();
  for (const sample of samples) {
    const namespace = ofNamespace === undefined ? anyNamespace : (sample.metric[ofNamespace] ?? '');
    const name = ofName === undefined ? '' : (sample.metric[ofName] ?? '');
    let ofOne = shares.get(namespace);
    if (ofOne === undefined) shares.set(namespace, (ofOne = new Map<string, PrometheusSample[]>()));
    const known = ofOne.get(name);
    if (known === undefined) ofOne.set(name, [sample]);
    else known.push(sample);
  }
  return shares;
}

/** The value of a sample, NaN where there is none: a proxy may leave it out, and nothing is never 0. */
export function sampleValue({ value }: PrometheusSample): number {
  // The types promise a text.
  const given = (value as readonly unknown[] | undefined)?.[1];
  if (typeof given === 'number') return given;
  return typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN;
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

/** The answers of one tick, looked up by the question; what is made once serves all targets. */
export class Answers {
  readonly #queries: Readonly<Record<string, PrometheusAnswer>>;
  readonly #failures: ReadonlyMap<string, string>;
  readonly #vectors = new Map<string, Answered<Samples>>();
  readonly #shares = new Map<Question, Shares | Unknown | null>();
  readonly #bySplit = new Map<string, Shares>();
  readonly #ownAnswers = new Map<string, boolean>();
  #asked: readonly string[] | null = null;

  constructor(snapshot: Snapshot) {
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
    this.#sharesOf(question);
  }

  /** The answer for one target: to its own text, or its share of the answer for many; null: nobody asked. */
  samples(question: Question, target: TargetRef): Answered<Samples> | null {
    if (this.#mayHaveOwnAnswer(question)) {
      const text = textFor(question, target);
      if (text !== null && this.wasAsked(text)) return this.vector(text);
    }
    const shares = this.#sharesOf(question);
    if (shares === null || 'state' in shares) return shares;
    const own = shares.get(target.namespace)?.get(target.name) ?? shares.get(anyNamespace)?.get(target.name) ?? none;
    return { state: 'ok', value: own };
  }

  /** As `samples`; a series without the labels of the split is everybody's. */
  ages(question: Question, target: TargetRef): Answered<Samples> | null {
    const own = this.samples(question, target);
    if (own?.state !== 'ok' || own.value.length > 0) return own;
    const shares = this.#sharesOf(question);
    if (shares === null || 'state' in shares) return own;
    const common = shares.get('')?.get('') ?? shares.get(anyNamespace)?.get('');
    return common === undefined ? own : { state: 'ok', value: common };
  }

  /**
   * Filling a template for every target only to find that nobody asked for it costs more than all the rest: what stands
   * before its first string is the same in every text that it is filled to.
   */
  #mayHaveOwnAnswer({ single, grouped }: Question): boolean {
    if (single === null || grouped === null) return single !== null;
    const known = this.#ownAnswers.get(single);
    if (known !== undefined) return known;
    const quote = single.search(/["'`]/);
    const beginning = quote < 0 ? single : single.slice(0, quote);
    this.#asked ??= [...Object.keys(this.#queries), ...this.#failures.keys()];
    const found = this.#asked.some((text) => text.startsWith(beginning));
    this.#ownAnswers.set(single, found);
    return found;
  }

  /** null: nobody asked for many; an answer that is none: everybody's. */
  #sharesOf(question: Question): Shares | Unknown | null {
    const known = this.#shares.get(question);
    if (known !== undefined) return known;
    const shares = this.#readShares(question);
    this.#shares.set(question, shares);
    return shares;
  }

  #readShares({ grouped }: Question): Shares | Unknown | null {
    if (grouped === null || !this.wasAsked(grouped.query)) return null;
    const vector = this.vector(grouped.query);
    if (vector.state !== 'ok') return vector;
    const key = `${splitKey(grouped.split)} ${grouped.query}`;
    let shares = this.#bySplit.get(key);
    if (shares === undefined) this.#bySplit.set(key, (shares = shareOut(vector.value, grouped.split)));
    return shares;
  }
}

const splitKeys = new WeakMap<Split, string>();
function splitKey(split: Split): string {
  let key = splitKeys.get(split);
  if (key === undefined) splitKeys.set(split, (key = JSON.stringify(Object.entries(split).sort())));
  return key;
}

export interface Age {
  /** null: nobody asked for it (a recording made by hand) */
  readonly seconds: number | null;
  /** why the age is not known although it was asked for */
  readonly why: string | null;
}

/** The oldest of the selectors that a metric reads. The collector asks for every one of them. */
export function ageOf(answers: Answers, questions: readonly Question[], target: TargetRef): Age {
  let seconds: number | null = null;
  for (const question of questions) {
    const samples = answers.ages(question, target);
    if (samples === null) continue;
    const age = numberOf(samples);
    if (age.state !== 'ok') return { seconds: null, why: `the age of its samples is unknown: ${age.why}` };
    seconds = Math.max(seconds ?? 0, age.value);
  }
  return { seconds, why: null };
}
