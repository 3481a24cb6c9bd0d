// A metric as it is written, made into what is asked for it: its question, the questions after its age, its coverage.
import { parseFormula } from '../formula/parse.ts';
import type { DaemonSpec, Metric, Question, VictimRule } from '../model/config.ts';
import type { QueryText } from '../model/units.ts';
import { ageQuestionsOf, batchOf } from '../promql/batch.ts';
import { holdsPlaceholder } from '../promql/placeholders.ts';
import type { MetricDocument } from './schema/pod-policy.ts';

/** Which namespaces the one query for many targets is narrowed to; none: all. */
export type Narrowing = (text: string) => readonly string[];

/** null: the document says nothing that could be measured, which its findings have said already. */
export function compileMetric(metric: MetricDocument, narrowing: Narrowing, daemon: DaemonSpec): Metric | null {
  const { use, split, coverage, target } = metric;
  const read = sourceOf(metric, narrowing, daemon);
  if (read === null || (target === undefined && use === undefined)) return null;
  const { name, maxAge, unknown, activation } = metric;
  return {
    name,
    source: read.source,
    ages: read.ages,
    coverage:
      coverage === undefined
        ? null
        : {
            question: questionOf(coverage.query, split, narrowing(coverage.query)),
            of: coverage.of,
            atLeast: coverage.atLeast,
          },
    target: use === undefined ? (target ?? null) : null,
    maxAge,
    unknown,
    activation,
  };
}

/** Which pods go first: asked as a metric by pod is. */
export function compileVictim({ query }: { readonly query: string }, narrowing: Narrowing): VictimRule {
  const namespaces = narrowing(query);
  return {
    question: questionOf(query, undefined, namespaces),
    ages: ageQuestionsOf(query, null).map((age) => questionOf(age, undefined, namespaces)),
  };
}

function sourceOf(
  { query, resource, container, formula, split, by }: MetricDocument,
  narrowing: Narrowing,
  daemon: DaemonSpec,
): Pick<Metric, 'source' | 'ages'> | null {
  if (query !== undefined) {
    const namespaces = narrowing(query);
    return {
      source: { kind: 'query', question: questionOf(query, split, namespaces), byPod: by === 'pod' },
      // A question for each selector of the query, in the form of the query's own.
      ages: ageQuestionsOf(query, split ?? null).map((age) => questionOf(age, split, namespaces)),
    };
  }
  if (resource !== undefined) {
    const text = daemon.prometheus.resourceQueries[resource] as QueryText;
    // One answer for all pods of the cluster: its age is asked once for all.
    return {
      source: { kind: 'resource', resource, container: container ?? null, query: text },
      ages: ageQuestionsOf(text, null).map((age) => questionOf(age, undefined, [])),
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
function questionOf(text: string, split: MetricDocument['split'], namespaces: readonly string[]): Question {
  const key = JSON.stringify([text, split, namespaces]);
  let question = questions.get(key);
  if (question === undefined) {
    if (questions.size >= mostQuestions) questions.clear();
    questions.set(key, (question = makeQuestion(text, split, namespaces)));
  }
  return question;
}

/** With `split` it is asked once for all targets; with placeholders for each, or for all where one query can do it. */
function makeQuestion(text: string, split: MetricDocument['split'], namespaces: readonly string[]): Question {
  if (split !== undefined) return { single: null, grouped: { query: text as QueryText, split } };
  if (!holdsPlaceholder(text)) return single(text);
  const batch = batchOf(text, { namespaces });
  return {
    single: text as QueryText,
    grouped: batch === null ? null : { query: batch.query as QueryText, split: batch.split },
  };
}
