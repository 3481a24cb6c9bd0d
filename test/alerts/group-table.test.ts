// Groups on a virtual clock: when each is due, what a reload keeps, and which alerts leave.
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { GroupTable } from '../../src/alerts/group-table.ts';
import type { Group } from '../../src/alerts/group-table.ts';
import { buildRoutes } from '../../src/alerts/route.ts';
import type { Route } from '../../src/alerts/route.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { anAlert, anAlertsDocument, start } from './builders.ts';

const routes = (groupBy: string, receiver = 'duty'): Route =>
  buildRoutes(
    anAlertsDocument(
      `{ route: { receiver: ${receiver}, group_by: [${groupBy}], group_wait: 30s, group_interval: 5m, repeat_interval: 4h }, receivers: [{ name: ${receiver} }] }`,
    ).route,
  );

function aTable(told: Instant | null = null) {
  const clock = new VirtualClock(start);
  const due: { readonly second: number; readonly group: Group }[] = [];
  const table = new GroupTable(routes('alertname'), {
    clock,
    lastToldAt: () => told,
    onWake: () => undefined,
    settledAt: start,
    onDue: (group, now) => {
      due.push({ second: (now - start) / 1000, group });
      group.flushed = new Map(group.alerts);
    },
  });
  return { clock, table, due, times: () => due.map(({ second }) => second) };
}

const one = anAlert({}, { node: 'a' });
const two = anAlert({}, { node: 'b' });
const over = (alert: Alert, second: number): Alert => ({ ...alert, ended: later(start, seconds(second)) });

describe('a group', () => {
  it('to which no route leads keeps what is left with it once more until that is told', () => {
    const { clock, table } = aTable();
    const ended = [over(one, 10)];
    const released = (): readonly string[] => {
      const group = table.of('{}:{alertname="Down"}', 'gone');
      if (group === undefined) throw new Error('the group does not stand');
      return table.release(group);
    };
    table.leave('{}:{alertname="Down"}', 'gone', ended);
    clock.advance(minutes(1));
    // it was told, and somebody else is to hear of it before it leaves
    table.leave('{}:{alertname="Down"}', 'gone', ended);
    expect(released()).toEqual([]);
    clock.advance(minutes(6));
    expect(released()).toEqual([one.fingerprint]);
  });

  it('is due after group_wait and then at each group_interval', () => {
    const { clock, table, times } = aTable();
    table.place(one);
    clock.advance(seconds(20));
    table.place(two);
    clock.advance(minutes(11));
    expect(times()).toEqual([30, 330, 630]);
    expect(table.size).toBe(1);
  });

  it('that was told before is due a group_interval after that', () => {
    const { clock, table, times } = aTable(later(start, seconds(-60)));
    table.place(one);
    clock.advance(minutes(5));
    expect(times()).toEqual([240]);
  });

  it('is due no more when all is stopped', () => {
    const { clock, table, times } = aTable();
    table.place(one);
    table.stop();
    clock.advance(minutes(5));
    expect(times()).toEqual([]);
  });
});

describe('many groups that are due at once', () => {
  it('leave others their turns in between, and are all told in their order', () => {
    const clock = new VirtualClock(start);
    const told: string[] = [];
    let work = 0;
    const table = new GroupTable(routes('node'), {
      // each flush takes six milliseconds
      clock: { now: () => later(clock.now(), work as Milliseconds), after: (delay, run) => clock.after(delay, run) },
      lastToldAt: () => null,
      onWake: () => undefined,
      settledAt: start,
      onDue: ({ labels }) => {
        told.push(labels['node'] ?? '');
        work += 6;
      },
    });
    for (const node of ['a', 'b', 'c', 'd', 'e']) table.place(anAlert({}, { node }));
    clock.after(seconds(30), () => told.push('another'));
    clock.advance(seconds(30));
    expect(told).toEqual(['a', 'b', 'another', 'c', 'd', 'e']);
  });
});

describe('new routes', () => {
  it('let a group that still stands go on where it was', () => {
    const { clock, table, times } = aTable();
    table.place(one);
    clock.advance(seconds(40));
    table.reroute(routes('alertname'), [one]);
    clock.advance(minutes(5));
    expect(times()).toEqual([30, 330]);
  });

  it('end a group that nothing leads to any more', () => {
    const { clock, table, due } = aTable();
    table.place(one);
    table.reroute(routes('alertname', 'others'), [one]);
    clock.advance(minutes(1));
    expect(due.map(({ group }) => group.route.receiver)).toEqual(['others']);
  });

  it('take alerts of one group apart', () => {
    const { table } = aTable();
    table.place(one);
    table.place(two);
    table.reroute(routes('node'), [one, two]);
    expect(table.size).toBe(2);
  });
});

describe('what is released', () => {
  it('is what ended and was flushed so, and the group with its last', () => {
    const { clock, table, due } = aTable();
    table.place(over(one, 10));
    table.place(two);
    clock.advance(seconds(30));
    const group = due[0]?.group;
    if (group === undefined) throw new Error('nothing was due');
    expect(table.release(group)).toEqual([one.fingerprint]);
    table.place(over(two, 40));
    expect(table.release(group)).toEqual([]);
    clock.advance(minutes(5));
    expect(table.release(group)).toEqual([two.fingerprint]);
    expect(table.size).toBe(0);
    expect(table.of(group.key, 'duty')).toBeUndefined();
  });
});
