// The past of a policy's load out of Prometheus, and of the replicas that stood meanwhile, where somebody has recorded them.
import {
  partsOf,
  PastPart,
  pastQuestionOf,
  type PastQuestion,
  type RangeSource,
  type Span,
} from '../../forecasts/past.ts';
import type { Foreseen } from '../../forecasts/loads.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import type { TargetRef } from '../../model/target.ts';
import type { Instant } from '../../model/units.ts';
import type { Note, Subject } from './subject.ts';
import type { Trace } from './trace.ts';

export interface History {
  readonly trace: Trace;
  /** at the steps of the trace; null: nobody has recorded them */
  readonly replicas: { readonly ready: Float64Array; readonly asked: Float64Array } | null;
  readonly notes: readonly Note[];
}

export interface Asked {
  readonly source: RangeSource;
  readonly span: Span;
  /** in place of the metric's own */
  readonly query?: string;
  readonly signal: AbortSignal;
  readonly progress?: (share: number) => void;
}

/** As kube-state-metrics calls them. */
function replicaQueries({ kind, namespace, name }: TargetRef): { ready: string; asked: string } | null {
  const of = (label: string): string => `{namespace=${JSON.stringify(namespace)},${label}=${JSON.stringify(name)}}`;
  switch (kind) {
    case 'Deployment':
      return {
        ready: `max(kube_deployment_status_replicas_available${of('deployment')})`,
        asked: `max(kube_deployment_spec_replicas${of('deployment')})`,
      };
    case 'StatefulSet':
      return {
        ready: `max(kube_statefulset_status_replicas_ready${of('statefulset')})`,
        asked: `max(kube_statefulset_replicas${of('statefulset')})`,
      };
    default:
      return null;
  }
}

const unreadable = (what: string, mend: string, cause?: unknown): SpringtideError =>
  new SpringtideError({ code: 'WorldUnreadable', where: 'Prometheus', what, mend, cause });

/** Whatever is asked for, it is one query's own number: which metric stands for it does not matter. */
function carrierOf({ traced, metrics, policy }: Subject): Foreseen | null {
  const metric = traced ?? metrics[0];
  return metric === undefined
    ? null
    : { metric, perReplica: 1, measuredBy: [metric], measuring: policy, signature: '', byPods: false };
}

/** One query over the whole span, in parts; NaN: nothing is known there. */
async function courseOf(
  question: PastQuestion,
  subject: Subject,
  parts: readonly Span[],
  asked: Asked,
): Promise<Float64Array> {
  const { source, signal, progress } = asked;
  const carrier = carrierOf(subject);
  if (carrier === null) return new Float64Array();
  const questions = new Map([[carrier.metric.name, question]]);
  const pieces: Float64Array[] = [];
  for (const span of parts) {
    const part = new PastPart(span);
    try {
      await part.ask(source, question, signal);
    } catch (thrown) {
      throw unreadable(messageOf(thrown), 'see that prometheus.url of the Daemon answers, or name a --trace', thrown);
    }
    pieces.push(part.courseOf(carrier, subject.target, questions));
    progress?.(pieces.length / parts.length);
  }
  const whole = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const piece of pieces) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole;
}

/** What is not known holds the value before. */
function held(course: Float64Array): { readonly values: Float64Array; readonly gaps: number } {
  let gaps = 0;
  let last = course.find((value) => !Number.isNaN(value)) ?? 0;
  const values = course.map((value) => {
    if (Number.isNaN(value)) gaps += 1;
    else last = value;
    return last;
  });
  return { values, gaps };
}

/** Less than this says too little about what was done. */
const enoughRecorded = 0.9;

async function replicasOf(
  subject: Subject,
  parts: readonly Span[],
  asked: Asked,
  from: number,
): Promise<Pick<History, 'replicas' | 'notes'>> {
  const { target } = subject;
  const queries = replicaQueries(target);
  const unknown = (why: 'kind' | 'unrecorded'): Pick<History, 'replicas' | 'notes'> => ({
    replicas: null,
    notes: [{ code: 'NoReplicasKnown', facts: { why, query: queries?.ready ?? target.kind } }],
  });
  if (queries === null) return unknown('kind');
  const ofQuery = (query: string): Promise<Float64Array> => courseOf({ query, split: null }, subject, parts, asked);
  const ready = (await ofQuery(queries.ready)).subarray(from);
  const known = ready.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  if (known < enoughRecorded * ready.length) return unknown('unrecorded');
  const wanted = (await ofQuery(queries.asked)).subarray(from);
  return { replicas: { ready: held(ready).values, asked: held(wanted).values }, notes: [] };
}

function questionOf({ traced, target, file }: Subject, query: string | undefined): PastQuestion {
  if (query !== undefined) return { query, split: null };
  const question = traced === null ? null : pastQuestionOf(traced, target, false);
  if (question !== null) return question;
  throw new SpringtideError({
    code: 'UsageInvalid',
    where: file,
    what: 'the load behind the CPU of its pods has no query of its own',
    mend: 'name one with --query: sum(rate(http_requests_total{app="web"}[1m])), or a --trace',
  });
}

/** The load as far back as Prometheus knows it, and the replicas beside it. */
export async function readHistory(subject: Subject, asked: Asked): Promise<History> {
  const question = questionOf(subject, asked.query);
  const parts = partsOf(asked.span, 1);
  const course = await courseOf(question, subject, parts, asked);
  const from = course.findIndex((value) => !Number.isNaN(value));
  if (from < 0 || course.length - from < 2)
    throw unreadable(
      `it has no past of ${question.query}`,
      'see that the query answers one series (springtide explain), ask for a shorter time with --from, or name a --trace',
    );
  const { start, step, end } = asked.span;
  const { values, gaps } = held(course.subarray(from));
  const { replicas, notes } = await replicasOf(subject, parts, { ...asked, progress: () => undefined }, from);
  const isShort = from * step > 0.1 * (end - start);
  const days = (seconds: number): number => Math.round((seconds / 86_400) * 10) / 10;
  return {
    trace: { name: question.query, start: ((start + from * step) * 1000) as Instant, step, values, gaps },
    replicas,
    notes: isShort
      ? [...notes, { code: 'HistoryShort', facts: { days: days(end - start), known: days(values.length * step) } }]
      : notes,
  };
}
