// Deduplication beside what the vectors say: the edge of a repeat, and how long a record is good for.
import { describe, expect, it } from 'vitest';
import { liveEntry, needsUpdate } from '../../src/alerts/dedup.ts';
import { seconds } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';

const now = Date.UTC(2026, 10, 11) as Instant;

describe('needsUpdate', () => {
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
