// A metric as it is written, made into what is asked for it: its question, the questions after its age, its coverage.
import { parseFormula } from '../formula/parse.ts';
import type { Aim, DaemonSpec, Metric, Question } from '../model/config.ts';
import type { QueryText } from '../model/units.ts';
import { ageQueryOf, selectorsOf } from '../promql/selectors.ts';
import type { MetricDocument } from './schema/pod-policy.ts';
import { without } from './without.ts';

/** null: the document says nothing that could be measured, which its findings have said already. */
export function compileMetric(metric: MetricDocument, aim: Aim, daemon: DaemonSpec): Metric | null {
  const { use, split, coverage, target } = metric;
  const asked = (text: string): Question => questionOf(text, split, aim);
  const read = sourceOf(metric, asked, daemon);
  if (read === null || (target === undefined && use === undefined)) return null;
  return {
    ...without(metric, 'query', 'resource', 'container', 'formula', 'use', 'split', 'by', 'coverage', 'target'),
    source: read.source,
    ages: read.ages,
    coverage:
      coverage === undefined ? null : { question: asked(coverage.query), of: coverage.of, atLeast: coverage.atLeast },
    target: use === undefined ? (target ?? null) : null,
  };
}

function sourceOf(
  { query, resource, container, formula, split, by }: MetricDocument,
  asked: (text: string) => Question,
  daemon: DaemonSpec,
): Pick<Metric, 'source' | 'ages'> | null {
  if (query !== undefined)
    return { source: { kind: 'query', question: asked(query), byPod: by === 'pod' }, ages: agesOf(query, split) };
  if (resource !== undefined) {
    const text = daemon.prometheus.resourceQueries[resource] as QueryText;
    // One answer for all pods of the cluster: its age is asked once for all.
    return { source: { kind: 'resource', resource, container: container ?? null, query: text }, ages: agesOf(text) };
  }
  if (formula === undefined) return null;
  const reading = parseFormula(formula);
  return reading.kind === 'error' ? null : { source: { kind: 'formula', formula: reading.formula }, ages: [] };
}

/** A text with placeholders is asked for each target; with `split` once for all of them. */
function questionOf(text: string, split: MetricDocument['split'], _aim: Aim): Question {
  const query = text as QueryText;
  return split === undefined ? { single: query, grouped: null } : { single: null, grouped: { query, split } };
}

const agesOf = (text: string, _split?: MetricDocument['split']): Question[] =>
  selectorsOf(text).map((selector) => ({ single: ageQueryOf(selector) as QueryText, grouped: null }));
