// Schedules with their calendars filled in: what entries name becomes windows that decisions can be made from.
import { nearestName } from '../promql/nearest.ts';
import type {
  CalendarDays,
  DayRule,
  NamedWindow,
  NodeWindow,
  ScheduleWindow,
  TimeRule,
  Weekday,
} from '../model/schedule.ts';
import { rfc3339, type Instant, type Milliseconds } from '../model/units.ts';
import type { ProblemPath } from './problem.ts';
import { datesOf } from './schema/calendar-days.ts';
import type { CalendarDocument } from './schema/daemon.ts';
import type { NodePolicyDocument } from './schema/node-policy.ts';
import type { PodPolicyDocument } from './schema/pod-policy.ts';
import type { Finding } from './source.ts';

export type ScheduleEntry = PodPolicyDocument['spec']['schedule'][number];

/** The ways in which a time is written, wherever one is. */
interface WrittenTime {
  readonly use?: string | undefined;
  readonly cron?: ScheduleEntry['cron'];
  readonly from?: Instant | undefined;
  readonly until?: Instant | undefined;
  readonly days?: readonly string[] | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly timeZone?: string | undefined;
}

interface ReadCalendar {
  readonly name: string;
  readonly timeZone: string;
  readonly days: CalendarDays;
  readonly windows: ReadonlyMap<string, TimeRule>;
}

/** The calendars that schedules may name. */
export interface Calendars {
  readonly byName: ReadonlyMap<string, ReadCalendar>;
  /** of those that are written but may not be used */
  readonly refused: readonly string[];
  /** rules by what they say: schedules that say the same share one, and it is reckoned once for all */
  readonly rules: Map<string, TimeRule>;
}

export function readCalendars(documents: readonly CalendarDocument[], refused: readonly string[]): Calendars {
  const byName = new Map<string, ReadCalendar>();
  for (const document of documents) {
    const { name } = document.metadata;
    if (!byName.has(name)) byName.set(name, readCalendar(document));
  }
  return { byName, refused: refused.filter((name) => !byName.has(name)), rules: new Map() };
}

function readCalendar({ metadata: { name }, spec }: CalendarDocument): ReadCalendar {
  const { timeZone } = spec;
  const days = { name, holidays: spec.holidays.flatMap(datesOf), workdays: spec.workdays.flatMap(datesOf) };
  const windows = new Map<string, TimeRule>();
  for (const [key, window] of Object.entries(spec.windows)) {
    const { start, end } = window;
    if (start !== undefined && end !== undefined)
      windows.set(key, dailyRule(start, end, window.days ?? ['all'], timeZone, days));
    else windows.set(key, { kind: 'once', from: window.from ?? null, until: window.until ?? null });
  }
  return { name, timeZone, days, windows };
}

const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** "fri-mon" goes over the weekend. */
function weekdaysOf(name: string): Weekday[] {
  if (name === 'all') return [0, 1, 2, 3, 4, 5, 6];
  const [from = '', until = from] = name.split('-');
  const [first, last] = [weekdayNames.indexOf(from), weekdayNames.indexOf(until)];
  if (first < 0 || last < 0) return [];
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => ((first + index) % 7) as Weekday);
}

const dayRule = (names: readonly string[]): DayRule => ({
  weekdays: [...new Set(names.flatMap(weekdaysOf))].toSorted((one, other) => one - other),
  workday: names.includes('workday'),
  holiday: names.includes('holiday'),
});

const needsCalendar = (names: readonly string[]): boolean => names.includes('workday') || names.includes('holiday');

function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

const dailyRule = (
  start: string,
  end: string,
  names: readonly string[],
  timeZone: string,
  calendar: CalendarDays | null,
): TimeRule => ({
  kind: 'daily',
  start: minuteOf(start),
  end: minuteOf(end),
  days: dayRule(names),
  timeZone,
  calendar: needsCalendar(names) ? calendar : null,
});

export interface ResolvedSchedule {
  readonly windows: readonly ScheduleWindow[];
  /** each a reason to refuse the policy */
  readonly findings: readonly Finding[];
}

