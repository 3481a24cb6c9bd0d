// What a schema cannot say about schedules and calendars: times and values that exclude each other or contradict.
import { cronProblem } from './cron.ts';
import type { ProblemPath } from './problem.ts';
import { datesOf } from './schema/calendar-days.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const wrong = (path: ProblemPath, message: string, mend?: string, at: 'key' | 'value' = 'value'): Finding => ({
  code: 'WrongValue',
  path,
  at,
  message,
  ...(mend === undefined ? {} : { mend }),
});
const missing = (path: ProblemPath, message: string, mend: string): Finding => ({
  code: 'MissingKey',
  path,
  message,
  mend,
});

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (mapping: Mapping, key: string): boolean => mapping[key] !== undefined;
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** Ways to say when, by the keys that they are written with. */
const waysToSay = {
  'from with until': ['from', 'until'],
  'start with end': ['start', 'end'],
  cron: ['cron'],
  use: ['use'],
} as const;
type Way = keyof typeof waysToSay;

const inWords = (list: readonly string[], last: 'and' | 'or'): string =>
  list.length < 2 ? list.join() : `${list.slice(0, -1).join(', ')} ${last} ${list.at(-1) ?? ''}`;

function timeFindings(entry: Mapping, path: ProblemPath, ways: readonly Way[]): Finding[] {
  const given = ways.filter((way) => waysToSay[way].some((key) => has(entry, key)));
  const [way, second] = given;
  if (way === undefined) {
    const mend = has(entry, 'days')
      ? 'for whole days add start: "00:00" and end: "24:00"'
      : 'add start: "08:00" and end: "20:00", or from: with until:';
    return [missing(path, `nothing says when: write one of ${inWords(ways, 'or')}`, mend)];
  }
  if (second !== undefined) {
    const key = waysToSay[second].find((one) => has(entry, one)) ?? second;
    const message = `the time is said in ${given.length} ways: ${inWords(given, 'and')}`;
    return [wrong([...path, key], message, 'keep one of them, make the others entries of their own', 'key')];
  }
  return [...spanFindings(entry, path), ...dailyFindings(entry, path, way), ...cronFindings(entry, path)];
}

function spanFindings({ from, until }: Mapping, path: ProblemPath): Finding[] {
  if (typeof from !== 'string' || typeof until !== 'string' || !(Date.parse(from) >= Date.parse(until))) return [];
  return [wrong([...path, 'until'], 'until is not after from: the window is never open', 'write a later instant')];
}

function dailyFindings(entry: Mapping, path: ProblemPath, way: Way): Finding[] {
  const findings: Finding[] = [];
  if (way !== 'start with end' && has(entry, 'days'))
    findings.push(wrong([...path, 'days'], 'days goes with start and end only', 'take it out', 'key'));
  if (way !== 'start with end' && way !== 'cron' && has(entry, 'timeZone')) {
    const message = 'timeZone goes with start and end or with cron only';
    findings.push(wrong([...path, 'timeZone'], message, 'take it out', 'key'));
  }
  if (way !== 'start with end') return findings;
  for (const [key, other, example] of [
    ['start', 'end', '"08:00"'],
    ['end', 'start', '"20:00"'],
  ] as const)
    if (!has(entry, key))
      findings.push(missing([...path, key], `"${key}" is missing beside ${other}`, `add ${key}: ${example}`));
  if (entry['start'] === '24:00')
    findings.push(wrong([...path, 'start'], 'a window starts at "23:59" at the latest', 'write "00:00"'));
  return findings;
}

function cronFindings({ cron }: Mapping, path: ProblemPath): Finding[] {
  if (!isMapping(cron)) return [];
  const { start, end } = cron;
  const findings = Object.entries({ start, end }).flatMap(([key, text]): Finding[] => {
    const problem = typeof text === 'string' ? cronProblem(text) : null;
    return problem === null ? [] : [wrong([...path, 'cron', key], problem, 'write "0 8 * * 1-5"')];
  });
  const plain = (text: unknown): unknown => (typeof text === 'string' ? text.trim().split(/\s+/).join(' ') : text);
  if (findings.length === 0 && start !== undefined && plain(start) === plain(end))
    findings.push(wrong([...path, 'cron', 'end'], 'start and end are the same', 'write another end'));
  return findings;
}

export function scheduleFindings(raw: unknown): Finding[] {
  const schedule = valueAt(raw, ['spec', 'schedule']);
  if (!Array.isArray(schedule)) return [];
  const highest = numberOf(valueAt(raw, ['spec', 'replicas', 'max']));
  return schedule.flatMap((entry: unknown, index): Finding[] => {
    if (!isMapping(entry)) return [];
    const path = ['spec', 'schedule', index];
    return [
      ...timeFindings(entry, path, ['from with until', 'start with end', 'cron', 'use']),
      ...valueFindings(entry, path, highest),
    ];
  });
}

