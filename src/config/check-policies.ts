// What a schema cannot say about a PodPolicy or a NodePolicy: values that contradict each other.
// Works on what is written, so that every mistake is found at once, also beside wrong types.
import { forecastFindings } from './check-forecast.ts';
import { formulaFindings } from './formulas.ts';
import { nodeScheduleFindings, scheduleFindings } from './check-schedules.ts';
import type { ProblemPath } from './problem.ts';
import { queryFindings } from './queries.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';
import { manyTargetsFindings } from './targets.ts';
import { usageFindings } from './check-usage.ts';
import { zeroFindings } from './zero.ts';

const wrong = (path: ProblemPath, message: string, mend?: string, at: 'key' | 'value' = 'value'): Finding => ({
  code: 'WrongValue',
  path,
  at,
  message,
  ...(mend === undefined ? {} : { mend }),
});

const listAt = (raw: unknown, path: ProblemPath): unknown[] => {
  const value = valueAt(raw, path);
  return Array.isArray(value) ? value : [];
};
/** Absent or an empty list; a value of another type is the schema's to refuse. */
const isNothing = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);
const numberAt = (raw: unknown, path: ProblemPath): number | null => {
  const value = valueAt(raw, path);
  return typeof value === 'number' ? value : null;
};
const has = (raw: unknown, path: ProblemPath): boolean => valueAt(raw, path) !== undefined;

/** min above max, in words; nothing where either is missing. */
function bounds(raw: unknown, path: ProblemPath, what: string): Finding[] {
  const min = numberAt(raw, [...path, 'min']);
  const max = numberAt(raw, [...path, 'max']);
  if (min === null || max === null || min <= max) return [];
  return [
    wrong([...path, 'min'], `min ${min} is above max ${max}: no number of ${what} would do`, 'raise max or lower min'),
  ];
}

export function duplicateNames(raw: unknown, path: ProblemPath, what: string): Finding[] {
  const seen = new Set<unknown>();
  return listAt(raw, path).flatMap((item, index): Finding[] => {
    const name = valueAt(item, ['name']);
    if (typeof name !== 'string' || !seen.has(name)) {
      seen.add(name);
      return [];
    }
    const place = [...path, index, 'name'];
    return [
      {
        code: 'DuplicateName',
        path: place,
        message: `the ${what} "${name}" is here twice`,
        mend: 'give each its own name',
      },
    ];
  });
}

export function podPolicyFindings(raw: unknown): Finding[] {
  const metrics = listAt(raw, ['spec', 'metrics']);
  return [
    ...targetFindings(raw),
    ...bounds(raw, ['spec', 'replicas'], 'replicas'),
    ...(isNothing(valueAt(raw, ['spec', 'metrics'])) &&
    has(raw, ['spec']) &&
    isNothing(valueAt(raw, ['spec', 'schedule']))
      ? [
          wrong(
            ['spec', 'metrics'],
            'nothing decides: there is no metric and no schedule',
            'add metrics: or schedule: with at least one entry',
            'key',
          ),
        ]
      : []),
    ...duplicateNames(raw, ['spec', 'metrics'], 'metric'),
    ...metrics.flatMap((metric, index) => metricFindings(raw, metric, ['spec', 'metrics', index])),
    ...formulaFindings(raw),
    ...manyTargetsFindings(raw),
    ...duplicateNames(raw, ['spec', 'schedule'], 'schedule entry'),
    ...scheduleFindings(raw),
    ...fallbackFindings(raw),
    ...forecastFindings(raw),
    ...zeroFindings(raw),
    ...directionFindings(raw, 'scaleUp'),
    ...directionFindings(raw, 'scaleDown'),
  ];
}

function targetFindings(raw: unknown): Finding[] {
  if (!has(raw, ['spec'])) return [];
  const [one, many] = [has(raw, ['spec', 'target']), has(raw, ['spec', 'targets'])];
  if (one && many)
    return [wrong(['spec', 'targets'], 'a policy has one of target and targets', 'keep one of them', 'key')];
  if (one || many) return [];
  const mend = 'add target: {kind: Deployment, name: NAME}';
  return [
    { code: 'MissingKey', path: ['spec', 'target'], message: '"target" is missing: what is to be scaled?', mend },
  ];
}

const sources = ['query', 'resource', 'formula'];

