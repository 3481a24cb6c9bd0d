// Rule files: what their schema cannot say, and the groups that are evaluated.
import type { AlertingRule, RuleGroup } from '../model/rule.ts';
import type { QueryText } from '../model/units.ts';
import { durationOf } from '../promql/literals.ts';
import { parseTemplate } from '../templates/template.ts';
import { duplicateNames } from './check-policies.ts';
import { questionFindings } from './check-rule-questions.ts';
import type { ProblemPath } from './problem.ts';
import type { RulesDocument, WrittenGroup, WrittenRule } from './schema/rules.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

/** What a template knows beside Prometheus's own. */
const ruleVariablesOf = (anomaly: unknown, forecast: unknown): readonly string[] => [
  ...(anomaly === undefined ? [] : ['$usual']),
  ...(forecast === undefined ? [] : ['$forecast']),
];

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const entries = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

export function rulesFindings(raw: unknown): Finding[] {
  return [
    ...duplicateNames(raw, ['groups'], 'group'),
    ...list(valueAt(raw, ['groups'])).flatMap((group, index) => groupFindings(group, ['groups', index])),
  ];
}

function groupFindings(group: unknown, path: ProblemPath): Finding[] {
  const seen = new Set<string>();
  const rules = list(valueAt(group, ['rules']));
  const recording = rules.flatMap((rule, index) =>
    typeof valueAt(rule, ['record']) === 'string' && valueAt(rule, ['alert']) === undefined ? [index] : [],
  );
  const first = recording[0];
  return [
    ...labelFindings(valueAt(group, ['labels']), [...path, 'labels']),
    ...rules.flatMap((rule, index) => {
      const place = [...path, 'rules', index];
      return [...ruleFindings(rule, place), ...duplicateFindings(rule, place, seen)];
    }),
    ...(first === undefined
      ? []
      : [
          {
            code: 'RecordingRule' as const,
            severity: 'warning' as const,
            path: [...path, 'rules', first, 'record'],
            at: 'key' as const,
            message: `${recording.length === 1 ? 'this recording rule is' : `${recording.length} recording rules of this group are`} not evaluated here`,
            mend: 'a Prometheus has to: name the file in its rule_files too',
          },
        ]),
  ];
}

function ruleFindings(rule: unknown, path: ProblemPath): Finding[] {
  if (typeof rule !== 'object' || rule === null) return [];
  const [alert, record] = [valueAt(rule, ['alert']), valueAt(rule, ['record'])];
  const findings: Finding[] = [];
  if (alert === undefined && record === undefined)
    findings.push({
      code: 'MissingKey',
      path: [...path, 'alert'],
      message: 'the rule has neither "alert" nor "record"',
      mend: 'add alert: and the name of the alert',
    });
  if (alert !== undefined && record !== undefined)
    findings.push({
      code: 'WrongValue',
      path: [...path, 'record'],
      at: 'key',
      message: 'a rule has one of "alert" and "record", not both',
      mend: 'write two rules',
    });
  for (const [key, name] of [
    ['alert', alert],
    ['record', record],
  ] as const)
    if (name === '') findings.push({ code: 'WrongValue', path: [...path, key], message: `"${key}" is empty` });
  const variables = ruleVariablesOf(valueAt(rule, ['anomaly']), valueAt(rule, ['forecast']));
  return [
    ...findings,
    ...(alert === undefined && record !== undefined ? recordingFindings(rule, path) : questionFindings(rule, path)),
    ...labelFindings(valueAt(rule, ['labels']), [...path, 'labels']),
    ...(alert === undefined
      ? []
      : ['labels', 'annotations'].flatMap((key) => templateFindings(valueAt(rule, [key]), [...path, key], variables))),
  ];
}

