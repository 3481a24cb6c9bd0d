// Prometheus's answer to a rule's expression: numbers by their labels, or why there are none.
import type { PrometheusClient } from '../../clients/prometheus/client.ts';
import { messageOf } from '../../model/errors.ts';
import type { PrometheusAnswer } from '../../model/snapshot.ts';
import type { Instant } from '../../model/units.ts';
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

/** Remarks on the expression itself; every other warning is of a part that did not answer. */
const remark = /^PromQL (?:warning|info):/;

export function ruleAnswerOf({ status, data, warnings = [], error }: PrometheusAnswer): RuleAnswer {
  if (status !== 'success' || data === undefined) return failed(error ?? 'Prometheus answered without data');
  const partial = warnings.filter((warning) => !remark.test(warning));
  // what a part did not say would look like the end of alerts
  if (partial.length > 0) return failed(`a partial answer: ${partial.join('; ')}`);
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
