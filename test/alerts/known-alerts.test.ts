// What is new about an alert, and when silence about it is its end.
import { describe, expect, it } from 'vitest';
import { KnownAlerts } from '../../src/alerts/known-alerts.ts';
import { later, minutes } from '../../src/model/units.ts';
import { aCondition, start } from './builders.ts';

const none = new Map();
const firing = aCondition('SpringtideTickLate');
const ended = aCondition('SpringtideTickLate', { state: 'resolved' });
const at = (minute: number) => later(start, minutes(minute));

describe('what is merged', () => {
  it.each([
    ['a first time', [firing], [true]],
    ['the same again', [firing, firing], [true, false]],
    ['an end', [firing, ended], [true, true]],
    ['an end twice', [firing, ended, ended], [true, true, false]],
    ['a return', [firing, ended, firing], [true, true, true]],
    ['the end of something that nobody was told of', [ended], [false]],
  ])('%s', (_, told, news) => {
    const known = new KnownAlerts(none);
    expect(told.map((one, minute) => known.merge(one, {}, at(minute)).news)).toEqual(news);
  });

  it('is not known where only its end was told', () => {
    const known = new KnownAlerts(none);
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
    const known = new KnownAlerts(none);
    known.merge(firing, {}, start);
    const seen = tells.filter((minute) => known.endUnspoken(new Set(), minutes(5), at(minute)).length > 0);
    expect(seen).toEqual(ends);
  });

  it('begins anew when it is spoken of', () => {
    const known = new KnownAlerts(none);
    const { fingerprint } = known.merge(firing, {}, start);
    const silentAt = (minute: number, spoken: readonly string[] = []) =>
      known.endUnspoken(new Set(spoken), minutes(5), at(minute));
    expect([silentAt(0), silentAt(4), silentAt(5, [fingerprint]), silentAt(9)].flat()).toEqual([]);
    expect(silentAt(10)).toMatchObject([{ fingerprint, ended: at(10) }]);
  });
});
