// The past of a load, out of Prometheus' range queries: in parts that are small to answer and to read, the oldest first.
import { evaluate } from '../formula/evaluate.ts';
import type { Metric, Question, Split } from '../model/config.ts';
import { partialOf } from '../model/partial-answer.ts';
import type { PrometheusAnswer } from '../model/snapshot.ts';
import type { TargetRef } from '../model/target.ts';
import { seconds, type Instant, type Milliseconds } from '../model/units.ts';
import { textFor } from '../targets/questions.ts';
import type { Foreseen } from './loads.ts';

export interface RangeSource {
  queryRange(
    range: { readonly query: string; readonly start: number; readonly end: number; readonly step: number },
    options: { readonly deadline: Milliseconds; readonly signal: AbortSignal },
  ): Promise<PrometheusAnswer>;
}

/** Something that is asked for its past: for one target, or for many at once. */
export interface PastQuestion {
  readonly query: string;
  /** which label of an answer names what; null: the whole answer is the one target's */
  readonly split: Split | null;
}

/** As it is asked in a tick; `many`: more than one target is asked for. null: it has no past that could be asked for. */
export function pastQuestionOf({ source }: Metric, target: TargetRef, many: boolean): PastQuestion | null {
  if (source.kind !== 'query' || source.byPod) return null;
  const { grouped }: Question = source.question;
  const single = textFor(source.question, target);
  if (grouped !== null && (single === null || many)) return grouped;
  return single === null ? null : { query: single, split: null };
}

class PastUnreadable extends Error {}

/** Prometheus answers no more than 11,000 points a series; a day of minutes is far below. */
const mostSteps = 1_440;
/** of all series of an answer together: some megabytes, parsed in some tens of milliseconds */
const mostPoints = 100_000;
const deadline = seconds(30);

export interface Span {
  /** seconds since the epoch */
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Parts of the span that follow each other, the oldest first: no step is in two of them. */
export function partsOf({ start, end, step }: Span, series: number): readonly Span[] {
  const steps = Math.max(1, Math.min(mostSteps, Math.floor(mostPoints / Math.max(1, series))));
  const parts: Span[] = [];
  for (let from = start; from <= end; from += steps * step)
    parts.push({ start: from, end: Math.min(end, from + (steps - 1) * step), step });
  return parts;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [number, string])[];
}

function isPoint(point: unknown): point is readonly [number, string] {
  return Array.isArray(point) && typeof point[0] === 'number' && typeof point[1] === 'string';
}

/** A native histogram has no numbers, and what is no point is none. */
function seriesIn(answer: PrometheusAnswer, query: string): readonly Series[] {
  if (answer.status !== 'success' || answer.data?.resultType !== 'matrix')
    throw new PastUnreadable(`${query}: ${answer.error ?? 'the answer is no range of numbers'}`);
  // what a part did not say would be learnt as a time without load
  const partial = partialOf(answer.warnings);
  if (partial !== null) throw new PastUnreadable(`${query}: ${partial}`);
  return answer.data.result.flatMap((one): Series[] => {
    const { metric = {}, values = [] } = one as { metric?: Record<string, string>; values?: unknown };
    return Array.isArray(values) ? [{ labels: metric, points: values.filter(isPoint) }] : [];
  });
}

type Owned = ReadonlyMap<string, readonly Series[]>;

const ownKey = (split: Split, nameOf: (label: string, part: 'namespace' | 'name') => string | undefined): string =>
  JSON.stringify(Object.entries(split).map(([label, part]) => nameOf(label, part) ?? null));

/** By whose it is; everybody's where nothing is split. */
function byOwner(all: readonly Series[], split: Split | null): Owned {
  const owned = new Map<string, Series[]>();
  for (const one of all) {
    const key = split === null ? '' : ownKey(split, (label) => one.labels[label]);
    const known = owned.get(key);
    if (known === undefined) owned.set(key, [one]);
    else known.push(one);
  }
  return owned;
}

/** The load at each step of a part; NaN: it is not known. */
export type Course = Float64Array;

/** The answers of one part: a question is asked once, whoever needs it. */
export class PastPart {
  readonly span: Span;
  readonly #answers = new Map<string, Owned>();

  constructor(span: Span) {
    this.span = span;
  }

  async ask(source: RangeSource, { query, split }: PastQuestion, signal: AbortSignal): Promise<void> {
    if (this.#answers.has(query)) return;
    const answer = await source.queryRange({ query, ...this.span }, { deadline, signal });
    this.#answers.set(query, byOwner(seriesIn(answer, query), split));
  }

  timeOf(index: number): Instant {
    return ((this.span.start + index * this.span.step) * 1000) as Instant;
  }

  courseOf(foreseen: Foreseen, target: TargetRef, questions: ReadonlyMap<string, PastQuestion>): Course {
    const of = (metric: Metric): Course => this.#measured(questions.get(metric.name), target);
    const { source } = foreseen.metric;
    if (source.kind !== 'formula') return of(foreseen.metric);
    const inputs = new Map(foreseen.measuredBy.map((metric) => [metric.name, of(metric)]));
    const last = new Map<string, number>();
    return this.#empty().map((_, index) => {
      const value = (name: string): number | null => {
        const at = inputs.get(name)?.[index] ?? Number.NaN;
        if (Number.isNaN(at)) return null;
        last.set(name, at);
        return at;
      };
      const answer = evaluate(source.formula, value, (name) => last.get(name) ?? null);
      return 'value' in answer ? answer.value : Number.NaN;
    });
  }

  #empty(): Course {
    const { start, end, step } = this.span;
    return new Float64Array(Math.floor((end - start) / step) + 1).fill(Number.NaN);
  }

  /** Several series where one is meant say nothing, as in a tick. */
  #measured(question: PastQuestion | undefined, target: TargetRef): Course {
    const course = this.#empty();
    if (question === undefined) return course;
    const { query, split } = question;
    const key = split === null ? '' : ownKey(split, (_, part) => target[part]);
    const own = this.#answers.get(query)?.get(key) ?? [];
    const { start, step } = this.span;
    const [only] = own;
    if (only === undefined || own.length > 1) return course;
    for (const [at, text] of only.points) {
      const value = Number(text);
      if (Number.isFinite(value)) course[Math.round((at - start) / step)] = value;
    }
    return course;
  }
}
