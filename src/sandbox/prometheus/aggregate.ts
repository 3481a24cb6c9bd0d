// The aggregations: groups of samples become one sample, or the best few of them.
import type { Aggregation, Grouping } from '../../promql/ast.ts';
import { plainNumber } from './format.ts';
import type { LabelSet } from './labels.ts';
import { metricName, noLabels } from './labels.ts';
import { greatestOf, leastOf } from './range-functions.ts';
import { averageOf, quantileOf, sumOf, varianceOf } from './statistics.ts';
import { QueryError } from './values.ts';
import type { VectorSample } from './values.ts';

interface Group {
  readonly labels: LabelSet;
  readonly samples: VectorSample[];
}

export type AggregationParameter = number | string | null;

export function aggregate(
  { operator, grouping }: Pick<Aggregation, 'operator' | 'grouping'>,
  parameter: AggregationParameter,
  samples: readonly VectorSample[],
): VectorSample[] {
  const groups = groupsOf(grouping, samples);
  const each = (reduce: (values: readonly number[]) => number): VectorSample[] =>
    groups.map(({ labels, samples: members }) => ({ labels, value: reduce(members.map(({ value }) => value)) }));
  switch (operator) {
    case 'sum':
      return each(sumOf);
    case 'avg':
      return each(averageOf);
    case 'min':
      return each(leastOf);
    case 'max':
      return each(greatestOf);
    case 'count':
      return each((values) => values.length);
    case 'group':
      return each(() => 1);
    case 'stddev':
      return each((values) => Math.sqrt(varianceOf(values)));
    case 'stdvar':
      return each(varianceOf);
    case 'quantile':
      return each((values) => quantileOf(Number(parameter), values));
    case 'topk':
    case 'bottomk':
      return groups.flatMap(({ samples: members }) => best(members, wholeNumber(parameter), operator));
    case 'count_values':
      return groups.flatMap((group) => countValues(group, String(parameter)));
    case 'limitk':
    case 'limit_ratio':
      throw new QueryError('bad_data', `aggregation "${operator}" is not enabled`);
  }
}

function groupsOf(grouping: Grouping | null, samples: readonly VectorSample[]): Group[] {
  const groups = new Map<string, Group>();
  for (const sample of samples) {
    const key = groupKey(grouping, sample.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: groupLabels(grouping, sample.labels), samples: [sample] });
    else group.samples.push(sample);
  }
  return [...groups.values()];
}

function groupKey(grouping: Grouping | null, labels: LabelSet): string {
  if (grouping === null) return '';
  if (grouping.kind === 'without') return groupLabels(grouping, labels).key;
  return grouping.labels.map((label) => labels.get(label)).join('\u0000');
}

function groupLabels(grouping: Grouping | null, labels: LabelSet): LabelSet {
  if (grouping === null) return noLabels;
  return grouping.kind === 'by' ? labels.only(grouping.labels) : labels.without([...grouping.labels, metricName]);
}

function wholeNumber(parameter: AggregationParameter): number {
  const count = Number(parameter);
  if (Number.isNaN(count)) throw new QueryError('execution', 'Scalar value NaN overflows int64');
  return Math.max(0, Math.trunc(count));
}

/** NaN is never among the best while numbers are left. */
function best(samples: readonly VectorSample[], count: number, operator: 'topk' | 'bottomk'): VectorSample[] {
  return [...samples].sort((a, b) => compareValues(a.value, b.value, operator === 'topk')).slice(0, count);
}

export function compareValues(a: number, b: number, descending: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  const order = a < b ? -1 : a > b ? 1 : 0;
  return descending ? -order : order;
}

function countValues(group: Group, label: string): VectorSample[] {
  if (!/^[a-zA-Z_]\w*$/.test(label)) throw new QueryError('execution', `invalid label name ${JSON.stringify(label)}`);
  const counts = new Map<string, number>();
  for (const { value } of group.samples) {
    const text = plainNumber(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return Array.from(counts, ([text, value]) => ({ labels: group.labels.with(label, text), value }));
}
