// Sums that keep small terms, and the quantile, deviation and regression that PromQL defines.
import type { Samples } from './series.ts';

/** Compensated summation (Neumaier): the order of the terms does not show in the result. */
export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  let lost = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const next = sum + value;
    if (Number.isFinite(next)) lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

export function averageOf(values: ArrayLike<number>): number {
  const sum = sumOf(values);
  if (Number.isFinite(sum)) return sum / values.length;
  // the sum may overflow where the average does not
  let mean = 0;
  for (let index = 0; index < values.length; index++) mean += (values[index] ?? 0) / values.length;
  return mean;
}

export function varianceOf(values: ArrayLike<number>): number {
  let mean = 0;
  let squares = 0;
  for (let index = 0; index < values.length; index++) {
    const delta = (values[index] ?? 0) - mean;
    mean += delta / (index + 1);
    squares += delta * ((values[index] ?? 0) - mean);
  }
  return squares / values.length;
}

export function quantileOf(quantile: number, values: ArrayLike<number>): number {
  if (values.length === 0 || Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const sorted = Float64Array.from(values).sort();
  // typed arrays put NaN last, Prometheus puts it first
  const numbers = sorted.findIndex((value) => Number.isNaN(value));
  if (numbers > 0) sorted.set([...sorted.subarray(numbers), ...sorted.subarray(0, numbers)]);
  const rank = quantile * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? NaN) * (1 - weight) + (sorted[upper] ?? NaN) * weight;
}

/** Least squares over seconds relative to `origin` (milliseconds). */
export function regressionOf(samples: Samples, origin: number): { slope: number; intercept: number } {
  const { times, values } = samples;
  const first = values[0] ?? NaN;
  const xs = Array.from(times, (time) => (time - origin) / 1000);
  const ys = Array.from(values);
  if (ys.every((value) => value === first))
    return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: NaN, intercept: NaN };
  const count = ys.length;
  const sumX = sumOf(xs);
  const sumY = sumOf(ys);
  const covariance = sumOf(xs.map((x, index) => x * (ys[index] ?? NaN))) - (sumX * sumY) / count;
  const variance = sumOf(xs.map((x) => x * x)) - (sumX * sumX) / count;
  const slope = covariance / variance;
  return { slope, intercept: sumY / count - (slope * sumX) / count };
}
