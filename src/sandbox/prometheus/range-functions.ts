// The functions over a range of samples: rates with their extrapolation, and everything over time.
import type { Samples } from './series.ts';
import { averageOf, quantileOf, regressionOf, sumOf, varianceOf } from './statistics.ts';

export interface RangeFrame {
  /** The window (start, end] in milliseconds: after offset and @. */
  readonly start: number;
  readonly end: number;
  /** The instant that the query is evaluated at. */
  readonly now: number;
}

/** One window with at least one sample in; null: no sample comes out. */
export type RangeFunction = (samples: Samples, frame: RangeFrame, parameter: number) => number | null;

const last = (list: ArrayLike<number>): number => list[list.length - 1] ?? NaN;

/**
 * The change over the window as if samples stood at its borders. A border further away than 1.1 average steps counts as
 * the end of the series: then half a step is added. A counter is never extended below zero.
 */
function extrapolated(samples: Samples, frame: RangeFrame, kind: 'rate' | 'increase' | 'delta'): number | null {
  const { times, values } = samples;
  if (values.length < 2) return null;
  const firstTime = times[0] ?? NaN;
  const firstValue = values[0] ?? NaN;
  let change = last(values) - firstValue;
  if (kind !== 'delta') {
    let previous = firstValue;
    for (let index = 1; index < values.length; index++) {
      const value = values[index] ?? NaN;
      if (value < previous) change += previous;
      previous = value;
    }
  }
  const covered = (last(times) - firstTime) / 1000;
  const step = covered / (values.length - 1);
  const atStart = (firstTime - frame.start) / 1000;
  const atEnd = (frame.end - last(times)) / 1000;
  let before = atStart >= step * 1.1 ? step / 2 : atStart;
  const after = atEnd >= step * 1.1 ? step / 2 : atEnd;
  if (kind !== 'delta' && change > 0 && firstValue >= 0) before = Math.min(before, covered * (firstValue / change));
  const factor = (covered + before + after) / covered;
  // divided before it is multiplied, as Prometheus does, so that the last digits agree
  return change * (kind === 'rate' ? factor / ((frame.end - frame.start) / 1000) : factor);
}

function lastTwo(samples: Samples, kind: 'irate' | 'idelta'): number | null {
  const { times, values } = samples;
  const count = values.length;
  if (count < 2) return null;
  const value = last(values);
  const previous = values[count - 2] ?? NaN;
  const seconds = (last(times) - (times[count - 2] ?? NaN)) / 1000;
  if (kind === 'idelta') return value - previous;
  return (value < previous ? value : value - previous) / seconds;
}

/** NaN gives way to any number. */
function extreme(values: ArrayLike<number>, isBetter: (value: number, best: number) => boolean): number {
  let best = values[0] ?? NaN;
  for (let index = 1; index < values.length; index++) {
    const value = values[index] ?? NaN;
    if (isBetter(value, best) || Number.isNaN(best)) best = value;
  }
  return best;
}

export const greatestOf = (values: ArrayLike<number>): number => extreme(values, (value, best) => value > best);
export const leastOf = (values: ArrayLike<number>): number => extreme(values, (value, best) => value < best);

function countSteps(values: ArrayLike<number>, counts: (value: number, previous: number) => boolean): number {
  let count = 0;
  for (let index = 1; index < values.length; index++)
    if (counts(values[index] ?? NaN, values[index - 1] ?? NaN)) count++;
  return count;
}

export const rangeFunctions: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ['rate', (samples, frame) => extrapolated(samples, frame, 'rate')],
  ['increase', (samples, frame) => extrapolated(samples, frame, 'increase')],
  ['delta', (samples, frame) => extrapolated(samples, frame, 'delta')],
  ['irate', (samples) => lastTwo(samples, 'irate')],
  ['idelta', (samples) => lastTwo(samples, 'idelta')],
  ['deriv', (samples) => (samples.values.length < 2 ? null : regressionOf(samples, samples.times[0] ?? 0).slope)],
  [
    'predict_linear',
    (samples, frame, seconds) => {
      if (samples.values.length < 2) return null;
      const { slope, intercept } = regressionOf(samples, frame.now);
      return slope * seconds + intercept;
    },
  ],
  [
    'changes',
    ({ values }) => countSteps(values, (value, previous) => !Object.is(value, previous) && value !== previous),
  ],
  ['resets', ({ values }) => countSteps(values, (value, previous) => value < previous)],
  ['avg_over_time', ({ values }) => averageOf(values)],
  ['sum_over_time', ({ values }) => sumOf(values)],
  ['count_over_time', ({ values }) => values.length],
  ['min_over_time', ({ values }) => leastOf(values)],
  ['max_over_time', ({ values }) => greatestOf(values)],
  ['last_over_time', ({ values }) => last(values)],
  ['present_over_time', () => 1],
  ['stddev_over_time', ({ values }) => Math.sqrt(varianceOf(values))],
  ['stdvar_over_time', ({ values }) => varianceOf(values)],
  ['quantile_over_time', ({ values }, _frame, quantile) => quantileOf(quantile, values)],
]);
