// Numbers and results as Prometheus writes them into JSON.
import { compareLabels } from './labels.ts';
import type { LabelSet } from './labels.ts';
import type { Samples } from './series.ts';

/** The shortest digits that read back the same; an exponent only for the very large and very small. */
function sampleText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (Object.is(value, -0)) return '-0';
  // two digits of exponent at least, as Go prints them
  return String(value)
    .replace('Infinity', 'Inf')
    .replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Never with an exponent: for labels that hold a number. */
export function plainNumber(value: number): string {
  const text = sampleText(value);
  if (!text.includes('e')) return text;
  if (Math.abs(value) >= 1) return BigInt(value).toString();
  const [mantissa = '', exponent = ''] = text.split('e');
  const sign = value < 0 ? '-' : '';
  return `${sign}0.${'0'.repeat(-Number(exponent) - 1)}${mantissa.replace(/[-.]/g, '')}`;
}

export type JsonPoint = readonly [time: number, value: string];

export interface JsonSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: JsonPoint;
  readonly values?: readonly JsonPoint[];
}

export interface SeriesResult {
  readonly resultType: 'vector' | 'matrix';
  readonly result: readonly JsonSeries[];
}

export interface PointResult {
  readonly resultType: 'scalar' | 'string';
  readonly result: JsonPoint;
}

export type QueryResult = SeriesResult | PointResult;

export const holdsSeries = (result: QueryResult): result is SeriesResult =>
  result.resultType === 'vector' || result.resultType === 'matrix';

export const jsonPoint = (time: number, value: number): JsonPoint => [time / 1000, sampleText(value)];

export function jsonMatrix(series: Iterable<{ readonly labels: LabelSet } & Samples>): SeriesResult {
  const result = Array.from(series)
    .filter(({ times }) => times.length > 0)
    .sort((a, b) => compareLabels(a.labels, b.labels))
    .map(({ labels, times, values }) => ({
      metric: labels.toRecord(),
      values: Array.from(times, (time, index) => jsonPoint(time, values[index] ?? NaN)),
    }));
  return { resultType: 'matrix', result };
}
