// The parameters of the HTTP API: instants, durations and selectors as Prometheus accepts them.
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { VectorSelector } from '../../promql/ast.ts';
import { durationOf } from '../../promql/literals.ts';
import { parsePromql } from '../../promql/parse.ts';
import { QueryError } from './values.ts';

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Unix seconds or RFC 3339. */
export function instantParameter(parameters: URLSearchParams, name: string, missing: Instant | null): Instant {
  const text = parameters.get(name) ?? '';
  if (text === '' && missing !== null) return missing;
  const seconds = text.trim() === '' ? NaN : Number(text);
  const at = Number.isFinite(seconds) ? Math.round(seconds * 1000) : rfc3339.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw badParameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return at as Instant;
}

/** Seconds or a duration. */
export function durationParameter(parameters: URLSearchParams, name: string): Milliseconds {
  const text = parameters.get(name) ?? '';
  const seconds = text.trim() === '' ? NaN : Number(text);
  const span = Number.isFinite(seconds) ? Math.round(seconds * 1000) : durationOf(text);
  if (span === null || Number.isNaN(span))
    throw badParameter(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return span as Milliseconds;
}

/** The selectors in match[]; an empty list where there are none. */
export function selectorParameters(parameters: URLSearchParams): VectorSelector[] {
  return parameters.getAll('match[]').map((text) => {
    const reading = parsePromql(text);
    if (reading.kind === 'error')
      throw badParameter('match[]', `1:${String(reading.offset + 1)}: parse error: ${reading.message}`);
    if (reading.expression.kind !== 'vectorSelector')
      throw badParameter('match[]', `${JSON.stringify(text)} is not a selector`);
    return reading.expression;
  });
}

function badParameter(name: string, message: string): QueryError {
  return new QueryError('bad_data', `invalid parameter "${name}": ${message}`);
}
