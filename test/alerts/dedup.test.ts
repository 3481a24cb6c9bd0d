// Deduplication: Alertmanager's table, and how long a record is good for.
import { describe, expect, it } from 'vitest';
import { liveEntry, needsUpdate } from '../../src/alerts/dedup.ts';
import { seconds } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';
import { readVectors } from './vectors.ts';

interface DedupVectors {
  readonly cases: readonly {
    readonly name: string;
    readonly entry: {
      readonly firing: readonly number[];
      readonly resolved: readonly number[];
      readonly age_s: number | null;
    } | null;
    readonly firing: readonly number[];
    readonly resolved: readonly number[];
    readonly repeat_s: number;
    readonly send_resolved: boolean;
    readonly expect_reason: string;
    readonly expect_notify: boolean;
  }[];
}
const words: Readonly<Record<string, string | null>> = {
  'first notification': 'FirstNotification',
  'new alerts': 'NewAlerts',
  'all alerts resolved': 'AllResolved',
  'new resolved alerts': 'NewResolved',
  'repeat interval elapsed': 'RepeatIntervalElapsed',
  none: null,
};
const now = Date.UTC(2026, 10, 11) as Instant;
const names = (numbers: readonly number[]): string[] => numbers.map((number) => String(number));

describe('needsUpdate', () => {
  it.each((readVectors('dedup') as DedupVectors).cases)('$name', (one) => {
    const at = (one.entry?.age_s === null ? 0 : now - (one.entry?.age_s ?? 0) * 1000) as Instant;
    const entry =
      one.entry === null ? null : { firing: names(one.entry.firing), resolved: names(one.entry.resolved), at };
    const current = { firing: names(one.firing), resolved: names(one.resolved), sendResolved: one.send_resolved };
    const reason = needsUpdate(entry, current, seconds(one.repeat_s), now);
    expect(reason).toBe(words[one.expect_reason]);
    expect(reason !== null).toBe(one.expect_notify);
  });

  it('repeats strictly after the interval', () => {
    const entry = { firing: ['a'], resolved: [], at: (now - 600_000) as Instant };
    const current = { firing: ['a'], resolved: [], sendResolved: true };
    expect(needsUpdate(entry, current, seconds(600), now)).toBeNull();
    expect(needsUpdate(entry, current, seconds(599), now)).toBe('RepeatIntervalElapsed');
  });
});

describe('a record', () => {
  const entry = { firing: ['a'], resolved: [], at: now };
  const hours = (count: number): Instant => (now + count * 3_600_000) as Instant;
  it('is good for 120 h', () => {
    expect(liveEntry(entry, seconds(60), hours(120))).toBe(entry);
    expect(liveEntry(entry, seconds(60), (hours(120) + 1) as Instant)).toBeNull();
  });
  it('does not renotify early where the repeat is longer than that', () => {
    const repeat = seconds(168 * 3600);
    const known = liveEntry(entry, repeat, hours(130));
    expect(needsUpdate(known, { firing: ['a'], resolved: [], sendResolved: true }, repeat, hours(130))).toBeNull();
  });
});