export function resolveSchedule(entries: readonly ScheduleEntry[], calendars: Calendars): ResolvedSchedule {
  const findings: Finding[] = [];
  const windows = entries.flatMap((entry, index): ScheduleWindow[] => {
    const found = ruleOf(entry, calendars, ['spec', 'schedule', index]);
    if ('code' in found) {
      findings.push(found);
      return [];
    }
    return [windowOf(entry, shared(found, calendars))];
  });
  return { windows, findings };
}

/** When nodes may leave, and when never; undefined: nothing is written. */
interface ShrinkWindows {
  readonly only: readonly NamedWindow[] | undefined;
  readonly never: readonly NamedWindow[] | undefined;
}

export interface ResolvedNodeWindows {
  readonly shrink: ShrinkWindows;
  /** as the groups are written, one after the other */
  readonly groups: readonly ShrinkWindows[];
  readonly schedule: readonly NodeWindow[];
  /** each a reason to refuse the policy */
  readonly findings: readonly Finding[];
}

/** How people speak of a window that has no name of its own. */
function spoken({ use, days, start, end, from, until }: WrittenTime): string {
  if (use !== undefined) return use;
  if (start !== undefined && end !== undefined)
    return `${days === undefined ? '' : `${days.join(',')} `}${start}-${end}`;
  const day = (at: Instant | undefined): string => (at === undefined ? '' : rfc3339(at));
  return `${day(from)}/${day(until)}`;
}

export function resolveNodeWindows({ spec }: NodePolicyDocument, calendars: Calendars): ResolvedNodeWindows {
  const findings: Finding[] = [];
  const ruleAt = (entry: WrittenTime, path: ProblemPath): readonly TimeRule[] => {
    const found = ruleOf(entry, calendars, path);
    if (!('code' in found)) return [shared(found, calendars)];
    findings.push(found);
    return [];
  };
  const named = (entries: readonly WrittenTime[] | undefined, path: ProblemPath): readonly NamedWindow[] | undefined =>
    entries?.flatMap((entry, index) => ruleAt(entry, [...path, index]).map((rule) => ({ name: spoken(entry), rule })));
  const windowsIn = (
    shrink: Readonly<Partial<Record<'only' | 'never', readonly WrittenTime[] | undefined>>> | undefined,
    path: ProblemPath,
  ): ShrinkWindows => ({
    only: named(shrink?.only, [...path, 'only']),
    never: named(shrink?.never, [...path, 'never']),
  });
  const shrink = windowsIn(spec.shrink, ['spec', 'shrink']);
  const groups = spec.nodeGroups.map((group, index) =>
    windowsIn(group.shrink, ['spec', 'nodeGroups', index, 'shrink']),
  );
  const schedule = spec.schedule.flatMap((entry, index) =>
    ruleAt(entry, ['spec', 'schedule', index]).map((rule): NodeWindow => ({
      name: entry.name,
      nodeGroup: entry.nodeGroup,
      rule,
      min: entry.min ?? null,
      max: entry.max ?? null,
      shrink: entry.shrink ?? null,
    })),
  );
  return { shrink, groups, schedule, findings };
}

function shared(rule: TimeRule, { rules }: Calendars): TimeRule {
  // within one load a calendar is known by its name
  const key = JSON.stringify(rule, (field, value: unknown) =>
    field === 'calendar' ? (value as CalendarDays | null)?.name : value,
  );
  const known = rules.get(key) ?? rule;
  rules.set(key, known);
  return known;
}

const windowOf = (entry: ScheduleEntry, rule: TimeRule): ScheduleWindow => ({
  name: entry.name,
  rule,
  min: entry.min ?? null,
  max: entry.max ?? null,
  replicas: entry.replicas ?? null,
  scaleDown: entry.scaleDown ?? null,
  readyBefore: entry.readyBefore ?? (0 as Milliseconds),
  priority: entry.priority,
});

