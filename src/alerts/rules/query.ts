// Prometheus's answer to a rule's expression: numbers by their labels, or why there are none.
import type { PrometheusClient, RangeQuery } from '../../clients/prometheus/client.ts';
import { messageOf } from '../../model/errors.ts';
import { partialOf } from '../../model/partial-answer.ts';
import type { PrometheusAnswer } from '../../model/snapshot.ts';
import { seconds, type Instant } from '../../model/units.ts';
import type { LabelSet } from '../alert.ts';
import type { RuleAnswer } from './state.ts';

export type RuleQuery = (expression: string, at: Instant, signal: AbortSignal) => Promise<RuleAnswer>;

export const askPrometheus =
  (client: Pick<PrometheusClient, 'query'>): RuleQuery =>
  async (expression, at, signal) => {
    try {
      return ruleAnswerOf(await client.query(expression, { at, signal }));
    } catch (thrown) {
      return failed(messageOf(thrown));
    }
  };

const failed = (message: string): RuleAnswer => ({ kind: 'error', message });

/** The results of a rule over a span of time: the same labels, and values in the order of time. */
export interface RuleCourse {
  readonly labels: LabelSet;
  /** the times in seconds, as Prometheus writes them */
  readonly points: readonly (readonly [at: number, value: number])[];
}

export type RuleRangeQuery = (range: RangeQuery, signal: AbortSignal) => Promise<readonly RuleCourse[]>;

/** A day of minutes of a hundred series takes a while. */
const rangeDeadline = seconds(30);

/** Throws where there is no answer, or a part of one. */
export const askPrometheusRange =
  (client: Pick<PrometheusClient, 'queryRange'>): RuleRangeQuery =>
  async (range, signal) => {
    const { status, data, warnings, error } = await client.queryRange(range, { deadline: rangeDeadline, signal });
    const partial = partialOf(warnings);
    if (status !== 'success' || partial !== null)
      throw new Error(error ?? partial ?? 'Prometheus answered without data');
    if (data?.resultType !== 'matrix') throw new Error('the answer is no range of numbers');
    return data.result.map((one) => {
      const { metric = {}, values = [] } = one as { metric?: LabelSet; values?: readonly unknown[] };
      return { labels: metric, points: values.filter(isPoint).map(([at, text]) => [at, numberOf(text)] as const) };
    });
  };

/** A native histogram has no numbers, and what is no point is none. */
const isPoint = (point: unknown): point is readonly [number, string] =>
  Array.isArray(point) && typeof point[0] === 'number' && typeof point[1] === 'string';

export function ruleAnswerOf({ status, data, warnings, error }: PrometheusAnswer): RuleAnswer {
  if (status !== 'success' || data === undefined) return failed(error ?? 'Prometheus answered without data');
  const partial = partialOf(warnings);
  // what a part did not say would look like the end of alerts
  if (partial !== null) return failed(partial);
  switch (data.resultType) {
    case 'scalar':
      return { kind: 'vector', samples: [{ labels: {}, value: numberOf(data.result[1]) }] };
    case 'vector':
      return {
        kind: 'vector',
        samples: data.result.flatMap(({ metric, value }) => {
          // an empty point is what some servers write for "no value"
          const text = (value as readonly (number | string)[])[1];
          return typeof text === 'string' ? [{ labels: metric, value: numberOf(text) }] : [];
        }),
      };
    case 'matrix':
    case 'string':
      return failed(`rule result is not a vector or scalar, it is a ${data.resultType}`);
  }
}

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));
