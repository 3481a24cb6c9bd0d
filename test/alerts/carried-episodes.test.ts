// Of several escalations that come together in one group: which step goes on, and whether somebody is on all of it.
import { describe, expect, it } from 'vitest';
import { periodOf } from '../../src/alerts/alert.ts';
import { carriedEpisodes } from '../../src/alerts/carried-episodes.ts';
import { GroupTable } from '../../src/alerts/group-table.ts';
import type { Episode } from '../../src/alerts/ledger/records.ts';
import { emptyLedgerState, groupOwner } from '../../src/alerts/ledger/state.ts';
import { buildRoutes } from '../../src/alerts/route.ts';
import { toldKey } from '../../src/alerts/told.ts';
import { later, minutes } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { anAlert, anAlertsDocument, start } from './builders.ts';

const alerts = { a: anAlert({}, { node: 'a' }), b: anAlert({}, { node: 'b' }), c: anAlert({}, { node: 'c' }) };
type Name = keyof typeof alerts;
const at = (minute: number): Instant => later(start, minutes(minute));
const period = (name: Name): string => periodOf(alerts[name]);

const step = (number: number, began: number, accepted: number | null = null): Episode => ({
  step: number,
  began: at(began),
  accepted: accepted === null ? null : at(accepted),
  acknowledged: null,
});
const taken = (by: string, minute: number, ...names: Name[]): Episode => ({
  ...step(0, 0),
  acknowledged: { by, at: at(minute), periods: names.map(period) },
});

/** Each was in a group of its own, and all are in one now; `muted` may not be told. */
function carried(before: Readonly<Partial<Record<Name, Episode>>>, muted: readonly Name[] = [], here?: Episode) {
  const document = anAlertsDocument(
    '{ route: { receiver: duty, group_by: [alertname] }, receivers: [{ name: duty }] }',
  );
  const groups = new GroupTable(buildRoutes(document.route), {
    clock: new VirtualClock(start),
    lastToldAt: () => null,
    onWake: () => undefined,
    onDue: () => undefined,
    settledAt: start,
  });
  const state = emptyLedgerState();
  const ofStep = { receiver: 'duty', channel: 'sms', index: 100 } as const;
  const names = Object.keys(before) as Name[];
  for (const name of names) {
    groups.place(alerts[name]);
    const key = `{}:{node="${name}"}`;
    const told = toldKey(key, ofStep, 'zhang');
    state.told.set(told, { firing: [period(name)], resolved: [], at: start, outcome: 'sent' });
    state.toldOf.set(key, new Set([told]));
    state.episodes.set(groupOwner(key, 'duty'), before[name] ?? step(0, 0));
  }
  const [group] = groups.all();
  const owner = groupOwner(group?.key ?? '', 'duty');
  if (here !== undefined) state.episodes.set(owner, here);
  const firing = names.filter((name) => !muted.includes(name)).map(period);
  const { first, then } = carriedEpisodes({ state, groups, document, now: start, firing: () => firing });
  expect(then.map((record) => record.kind === 'episode' && [record.owner, record.episode])).toEqual(
    names.map((name) => [groupOwner(`{}:{node="${name}"}`, 'duty'), null]),
  );
  expect(first.every((record) => record.kind === 'episode' && record.owner === owner)).toBe(true);
  return first.map((record) => (record.kind === 'episode' ? record.episode : null))[0];
}

describe('escalations that come together', () => {
  it.each<[string, Parameters<typeof carried>, Episode | undefined]>([
    ['one goes on as it is', [{ a: step(1, 3, 4) }], step(1, 3, 4)],
    ['the one that has come furthest goes on', [{ a: step(1, 3, 4), b: step(0, 1, 1) }], step(1, 3, 4)],
    ['of the same step the one that was taken first', [{ a: step(1, 3, 9), b: step(1, 5, 6) }], step(1, 5, 6)],
    [
      'where none takes it, the one that began first',
      [{ a: step(0, 3), b: step(0, 2), c: step(0, 9, 2.5) }],
      step(0, 2),
    ],
    ['somebody is on both', [{ a: taken('zhang', 5, 'a'), b: taken('li', 7, 'b') }], taken('li', 7, 'a', 'b')],
    ['nobody is on one of them', [{ a: taken('zhang', 5, 'a'), b: step(0, 4) }], step(0, 4)],
    [
      'the one that nobody is on may not be told',
      [{ a: taken('zhang', 5, 'a'), b: step(2, 4) }, ['b']],
      { ...step(2, 4), acknowledged: { by: 'zhang', at: at(5), periods: [period('a')] } },
    ],
    ['the group stood before and had come further', [{ a: step(0, 0) }, [], step(2, 9)], undefined],
    ['the group stood before and had not', [{ a: step(2, 9) }, [], step(0, 0)], step(2, 9)],
  ])('%s', (_, before, after) => {
    expect(carried(...before)).toEqual(after);
  });

  it('of those that stand in each goes on by itself', () => {
    const before = {
      a: { ...step(0, 0), standingIn: { page: step(2, 3), night: step(0, 1) } },
      b: { ...step(1, 5), standingIn: { night: step(1, 7) } },
    };
    const { step: own, standingIn = {} } = carried(before) ?? step(9, 9);
    expect([own, standingIn['page']?.step, standingIn['night']?.step]).toEqual([1, 2, 1]);
  });
});
