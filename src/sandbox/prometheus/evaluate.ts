// Evaluates a PromQL tree at one instant after the other over the series in memory.
import type { Milliseconds } from '../../model/units.ts';
import type {
  Expression,
  FunctionCall,
  MatrixSelector,
  Subquery,
  TimeShift,
  VectorSelector,
} from '../../promql/ast.ts';
import { aggregate, compareValues } from './aggregate.ts';
import { binary } from './binary.ts';
import { histogramQuantile } from './histogram.ts';
import { calendarFunctions, numberFunctions } from './instant-functions.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { LabelSet, metricName, noLabels } from './labels.ts';
import { rangeFunctions } from './range-functions.ts';
import type { RangeFrame } from './range-functions.ts';
import type { Series } from './series.ts';
import type { SeriesStore } from './store.ts';
import { QueryError, refuseDuplicates } from './values.ts';
import type { SampleWindow, Value, VectorSample } from './values.ts';

export interface EvaluationLimits {
  readonly lookback: Milliseconds;
  /** The step of a subquery that names none. */
  readonly evaluationInterval: Milliseconds;
  /** How many samples one query may look at. */
  readonly maximumSamples: number;
}

/** Keep the metric's name: they hand out one of the samples themselves. */
const keepName = ['last_over_time'];
/** Only defined for native histograms, which do not exist here: over plain samples they answer nothing. */
const nativeOnly = /^histogram_(avg|count|sum|stddev|stdvar)$/;

export class Evaluation {
  readonly #store: SeriesStore;
  readonly #limits: EvaluationLimits;
  readonly #start: number;
  readonly #end: number;
  readonly #selected = new Map<VectorSelector, readonly Series[]>();
  #samples = 0;

  constructor(store: SeriesStore, limits: EvaluationLimits, start: number, end: number) {
    this.#store = store;
    this.#limits = limits;
    this.#start = start;
    this.#end = end;
  }

