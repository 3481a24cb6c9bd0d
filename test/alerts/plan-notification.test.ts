// What a flush says to whom: mutes that begin and end, ends of what was announced, and of what nobody heard of.
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { periodOf } from '../../src/alerts/alert.ts';
import type { ToldEntry } from '../../src/alerts/dedup.ts';
import { decideFlush } from '../../src/alerts/plan-notification.ts';
import type { FlushDecision, FlushFacts } from '../../src/alerts/plan-notification.ts';
import { later, minutes } from '../../src/model/units.ts';
import { anAlert, start } from './builders.ts';

const one = anAlert({}, { group: 'one' });
const two = anAlert({}, { group: 'two' });
const over = (alert: Alert): Alert => ({ ...alert, ended: later(start, minutes(3)) });
const knows = (firing: readonly Alert[], muted: readonly Alert[] = []): ToldEntry => ({
  firing: firing.map(periodOf),
  resolved: [],
  muted: muted.map(periodOf),
  at: start,
});

function decide(alerts: readonly Alert[], changes: Partial<FlushFacts> = {}): FlushDecision {
  return decideFlush({
    alerts,
    isMuted: () => false,
    mutedBefore: new Set(),
    to: ['zhang'],
    endsOnly: new Set(),
    heldTo: new Set(),
    sendResolved: true,
    repeat: minutes(240),
    open: undefined,
    toldTo: () => undefined,
    now: later(start, minutes(5)),
    ...changes,
  });
}

const said = ({ notify }: FlushDecision) =>
  notify === null
    ? null
    : [
        notify.reason,
        ...notify.alerts.map(({ labels, ended }) => `${labels['group'] ?? ''}${ended === null ? '' : ' ended'}`),
      ];
const silenceOf = (...muted: readonly Alert[]): Pick<FlushFacts, 'isMuted'> => ({
  isMuted: ({ fingerprint }) => muted.some((alert) => alert.fingerprint === fingerprint),
});

describe('a mute', () => {
  it.each<[string, readonly Alert[], Partial<FlushFacts>, readonly string[] | null]>([
    ['hides what begins under it', [one, two], silenceOf(one), ['FirstNotification', 'two']],
    ['hides all of a group', [one, two], silenceOf(one, two), null],
    ['takes nothing back', [one], { ...silenceOf(one), toldTo: () => knows([one]) }, null],
    [
      'does not hide the end of what was announced',
      [over(one)],
      { ...silenceOf(one), toldTo: () => knows([], [one]) },
      ['AllResolved', 'one ended'],
    ],
    [
      'nor while others fire',
      [over(one), two],
      { ...silenceOf(one), toldTo: () => knows([two], [one]) },
      ['NewResolved', 'two', 'one ended'],
    ],
    [
      'hides the end of what nobody heard of',
      [over(one), two],
      { ...silenceOf(one), toldTo: () => knows([two]) },
      null,
    ],
    [
      'leaves no end behind of what nobody heard of',
      [over(one), two],
      { mutedBefore: new Set([periodOf(one)]), toldTo: () => undefined },
      ['FirstNotification', 'two'],
    ],
    ['that ends makes news of what still fires', [one], { toldTo: () => knows([], [one]) }, ['NewAlerts', 'one']],
    ['that ends has no news of what was over before', [two], { toldTo: () => knows([two], [one]) }, null],
  ])('%s', (_, alerts, changes, expected) => {
    expect(said(decide(alerts, changes))).toEqual(expected === null ? null : expect.arrayContaining([...expected]));
  });

  it('that begins over something announced changes the record, silently and once', () => {
    const first = decide([one, two], { ...silenceOf(one), toldTo: () => knows([one, two]) });
    expect(first.silently).toEqual([{ to: 'zhang', entry: { ...knows([two], [one]), at: start } }]);
    const again = decide([one, two], { ...silenceOf(one), toldTo: () => first.silently[0]?.entry });
    expect(again).toMatchObject({ silently: [], notify: null });
  });

  it('goes along with what others of the group bring', () => {
    const decision = decide([one, two], { ...silenceOf(one), toldTo: () => knows([], [one]) });
    expect(decision).toMatchObject({ firing: [periodOf(two)], muted: [periodOf(one)] });
  });
});

describe('an end', () => {
  it('is not said where it is not wanted, and the record knows it', () => {
    const decision = decide([over(one)], { sendResolved: false, toldTo: () => knows([one]) });
    expect(decision.notify).toBeNull();
    expect(decision.silently).toMatchObject([{ to: 'zhang', entry: { firing: [], resolved: [periodOf(one)] } }]);
  });
});

describe('whoever is not on duty any more', () => {
  const endsOnly = new Set(['zhang']);
  it.each<[string, readonly Alert[], ToldEntry | undefined, readonly string[] | null]>([
    ['hears nothing of what began since', [one, two], knows([one]), null],
    ['hears nothing where nothing was announced to him', [one], undefined, null],
    ['is told the end of what was', [over(one), two], knows([one]), ['AllResolved', 'two', 'one ended']],
    ['hears nothing of what has begun and ended since', [one, over(two)], knows([one]), null],
    ['is not reminded', [one], { ...knows([one]), at: later(start, minutes(-600)) }, null],
  ])('%s', (_, alerts, entry, expected) => {
    const told = said(decide(alerts, { endsOnly, toldTo: () => entry }));
    expect(told).toEqual(expected === null ? null : expect.arrayContaining([...expected]));
  });

  it('is told what has ended of what is owed to him, also where nobody knows whether he has heard of it', () => {
    const told = said(decide([over(one)], { endsOnly, heldTo: endsOnly }));
    expect(told).toEqual(['StillOwed', 'one ended']);
  });

  it('is not told again, when he is on duty once more, of an end that he has heard', () => {
    const three = anAlert({}, { group: 'three' });
    const before: ToldEntry = { ...knows([two, three]), resolved: [periodOf(one)] };
    const { firing, resolved } = decide([over(one), over(two), three], { endsOnly, toldTo: () => before });
    expect(resolved.toSorted()).toEqual([one, two].map(periodOf).toSorted());
    expect(said(decide([over(one), over(two), three], { toldTo: () => ({ firing, resolved, at: start }) }))).toBeNull();
  });
});

describe('a period', () => {
  it('that came back is news, though something else fires all the time', () => {
    const again = { ...one, accepted: later(start, minutes(4)) };
    expect(said(decide([again, two], { toldTo: () => knows([one, two]) }))?.[0]).toBe('NewAlerts');
  });
});
