// The border: what came from Prometheus, or from what stands in its place, is looked at once, sample by sample, without copies.
import type { PrometheusAnswer } from '../../model/snapshot.ts';
import { ClientError } from '../http/error.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function answerOf(body: unknown): PrometheusAnswer {
  const wrong = isObject(body) ? whatIsWrong(body) : 'it is no object';
  if (wrong === null) return withPartSaid(body as Answer);
  throw new ClientError({
    code: 'Unexpected',
    source: 'Prometheus',
    message: `Prometheus: the answer is not of its query API: ${wrong}; check the address and what stands between.`,
  });
}

type Answer = PrometheusAnswer & { readonly isPartial?: unknown };

const isPartial = 'isPartial: a part of the server did not answer';

/** A cluster of VictoriaMetrics says it beside the data, where others give a warning. */
const withPartSaid = (answer: Answer): PrometheusAnswer =>
  answer.isPartial === true ? { ...answer, warnings: [...(answer.warnings ?? []), isPartial] } : answer;

function whatIsWrong(body: Json): string | null {
  if (body['status'] !== 'success') return `status is ${JSON.stringify(body['status'])}`;
  const { data, warnings } = body;
  if (warnings !== undefined && !Array.isArray(warnings)) return 'warnings is no list';
  if (!isObject(data)) return 'data is missing';
  const { resultType, result } = data;
  if (!Array.isArray(result)) return 'data.result is no list';
  switch (resultType) {
    case 'vector':
      return firstWrong(result, vectorSample);
    case 'matrix':
      return firstWrong(result, (series) => (isObject(series) && isObject(series['metric']) ? null : 'is no series'));
    case 'scalar':
    case 'string':
      return isPoint(result) ? null : 'data.result is no [time, value]';
    default:
      return `data.resultType is ${JSON.stringify(resultType)}`;
  }
}

function firstWrong(result: readonly unknown[], check: (element: unknown) => string | null): string | null {
  for (const [index, element] of result.entries()) {
    const wrong = check(element);
    if (wrong !== null) return `data.result[${index}] ${wrong}`;
  }
  return null;
}

function vectorSample(sample: unknown): string | null {
  if (!isObject(sample) || !isObject(sample['metric'])) return 'is no sample';
  // An empty point is what some servers write for "no value": an answer, and an unknown one.
  if (isPoint(sample['value']) || isEmptyList(sample['value'])) return null;
  return sample['histogram'] === undefined
    ? 'has no [time, value]'
    : 'is a native histogram and no number: take a quantile or a rate of its count';
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const isPoint = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'string';
