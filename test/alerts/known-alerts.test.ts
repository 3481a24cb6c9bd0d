// What is new about an alert, and when silence about it is its end.
import { describe, expect, it } from 'vitest';
import { alertOf, periodOf } from '../../src/alerts/alert.ts';
import type { Alert } from '../../src/alerts/alert.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import type { Begun } from '../../src/alerts/flapping.ts';
import { KnownAlerts } from '../../src/alerts/known-alerts.ts';
import { later, minutes } from '../../src/model/units.ts';
import { aCondition, start } from './builders.ts';

const rules = { flapping: { changes: 3, per: minutes(60) }, limit: 100 };
const nothingKnown = (): KnownAlerts => new KnownAlerts(new Map(), () => rules, start, new Map());
const firing = aCondition('SpringtideTickLate');
const ended = aCondition('SpringtideTickLate', { state: 'resolved' });
const at = (minute: number) => later(start, minutes(minute));
const pushed = (minute: number, lasts: number): Alert => ({
  ...alertOf(firing, {}, at(minute)),
  expires: at(minute + lasts),
  timeout: true,
});

describe('what is merged', () => {
  it.each([
    ['a first time', [firing], [true]],
    ['the same again', [firing, firing], [true, false]],
    ['an end', [firing, ended], [true, true]],
    ['an end twice', [firing, ended, ended], [true, true, false]],
    ['a return', [firing, ended, firing], [true, true, true]],
    ['the end of something that nobody was told of', [ended], [false]],
  ])('%s', (_, told, news) => {
    const known = nothingKnown();
    expect(told.map((one, minute) => known.merge(one, {}, at(minute)).news)).toEqual(news);
  });

  it('is not known where only its end was told', () => {
    const known = nothingKnown();
    expect(known.merge(ended, {}, start).alert).toBeNull();
    expect(known.all()).toEqual([]);
  });
});

describe('silence about one alert', () => {
  it.each([
    ['shorter than the timeout is nothing', [0, 2, 4], []],
    ['as long as the timeout is its end, once', [0, 2, 4, 5, 6], [5]],
    ['is no silence while nobody speaks of anything', [0, 60, 62], []],
  ])('%s', (_, tells, ends) => {
    const known = nothingKnown();
    known.merge(firing, {}, start);
    const seen = tells.filter((minute) => known.endUnspoken(new Set(), minutes(5), at(minute)).length > 0);
    expect(seen).toEqual(ends);
  });

  it('begins anew when it is spoken of', () => {
    const known = nothingKnown();
    const { fingerprint } = known.merge(firing, {}, start);
    const silentAt = (minute: number, spoken: readonly string[] = []) =>
      known.endUnspoken(new Set(spoken), minutes(5), at(minute));
    expect([silentAt(0), silentAt(4), silentAt(5, [fingerprint]), silentAt(9)].flat()).toEqual([]);
    expect(silentAt(10)).toMatchObject([{ fingerprint, ended: at(10) }]);
  });
});

describe('what expires', () => {
  it('ends at its instant, unless somebody speaks of it again', () => {
    const known = nothingKnown();
    known.accept(pushed(0, 5), at(0));
    expect(known.accept(pushed(4, 5), at(4)).news).toBe(false);
    expect(known.expire(at(8))).toEqual([]);
    expect(known.expire(at(10))).toMatchObject([{ ended: at(9) }]);
    expect(known.expire(at(11))).toEqual([]);
  });

  it('gets its whole time anew after a restart', () => {
    const before = new Map([['x', { ...pushed(0, 5), fingerprint: 'x' }]]);
    const known = new KnownAlerts(before, () => rules, at(60), new Map());
    expect(known.expire(at(64))).toEqual([]);
    expect(known.expire(at(65))).toHaveLength(1);
  });

  it('keeps its period where its sender is heard again late, and is the same to those who know of it', () => {
    const known = nothingKnown();
    const first = known.accept(pushed(0, 5), at(0)).alert;
    known.expire(at(6));
    const again = known.accept({ ...pushed(7, 5), since: start }, at(7)).alert;
    expect([again?.ended, again?.accepted]).toEqual([null, first?.accepted]);
  });
});

