// Numbers for people, as Prometheus and Alertmanager write them.
import { formatFloat } from './number-format.ts';
import { CallError } from './template-error.ts';
import { typeName } from './value.ts';
import type { Value } from './value.ts';

export function toFloat(value: Value | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return parsedFloat(value);
  if (value !== null && typeof value === 'object' && value.kind === 'duration') return Number(value.nanoseconds) / 1e9;
  throw new CallError(`${typeName(value ?? null)} is no number`);
}

function parsedFloat(text: string): number {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  throw new CallError(`${JSON.stringify(text)} is no number`);
}

const four = (value: number): string => formatFloat(value, 'g', 4);

const large = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const small = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

function scaledUp(value: number, by: number, prefixes: readonly string[]): string {
  let [rest, prefix] = [value, ''];
  for (const one of prefixes) {
    if (Math.abs(rest) < by) break;
    [rest, prefix] = [rest / by, one];
  }
  return four(rest) + prefix;
}

function scaledDown(value: number): string {
  let [rest, prefix] = [value, ''];
  for (const one of small) {
    if (Math.abs(rest) >= 1) break;
    [rest, prefix] = [rest * 1000, one];
  }
  return four(rest) + prefix;
}

export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return four(value);
  return Math.abs(value) >= 1 ? scaledUp(value, 1000, large) : scaledDown(value);
}

export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return four(value);
  return scaledUp(
    value,
    1024,
    large.map((prefix) => `${prefix}i`),
  );
}

export const humanizePercentage = (value: number): string => `${four(value * 100)}%`;

/** Days to seconds from a minute on, four digits below. */
export function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return four(value);
  if (value === 0) return '0s';
  if (Math.abs(value) < 1) return `${scaledDown(value)}s`;
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  const whole = Math.trunc(size);
  const seconds = `${whole % 60}s`;
  const minutes = `${Math.trunc(whole / 60) % 60}m ${seconds}`;
  const hours = `${Math.trunc(whole / 3600) % 24}h ${minutes}`;
  if (whole >= 86_400) return `${sign}${Math.trunc(whole / 86_400)}d ${hours}`;
  if (whole >= 3600) return sign + hours;
  return sign + (whole >= 60 ? minutes : `${four(size)}s`);
}
