// What a schema cannot say about many targets: selections that mean nothing, splits that find nobody, overrides of nothing.
import { missingSplitLabels } from '../promql/batch.ts';
import { nearestName } from '../promql/nearest.ts';
import { groupingLabelsOf } from '../promql/selectors.ts';
import type { ProblemPath } from './problem.ts';
import { queryFindings } from './queries.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const wrong = (path: ProblemPath, message: string, mend: string, at: 'key' | 'value' = 'value'): Finding => ({
  code: 'WrongValue',
  path,
  at,
  message,
  mend,
});
const listAt = (raw: unknown, path: ProblemPath): readonly unknown[] => {
  const value = valueAt(raw, path);
  return Array.isArray(value) ? (value as unknown[]) : [];
};
const entriesAt = (raw: unknown, path: ProblemPath): [string, unknown][] => {
  const value = valueAt(raw, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
};
const has = (raw: unknown, ...path: readonly string[]): boolean => valueAt(raw, path) !== undefined;
const textAt = (raw: unknown, ...path: readonly string[]): string | null => {
  const value = valueAt(raw, path);
  return typeof value === 'string' ? value : null;
};
const numberAt = (raw: unknown, ...path: readonly string[]): number | null => {
  const value = valueAt(raw, path);
  return typeof value === 'number' ? value : null;
};

export function manyTargetsFindings(raw: unknown): Finding[] {
  const metrics = listAt(raw, ['spec', 'metrics']);
  return [
    ...(has(raw, 'spec', 'targets') ? selectionFindings(raw) : []),
    ...metrics.flatMap((metric, index) => metricFindings(raw, metric, ['spec', 'metrics', index])),
    ...overrideFindings(raw, metrics),
    ...victimFindings(raw),
  ];
}

const namespacePattern = /^[a-z0-9*](?:[-a-z0-9*]*[a-z0-9*])?$/;

function selectionFindings(raw: unknown): Finding[] {
  const path = ['spec', 'targets'];
  const [min, max] = [numberAt(raw, ...path, 'expect', 'min'), numberAt(raw, ...path, 'expect', 'max')];
  const namespaces = listAt(raw, [...path, 'namespaces']);
  const selector = valueAt(raw, [...path, 'selector']);
  const parts = [...entriesAt(selector, ['matchLabels']), ...listAt(selector, ['matchExpressions'])];
  return [
    ...(min !== null && max !== null && min > max
      ? [
          wrong(
            [...path, 'expect', 'min'],
            `min ${min} is above max ${max}: no count would do`,
            'raise max or lower min',
          ),
        ]
      : []),
    ...(has(raw, ...path, 'namespaces') && namespaces.length === 0
      ? [
          wrong(
            [...path, 'namespaces'],
            'no namespace is named, so nothing is selected',
            "name some, or leave it out: the policy's own is meant then",
          ),
        ]
      : []),
    ...namespaces.flatMap((name, index): Finding[] =>
      typeof name !== 'string' || namespacePattern.test(name)
        ? []
        : [
            wrong(
              [...path, 'namespaces', index],
              `"${name}" is no namespace and no pattern of one`,
              'a name has lower-case letters, digits and "-"; * stands for any of them: pay-*',
            ),
          ],
    ),
    // an empty mapping is refused by the schema already
    ...(entriesAt(selector, []).length > 0 && parts.length === 0
      ? [wrong([...path, 'selector'], 'an empty selector would claim every workload', 'name at least one label')]
      : []),
    ...listAt(selector, ['matchExpressions']).flatMap((one, index): Finding[] => {
      const operator = textAt(one, 'operator');
      if ((operator !== 'In' && operator !== 'NotIn') || listAt(one, ['values']).length > 0) return [];
      return [
        wrong(
          [...path, 'selector', 'matchExpressions', index],
          `${operator} without values fits nothing`,
          'add values: [VALUE]',
        ),
      ];
    }),
  ];
}

/** Whether the policy can have targets in more than one namespace. */
function severalNamespaces(raw: unknown): boolean {
  const namespaces = listAt(raw, ['spec', 'targets', 'namespaces']);
  return namespaces.length > 1 || namespaces.some((name) => typeof name === 'string' && name.includes('*'));
}

function metricFindings(raw: unknown, metric: unknown, path: ProblemPath): Finding[] {
  const queries: readonly (readonly string[])[] = [['query'], ['coverage', 'query']];
  const split = has(metric, 'split');
  return [
    ...queryFindings([...path, 'coverage', 'query'], valueAt(metric, ['coverage', 'query'])),
    ...queries.flatMap((place) => templateFindings(metric, place, path, split)),
    ...(split ? splitFindings(raw, metric, path) : []),
    ...byFindings(metric, path),
    ...sameForAll(raw, metric, path),
  ];
}

const placeholder = /\{\{([^{}]*)\}\}/g;

function templateFindings(metric: unknown, place: readonly string[], path: ProblemPath, split: boolean): Finding[] {
  const text = textAt(metric, ...place);
  const found = text === null ? [] : [...text.matchAll(placeholder)];
  return found.flatMap((match): Finding[] => {
    const name = (match[1] ?? '').trim();
    const known = name === 'namespace' || name === 'name';
    if (known && !split) return [];
    const finding = { code: 'WrongQuery' as const, path: [...path, ...place], offset: match.index };
    if (!known) {
      const message = `there is no placeholder ${match[0]}: only {{namespace}} and {{name}} of the target can be filled in`;
      return [{ ...finding, message, mend: 'write the value itself' }];
    }
    const message = 'the query is split by labels and has placeholders as well: one of them can be meant';
    return [{ ...finding, message, mend: 'take split out, or group by the label instead of naming its value' }];
  });
}

function splitFindings(raw: unknown, metric: unknown, path: ProblemPath): Finding[] {
  const place = [...path, 'split'];
  const entries = entriesAt(metric, ['split']);
  const named = entries.map(([, what]) => what);
  const findings: Finding[] = [];
  if (has(metric, 'resource')) {
    const message = 'split goes with query only: usage is told apart by pod';
    findings.push(wrong(place, message, 'take split out', 'key'));
  }
  if (!named.includes('name')) {
    const message = 'no label says the name of the target, so no number can be told to be its own';
    findings.push(wrong(place, message, 'write split: {namespace: namespace, app: name}'));
  } else if (!named.includes('namespace') && severalNamespaces(raw)) {
    const message = 'the targets are in several namespaces, and no label says which';
    findings.push(wrong(place, message, 'add namespace: namespace, and group the query by it'));
  }
  for (const what of ['namespace', 'name'])
    if (named.filter((one) => one === what).length > 1)
      findings.push(wrong(place, `two labels say the ${what}`, 'keep one of them'));
  const split: Record<string, 'namespace' | 'name'> = {};
  for (const [label, what] of entries) if (what === 'namespace' || what === 'name') split[label] = what;
  for (const query of [['query'], ['coverage', 'query']]) {
    const missing = missingSplitLabels(textAt(metric, ...query) ?? '', split);
    if (missing.length === 0) continue;
    const message = `the answer has no label ${missing.join(' and ')} to be split by`;
    const mend = `group by it: sum by (${Object.keys(split).join(', ')}) (…)`;
    findings.push({ code: 'WrongQuery', path: [...path, ...query], message, mend });
  }
  return findings;
}

/** Whose pods go in an order of their own is not asked which. */
function victimFindings(raw: unknown): Finding[] {
  const path = ['spec', 'behavior', 'scaleDown', 'victim'];
  const query = textAt(raw, ...path, 'query');
  if (query === null) return [];
  const kind = textAt(raw, 'spec', 'target', 'kind') ?? textAt(raw, 'spec', 'targets', 'kind');
  const findings = [...queryFindings([...path, 'query'], query)];
  if (kind === 'StatefulSet') {
    const message = 'a StatefulSet loses the pod of the highest number first: no other can be chosen';
    findings.push(wrong(path, message, 'take victim out', 'key'));
  }
  return findings.some(({ code }) => code === 'WrongQuery') ? findings : [...findings, ...unnamedPods(query, path)];
}

function unnamedPods(query: string, path: ProblemPath): Finding[] {
  if (groupingLabelsOf(query)?.includes('pod') !== false) return [];
  const message = 'the answer has no label pod: it cannot be told which pod a number belongs to';
  return [{ code: 'WrongQuery', path: [...path, 'query'], message, mend: 'sum by (pod) (…)' }];
}

function byFindings(metric: unknown, path: ProblemPath): Finding[] {
  if (!has(metric, 'by') || has(metric, 'formula')) return [];
  const place = [...path, 'by'];
  if (has(metric, 'resource'))
    return [wrong(place, 'by goes with query only: a resource is measured by pod already', 'take by out', 'key')];
  const findings: Finding[] = [];
  if (has(metric, 'target') && !has(metric, 'target', 'averageValue')) {
    const message = 'by: pod answers a number for each pod: its target is an average';
    findings.push(wrong(place, message, 'write target: {averageValue: 100}, or take by out', 'key'));
  }
  const query = textAt(metric, 'query') ?? '';
  const broken = queryFindings(path, query).some(({ code }) => code === 'WrongQuery');
  return broken ? findings : [...findings, ...unnamedPods(query, path)];
}

/** One number for all targets is seldom what was meant. */
function sameForAll(raw: unknown, metric: unknown, path: ProblemPath): Finding[] {
  const query = textAt(metric, 'query');
  const meant = !has(raw, 'spec', 'targets') || has(metric, 'split') || has(metric, 'by') || has(metric, 'use');
  if (query === null || meant || query.includes('{{') || has(metric, 'target', 'value')) return [];
  return [
    {
      code: 'WrongQuery',
      severity: 'warning',
      path: [...path, 'query'],
      message: 'every target gets the same number: the query neither names the target nor is split by labels',
      mend: 'add split: {namespace: namespace, app: name}, or write {{name}} where the target is named',
    },
  ];
}

function overrideFindings(raw: unknown, metrics: readonly unknown[]): Finding[] {
  const overrides = listAt(raw, ['spec', 'overrides']);
  if (overrides.length > 0 && has(raw, 'spec', 'target')) {
    const message = 'overrides are exceptions among many targets, and this policy has one';
    return [wrong(['spec', 'overrides'], message, 'change the policy itself', 'key')];
  }
  const names = metrics.flatMap((metric) => textAt(metric, 'name') ?? []);
  return overrides.flatMap((override, index): Finding[] => {
    const path = ['spec', 'overrides', index];
    const [min, max] = (['min', 'max'] as const).map(
      (bound) => numberAt(override, 'replicas', bound) ?? numberAt(raw, 'spec', 'replicas', bound),
    );
    const fits = typeof min !== 'number' || typeof max !== 'number' || min <= max;
    return [
      ...(has(override, 'match') && entriesAt(override, ['match']).length === 0
        ? [
            wrong(
              [...path, 'match'],
              'nothing is named, so it would be the rule and no exception',
              'name a namespace or a name',
            ),
          ]
        : []),
      ...(fits || !has(override, 'replicas')
        ? []
        : [
            wrong(
              [...path, 'replicas'],
              `min ${min} is above max ${max} here: no number of replicas would do`,
              'raise max or lower min',
            ),
          ]),
      ...entriesAt(override, ['metrics']).flatMap(([name, given]): Finding[] => {
        const place = [...path, 'metrics', name];
        const metric = metrics.find((one) => textAt(one, 'name') === name);
        if (metric !== undefined) return overriddenTarget(metric, given, place);
        const near = nearestName(name, names);
        const message = `there is no metric "${name}"${near === null ? '' : `, did you mean "${near}"?`}`;
        return [wrong(place, message, `metrics of this policy: ${names.join(', ') || 'none'}`, 'key')];
      }),
    ];
  });
}

function overriddenTarget(metric: unknown, given: unknown, path: ProblemPath): Finding[] {
  if (!has(given, 'target')) return [];
  const place = [...path, 'target'];
  if (has(metric, 'use'))
    return [wrong(place, 'use: formula makes it an input only, target has no effect there', 'take it out', 'key')];
  const resource = has(metric, 'resource');
  if (has(given, 'target', 'utilization') && !resource)
    return [
      wrong([...place, 'utilization'], 'a utilization goes with resource only', 'write averageValue or value', 'key'),
    ];
  if (has(given, 'target', 'value') && resource)
    return [wrong([...place, 'value'], 'a resource is measured for each pod', 'write utilization: 70', 'key')];
  if (!has(given, 'target', 'averageValue') && has(metric, 'by'))
    return [
      wrong(place, 'by: pod answers a number for each pod: its target is an average', 'write averageValue', 'key'),
    ];
  return [];
}
