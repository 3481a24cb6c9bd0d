// What a schema cannot say about the people of alerts.yaml: rotas that can be counted, steps in their order, names that exist.
import { duplicateNames } from './check-policies.ts';
import { cronProblem } from './cron.ts';
import { nearestKey } from './documents.ts';
import { matcherMistake } from '../matching/matchers.ts';
import type { ProblemCode, ProblemPath } from './problem.ts';
import { parseDuration } from './schema/scalars.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const keysOf = (value: unknown): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : []);
const namesIn = (raw: unknown, key: string): string[] =>
  list(valueAt(raw, [key])).flatMap((item) => {
    const name = valueAt(item, ['name']);
    return typeof name === 'string' ? [name] : [];
  });

interface Names {
  readonly people: readonly string[];
  readonly rotas: readonly string[];
  readonly gateways: readonly string[];
  readonly receivers: readonly string[];
  readonly intervals: readonly string[];
}

export function alertPeopleFindings(raw: unknown): Finding[] {
  const names: Names = {
    people: keysOf(valueAt(raw, ['people'])),
    rotas: namesIn(raw, 'oncall'),
    gateways: namesIn(raw, 'sms_gateways'),
    receivers: namesIn(raw, 'receivers'),
    intervals: [...namesIn(raw, 'time_intervals'), ...namesIn(raw, 'mute_time_intervals')],
  };
  return [
    ...list(valueAt(raw, ['oncall'])).flatMap((rota, index) => rotaFindings(rota, ['oncall', index], names)),
    ...list(valueAt(raw, ['receivers'])).flatMap((receiver, index) =>
      receiverFindings(receiver, ['receivers', index], names),
    ),
    ...matcherFindings(raw, ['budgets', 'sms', 'exempt']),
    ...duplicateNames(raw, ['watchdogs'], 'watchdog'),
    ...list(valueAt(raw, ['watchdogs'])).flatMap((watchdog, index) =>
      list(valueAt(watchdog, ['matchers'])).flatMap((_, number) =>
        matcherFindings(raw, ['watchdogs', index, 'matchers', number]),
      ),
    ),
    ...nameFindings(raw, ['unsupportedReceivers', 'use'], 'UnknownReceiver', 'receiver', names.receivers),
  ];
}

function nameFindings(
  raw: unknown,
  path: ProblemPath,
  code: ProblemCode,
  what: string,
  known: readonly string[],
): Finding[] {
  const name = valueAt(raw, path);
  if (typeof name !== 'string' || known.includes(name)) return [];
  const near = nearestKey(name, known);
  return [
    {
      code,
      path,
      message: `there is no ${what} "${name}"${near === null ? '' : `, did you mean "${near}"?`}`,
      mend: known.length === 0 ? `define the ${what}` : `defined: ${known.join(', ')}`,
    },
  ];
}

function matcherFindings(raw: unknown, path: ProblemPath): Finding[] {
  const text = valueAt(raw, path);
  const mistake = typeof text === 'string' ? matcherMistake(text) : null;
  if (mistake === null) return [];
  return [{ code: 'WrongMatcher', path, ...mistake, mend: `write 'severity="page"' or 'team=~"pay|core"'` }];
}

/** Findings of a part of the document, at their places in the whole. */
const below = (path: ProblemPath, findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, path: [...path, ...finding.path] }));

function rotaFindings(rota: unknown, path: ProblemPath, { people }: Names): Finding[] {
  const handover = valueAt(rota, ['handover']);
  const problem = typeof handover === 'string' ? cronProblem(handover) : null;
  const person = (place: ProblemPath): Finding[] => nameFindings(rota, place, 'UnknownPerson', 'person', people);
  return below(path, [
    ...(problem === null
      ? []
      : [
          {
            code: 'WrongValue',
            path: ['handover'],
            message: problem,
            mend: 'write "0 9 * * 1": Mondays at nine',
          } as const,
        ]),
    ...list(valueAt(rota, ['rotation'])).flatMap((_, index) => person(['rotation', index])),
    ...list(valueAt(rota, ['overrides'])).flatMap((override, index): Finding[] => {
      const [from, until] = ['from', 'until'].map((key) => Date.parse(String(valueAt(override, [key]))));
      const isBackward = from !== undefined && until !== undefined && until <= from;
      return [
        ...person(['overrides', index, 'who']),
        ...(isBackward
          ? [
              {
                code: 'WrongValue',
                path: ['overrides', index, 'until'],
                message: 'the override ends before it begins',
                mend: 'write an instant after from',
              } as const,
            ]
          : []),
      ];
    }),
  ]);
}

function receiverFindings(receiver: unknown, path: ProblemPath, names: Names): Finding[] {
  const named = (place: ProblemPath, code: ProblemCode, what: string, known: readonly string[]): Finding[] =>
    nameFindings(receiver, place, code, what, known);
  const fallback = valueAt(receiver, ['fallback', 'receiver']);
  return below(path, [
    ...list(valueAt(receiver, ['sms_configs'])).flatMap((_, index) =>
      named(['sms_configs', index, 'oncall'], 'UnknownRota', 'rota', names.rotas),
    ),
    ...named(['quietHours', 'use'], 'UnknownInterval', 'time interval', names.intervals),
    ...matcherFindings(receiver, ['quietHours', 'except']),
    ...named(['fallback', 'receiver'], 'UnknownReceiver', 'receiver', names.receivers),
    ...(fallback !== undefined && fallback === valueAt(receiver, ['name'])
      ? [
          {
            code: 'WrongValue',
            path: ['fallback', 'receiver'],
            message: 'a receiver cannot stand in for itself',
            mend: 'name another receiver',
          } as const,
        ]
      : []),
    ...stepFindings(receiver, names),
  ]);
}

function stepFindings(receiver: unknown, names: Names): Finding[] {
  let longest = 0;
  return list(valueAt(receiver, ['escalation'])).flatMap((step, index): Finding[] => {
    const path: ProblemPath = ['escalation', index];
    const wait = valueAt(step, ['unacknowledgedFor']);
    const length = typeof wait === 'string' ? parseDuration(wait) : null;
    const inOrder = length === null || length > longest;
    longest = Math.max(longest, length ?? 0);
    return [
      ...(index > 0 && wait === undefined
        ? [
            {
              code: 'MissingKey',
              path: [...path, 'unacknowledgedFor'],
              message: 'this step has no time: it would begin together with the one before it',
              mend: 'add unacknowledgedFor: 10m, counted from the first message',
            } as const,
          ]
        : []),
      ...(index === 0 && wait !== undefined
        ? [
            {
              code: 'WrongValue',
              path: [...path, 'unacknowledgedFor'],
              message: 'the first step waits for nothing: it is called at once, and the others are counted from it',
              mend: "take it away, or write it in the step after; the route's group_wait is how long a group waits",
            } as const,
          ]
        : []),
      ...(inOrder
        ? []
        : [
            {
              code: 'WrongValue',
              path: [...path, 'unacknowledgedFor'],
              message: 'this step does not come after the one before it: all are counted from the first message',
              mend: 'write a longer time than in the step before',
            } as const,
          ]),
      ...(['sms', 'email'] as const).flatMap((channel) => [
        ...nameFindings(receiver, [...path, channel, 'oncall'], 'UnknownRota', 'rota', names.rotas),
        ...nameFindings(receiver, [...path, channel, 'person'], 'UnknownPerson', 'person', names.people),
      ]),
      ...nameFindings(receiver, [...path, 'sms', 'gateway'], 'UnknownGateway', 'gateway', names.gateways),
    ];
  });
}
