// A metric as it is written, made into what is asked for it: its question, the questions after its age, its coverage.
import { parseFormula } from '../formula/parse.ts';
import type { Aim, DaemonSpec, Metric, Question } from '../model/config.ts';
import type { QueryText } from '../model/units.ts';
import { ageQuestionsOf, batchOf } from '../promql/batch.ts';
import { holdsPlaceholder } from '../promql/placeholders.ts';
import type { MetricDocument } from './schema/pod-policy.ts';

/** null: the document says nothing that could be measured, which its findings have said already. */
export function compileMetric(metric: MetricDocument, aim: Aim, daemon: DaemonSpec): Metric | null {
  const { use, split, coverage, target } = metric;
  const asked = (text: string): Question => questionOf(text, split, aim);
  const read = sourceOf(metric, asked, aim, daemon);
  if (read === null || (target === undefined && use === undefined)) return null;
  const { name, maxAge, unknown, activation } = metric;
  return {
    name,
    source: read.source,
    ages: read.ages,
    coverage:
      coverage === undefined ? null : { question: asked(coverage.query), of: coverage.of, atLeast: coverage.atLeast },
    target: use === undefined ? (target ?? null) : null,
    maxAge,
    unknown,
    activation,
  };
}

function sourceOf(
  { query, resource, container, formula, split, by }: MetricDocument,
  asked: (text: string) => Question,
  aim: Aim,
  daemon: DaemonSpec,
): Pick<Metric, 'source' | 'ages'> | null {
  if (query !== undefined)
    return { source: { kind: 'query', question: asked(query), byPod: by === 'pod' }, ages: agesOf(query, split, aim) };
  if (resource !== undefined) {
    const text = daemon.prometheus.resourceQueries[resource] as QueryText;
    // One answer for all pods of the cluster: its age is asked once for all.
    return {
      source: { kind: 'resource', resource, container: container ?? null, query: text },
      ages: ageQuestionsOf(text, null).map((age) => questionOf(age, undefined, aim)),
    };
  }
  if (formula === undefined) return null;
  const reading = parseFormula(formula);
  return reading.kind === 'error' ? null : { source: { kind: 'formula', formula: reading.formula }, ages: [] };
}

const single = (text: string): Question => ({ single: text as QueryText, grouped: null });

const questions = new Map<string, Question>();
const mostQuestions = 10_000;

/** The same question for the same text: thousands of policies are written from a few templates. */
function questionOf(text: string, split: MetricDocument['split'], aim: Aim): Question {
  const key = JSON.stringify([text, split, aim.kind === 'many' ? aim.namespaces : null]);
  let question = questions.get(key);
  if (question === undefined) {
    if (questions.size >= mostQuestions) questions.clear();
    questions.set(key, (question = makeQuestion(text, split, aim)));
  }
  return question;
}

/** With `split` it is asked once for all targets; with placeholders for each, or for all where one query can do it. */
function makeQuestion(text: string, split: MetricDocument['split'], aim: Aim): Question {
  if (split !== undefined) return { single: null, grouped: { query: text as QueryText, split } };
  if (!holdsPlaceholder(text)) return single(text);
  // Policies of one target each share a text only as long as their namespaces are not in it.
  const batch = batchOf(text, aim.kind === 'many' ? { namespaces: aim.namespaces } : {});
  return {
    single: text as QueryText,
    grouped: batch === null ? null : { query: batch.query as QueryText, split: batch.split },
  };
}

/** A question for each selector of the query, in the form of the query's own. */
const agesOf = (text: string, split: MetricDocument['split'], aim: Aim): Question[] =>
  ageQuestionsOf(text, split ?? null).map((age) => questionOf(age, split, aim));