  at(expression: Expression, now: number): Value {
    switch (expression.kind) {
      case 'number':
        return { type: 'scalar', value: expression.value };
      case 'string':
        return { type: 'string', value: expression.value };
      case 'vectorSelector':
        return { type: 'vector', samples: this.#latest(expression, now, (sample) => sample.value) };
      case 'matrixSelector':
      case 'subquery':
        return { type: 'matrix', windows: this.#windows(expression, now).windows };
      case 'parenthesis':
        return this.at(expression.expression, now);
      case 'unary':
        return this.#signed(expression.operator, this.at(expression.expression, now));
      case 'aggregation': {
        const { parameter } = expression;
        const given = parameter === null ? null : this.at(parameter, now);
        const value = given?.type === 'scalar' || given?.type === 'string' ? given.value : null;
        return { type: 'vector', samples: aggregate(expression, value, this.#vector(expression.expression, now)) };
      }
      case 'binary':
        return binary(expression, this.at(expression.left, now), this.at(expression.right, now));
      case 'call':
        return this.#call(expression, now);
    }
  }

  #latest(
    selector: VectorSelector,
    now: number,
    read: (sample: { time: number; value: number }) => number,
  ): VectorSample[] {
    const until = this.#reference(selector, now);
    const after = until - this.#limits.lookback;
    const samples: VectorSample[] = [];
    for (const series of this.#select(selector)) {
      const sample = series.latest(after, until);
      if (sample !== null) samples.push({ labels: series.labels, value: read(sample) });
    }
    this.#spend(samples.length);
    return samples;
  }

  #windows(range: MatrixSelector | Subquery, now: number): { windows: readonly SampleWindow[]; frame: RangeFrame } {
    const shift = range.kind === 'subquery' ? range : range.selector;
    const end = this.#reference(shift, now);
    const frame = { start: end - range.range, end, now };
    if (range.kind === 'subquery') return { windows: this.#subquery(range, frame), frame };
    const windows: SampleWindow[] = [];
    for (const series of this.#select(range.selector)) {
      const { times, values } = series.window(frame.start, frame.end);
      this.#spend(values.length);
      if (values.length > 0) windows.push({ labels: series.labels, times, values });
    }
    return { windows, frame };
  }

  /** Its steps stand at multiples of the step since 1970, so that neighbouring evaluations share them. */
  #subquery(subquery: Subquery, frame: RangeFrame): readonly SampleWindow[] {
    const step = subquery.step ?? this.#limits.evaluationInterval;
    const found = new Map<string, { labels: LabelSet; times: number[]; values: number[] }>();
    const first = (Math.floor(frame.start / step) + 1) * step;
    for (let time = first; time <= frame.end; time += step) {
      this.#spend(1);
      const value = this.at(subquery.expression, time);
      const samples = value.type === 'scalar' ? [{ labels: noLabels, value: value.value }] : samplesOf(value);
      for (const sample of samples) {
        const known = found.get(sample.labels.key);
        if (known === undefined)
          found.set(sample.labels.key, { labels: sample.labels, times: [time], values: [sample.value] });
        else {
          known.times.push(time);
          known.values.push(sample.value);
        }
      }
    }
    return [...found.values()];
  }

  #call(call: FunctionCall, now: number): Value {
    const [first, second, third] = call.arguments;
    const vector = (samples: readonly VectorSample[]): Value => ({ type: 'vector', samples });
    if (rangeFunctions.has(call.name)) return vector(this.#overRange(call, now));
    const compute = numberFunctions.get(call.name);
    if (compute !== undefined) {
      const samples =
        first === undefined && calendarFunctions.has(call.name)
          ? [{ labels: noLabels, value: now / 1000 }]
          : this.#vector(first, now);
      const parameters = [this.#scalar(second, now), this.#scalar(third, now)] as const;
      return vector(
        refuseDuplicates(
          samples.flatMap(({ labels, value }) => {
            const computed = compute(value, ...parameters);
            return computed === null ? [] : [{ labels: labels.nameless, value: computed }];
          }),
        ),
      );
    }
    switch (call.name) {
      case 'time':
        return { type: 'scalar', value: now / 1000 };
      case 'pi':
        return { type: 'scalar', value: Math.PI };
      case 'scalar': {
        const samples = this.#vector(first, now);
        return { type: 'scalar', value: samples.length === 1 ? (samples[0]?.value ?? NaN) : NaN };
      }
      case 'vector':
        return vector([{ labels: noLabels, value: this.#scalar(first, now) }]);
      case 'timestamp':
        return vector(refuseDuplicates(this.#timestamps(first, now)));
      case 'absent':
        return vector(this.#vector(first, now).length > 0 ? [] : [absentSample(first)]);
      case 'absent_over_time':
        return vector(this.#range(first, now).windows.length > 0 ? [] : [absentSample(first)]);
      case 'label_replace':
        return vector(labelReplace(this.#vector(first, now), this.#texts(call.arguments.slice(1), now)));
      case 'label_join':
        return vector(labelJoin(this.#vector(first, now), this.#texts(call.arguments.slice(1), now)));
      case 'histogram_quantile':
        return vector(histogramQuantile(this.#scalar(first, now), this.#vector(second, now)));
      case 'sort':
      case 'sort_desc':
        return vector(
          [...this.#vector(first, now)].sort((a, b) => compareValues(a.value, b.value, call.name === 'sort_desc')),
        );
      default:
        if (nativeOnly.test(call.name)) return vector([]);
        throw new QueryError(
          'execution',
          `the embedded Prometheus does not know ${call.name}(); docs/embedded-world/promql.md lists what it knows`,
        );
    }
  }

  #overRange(call: FunctionCall, now: number): readonly VectorSample[] {
    const compute = rangeFunctions.get(call.name);
    const index = call.name === 'quantile_over_time' ? 1 : 0;
    const parameter = call.arguments.length > 1 ? this.#scalar(call.arguments[1 - index], now) : NaN;
    const { windows, frame } = this.#range(call.arguments[index], now);
    const out: VectorSample[] = [];
    for (const window of windows) {
      const value = compute?.(window, frame, parameter) ?? null;
      if (value === null) continue;
      out.push({ labels: keepName.includes(call.name) ? window.labels : window.labels.nameless, value });
    }
    return refuseDuplicates(out);
  }

  #timestamps(argument: Expression | undefined, now: number): VectorSample[] {
    let inner = argument;
    while (inner?.kind === 'parenthesis') inner = inner.expression;
    const samples =
      inner?.kind === 'vectorSelector'
        ? this.#latest(inner, now, ({ time }) => time / 1000)
        : this.#vector(argument, now).map(({ labels }) => ({ labels, value: now / 1000 }));
    return samples.map(({ labels, value }) => ({ labels: labels.nameless, value }));
  }

  #range(argument: Expression | undefined, now: number): { windows: readonly SampleWindow[]; frame: RangeFrame } {
    let inner = argument;
    while (inner?.kind === 'parenthesis') inner = inner.expression;
    if (inner?.kind !== 'matrixSelector' && inner?.kind !== 'subquery')
      throw new QueryError('execution', 'a range vector is missing');
    return this.#windows(inner, now);
  }

  #vector(argument: Expression | undefined, now: number): readonly VectorSample[] {
    return argument === undefined ? [] : samplesOf(this.at(argument, now));
  }

  /** NaN where the argument is left out. */
  #scalar(argument: Expression | undefined, now: number): number {
    const value = argument === undefined ? null : this.at(argument, now);
    return value?.type === 'scalar' ? value.value : NaN;
  }

  #texts(parts: readonly Expression[], now: number): string[] {
    return parts.map((part) => {
      const value = this.at(part, now);
      return value.type === 'string' ? value.value : '';
    });
  }

  #signed(operator: '+' | '-', value: Value): Value {
    if (operator === '+') return value;
    if (value.type === 'scalar') return { type: 'scalar', value: -value.value };
    const negated = samplesOf(value).map((sample) => ({ labels: sample.labels.nameless, value: -sample.value }));
    return { type: 'vector', samples: refuseDuplicates(negated) };
  }

  #select(selector: VectorSelector): readonly Series[] {
    let series = this.#selected.get(selector);
    if (series === undefined) {
      series = this.#store.select(selector);
      this.#selected.set(selector, series);
    }
    return series;
  }

  #reference({ at, offset }: TimeShift, now: number): number {
    const reference = at === null ? now : at === 'start' ? this.#start : at === 'end' ? this.#end : at.milliseconds;
    return reference - offset;
  }

  #spend(samples: number): void {
    this.#samples += samples;
    if (this.#samples > this.#limits.maximumSamples)
      throw new QueryError('execution', 'query processing would load too many samples into memory in query execution');
  }
}

function samplesOf(value: Value): readonly VectorSample[] {
  if (value.type !== 'vector')
    throw new QueryError('execution', `an instant vector is missing, a ${value.type} stands there`);
  return value.samples;
}

/** absent() carries the labels that the selector pins down exactly once. */
function absentSample(argument: Expression | undefined): VectorSample {
  let inner = argument;
  while (inner?.kind === 'parenthesis') inner = inner.expression;
  if (inner?.kind === 'matrixSelector') inner = inner.selector;
  if (inner?.kind !== 'vectorSelector') return { labels: noLabels, value: 1 };
  const labels: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { label, operator, value } of inner.matchers) {
    if (label === metricName) continue;
    labels[label] = operator === '=' && !seen.has(label) ? value : '';
    seen.add(label);
  }
  return { labels: LabelSet.from(labels), value: 1 };
}
