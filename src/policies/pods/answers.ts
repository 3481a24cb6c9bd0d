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
/** The series of one grouped answer by the target that their labels name. */
type Shares = ReadonlyMap<string, Samples>;

const shareKey = (namespace: string, name: string): string => `${namespace}/${name}`;
const anyNamespace = '*';

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
  const shares = new Map<string, PrometheusSample[]>();
  for (const sample of samples) {
    const namespace = ofNamespace === undefined ? anyNamespace : (sample.metric[ofNamespace] ?? '');
    const name = ofName === undefined ? '' : (sample.metric[ofName] ?? '');
    const key = shareKey(namespace, name);
    const known = shares.get(key);
    if (known === undefined) shares.set(key, [sample]);
    else known.push(sample);
  }
  return shares;
}

/** The one number of an answer. */
export function numberOf(vector: Answered<Samples>): Answered<number> {
  if (vector.state !== 'ok') return vector;
  const [sample, ...others] = vector.value;
  if (sample === undefined) return unknown('an empty result');
  if (others.length > 0) return failed(`${others.length + 1} series where one is meant: aggregate with sum or max`);
  // What a proxy or a broken adapter may send: the types promise two.
  const [at, text] = sample.value as readonly (number | string | undefined)[];
  if (at === undefined) return unknown('an empty result');
  if (text === undefined) return failed('a sample without a value');
  const value = Number(text);
  if (Number.isNaN(value)) return unknown('not a number (NaN)');
  return Number.isFinite(value) ? { state: 'ok', value } : unknown(`not a finite number (${text})`);
}

/** The answers of one tick, looked up by the question; what is made once serves all targets. */
export class Answers {
  readonly #queries: Readonly<Record<string, PrometheusAnswer>>;
  readonly #failures: ReadonlyMap<string, string>;
  readonly #vectors = new Map<string, Answered<Samples>>();
  readonly #shares = new Map<string, Map<string, Shares>>();

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

  /** The answer for one target: to its own text, or its share of the answer for many; null: nobody asked. */
  samples(question: Question, target: TargetRef): Answered<Samples> | null {
    const text = textFor(question, target);
    if (text !== null && this.wasAsked(text)) return this.vector(text);
    const { grouped } = question;
    if (grouped === null || !this.wasAsked(grouped.query)) return null;
    const vector = this.vector(grouped.query);
    if (vector.state !== 'ok') return vector;
    const shares = this.#sharesOf(grouped.query, grouped.split, vector.value);
    const own = shares.get(shareKey(target.namespace, target.name)) ?? shares.get(shareKey(anyNamespace, target.name));
    return { state: 'ok', value: own ?? [] };
  }

  /** As `samples`; a series without the labels of the split is everybody's. */
  ages(question: Question, target: TargetRef): Answered<Samples> | null {
    const own = this.samples(question, target);
    if (own?.state !== 'ok' || own.value.length > 0 || question.grouped === null) return own;
    const all = this.vector(question.grouped.query);
    if (all.state !== 'ok') return own;
    const common = this.#sharesOf(question.grouped.query, question.grouped.split, all.value).get(shareKey('', ''));
    return common === undefined ? own : { state: 'ok', value: common };
  }

  #sharesOf(query: string, split: Split, samples: Samples): Shares {
    let bySplit = this.#shares.get(query);
    if (bySplit === undefined) this.#shares.set(query, (bySplit = new Map<string, Shares>()));
    const key = splitKey(split);
    let shares = bySplit.get(key);
    if (shares === undefined) bySplit.set(key, (shares = shareOut(samples, split)));
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
