// What a schema cannot say about the routes of alerts.yaml: labels that can be, intervals that hold, inhibition that says what it means.
import { matcherMistake, parseMatchers, printMatcher } from '../matching/matchers.ts';
import { parseTimeInterval } from '../matching/time-interval.ts';
import { quoteFindings } from './check-matcher-quotes.ts';
import { duplicateNames } from './check-policies.ts';
import { nearestKey } from './documents.ts';
import type { ProblemPath } from './problem.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textsIn = (value: unknown): string[] => list(value).filter((item) => typeof item === 'string');
const pairsIn = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

const intervalLists = ['time_intervals', 'mute_time_intervals'] as const;

export function alertRouteFindings(raw: unknown): Finding[] {
  const intervals = intervalLists.flatMap((key) =>
    list(valueAt(raw, [key])).flatMap((item) => textsIn([valueAt(item, ['name'])])),
  );
  return [
    ...routeFindings(valueAt(raw, ['route']), ['route'], intervals),
    ...intervalLists.flatMap((key) => intervalFindings(raw, key)),
    ...bothListsFindings(raw),
    ...list(valueAt(raw, ['inhibit_rules'])).flatMap((rule, index) => inhibitFindings(rule, ['inhibit_rules', index])),
  ];
}

function routeFindings(route: unknown, path: ProblemPath, intervals: readonly string[]): Finding[] {
  return [
    ...labelListFindings(valueAt(route, ['group_by']), [...path, 'group_by']),
    ...pairsIn(valueAt(route, ['labels'])).flatMap(([name]) => labelFindings(name, [...path, 'labels', name], 'key')),
    ...patternFindings(valueAt(route, ['match_re']), [...path, 'match_re']),
    ...(['mute_time_intervals', 'active_time_intervals'] as const).flatMap((key) =>
      list(valueAt(route, [key])).flatMap((name, index) =>
        typeof name === 'string' && !intervals.includes(name)
          ? [unknownInterval(name, [...path, key, index], intervals)]
          : [],
      ),
    ),
    ...list(valueAt(route, ['routes'])).flatMap((child, index) =>
      routeFindings(child, [...path, 'routes', index], intervals),
    ),
  ];
}

function unknownInterval(name: string, path: ProblemPath, known: readonly string[]): Finding {
  const near = nearestKey(name, known);
  return {
    code: 'UnknownInterval',
    path,
    message: `there is no time interval "${name}"${near === null ? '' : `, did you mean "${near}"?`}`,
    mend: known.length === 0 ? 'define it under time_intervals' : `defined: ${[...new Set(known)].join(', ')}`,
  };
}

function labelListFindings(labels: unknown, path: ProblemPath, twice?: 'warning'): Finding[] {
  const seen = new Set<unknown>();
  return list(labels).flatMap((name, index): Finding[] => {
    if (typeof name !== 'string' || name === '...') return [];
    const place = [...path, index];
    if (seen.has(name))
      return [
        {
          code: 'WrongValue',
          ...(twice !== undefined && { severity: twice }),
          path: place,
          message: `the label "${name}" is here twice`,
          mend: 'take one out',
        },
      ];
    seen.add(name);
    return labelFindings(name, place);
  });
}

/** Names of UTF-8 are names; a sign or a digit at the beginning is a slip. */
function labelFindings(name: string, path: ProblemPath, at?: 'key'): Finding[] {
  if (/^[\p{L}_:][^\p{Cc}]*$/u.test(name)) return [];
  return [
    {
      code: 'WrongValue',
      path,
      ...(at !== undefined && { at }),
      message: `"${name}" is no label name`,
      mend: 'a label name begins with a letter or _',
    },
  ];
}

