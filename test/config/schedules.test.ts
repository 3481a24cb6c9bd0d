// Schedules and calendars as they are written, and the windows that decisions are made from.
import { describe, expect, it } from 'vitest';
import { loadFiles, type LoadResult } from '../../src/config/load.ts';
import type { Entry } from '../../src/config/conflicts.ts';
import type { ScheduleWindow } from '../../src/model/schedule.ts';
import { goodTexts, inMemory } from './files.ts';

const policy = (schedule: string): string =>
  `apiVersion: springtide/v1
kind: PodPolicy
metadata: {name: web, namespace: shop}
spec:
  target: {kind: Deployment, name: web}
  replicas: {min: 2, max: 60}
  schedule:
${schedule}
`;
const bank = (name: string, rest = ''): string =>
  `apiVersion: springtide/v1
kind: Calendar
metadata: {name: ${name}}
spec:
  timeZone: Asia/Shanghai
  holidays: [2026-10-01/2026-10-03, 2027-01-01]
  workdays: [2026-10-10]
  validUntil: 2026-12-31
  windows:
    office: {days: workday, start: "08:00", end: "20:00"}
    freeze: {from: 2026-11-10T18:00:00+08:00, until: 2026-11-12T08:00:00+08:00}
${rest}`;

type Texts = Readonly<Record<string, string>>;
const load = (texts: Texts, previous: readonly Entry[] = []): LoadResult =>
  loadFiles(inMemory({ ...goodTexts, ...texts }), {}, previous);
const withBank = (schedule: string): Texts => ({ 'policies/web.yaml': policy(schedule), 'bank.yaml': bank('bank-cn') });

function windowsOf(result: LoadResult): readonly ScheduleWindow[] {
  expect(result.problems).toEqual([]);
  return result.config?.podPolicies[0]?.spec.schedule ?? [];
}
const statusOf = ({ documents }: LoadResult, wanted: string): string[] =>
  documents.flatMap(({ kind, status }) => (kind === wanted ? [status] : []));

const days = {
  name: 'bank-cn',
  holidays: ['2026-10-01', '2026-10-02', '2026-10-03', '2027-01-01'],
  workdays: ['2026-10-10'],
};
const everyDay = { weekdays: [0, 1, 2, 3, 4, 5, 6], workday: false, holiday: false };
const daily = { kind: 'daily', start: 480, end: 1200, days: everyDay, timeZone: 'Asia/Shanghai', calendar: null };

