// What somebody knows after a message that was refused for good: what he knew before, beginnings and ends.
import { expect, it } from 'vitest';
import type { Told } from '../../../src/alerts/ledger/records.ts';
import { knownTo, toldEntry } from '../../../src/alerts/ledger/told-entry.ts';
import { later, minutes } from '../../../src/model/units.ts';
import { start } from '../builders.ts';

const at = later(start, minutes(1));
const refused = { outcome: 'failed', at, reason: 'ClientError', mayHaveArrived: false } as const;
const before = (firing: readonly string[], resolved: readonly string[]): Told => ({
  firing,
  resolved,
  at: start,
  outcome: 'sent',
});
const lasts = (period: string): boolean => period !== 'forgotten';

it.each<[string, Told | undefined, { firing: string[]; resolved: string[] }, object | undefined]>([
  [
    'the end of a is news again, that of b is not',
    before(['a'], ['b']),
    { firing: [], resolved: ['a', 'b'] },
    { firing: ['a'], resolved: ['b'] },
  ],
  [
    'whose alert is not there any more is forgotten',
    before(['a'], ['forgotten']),
    { firing: ['a'], resolved: [] },
    { firing: ['a'], resolved: [] },
  ],
  [
    'who knew ends only knows them',
    before([], ['b']),
    { firing: ['a'], resolved: ['b'] },
    { firing: [], resolved: ['b'] },
  ],
  ['who knew nothing knows nothing', undefined, { firing: ['a'], resolved: ['b'] }, undefined],
])('%s', (_, known, cover, after) => {
  const entry = toldEntry(cover, refused, known, lasts);
  expect(knownTo(entry)).toEqual(after === undefined ? undefined : { ...after, at });
  // refused once more it is the same
  expect(knownTo(toldEntry(cover, refused, entry, lasts))).toEqual(knownTo(entry));
});

it('an end that an older version wrote down with its refusal is owed to whoever knows the beginning', () => {
  const entry: Told = { firing: [], resolved: ['a'], heard: ['a'], at, outcome: 'failed' };
  expect(knownTo(entry)).toEqual({ firing: ['a'], resolved: [], at });
});
