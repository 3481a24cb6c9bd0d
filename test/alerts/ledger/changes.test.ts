// Which object of the ledger is written next: what somebody waits for goes first, and nobody is passed by.
import { describe, expect, it } from 'vitest';
import { Changes } from '../../../src/alerts/ledger/changes.ts';
import { groupHome } from '../../../src/alerts/ledger/homes.ts';
import type { LedgerRecord } from '../../../src/alerts/ledger/records.ts';
import { emptyLedgerState } from '../../../src/alerts/ledger/state.ts';
import { later, seconds } from '../../../src/model/units.ts';
import type { Instant } from '../../../src/model/units.ts';
import { anAlert, anIntent, start } from '../builders.ts';

const at = (second: number): Instant => later(start, seconds(second));
const keyOf = (group: string): string => `{}:{group="${group}"}`;
const home = (group: string): string => groupHome(keyOf(group));
const decided = (group: string): LedgerRecord => ({
  kind: 'intent',
  intent: anIntent(group, { groupKey: keyOf(group) }),
});
const attempt = (group: string): LedgerRecord => ({ kind: 'attempt', id: group, to: ['zhang'], at: start });

function aList(): {
  readonly changes: Changes;
  readonly add: (second: number, ...records: readonly LedgerRecord[]) => ReadonlyMap<string, number>;
  readonly order: (...groups: readonly string[]) => readonly string[];
} {
  const changes = new Changes();
  const state = emptyLedgerState();
  return {
    changes,
    add: (second, ...records) => changes.apply(records, state, at(second)),
    order: (...groups) => changes.all().flatMap(([one]) => groups.find((group) => home(group) === one) ?? []),
  };
}

describe('what is written next', () => {
  it('is what a message waits for, before what was only decided', () => {
    const { add, order } = aList();
    add(0, decided('a'));
    add(1, decided('b'));
    add(2, decided('c'), attempt('c'));
    add(3, attempt('b'));
    expect(order('a', 'b', 'c')).toEqual(['c', 'b', 'a']);
  });

  it('is what has waited long, before what somebody waits for since a moment', () => {
    const { add, order } = aList();
    add(0, decided('old'));
    add(29, decided('before'), attempt('before'));
    add(31, decided('after'), attempt('after'));
    expect(order('old', 'before', 'after')).toEqual(['before', 'old', 'after']);
  });

  it('is not for ever what changes while it is written', () => {
    const { changes, add, order } = aList();
    add(0, decided('hot'), attempt('hot'));
    add(1, decided('other'), attempt('other'));
    const [[first, change] = ['', 0]] = changes.all();
    changes.begin(first);
    add(2, attempt('hot'));
    changes.durable(first, change);
    expect(order('hot', 'other')).toEqual(['other', 'hot']);
  });

  it('is also what a message speaks of', () => {
    const { changes, add } = aList();
    const alert = anAlert({});
    add(0, decided('a'), decided('b'), { kind: 'forgotten', fingerprint: alert.fingerprint });
    const behind = changes.all().at(-1);
    add(1, { kind: 'intent', intent: anIntent('c', { groupKey: keyOf('c'), alerts: [alert] }) });
    expect(changes.all().at(-1)).toEqual(behind);
    expect(behind?.[0]).toMatch(/^alerts-/);
    const wanted = add(2, attempt('c'));
    expect(
      changes
        .all()
        .slice(0, 2)
        .map(([one]) => one),
    ).toEqual(expect.arrayContaining([home('c'), behind?.[0]]));
    expect([...wanted.keys()]).toContain(behind?.[0]);
  });

  it('is counted as going before others as soon as it is due', () => {
    const { changes, add } = aList();
    add(0, decided('a'), decided('b'), attempt('b'));
    expect([changes.size, changes.before(at(0)), changes.before(at(30))]).toEqual([2, 1, 2]);
  });

  it('has its old place again where it could not be written', () => {
    const { changes, add, order } = aList();
    add(0, decided('a'), attempt('a'));
    add(1, decided('b'), attempt('b'));
    const waiting = changes.until(add(2, attempt('a')));
    changes.begin(home('a'));
    add(3, attempt('a'));
    changes.putBack();
    changes.fail(new Error('nobody there'));
    expect(order('a', 'b')).toEqual(['a', 'b']);
    return expect(waiting).rejects.toThrow('nobody there');
  });
});
