// A metric's value and age out of Prometheus's own answers. Empty, NaN, partial and stale are unknown: never zero.
import type { Metric } from '../../model/config.ts';
import type { PrometheusAnswer, PrometheusSample, Snapshot } from '../../model/snapshot.ts';
import type { QueryText } from '../../model/units.ts';

export type Unknown =
  { readonly state: 'unknown' | 'failed'; readonly why: string } | { readonly state: 'stale'; readonly why: string };

export type Answered<Value> = { readonly state: 'ok'; readonly value: Value } | Unknown;

const unknown = (why: string): Unknown => ({ state: 'unknown', why });

/** The vector of an answer, or why there is none to trust. */
export function vectorOf(snapshot: Snapshot, query: QueryText): Answered<readonly PrometheusSample[]> {
  const failure = snapshot.errors.find((error) => error.source === 'prometheus' && error.what === query);
  if (failure !== undefined) return { state: 'failed', why: `${failure.code}: ${failure.message}` };
  const answer: PrometheusAnswer | undefined = snapshot.prometheus.queries?.[query];
  if (answer === undefined) return unknown('Prometheus was not asked');
  if (answer.status !== 'success' || answer.data === undefined)
    return { state: 'failed', why: answer.error ?? 'Prometheus answered without data' };
  if ((answer.warnings ?? []).length > 0) return unknown(`a partial answer: ${answer.warnings?.join('; ') ?? ''}`);
  switch (answer.data.resultType) {
    case 'vector':
      return { state: 'ok', value: answer.data.result };
    case 'scalar':
      return { state: 'ok', value: [{ metric: {}, value: answer.data.result }] };
    case 'string':
    case 'matrix':
      return { state: 'failed', why: `a ${answer.data.resultType} is no number: aggregate it` };
  }
}

/** The one number of an answer. */
export function numberOf(snapshot: Snapshot, query: QueryText): Answered<number> {
  const vector = vectorOf(snapshot, query);
  if (vector.state !== 'ok') return vector;
  const [sample, ...others] = vector.value;
  if (sample === undefined) return unknown('an empty result');
  if (others.length > 0)
    return { state: 'failed', why: `${others.length + 1} series where one is meant: aggregate with sum or max` };
  const value = Number(sample.value[1]);
  return Number.isNaN(value) ? unknown('not a number (NaN)') : { state: 'ok', value };
}

export interface Age {
  /** null: nobody asked for it (a recording made by hand) */
  readonly seconds: number | null;
  /** why the age is not known although it was asked for */
  readonly why: string | null;
}

/** The oldest of the selectors that a metric reads. The collector asks for every one of them. */
export function ageOf(snapshot: Snapshot, metric: Metric): Age {
  let seconds: number | null = null;
  for (const query of metric.ageQueries) {
    const asked =
      snapshot.prometheus.queries?.[query] !== undefined ||
      snapshot.errors.some((error) => error.source === 'prometheus' && error.what === query);
    if (!asked) continue;
    const age = numberOf(snapshot, query);
    if (age.state !== 'ok') return { seconds: null, why: `the age of its samples is unknown: ${age.why}` };
    seconds = Math.max(seconds ?? 0, age.value);
  }
  return { seconds, why: null };
}
