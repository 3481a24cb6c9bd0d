// What a NodePolicy asks about the use of nodes: one number a node, split by a label, and bounds that do not contradict each other.
import { groupingLabelsOf } from '../promql/selectors.ts';
import type { ProblemPath } from './problem.ts';
import { queryFindings } from './queries.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const resources = ['cpu', 'memory'] as const;
const usualThreshold = 0.5;

const numberAt = (raw: unknown, path: ProblemPath): number | null => {
  const value = valueAt(raw, path);
  return typeof value === 'number' ? value : null;
};

/** `shrink`: where the rules stand that it is part of, the policy's or a group's. */
export function usageFindings(raw: unknown, shrink: ProblemPath): Finding[] {
  const place = [...shrink, 'usage'];
  const usage = valueAt(raw, place);
  if (typeof usage !== 'object' || usage === null || Array.isArray(usage)) return [];
  const missing = resources.filter((resource) => valueAt(usage, [resource]) === undefined);
  const nothing: Finding[] =
    missing.length < resources.length
      ? []
      : [
          {
            code: 'MissingKey',
            path: [...place, 'cpu'],
            message: 'nothing is asked: usage has neither cpu nor memory',
            mend: 'add cpu: {holdAbove: 0.6}',
          },
        ];
  const written = valueAt(usage, ['label']);
  const label = typeof written === 'string' ? written : 'node';
  return [
    ...nothing,
    ...resources.flatMap((resource) => queryFindingsOf([...place, resource, 'query'], raw, label)),
    ...letGoFindings(raw, shrink, nothing.length > 0 ? [] : missing),
  ];
}

/** Without the label nobody can tell which node a number is of: every use would be unknown. */
function queryFindingsOf(path: ProblemPath, raw: unknown, label: string): Finding[] {
  const text = valueAt(raw, path);
  const findings = queryFindings(path, text);
  if (typeof text !== 'string' || findings.some(({ code }) => code === 'WrongQuery')) return findings;
  const labels = groupingLabelsOf(text);
  if (labels === null || labels.includes(label)) return findings;
  const message = `the answer has no label "${label}": it cannot be told which node a number is of`;
  const mend = `group by it: avg by (${label}) (…), or name the label of your query: label: ${labels[0] ?? 'instance'}`;
  return [...findings, { code: 'WrongQuery', path, message, mend }];
}

function letGoFindings(raw: unknown, shrink: ProblemPath, missing: readonly string[]): Finding[] {
  const place = [...shrink, 'usage'];
  const path = [...place, 'letGo'];
  if (valueAt(raw, path) === undefined) return [];
  const wrong = (key: string, message: string, mend: string): Finding => ({
    code: 'WrongValue',
    path: [...path, key],
    message,
    mend,
  });
  const findings = missing.map((resource): Finding => ({
    code: 'MissingKey',
    path: [...place, resource],
    message: `letGo needs the use of cpu and memory both: ${resource} is not asked about`,
    mend: `add ${resource}: {holdAbove: 0.6}`,
  }));
  for (const resource of resources) {
    const key = `${resource}Below`;
    const [below, above] = [numberAt(raw, [...path, key]), numberAt(raw, [...place, resource, 'holdAbove'])];
    if (below !== null && above !== null && below >= above)
      findings.push(
        wrong(
          key,
          `a node that uses ${below} of its ${resource} would be let go and held at once: holdAbove is ${above}`,
          `write less than ${above}, best less than half of it: what leaves one node comes to others`,
        ),
      );
  }
  const requests = numberAt(raw, [...path, 'requestsBelow']);
  const below = (rules: ProblemPath): number | null => numberAt(raw, [...rules, 'utilizationBelow']);
  const always = below(shrink) ?? below(['spec', 'shrink']) ?? usualThreshold;
  if (requests !== null && requests <= always)
    findings.push(
      wrong(
        'requestsBelow',
        `requestsBelow ${requests} lets nothing go: below utilizationBelow ${always} a node may leave anyway`,
        `write more than ${always}, or take letGo out`,
      ),
    );
  return findings;
}