function ruleOf(entry: WrittenTime, calendars: Calendars, path: ProblemPath): TimeRule | Finding {
  const { use, cron, start, end, days = ['all'] } = entry;
  if (use !== undefined) return usedRule(use, calendars, [...path, 'use']);
  if (cron === undefined && (start === undefined || end === undefined))
    return { kind: 'once', from: entry.from ?? null, until: entry.until ?? null };
  const { calendar, lack } = onlyCalendar(calendars);
  if (cron === undefined && needsCalendar(days) && calendar === null)
    return {
      code: 'CalendarMissing',
      path: [...path, 'days'],
      message: `workday and holiday need the days of a Calendar: ${lack}`,
      mend: 'make the times a window of a Calendar and write use: CALENDAR/WINDOW',
    };
  const timeZone = entry.timeZone ?? calendar?.timeZone;
  if (timeZone === undefined)
    return {
      code: 'MissingKey',
      path: [...path, 'timeZone'],
      message: `"timeZone" is missing and no Calendar gives it: ${lack}`,
      mend: 'add timeZone: Asia/Shanghai',
    };
  if (cron !== undefined) return { kind: 'cron', start: cron.start, end: cron.end, timeZone };
  return dailyRule(start ?? '', end ?? '', days, timeZone, calendar?.days ?? null);
}

/** The one that is meant where none is named; else what stands against it, in words. */
function onlyCalendar({ byName, refused }: Calendars): {
  readonly calendar: ReadCalendar | null;
  readonly lack: string;
} {
  const names = [...byName.keys(), ...refused];
  const [calendar] = byName.values();
  if (names.length > 1) return { calendar: null, lack: `there are several Calendars, ${names.join(', ')}` };
  if (calendar !== undefined) return { calendar, lack: '' };
  return { calendar: null, lack: names.length === 0 ? 'there is no Calendar' : `Calendar ${names.join()} is refused` };
}

function usedRule(use: string, calendars: Calendars, path: ProblemPath): TimeRule | Finding {
  const slash = use.indexOf('/');
  return slash < 0
    ? ruleNamed(use, calendars, path)
    : ruleOfCalendar(use.slice(0, slash), use.slice(slash + 1), calendars, path);
}

function ruleNamed(name: string, { byName, refused }: Calendars, path: ProblemPath): TimeRule | Finding {
  const holders = [...byName.values()].filter(({ windows }) => windows.has(name));
  const [first, second] = holders;
  if (first !== undefined && second !== undefined)
    return {
      code: 'AmbiguousWindow',
      path,
      message: `several Calendars have a window "${name}": ${holders.map((calendar) => calendar.name).join(', ')}`,
      mend: `write ${holders.map((calendar) => `use: ${calendar.name}/${name}`).join(' or ')}`,
    };
  const rule = first?.windows.get(name);
  if (rule !== undefined) return rule;
  const known = [...new Set([...byName.values()].flatMap(({ windows }) => [...windows.keys()]))];
  if (known.length > 0 && refused.length === 0)
    return {
      code: 'UnknownWindow',
      path,
      message: `no Calendar has a window "${name}"${meant(name, known)}`,
      mend: `known: ${known.join(', ')}`,
    };
  return {
    code: 'CalendarMissing',
    path,
    message: `no Calendar has a window "${name}"${refused.length === 0 ? '' : `; Calendar ${refused.join(', ')} is refused`}`,
    mend: refused.length === 0 ? 'add a Calendar with it under windows:' : 'mend the Calendar',
  };
}

function ruleOfCalendar(
  calendar: string,
  name: string,
  { byName, refused }: Calendars,
  path: ProblemPath,
): TimeRule | Finding {
  const windows = byName.get(calendar)?.windows;
  if (windows === undefined) {
    const names = [...byName.keys()];
    return refused.includes(calendar)
      ? { code: 'CalendarMissing', path, message: `Calendar ${calendar} is refused`, mend: 'mend the Calendar' }
      : {
          code: 'CalendarMissing',
          path,
          message: `there is no Calendar "${calendar}"${meant(calendar, names)}`,
          mend: names.length === 0 ? 'add it' : `known: ${names.join(', ')}`,
        };
  }
  const rule = windows.get(name);
  if (rule !== undefined) return rule;
  const known = [...windows.keys()];
  return {
    code: 'UnknownWindow',
    path,
    message: `Calendar ${calendar} has no window "${name}"${meant(name, known)}`,
    mend: known.length === 0 ? 'add it under windows:' : `known: ${known.join(', ')}`,
  };
}

function meant(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === null ? '' : `, did you mean "${near}"?`;
}
