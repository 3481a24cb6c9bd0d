// How many alerts senders have only counted: once a group of theirs, as they said it last.
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { leftOutBySenders } from '../../src/alerts/left-out-by-sender.ts';
import { needsUpdate } from '../../src/alerts/dedup.ts';
import { webhookPayload } from '../../src/alerts/webhook-payload.ts';
import { later, minutes } from '../../src/model/units.ts';
import { anAlert, aNotice, start } from './builders.ts';

const from = (of: string, count: number, minute: number, ended: Alert['ended'] = null): Alert => ({
  ...anAlert({}),
  truncated: { of, count },
  updated: later(start, minutes(minute)),
  ended,
});

describe('what senders left out', () => {
  it.each<[string, readonly Alert[], number]>([
    ['is nothing where nobody says so', [anAlert({})], 0],
    ['is counted once a group', [from('a', 3, 0), from('a', 3, 0), from('b', 4, 0)], 7],
    ['is what was said last', [from('a', 3, 1), from('a', 9, 0)], 3],
    ['ends with the alert that said it', [from('a', 3, 0, start)], 0],
  ])('%s', (_, alerts, count) => {
    expect(leftOutBySenders(alerts)).toBe(count);
  });

  it.each<[string, number | undefined, number, readonly string[], string | null]>([
    ['more than he knows of is news', 2, 3, ['x'], 'NewAlerts'],
    ['the first are news', undefined, 1, ['x'], 'NewAlerts'],
    ['as many are none', 3, 3, ['x'], null],
    ['fewer are none', 3, 1, ['x'], null],
    ['nor what was left out beside that which is over', 0, 3, [], 'AllResolved'],
  ])('%s', (_, known, truncated, firing, reason) => {
    const entry = { firing: ['x'], resolved: [], at: start, ...(known !== undefined && { truncated: known }) };
    const now = later(start, minutes(1));
    expect(needsUpdate(entry, { firing, resolved: [], sendResolved: true, truncated }, minutes(60), now)).toBe(reason);
  });

  it('goes on to webhooks', () => {
    const notice = { ...aNotice(anAlert({}), anAlert({}, { pod: 'b' })), unnamed: 5 };
    expect(webhookPayload(notice, { externalURL: '', maxAlerts: 1 }).truncatedAlerts).toBe(6);
  });
});
