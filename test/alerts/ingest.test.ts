// What others send in: what is missing is filled in, what cannot be is refused with its reason.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { ingested } from '../../src/alerts/ingest.ts';
import type { PushedAlert } from '../../src/alerts/ingest.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { start } from './builders.ts';

const rules = { globalLabels: { cluster: 'bank-3' }, resolveTimeout: minutes(5) };
const labels = { alertname: 'Full' };
const at = (minute: number): string => rfc3339(later(start, minutes(minute)));
const take = (pushed: PushedAlert) => ingested(pushed, rules, start);

describe('what is taken', () => {
  it.each<[string, PushedAlert, object]>([
    ['nothing but labels', { labels }, { since: start, ended: null, expires: later(start, minutes(5)), timeout: true }],
    [
      'an end to come',
      { labels, endsAt: at(4) },
      { since: later(start, minutes(4)), expires: later(start, minutes(4)), timeout: false },
    ],
    [
      'a start and an end to come',
      { labels, startsAt: at(-3), endsAt: at(4) },
      { since: later(start, minutes(-3)), ended: null, timeout: false },
    ],
    [
      'times without a zone, which are those of Greenwich',
      { labels, startsAt: '2026-11-11T01:59:00', endsAt: '2026-11-11 02:04:00.5' },
      { since: later(start, minutes(-1)), expires: later(start, seconds(240.5)) },
    ],
    [
      'times of other zones, to the nanosecond',
      { labels, startsAt: '2026-11-11T09:59:00.123456789+08:00' },
      { since: Date.UTC(2026, 10, 11, 1, 59, 0, 123) },
    ],
    ['an end that was', { labels, startsAt: at(-3), endsAt: at(-1) }, { ended: later(start, minutes(-1)) }],
    [
      "Go's zero instants",
      { labels, startsAt: '0001-01-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z' },
      { since: start, timeout: true },
    ],
    [
      'empty values, which are absent',
      { labels: { ...labels, pod: '' }, annotations: { note: '' } },
      { labels: { cluster: 'bank-3', alertname: 'Full' }, annotations: {} },
    ],
    [
      'its own cluster',
      { labels: { ...labels, cluster: 'other' } },
      { labels: { cluster: 'other', alertname: 'Full' } },
    ],
  ])('%s', (_, pushed, expected) => {
    expect(take(pushed)).toMatchObject({ alert: expected });
  });
});

describe('what is refused', () => {
  it.each<[string, PushedAlert, string]>([
    ['no labels', { labels: {} }, 'at least one label pair required'],
    ['labels without values', { labels: { a: '' } }, 'at least one label pair required'],
    ['an end before the start', { labels, startsAt: at(2), endsAt: at(1) }, 'start time must be before end time'],
    ['no instant', { labels, startsAt: 'yesterday' }, 'startsAt yesterday is no RFC 3339 instant'],
    ['a day of a calendar', { labels, startsAt: 'Nov 11 2026' }, 'startsAt Nov 11 2026 is no RFC 3339 instant'],
    ['a day alone', { labels, endsAt: '2026-11-12' }, 'endsAt 2026-11-12 is no RFC 3339 instant'],
  ])('%s', (_, pushed, problem) => {
    expect(take(pushed)).toEqual({ problem });
  });
});

describe('the fingerprint', () => {
  const encoder = new TextEncoder();
  function slowly(set: Readonly<Record<string, string>>): string {
    let hash = 0xcbf29ce484222325n;
    const mix = (byte: number): void => {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    };
    for (const name of Object.keys(set).sort()) {
      if (set[name] === '') continue;
      for (const text of [name, set[name] ?? '']) {
        encoder.encode(text).forEach(mix);
        mix(0xff);
      }
    }
    return hash.toString(16).padStart(16, '0');
  }

  it('is FNV-1a of 64 bits, whatever is written', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    fc.assert(
      fc.property(fc.dictionary(text, text), (set) => {
        expect(fingerprintOf(set)).toBe(slowly(set));
      }),
    );
  });
});
