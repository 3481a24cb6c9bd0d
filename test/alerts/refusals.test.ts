// What the central one refuses by itself: left out of what it is sent, tried again some at a time, at once with other words.
import { expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { Refusals } from '../../src/alerts/refusals.ts';
import { later, minutes } from '../../src/model/units.ts';
import { anAlert, start } from './builders.ts';

const numbered = (count: number): Alert[] =>
  Array.from({ length: count }, (_, index) => ({ ...anAlert({}), fingerprint: String(index) }));
const refusal = ({ fingerprint, labels }: Alert) => ({ fingerprint, labels, why: 'no' });
const at = (minute: number) => later(start, minutes(minute));

function refusing(alerts: readonly Alert[]): Refusals {
  const refusals = new Refusals();
  refusals.answered(alerts, alerts.map(refusal), { taken: true, now: start });
  return refusals;
}
const sentBy = (refusals: Refusals, alerts: readonly Alert[], minute: number): string[] =>
  refusals.toSend(alerts, at(minute)).map(({ fingerprint }) => fingerprint);

it('is left out for five minutes, and also where it was refused among others that were not taken', () => {
  const [one, other] = numbered(2) as [Alert, Alert];
  const refusals = new Refusals();
  expect(refusals.answered([one, other], [refusal(one)], { taken: false, now: start })).toEqual(['0']);
  expect([...refusals.fingerprints]).toEqual(['0']);
  expect(sentBy(refusals, [one, other], 4)).toEqual(['1']);
  expect(sentBy(refusals, [one, other], 5)).toEqual(['0', '1']);
  // a clock that was set back keeps it out for no longer
  expect(sentBy(refusals, [one, other], -5)).toEqual(['0', '1']);
});

it('is sent at once with other words', () => {
  const [one] = numbered(1) as [Alert];
  const refusals = refusing([one]);
  for (const changed of [{ annotations: { summary: 'b' } }, { generatorURL: 'http://a/' }])
    expect(sentBy(refusals, [{ ...one, ...changed }], 1)).toEqual(['0']);
  expect(sentBy(refusals, [{ ...one, updated: at(1) }], 1)).toEqual([]);
});

it('is tried again some at a time, and those first that were not', () => {
  const alerts = numbered(50);
  const refusals = refusing(alerts);
  const tried = refusals.toSend(alerts, at(5));
  expect(tried).toHaveLength(20);
  refusals.answered(tried, tried.map(refusal), { taken: true, now: at(5) });
  expect(sentBy(refusals, alerts, 6)).toEqual(alerts.slice(20, 40).map(({ fingerprint }) => fingerprint));
});

it('is told from where it was before once it is taken, or nobody knows it any more', () => {
  const alerts = numbered(3);
  const refusals = refusing(alerts);
  const before = refusals.fingerprints;
  expect(refusals.answered(alerts.slice(1), [], { taken: false, now: at(5) })).toEqual([]);
  expect(refusals.fingerprints).toBe(before);
  expect(refusals.answered(alerts.slice(2), [], { taken: true, now: at(5) })).toEqual(['2']);
  expect(refusals.keepOnly((fingerprint) => fingerprint === '1')).toEqual(['0']);
  expect([...refusals.fingerprints]).toEqual(['1']);
  expect(refusals.first).toMatchObject({ fingerprint: '1', why: 'no' });
});
