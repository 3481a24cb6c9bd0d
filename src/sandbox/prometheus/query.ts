// Instant and range queries from a text to the JSON that Prometheus answers with.
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { Expression } from '../../promql/ast.ts';
import { parsePromql } from '../../promql/parse.ts';
import { PromqlError } from '../../promql/refusal.ts';
import { Evaluation } from './evaluate.ts';
import type { EvaluationLimits } from './evaluate.ts';
import { jsonMatrix, jsonPoint } from './format.ts';
import type { QueryResult } from './format.ts';
import type { LabelSet } from './labels.ts';
import { noLabels } from './labels.ts';
import type { SeriesStore } from './store.ts';
import { QueryError, refuseDuplicates } from './values.ts';

export const defaultLimits: EvaluationLimits = {
  lookback: 300_000 as Milliseconds,
  evaluationInterval: 60_000 as Milliseconds,
  maximumSamples: 50_000_000,
};

const maximumPoints = 11_000;

function readQuery(text: string): Expression {
  const reading = parsePromql(text);
  if (reading.kind === 'error') {
    const error = new PromqlError(text, reading.offset, reading.message);
    throw new QueryError(
      'bad_data',
      `invalid parameter "query": ${error.message.replace(/^(\d+:\d+:)/, '$1 parse error:')}`,
    );
  }
  const [first] = reading.experimental;
  if (first !== undefined)
    throw new QueryError('bad_data', `invalid parameter "query": "${first}" is experimental and not enabled`);
  const [former] = reading.former;
  if (former !== undefined)
    throw new QueryError('bad_data', `invalid parameter "query": parse error: unknown function with name "${former}"`);
  return reading.expression;
}

/** Throws a QueryError. */
export function queryInstant(
  store: SeriesStore,
  text: string,
  at: Instant,
  limits: EvaluationLimits = defaultLimits,
): QueryResult {
  const expression = readQuery(text);
  const value = new Evaluation(store, limits, at, at).at(expression, at);
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: jsonPoint(at, value.value) };
    case 'string':
      return { resultType: 'string', result: [at / 1000, value.value] };
    case 'matrix':
      return jsonMatrix(value.windows);
    case 'vector':
      return {
        resultType: 'vector',
        result: refuseDuplicates(value.samples).map((sample) => ({
          metric: sample.labels.toRecord(),
          value: jsonPoint(at, sample.value),
        })),
      };
  }
}

export interface QueryRange {
  readonly start: Instant;
  readonly end: Instant;
  readonly step: Milliseconds;
}

/** Throws a QueryError. */
export function queryRange(
  store: SeriesStore,
  text: string,
  { start, end, step }: QueryRange,
  limits: EvaluationLimits = defaultLimits,
): QueryResult {
  if (end < start)
    throw new QueryError('bad_data', 'invalid parameter "end": end timestamp must not be before start time');
  if (!(step > 0))
    throw new QueryError(
      'bad_data',
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((end - start) / step > maximumPoints)
    throw new QueryError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const expression = readQuery(text);
  const evaluation = new Evaluation(store, limits, start, end);
  const found = new Map<string, { labels: LabelSet; times: number[]; values: number[] }>();
  for (let time: number = start; time <= end; time += step) {
    const value = evaluation.at(expression, time);
    if (value.type === 'matrix' || value.type === 'string') throw wrongRangeType(value.type);
    const samples =
      value.type === 'scalar' ? [{ labels: noLabels, value: value.value }] : refuseDuplicates(value.samples);
    for (const { labels, value: number } of samples) {
      let series = found.get(labels.key);
      if (series === undefined) {
        series = { labels, times: [], values: [] };
        found.set(labels.key, series);
      }
      series.times.push(time);
      series.values.push(number);
    }
  }
  return jsonMatrix(found.values());
}

function wrongRangeType(type: 'matrix' | 'string'): QueryError {
  const name = type === 'matrix' ? 'range vector' : 'string';
  return new QueryError(
    'bad_data',
    `invalid parameter "query": invalid expression type "${name}" for range query, must be Scalar or instant Vector`,
  );
}