function valueFindings(entry: Mapping, path: ProblemPath, highest: number | null): Finding[] {
  const findings: Finding[] = [];
  if (!['min', 'max', 'replicas', 'scaleDown'].some((key) => has(entry, key)))
    findings.push(
      missing(
        path,
        'the entry changes nothing: it has none of min, max, replicas and scaleDown',
        'add min: N for at least so many replicas',
      ),
    );
  const bound = ['min', 'max'].find((key) => has(entry, key));
  if (has(entry, 'replicas') && bound !== undefined)
    findings.push(
      wrong(
        [...path, bound],
        `replicas is exact, ${bound} does not go with it`,
        'keep replicas, or min and max',
        'key',
      ),
    );
  const [min, max] = [numberOf(entry['min']), numberOf(entry['max'])];
  if (min !== null && max !== null && min > max)
    findings.push(wrong([...path, 'min'], `min ${min} is above max ${max}`, 'raise max or lower min'));
  for (const key of ['min', 'replicas']) {
    const floor = numberOf(entry[key]);
    if (floor !== null && highest !== null && floor > highest)
      findings.push(
        wrong(
          [...path, key],
          `${key} ${floor} is above the policy's max ${highest}`,
          `raise spec.replicas.max, or write ${highest} or less`,
        ),
      );
  }
  if (has(entry, 'readyBefore') && !has(entry, 'min') && !has(entry, 'replicas'))
    findings.push(
      wrong(
        [...path, 'readyBefore'],
        'readyBefore goes with min or replicas only',
        'take it out, or add min: N',
        'key',
      ),
    );
  return findings;
}

/** Times of a NodePolicy: when its nodes may leave, and how many have to be there. */
export function nodeScheduleFindings(raw: unknown): Finding[] {
  const ways: readonly Way[] = ['from with until', 'start with end', 'use'];
  const times = (path: ProblemPath): Finding[] => {
    const list = valueAt(raw, path);
    if (!Array.isArray(list)) return [];
    return list.flatMap((entry: unknown, index) =>
      isMapping(entry) ? timeFindings(entry, [...path, index], ways) : [],
    );
  };
  const groups = valueAt(raw, ['spec', 'nodeGroups']);
  const schedule = valueAt(raw, ['spec', 'schedule']);
  const known: readonly unknown[] = Array.isArray(groups) ? groups : [];
  const entries: readonly unknown[] = Array.isArray(schedule) ? schedule : [];
  return [
    ...[['spec'], ...known.map((_, index) => ['spec', 'nodeGroups', index])].flatMap((path) => [
      ...times([...path, 'shrink', 'only']),
      ...times([...path, 'shrink', 'never']),
    ]),
    ...times(['spec', 'schedule']),
    ...entries.flatMap((entry, index) =>
      isMapping(entry) ? nodeValueFindings(entry, ['spec', 'schedule', index], known) : [],
    ),
  ];
}

function nodeValueFindings(entry: Mapping, path: ProblemPath, groups: readonly unknown[]): Finding[] {
  const findings: Finding[] = [];
  if (!['min', 'max', 'shrink'].some((key) => has(entry, key)))
    findings.push(
      missing(
        path,
        'the entry changes nothing: it has none of min, max and shrink',
        'add min: N for at least so many nodes',
      ),
    );
  const [min, max] = [numberOf(entry['min']), numberOf(entry['max'])];
  if (min !== null && max !== null && min > max)
    findings.push(wrong([...path, 'min'], `min ${min} is above max ${max}`, 'raise max or lower min'));
  const { nodeGroup } = entry;
  if (typeof nodeGroup !== 'string') return findings;
  const names = groups.flatMap((group) =>
    isMapping(group) && typeof group['name'] === 'string' ? [group['name']] : [],
  );
  const group = groups.find((one) => isMapping(one) && one['name'] === nodeGroup);
  if (!isMapping(group)) {
    const mend = names.length === 0 ? 'add it' : `known: ${names.join(', ')}`;
    findings.push(wrong([...path, 'nodeGroup'], `this policy has no node group "${nodeGroup}"`, mend));
    return findings;
  }
  const highest = numberOf(group['max']);
  if (min !== null && highest !== null && min > highest)
    findings.push(
      wrong(
        [...path, 'min'],
        `min ${min} is above the group's max ${highest}`,
        `raise max of ${nodeGroup}, or write ${highest} or less`,
      ),
    );
  return findings;
}

export function calendarFindings(raw: unknown): Finding[] {
  const windows = valueAt(raw, ['spec', 'windows']);
  const times = isMapping(windows) ? Object.entries(windows) : [];
  return [
    ...contradictingDays(raw),
    ...times.flatMap(([name, window]): Finding[] => {
      const path = ['spec', 'windows', name];
      const named = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)
        ? []
        : [
            wrong(
              path,
              `"${name}" is no name of a window: it has letters, digits, ".", "_" and "-" only`,
              undefined,
              'key',
            ),
          ];
      return isMapping(window)
        ? [...named, ...timeFindings(window, path, ['from with until', 'start with end'])]
        : named;
    }),
  ];
}

function contradictingDays(raw: unknown): Finding[] {
  const listed = (key: string): unknown[] => {
    const value = valueAt(raw, ['spec', key]);
    return Array.isArray(value) ? value : [];
  };
  const datesAt = (text: unknown): readonly string[] => (typeof text === 'string' ? datesOf(text) : []);
  const holidays = new Set(listed('holidays').flatMap(datesAt));
  return listed('workdays').flatMap((text, index): Finding[] => {
    const both = datesAt(text).find((date) => holidays.has(date));
    if (both === undefined) return [];
    return [
      wrong(['spec', 'workdays', index], `${both} is a holiday and a working day`, 'keep it in one of the lists'),
    ];
  });
}