describe('the number of alerts', () => {
  const named = (alertname: string): Alert => {
    const labels = { alertname };
    return { ...pushed(0, 5), labels, fingerprint: fingerprintOf(labels) };
  };
  const full = (): KnownAlerts => {
    const known = new KnownAlerts(new Map(), () => ({ ...rules, limit: 2 }), start, new Map());
    for (const name of ['a', 'b']) known.accept(named(name), start);
    return known;
  };

  it('is bounded, but for our own; those left out are counted once, for as long as they fire', () => {
    const known = full();
    expect(known.leftOut.at(start)).toEqual({ count: 0, names: [] });
    for (const name of ['c', 'd', 'c', 'a']) known.accept(named(name), start);
    expect([known.size, known.leftOut.at(start)]).toEqual([2, { count: 2, names: ['c', 'd'] }]);
    // no more are told apart than there is place for
    known.accept(named('e'), start);
    expect(known.leftOut.at(start).count).toBe(2);
    expect(known.merge(aCondition('Full'), {}, start).alert).not.toBeNull();
    known.accept({ ...named('c'), ended: at(1) }, at(1));
    expect(known.leftOut.at(at(1))).toEqual({ count: 1, names: ['d'] });
    expect(known.leftOut.at(at(5))).toEqual({ count: 0, names: [] });
  });

  it('has place again when one of them is forgotten', () => {
    const known = full();
    known.accept(named('c'), start);
    known.forget(named('a').fingerprint, start);
    expect(known.accept(named('c'), at(1)).alert).not.toBeNull();
    expect(known.leftOut.at(at(1)).count).toBe(0);
  });
});

describe('flapping', () => {
  const told = (known: KnownAlerts, state: 'firing' | 'resolved', minute: number): Alert | null =>
    known.merge(aCondition('SpringtideTickLate', { state }), {}, at(minute)).alert;

  it('begins with the last of so many beginnings, counts as one period, and ends after quiet', () => {
    const known = nothingKnown();
    for (const minute of [0, 2]) {
      expect(told(known, 'firing', minute)?.flapping).toBeUndefined();
      expect(told(known, 'resolved', minute + 1)?.ended).toBe(at(minute + 1));
    }
    const begun = told(known, 'firing', 4);
    expect(begun?.flapping).toEqual({ since: at(4), begins: 3, quiet: null });
    const quiet = told(known, 'resolved', 5);
    expect([quiet?.ended, quiet?.flapping?.quiet]).toEqual([null, at(5)]);
    expect(told(known, 'resolved', 6)?.expires).toBe(quiet?.expires);
    const back = told(known, 'firing', 7);
    expect(back?.flapping).toEqual({ since: at(4), begins: 4, quiet: null });
    expect(new Set([begun, quiet, back].map((alert) => alert && periodOf(alert))).size).toBe(1);
    told(known, 'resolved', 8);
    expect(known.expire(at(27))).toEqual([]);
    expect(known.expire(at(28))).toMatchObject([{ ended: at(28) }]);
  });

  it('counts what began before it was forgotten, and nothing older than its window', () => {
    const begun = new Map<string, Begun>();
    const known = new KnownAlerts(new Map(), () => rules, start, begun);
    const forget = (minute: number): void => {
      const forgotten = known.forget(fingerprint, at(minute));
      if (forgotten?.begun) begun.set(fingerprint, forgotten.begun);
    };
    const { fingerprint } = known.merge(firing, {}, at(0));
    for (const minute of [10, 12]) {
      told(known, 'resolved', minute - 1);
      forget(minute - 1);
      expect(told(known, 'firing', minute)?.flapping).toEqual(
        minute === 12 ? { since: at(12), begins: 3, quiet: null } : undefined,
      );
    }
    told(known, 'resolved', 13);
    known.expire(at(40));
    forget(40);
    expect(begun.get(fingerprint)).toEqual({ at: [at(0), at(10)], until: at(70) });
    begun.clear();
    told(known, 'firing', 50);
    told(known, 'resolved', 51);
    expect(known.forget(fingerprint, at(109))?.begun).toEqual({ at: [at(50)], until: at(110) });
    told(known, 'firing', 50);
    told(known, 'resolved', 51);
    expect(known.forget(fingerprint, at(110))?.begun).toBeNull();
  });

  it('is not what begins seldom', () => {
    const known = nothingKnown();
    for (let minute = 0; minute < 240; minute += 31) {
      expect(told(known, 'firing', minute)?.flapping).toBeUndefined();
      told(known, 'resolved', minute + 1);
    }
  });
});
