// Peaks against the policy's maximum, the nodes and the quota; calendars that end.
import { describe, expect, it } from 'vitest';
import { minutes, type Bytes, type Instant, type Milliseconds, type Millicores } from '../../../src/model/units.ts';
import { calendarsExpiring } from '../../../src/policies/schedule/calendars.ts';
import type { Capacity, GroupCapacity } from '../../../src/policies/schedule/capacity.ts';
import {
  seekingShortfalls,
  type ScheduledPolicy,
  type ScheduleShortfall,
} from '../../../src/policies/schedule/peaks.ts';
import { aWindow, daily, instant, once } from './windows.ts';

const gib = 1024 ** 3;
const at = instant('2026-11-09T00:00Z');
const size = (cpu: number, memory: number): ScheduledPolicy['requests'] => ({
  cpu: cpu as Millicores,
  memory: (memory * gib) as Bytes,
});

/** Four pods of one core fit on each node. */
const group = (values: Partial<GroupCapacity> = {}): GroupCapacity => ({
  name: 'workers',
  nodes: 3,
  maxNodes: 10,
  room: { ...size(4000, 16), pods: 100 },
  flavor: { cores: 4, ram: (16 * gib) as Bytes },
  ...values,
});
const capacity = (values: Partial<Capacity> = {}): Capacity => ({
  groups: [group()],
  limitNodes: null,
  quotaFree: { instances: null, cores: null, ram: null },
  ...values,
});
const sale = once('2026-11-11T00:00Z', '2026-11-11T02:00Z');
const policy = (name: string, values: Partial<ScheduledPolicy> = {}): ScheduledPolicy => ({
  policy: { namespace: 'shop', name },
  windows: [aWindow('sale', sale, { min: 40 })],
  base: { min: 2, max: 100 },
  startTime: 0 as Milliseconds,
  typical: 4,
  requests: size(1000, 1),
  ...values,
});
function scheduleShortfalls(...given: Parameters<typeof seekingShortfalls>): ScheduleShortfall[] {
  const course = seekingShortfalls(...given);
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
}
const lackings = (policies: readonly ScheduledPolicy[], room: Capacity): unknown[] =>
  scheduleShortfalls(policies, room, at).map(({ lacking }) => lacking);
const floorOf = (min: number): Partial<ScheduledPolicy> => ({ windows: [aWindow('sale', sale, { min })] });

