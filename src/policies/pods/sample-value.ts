// The number in one sample of Prometheus.
import type { PrometheusSample } from '../../model/snapshot.ts';

/** NaN where there is none: a proxy may leave it out, and nothing is never 0. */
export function sampleValue({ value }: PrometheusSample): number {
  // The types promise a text.
  const given = (value as readonly unknown[] | undefined)?.[1];
  if (typeof given === 'number') return given;
  if (typeof given !== 'string') return Number.NaN;
  const number = Number(given);
  return number === 0 && given.trim() === '' ? Number.NaN : number;
}