describe('a schedule', () => {
  it('alone is a policy', () => {
    const { problems, config } = load({
      'policies/web.yaml': policy('    - {name: d, from: 2026-11-11T00:00:00Z, min: 3}'),
    });
    expect(problems).toEqual([]);
    expect(config?.podPolicies[0]?.spec.metrics).toEqual([]);
  });

  it('has all that is written, and what is not does nothing', () => {
    const entry =
      '    - {name: sale, from: 2026-11-11T00:00:00+08:00, until: 2026-11-11T02:00:00+08:00, min: 40, max: 50, readyBefore: 15m, priority: 20}\n' +
      '    - {name: night, start: "20:00", end: "08:00", days: [all], timeZone: Asia/Shanghai, scaleDown: off}';
    expect(windowsOf(load({ 'policies/web.yaml': policy(entry) }))).toEqual([
      {
        name: 'sale',
        rule: { kind: 'once', from: Date.parse('2026-11-10T16:00Z'), until: Date.parse('2026-11-10T18:00Z') },
        min: 40,
        max: 50,
        replicas: null,
        scaleDown: null,
        readyBefore: 900_000,
        priority: 20,
      },
      {
        name: 'night',
        rule: { ...daily, start: 1200, end: 480 },
        min: null,
        max: null,
        replicas: null,
        scaleDown: 'off',
        readyBefore: 0,
        priority: 0,
      },
    ]);
  });

  it.each<[string, unknown]>([
    ['use: office', { ...daily, days: { weekdays: [], workday: true, holiday: false }, calendar: days }],
    [
      'use: bank-cn/freeze',
      { kind: 'once', from: Date.parse('2026-11-10T10:00Z'), until: Date.parse('2026-11-12T00:00Z') },
    ],
    ['start: "08:00", end: "20:00"', daily],
    ['start: "08:00", end: "24:00"', { ...daily, end: 1440 }],
    ['start: "08:00", end: "20:00", timeZone: Europe/Berlin', { ...daily, timeZone: 'Europe/Berlin' }],
    [
      'start: "08:00", end: "20:00", days: [mon-wed, fri, wed]',
      { ...daily, days: { ...everyDay, weekdays: [1, 2, 3, 5] } },
    ],
    ['start: "08:00", end: "20:00", days: fri-mon', { ...daily, days: { ...everyDay, weekdays: [0, 1, 5, 6] } }],
    [
      'start: "08:00", end: "20:00", days: [holiday, sun]',
      { ...daily, days: { weekdays: [0], workday: false, holiday: true }, calendar: days },
    ],
    [
      'cron: {start: 0 8 * * mon-fri, end: 0 20 * * *}',
      { kind: 'cron', start: '0 8 * * mon-fri', end: '0 20 * * *', timeZone: 'Asia/Shanghai' },
    ],
    ['until: 2026-11-11T00:00:00Z', { kind: 'once', from: null, until: Date.parse('2026-11-11T00:00Z') }],
  ])('with {%s} is resolved', (time, rule) => {
    expect(windowsOf(load(withBank(`    - {name: one, ${time}, min: 3}`)))).toMatchObject([{ name: 'one', rule }]);
  });

  it('shares the rule of a calendar’s window with all that use it', () => {
    const [one, other] = windowsOf(
      load(withBank('    - {name: a, use: office, min: 3}\n    - {name: b, use: bank-cn/office, min: 3}')),
    );
    expect(one?.rule).toBe(other?.rule);
  });
});

describe('calendars', () => {
  const office = '    - {name: office, use: office, min: 10}';
  it('are part of the configuration', () => {
    const { config } = load({ ...withBank(office), 'a.yaml': bank('another').replace('office', 'counter') });
    expect(config?.calendars.map(({ metadata }) => metadata.name)).toEqual(['another', 'bank-cn']);
  });

  it('change the hash where they are used, and there only', () => {
    const hashOf = (texts: Texts): string | undefined => load(texts).config?.hash;
    const changed = { 'bank.yaml': bank('bank-cn').replace('2026-10-10', '2026-10-11') };
    expect(hashOf({ ...withBank(office), ...changed })).not.toBe(hashOf(withBank(office)));
    const freeze = withBank('    - {name: f, use: freeze, max: 10}');
    expect(hashOf({ ...freeze, ...changed })).toBe(hashOf(freeze));
  });

  it.each([
    ['refused', { 'bank.yaml': bank('bank-cn', '    none: {}\n') }, ['kept']],
    ['taken away', { 'bank.yaml': '' }, []],
  ])('that are %s leave the policies that use them as they were', (_, change, calendars) => {
    const before = load(withBank(office));
    const after = load({ ...withBank(office), ...change }, before.inForce);
    expect(after.problems.map(({ code }) => code)).toContain('CalendarMissing');
    expect([statusOf(after, 'PodPolicy'), statusOf(after, 'Calendar').slice(-1)]).toEqual([
      ['refused', 'kept'],
      calendars,
    ]);
    expect(after.config?.podPolicies).toEqual(before.config?.podPolicies);
    const again = load(withBank(office), after.inForce);
    expect([again.problems, statusOf(again, 'PodPolicy')]).toEqual([[], ['accepted']]);
  });

  it('that are refused leave other policies alone', () => {
    const own = policy('    - {name: own, start: "08:00", end: "20:00", timeZone: Asia/Shanghai, min: 3}');
    const result = load({ 'policies/web.yaml': own, 'bank.yaml': bank('bank-cn', '    none: {}\n') });
    expect([statusOf(result, 'PodPolicy'), statusOf(result, 'Calendar')]).toEqual([['accepted'], ['refused']]);
  });
});
