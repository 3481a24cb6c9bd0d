// PromQL within the configuration: refused at the character that is wrong, or where the answer would be of no use.
import { parsePromql } from '../promql/parse.ts';
import { groupingLabelsOf } from '../promql/selectors.ts';
import type { ProblemPath } from './problem.ts';
import type { Finding } from './source.ts';

/** The words of whoever asks, for answers that are of no use to him. */
export interface Wanted {
  readonly matrix: string;
  readonly range: string;
  readonly string: string;
  readonly otherwise: string;
}

const ofMetric: Wanted = {
  matrix: 'the query answers a range of samples for each series, a metric needs one number',
  range: 'rate(…[1m])',
  string: 'the query answers a text, a metric needs a number',
  otherwise: 'the metric is unknown otherwise',
};

const doubt = (path: ProblemPath, message: string, { otherwise }: Wanted): Finding => ({
  code: 'ExperimentalQuery',
  severity: 'warning',
  path,
  message,
  mend: `make sure that yours does: ${otherwise}`,
});

/** A query whose answer is taken as numbers at one instant. */
export function queryFindings(path: ProblemPath, text: unknown, wanted = ofMetric): Finding[] {
  if (typeof text !== 'string') return [];
  const reading = parsePromql(text);
  if (reading.kind === 'error') return [{ code: 'WrongQuery', path, offset: reading.offset, message: reading.message }];
  switch (reading.type) {
    case 'matrix': {
      const mend = `put a function around it: ${wanted.range}, max_over_time(…[5m])`;
      return [{ code: 'WrongQuery', path, message: wanted.matrix, mend }];
    }
    case 'string':
      return [{ code: 'WrongQuery', path, message: wanted.string }];
    case 'scalar':
    case 'vector':
      return [
        ...reading.experimental.map((what) =>
          doubt(path, `${what} works only where Prometheus runs with --enable-feature for it`, wanted),
        ),
        ...reading.former.map((what) => doubt(path, `${what} works only where Prometheus is of version 2`, wanted)),
      ];
  }
}

/** Usage is looked up by pod: without these labels every utilization would be unknown. */
export function resourceQueryFindings(path: ProblemPath, text: unknown): Finding[] {
  const findings = queryFindings(path, text);
  if (typeof text !== 'string' || findings.some(({ code }) => code === 'WrongQuery')) return findings;
  const labels = groupingLabelsOf(text);
  const missing = ['namespace', 'pod'].filter((label) => labels?.includes(label) === false);
  if (missing.length === 0) return findings;
  const message = `the answer has no label ${missing.join(' and ')}: it cannot be told which pod a number belongs to`;
  return [...findings, { code: 'WrongQuery', path, message, mend: 'sum by (namespace, pod, container) (…)' }];
}
