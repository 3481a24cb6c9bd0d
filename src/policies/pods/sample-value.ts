// The number in one sample of Prometheus.
import type { PrometheusSample } from '../../model/snapshot.ts';

/** Ages and counts repeat each other: the text that was read last, and its number. */
let [lastText, lastNumber] = ['', Number.NaN];

/** NaN where there is none: a proxy may leave it out, and nothing is never 0. */
export function sampleValue({ value }: PrometheusSample): number {
  // The types promise a text.
  const given = (value as readonly unknown[] | undefined)?.[1];
  if (given === lastText) return lastNumber;
  if (typeof given === 'number') return given;
  if (typeof given !== 'string') return Number.NaN;
  const number = Number(given);
  [lastText, lastNumber] = [given, number === 0 && given.trim() === '' ? Number.NaN : number];
  return lastNumber;
}