describe('a peak', () => {
  it('that fits exactly is no shortfall', () => {
    expect(lackings([policy('web')], capacity())).toEqual([]);
  });

  it('that needs one pod more says so, with all numbers', () => {
    expect(scheduleShortfalls([policy('web', floorOf(41))], capacity(), at)).toEqual([
      {
        policy: { namespace: 'shop', name: 'web' },
        window: 'sale',
        start: instant('2026-11-11T00:00Z'),
        neededFrom: instant('2026-11-11T00:00Z'),
        floor: 41,
        total: 41,
        lacking: { kind: 'nodes', nodes: 10, pods: 1 },
      },
    ]);
  });

  it.each([
    ['memory', { requests: size(100, 8) }, 20],
    ['pods on a node', { requests: size(0, 0) }, 0],
    ['a pod that fits on no node', { requests: size(5000, 1) }, 40],
  ])('is counted by %s', (_, values, pods) => {
    const expected = pods === 0 ? [] : [{ kind: 'nodes', nodes: 10, pods }];
    expect(lackings([policy('web', values)], capacity())).toEqual(expected);
  });

  it('adds up the policies whose windows overlap, and what the others run', () => {
    const room = capacity();
    expect(lackings([policy('web', floorOf(20)), policy('pay', floorOf(20))], room)).toEqual([]);
    expect(lackings([policy('web', floorOf(20)), policy('pay', floorOf(25))], room)).toEqual([
      { kind: 'nodes', nodes: 10, pods: 5 },
      { kind: 'nodes', nodes: 10, pods: 5 },
    ]);
    expect(lackings([policy('web'), policy('idle', { windows: [], typical: 8 })], room)).toEqual([
      { kind: 'nodes', nodes: 10, pods: 8 },
    ]);
  });

  it('does not add up windows one after the other', () => {
    const later = once('2026-11-11T02:00Z', '2026-11-11T04:00Z');
    const one = policy('web', { ...floorOf(38), typical: 2 });
    const other = policy('pay', { windows: [aWindow('after', later, { min: 38 })], typical: 2 });
    expect(lackings([one, other], capacity())).toEqual([]);
  });

  it('uses all groups, and shares nodes between sizes', () => {
    const groups = [
      group({ maxNodes: 2, nodes: 1 }),
      group({ name: 'big', maxNodes: 1, nodes: 0, room: { ...size(16_000, 64), pods: 100 } }),
    ];
    expect(lackings([policy('web', floorOf(24))], capacity({ groups }))).toEqual([]);
    const large = policy('large', { ...floorOf(2), requests: size(8000, 1), typical: 0, base: { min: 0, max: 9 } });
    expect(lackings([policy('web', floorOf(8)), large], capacity({ groups }))).toEqual([]);
    expect(lackings([policy('web', floorOf(9)), large], capacity({ groups }))).toHaveLength(2);
  });

  it('is held against the limit over all groups', () => {
    expect(lackings([policy('web')], capacity({ limitNodes: 8 }))).toEqual([{ kind: 'nodes', nodes: 8, pods: 8 }]);
  });

  it.each([
    [{ instances: 5 }, 'instances', 8, 8],
    [{ cores: 21 }, 'cores', 8, 8],
    [{ ram: 17 * gib }, 'ram', 4, 24],
    [{ instances: 6, cores: 8 }, 'cores', 5, 20],
    [{ cores: -3 }, 'cores', 3, 28],
  ])('is held against the quota that is free: %j', (free, resource, nodes, pods) => {
    const quotaFree = { ...capacity().quotaFree, ...free };
    expect(lackings([policy('web')], capacity({ quotaFree }))).toEqual([{ kind: 'quota', resource, nodes, pods }]);
  });

  it('above the maximum of the policy is named whatever the nodes', () => {
    const small = policy('web', { base: { min: 2, max: 30 } });
    expect(lackings([small], capacity())).toEqual([{ kind: 'policyMax', max: 30, replicas: 10 }]);
  });

  it('is named once, at its first start, from when pods have to be started', () => {
    const rule = daily('UTC', '08:00-20:00');
    const web = policy('web', {
      windows: [aWindow('office', rule, { min: 50, readyBefore: minutes(15) })],
      startTime: minutes(5),
    });
    expect(scheduleShortfalls([web], capacity(), at)).toMatchObject([
      { window: 'office', start: instant('2026-11-09T08:00Z'), neededFrom: instant('2026-11-09T07:40Z'), floor: 50 },
    ]);
  });

  it('where a window ends that held fewer is named by that window', () => {
    const web = policy('web', {
      base: { min: 50, max: 60 },
      windows: [aWindow('closed', once(null, '2026-11-10T00:00Z'), { replicas: 1 })],
    });
    expect(scheduleShortfalls([web], capacity(), at)).toMatchObject([
      { window: 'closed', start: instant('2026-11-10T00:00Z'), floor: 50 },
    ]);
  });

  it('behind the next seven days is not looked at', () => {
    const early = (at - 7 * 86_400_000) as Instant;
    expect(scheduleShortfalls([policy('web', floorOf(99))], capacity(), early)).toEqual([]);
  });
});

describe('calendars that end', () => {
  const calendar = (name: string, validUntil?: string): Parameters<typeof calendarsExpiring>[0][number] => ({
    metadata: { name },
    spec: { timeZone: 'Asia/Shanghai', validUntil },
  });
  it('are named from thirty days before, in the calendar’s own zone', () => {
    const calendars = [calendar('open'), calendar('cn', '2026-12-31'), calendar('old', '2026-11-01')];
    const names = (when: string): string[] => calendarsExpiring(calendars, instant(when)).map(({ name }) => name);
    expect(names('2026-10-01T00:00Z')).toEqual([]);
    expect(names('2026-12-01T23:59+08:00')).toEqual(['old']);
    expect(names('2026-12-02T00:00+08:00')).toEqual(['old', 'cn']);
    expect(calendarsExpiring(calendars, instant('2026-12-31T23:59+08:00'))).toMatchObject([
      { name: 'old', expired: true },
      { name: 'cn', expired: false, validUntil: '2026-12-31', expires: instant('2027-01-01T00:00+08:00') },
    ]);
  });
});