function patternFindings(pairs: unknown, path: ProblemPath): Finding[] {
  return pairsIn(pairs).flatMap(([name, pattern]): Finding[] => {
    if (typeof pattern !== 'string') return [];
    const mistake = matcherMistake(printMatcher({ name, operator: '=~', value: pattern }));
    if (mistake === null) return [];
    return [
      { code: 'WrongMatcher', path: [...path, name], message: mistake.message, mend: 'write it in the syntax of RE2' },
    ];
  });
}

function intervalFindings(raw: unknown, key: (typeof intervalLists)[number]): Finding[] {
  return [
    ...duplicateNames(raw, [key], 'time interval'),
    ...list(valueAt(raw, [key])).flatMap((item, index) =>
      list(valueAt(item, ['time_intervals'])).flatMap((written, number): Finding[] => {
        const parsed = parseTimeInterval(written);
        if (parsed.ok) return [];
        return parsed.mistakes.map(({ path, message }) => ({
          code: 'WrongValue',
          path: [key, index, 'time_intervals', number, ...path],
          message,
          mend: "write times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday']",
        }));
      }),
    ),
  ];
}

/** mute_time_intervals is the older name of the same list. */
function bothListsFindings(raw: unknown): Finding[] {
  const newer = list(valueAt(raw, ['time_intervals'])).map((item) => valueAt(item, ['name']));
  return list(valueAt(raw, ['mute_time_intervals'])).flatMap((item, index): Finding[] => {
    const name = valueAt(item, ['name']);
    if (typeof name !== 'string' || !newer.includes(name)) return [];
    return [
      {
        code: 'DuplicateName',
        path: ['mute_time_intervals', index, 'name'],
        message: `the time interval "${name}" is in time_intervals too`,
        mend: 'give each its own name',
      },
    ];
  });
}

const sides = ['source', 'target'] as const;

function inhibitFindings(rule: unknown, path: ProblemPath): Finding[] {
  const findings = sides.flatMap((side) => [
    ...list(valueAt(rule, [`${side}_matchers`])).flatMap((text, index): Finding[] => {
      const mistake = typeof text === 'string' ? matcherMistake(text) : null;
      if (mistake === null) return quoteFindings(text, [...path, `${side}_matchers`, index]);
      return [
        {
          code: 'WrongMatcher',
          path: [...path, `${side}_matchers`, index],
          ...mistake,
          mend: `write 'severity="page"' or 'team=~"pay|core"'`,
        },
      ];
    }),
    ...patternFindings(valueAt(rule, [`${side}_match_re`]), [...path, `${side}_match_re`]),
  ]);
  return [
    ...findings,
    ...labelListFindings(valueAt(rule, ['equal']), [...path, 'equal'], 'warning'),
    ...labelListFindings(valueAt(rule, ['equalPresent']), [...path, 'equalPresent'], 'warning'),
    ...(findings.length > 0 ? [] : absentLabelFindings(rule, path)),
  ];
}

/** A label that both sides lack counts as equal: an alert of one cluster then mutes those of all. */
function absentLabelFindings(rule: unknown, path: ProblemPath): Finding[] {
  const present = textsIn(valueAt(rule, ['equalPresent']));
  const named = new Set([
    'alertname',
    ...present,
    ...sides.flatMap((side) => [
      ...textsIn(valueAt(rule, [`${side}_matchers`])).flatMap((text) => parseMatchers(text).map(({ name }) => name)),
      ...['match', 'match_re'].flatMap((kind) => pairsIn(valueAt(rule, [`${side}_${kind}`])).map(([name]) => name)),
    ]),
  ]);
  const open = textsIn(valueAt(rule, ['equal'])).filter((name) => !named.has(name));
  if (open.length === 0) return [];
  return [
    {
      code: 'AbsentLabelsEqual',
      severity: 'warning',
      path: [...path, 'equal'],
      message: `where both alerts lack ${open.map((name) => `"${name}"`).join(', ')}, that counts as equal, and one mutes the other`,
      mend: `write equalPresent: [${[...present, ...open].join(', ')}], so that both must have it`,
    },
  ];
}