function metricFindings(raw: unknown, metric: unknown, path: ProblemPath): Finding[] {
  if (typeof metric !== 'object' || metric === null) return [];
  const given = sources.filter((source) => has(metric, [source]));
  const findings = queryFindings([...path, 'query'], valueAt(metric, ['query']));
  if (given.length === 0)
    findings.push({
      code: 'MissingKey',
      path: [...path, 'query'],
      message: 'nothing is measured: a metric has exactly one of query, resource and formula',
      mend: "add query: 'PROMQL', resource: cpu or formula: 'a + b'",
    });
  if (given.length > 1)
    findings.push(
      wrong(
        [...path, given[1] ?? ''],
        `a metric has exactly one of query, resource and formula, here are ${given.join(' and ')}`,
        'make it two metrics',
        'key',
      ),
    );
  const resource = given.length === 1 && given[0] === 'resource';
  if (has(metric, ['container']) && !has(metric, ['resource']))
    findings.push(
      wrong([...path, 'container'], 'container goes with resource only', 'put the container into the query', 'key'),
    );
  if (!has(metric, ['target']) && !has(metric, ['use']))
    findings.push({
      code: 'MissingKey',
      path: [...path, 'target'],
      message: '"target" is missing: what should the metric be?',
      mend: `add target: ${resource ? '{utilization: 70}' : '{averageValue: 100}'}`,
    });
  if (has(metric, ['target', 'utilization']) && given.length === 1 && !resource)
    findings.push(
      wrong(
        [...path, 'target', 'utilization'],
        'a utilization needs requests to compare with: it goes with resource only',
        'write averageValue (the total, divided by the replicas) or value (as it is)',
        'key',
      ),
    );
  if (has(metric, ['target', 'value']) && resource)
    findings.push(
      wrong(
        [...path, 'target', 'value'],
        'a resource is measured for each pod: it goes with utilization or averageValue',
        'write utilization: 70',
        'key',
      ),
    );
  const floor = numberAt(metric, ['unknown', 'atLeast']);
  const max = numberAt(raw, ['spec', 'replicas', 'max']);
  if (floor !== null && max !== null && floor > max)
    findings.push(
      wrong(
        [...path, 'unknown', 'atLeast'],
        `atLeast ${floor} is above the policy's max ${max}`,
        `write ${max} or less`,
      ),
    );
  if (valueAt(metric, ['unknown']) === 'fallback' && !has(raw, ['spec', 'fallback']))
    findings.push(
      wrong(
        [...path, 'unknown'],
        'there is no fallback to fall back to',
        'add spec.fallback: {after: 2m, replicas: N}',
      ),
    );
  return findings;
}

function fallbackFindings(raw: unknown): Finding[] {
  const path = ['spec', 'fallback', 'replicas'];
  const replicas = numberAt(raw, path);
  const min = numberAt(raw, ['spec', 'replicas', 'min']) ?? 1;
  const max = numberAt(raw, ['spec', 'replicas', 'max']) ?? Infinity;
  if (replicas === null || (replicas >= min && replicas <= max)) return [];
  const bound = replicas > max ? `above the policy's max ${max}` : `below the policy's min ${min}`;
  return [
    wrong(
      path,
      `fallback.replicas ${replicas} is ${bound}`,
      `write a number between ${min} and ${max === Infinity ? 'max' : max}`,
    ),
  ];
}

function directionFindings(raw: unknown, direction: string): Finding[] {
  const path = ['spec', 'behavior', direction];
  if (!has(raw, [...path, 'stabilizationWindow']) || !has(raw, [...path, 'stabilizationWindowSeconds'])) return [];
  return [
    wrong([...path, 'stabilizationWindowSeconds'], 'the window is given twice', 'keep stabilizationWindow', 'key'),
  ];
}

/** Too many nodes that do not answer are a fault of the network: one group of it cannot have an opinion of its own. */
function groupShrinkFindings(raw: unknown, path: ProblemPath): Finding[] {
  const stopAbove = [...path, 'unready', 'stopAbove'];
  const message = 'stopAbove counts the nodes of the whole cluster: no group has one of its own';
  return [
    ...usageFindings(raw, path),
    ...(has(raw, stopAbove) ? [wrong(stopAbove, message, 'write it in spec.shrink.unready', 'key')] : []),
  ];
}

export function nodePolicyFindings(raw: unknown): Finding[] {
  const groups = listAt(raw, ['spec', 'nodeGroups']);
  const least = groups.reduce((sum: number, group) => sum + (numberAt(group, ['min']) ?? 0), 0);
  const limit = numberAt(raw, ['spec', 'limits', 'nodes']);
  const seen = new Set<unknown>();
  return [
    ...groups.flatMap((group, index): Finding[] => {
      const path = ['spec', 'nodeGroups', index];
      const name = valueAt(group, ['name']);
      const twice = typeof name === 'string' && seen.has(name);
      seen.add(name);
      return [
        ...bounds(raw, path, 'nodes'),
        ...groupShrinkFindings(raw, [...path, 'shrink']),
        ...(twice
          ? [
              {
                code: 'GroupClaimedTwice' as const,
                path: [...path, 'name'],
                message: `the node group "${name}" is here twice`,
                mend: 'keep one of them',
              },
            ]
          : []),
      ];
    }),
    ...listAt(raw, ['spec', 'growth', 'saturation']).flatMap((one, index) =>
      queryFindings(['spec', 'growth', 'saturation', index, 'query'], valueAt(one, ['query'])),
    ),
    ...usageFindings(raw, ['spec', 'shrink']),
    ...duplicateNames(raw, ['spec', 'schedule'], 'schedule entry'),
    ...nodeScheduleFindings(raw),
    ...(limit !== null && least > limit
      ? [
          wrong(
            ['spec', 'limits', 'nodes'],
            `limits.nodes ${limit} is below ${least}, the sum of the groups' min`,
            'raise it, or lower a min',
          ),
        ]
      : []),
  ];
}
