// Silences beside what the vectors say: the index answers as if every silence were asked, and follows changes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { expireSilence, isForgotten, setSilence, SilenceIndex, silenceState } from '../../src/alerts/silence.ts';
import type { Silence, SilenceInput } from '../../src/alerts/silence.ts';
import { compileMatcher, parseMatchers } from '../../src/matching/matchers.ts';
import { later, minutes } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';
import { start } from './builders.ts';

const at = (minute: number): Instant => later(start, minutes(minute));

const aSilence = (id: string, sets: readonly string[], from: number, to: number): Silence => ({
  id,
  matchers: sets.map((set) => parseMatchers(set)),
  startsAt: at(from),
  endsAt: at(to),
  updatedAt: at(0),
  createdBy: 'zhang',
  comment: 'maintenance',
});

const input = (changes: Partial<SilenceInput>): SilenceInput => ({
  matchers: [parseMatchers('a="1"')],
  startsAt: null,
  endsAt: at(60),
  createdBy: 'zhang',
  comment: '',
  ...changes,
});

const set = fc.constantFrom('a="1"', 'a="2",b!="1"', 'b=~"1|2"', 'c!~"1"');
const silence = fc.record({
  id: fc.constantFrom('one', 'two', 'three'),
  sets: fc.array(set, { minLength: 1, maxLength: 2 }),
  from: fc.integer({ min: -5, max: 5 }),
  length: fc.integer({ min: 0, max: 5 }),
  removed: fc.boolean(),
});
const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', '1', '2'));

describe('the index', () => {
  it('knows which silences are active and match', () => {
    fc.assert(
      fc.property(fc.array(silence, { maxLength: 6 }), fc.array(labels, { minLength: 1 }), (steps, alerts) => {
        const index = new SilenceIndex();
        const known = new Map<string, Silence>();
        for (const { id, sets, from, length, removed } of steps) {
          const one = aSilence(id, sets, from, from + length);
          index.set(one);
          known.set(id, one);
          if (removed) {
            index.remove(id);
            known.delete(id);
          }
          for (const alert of alerts) {
            const muting = [...known.values()].filter(
              (each) =>
                silenceState(each, start) === 'active' &&
                each.matchers.some((matchers) => matchers.every((matcher) => compileMatcher(matcher).matches(alert))),
            );
            const found = index.mutes(alert, fingerprintOf(alert), start);
            expect([...found].sort()).toEqual(muting.map((each) => each.id).sort());
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('asks an alert of no silence that has ended, and of each other one once', () => {
    const index = new SilenceIndex();
    for (let number = 0; number < 2000; number += 1) index.set(aSilence(`old ${number}`, ['a="1"'], -9, -5));
    index.set(aSilence('one', ['a="1"'], -5, 5));
    let reads = 0;
    const alert = new Proxy({ a: '1' }, { get: (all, name) => ((reads += 1), Reflect.get(all, name)) as unknown });
    for (let minute = 0; minute < 3; minute += 1) {
      expect(index.mutes(alert, 'f', at(minute))).toEqual(['one']);
      index.set(aSilence('one', ['a="1"'], -5, 4));
    }
    expect(reads).toBe(1);
    index.set(aSilence('two', ['a="1"'], 0, 5));
    expect(index.mutes(alert, 'f', at(3))).toEqual(['one', 'two']);
    expect(reads).toBe(2);
    expect(index.mutes(alert, 'f', at(5))).toEqual(['two']);
  });
});

describe('a silence', () => {
  it('that begins in the past begins now, and is forgotten 120 h after its end', () => {
    const made = setSilence(new Map(), input({ startsAt: at(-10) }), start, () => 'new');
    expect(made).toMatchObject({ ok: true, id: 'new', changed: [{ startsAt: start, endsAt: at(60) }] });
    const [kept] = made.ok ? made.changed : [];
    expect(kept && [isForgotten(kept, at(60 + 120 * 60)), isForgotten(kept, at(61 + 120 * 60))]).toEqual([false, true]);
  });

  it('is left as it is by a change that cannot be', () => {
    const known = new Map([['one', aSilence('one', ['a="1"'], -10, 10)]]);
    for (const wrong of [{ endsAt: null }, { endsAt: at(-1) }, { matchers: [] }, { matchers: [parseMatchers('a=""')] }])
      expect(setSilence(known, input({ id: 'one', ...wrong }), start, () => 'new')).toMatchObject({
        code: 'InvalidSilence',
      });
    expect(setSilence(known, input({ id: 'two' }), start, () => 'new')).toMatchObject({ code: 'UnknownSilence' });
  });

  it.each([
    ['env!="prod"', true],
    ['env!~"prod|stage"', true],
    ['env!~".*"', true],
    ['env=~".*",team!="pay"', true],
    ['env=""', false],
    ['env=~".*",team=~"pay|"', false],
  ])('by %s can be: %s', (matchers, can) => {
    const made = setSilence(new Map(), input({ matchers: [parseMatchers(matchers)] }), start, () => 'new');
    expect(made.ok).toBe(can);
  });

  it('with other matchers is another one, and the old one ends', () => {
    const old = aSilence('one', ['a="1"'], -10, 10);
    const changed = setSilence(
      new Map([['one', old]]),
      input({ id: 'one', matchers: [parseMatchers('a="2"')] }),
      start,
      () => 'new',
    );
    expect(changed).toMatchObject({
      id: 'new',
      changed: [
        { id: 'one', endsAt: start },
        { id: 'new', startsAt: start },
      ],
    });
    expect(expireSilence({ ...old, endsAt: at(-1) }, start)).toBeNull();
  });
});