/** Nothing of it is evaluated here: what a Prometheus may have against it keeps no alert of the file from being evaluated. */
function recordingFindings(rule: unknown, path: ProblemPath): Finding[] {
  const superfluous = ['for', 'keep_firing_for', 'annotations'].filter((key) => {
    const value = valueAt(rule, [key]);
    return typeof value === 'object' ? entries(value).length > 0 : value !== undefined && !isNone(value);
  });
  return [
    ...superfluous.map((key): Finding => ({
      code: 'WrongValue',
      path: [...path, key],
      at: 'key',
      severity: 'warning',
      message: `a recording rule has no "${key}"`,
      mend: 'take it out',
    })),
    ...questionFindings(rule, path).map((finding): Finding =>
      finding.path.at(-1) === 'expr' && finding.code === 'WrongQuery' ? { ...finding, severity: 'warning' } : finding,
    ),
  ];
}

const isNone = (span: unknown): boolean => typeof span === 'string' && (span === '0' || durationOf(span) === 0);

const labelFindings = (labels: unknown, path: ProblemPath): Finding[] =>
  entries(labels).flatMap(([name]): Finding[] =>
    name === '' || name === '__name__'
      ? [{ code: 'WrongValue', path: [...path, name], at: 'key', message: `no label may be called "${name}"` }]
      : [],
  );

const templateFindings = (texts: unknown, path: ProblemPath, variables: readonly string[]): Finding[] =>
  entries(texts).flatMap(([name, text]): Finding[] => {
    if (typeof text !== 'string') return [];
    const reading = parseTemplate(text, { dialect: 'prometheus', variables });
    if (reading.ok) return [];
    const { offset, message, mend } = reading;
    return [{ code: 'WrongTemplate', path: [...path, name], offset, message, ...(mend !== '' && { mend }) }];
  });

/** As promtool does: the same name with the same labels is most likely one rule that was copied. */
function duplicateFindings(rule: unknown, path: ProblemPath, seen: Set<string>): Finding[] {
  const name = valueAt(rule, ['alert']) ?? valueAt(rule, ['record']);
  if (typeof name !== 'string') return [];
  const labels = entries(valueAt(rule, ['labels'])).toSorted();
  const key = JSON.stringify([valueAt(rule, ['alert']) === undefined, name, labels]);
  const known = seen.has(key);
  seen.add(key);
  return known
    ? [
        {
          code: 'DuplicateName',
          severity: 'warning',
          path,
          message: `the group has a rule "${name}" with the same labels already`,
          mend: 'give one of them another label, or take it out',
        },
      ]
    : [];
}

/** Of a document that is loaded again as it was the groups are the same objects: nobody has to take them over anew. */
const known = new WeakMap<RulesDocument, readonly RuleGroup[]>();

export function ruleGroupsOf(file: string, document: RulesDocument): readonly RuleGroup[] {
  const groups = known.get(document) ?? groupsIn(file, document);
  known.set(document, groups);
  return groups;
}

/** Recording rules are left to Prometheus. */
const groupsIn = (file: string, { groups }: RulesDocument): readonly RuleGroup[] =>
  (groups ?? []).map((group) => ({
    file,
    name: group.name,
    interval: group.interval > 0 ? group.interval : null,
    queryOffset: group.query_offset,
    limit: group.limit,
    rules: (group.rules ?? []).flatMap((rule) => alertingRule(group, rule) ?? []),
  }));

function questionOf({ expr, anomaly, forecast }: WrittenRule): Pick<AlertingRule, 'expr' | 'learns'> {
  if (anomaly !== undefined) {
    const { query, sensitivity, series } = anomaly;
    return { expr: query as QueryText, learns: { kind: 'anomaly', sensitivity, series } };
  }
  if (forecast !== undefined) {
    const { query, within, above, below, confidence, series } = forecast;
    const crossing = { side: above === undefined ? 'below' : 'above', limit: above ?? below ?? 0 } as const;
    return { expr: query as QueryText, learns: { kind: 'forecast', within, ...crossing, confidence, series } };
  }
  return { expr: (expr ?? '') as QueryText };
}

const alertingRule = (group: WrittenGroup, rule: WrittenRule): AlertingRule | null =>
  rule.alert === undefined
    ? null
    : {
        alert: rule.alert,
        ...questionOf(rule),
        for: rule.for,
        keepFiringFor: rule.keep_firing_for,
        labels: { ...group.labels, ...rule.labels },
        annotations: rule.annotations ?? {},
      };
