// `for` over a restart: the time in between does not count, and what was announced stays announced.
import { describe, expect, it } from 'vitest';
import {
  isWorthSaving,
  recalled,
  ruleKey,
  statesOf,
  worthKeeping,
  type RuleMemory,
} from '../../../src/alerts/rules/memory.ts';
import type { RuleAlert } from '../../../src/alerts/rules/state.ts';
import { minutes, type Instant, type Milliseconds } from '../../../src/model/units.ts';
import { ruleOf } from './timeline.ts';

const minute = (count: number): Instant => minutes(count) as number as Instant;
const base = { labels: { alertname: 'A' }, annotations: {} };
const pending = (activeAt: number): RuleAlert => ({ ...base, state: 'pending', activeAt: minute(activeAt) });
const firing = (firedAt: number): RuleAlert => ({
  ...base,
  state: 'firing',
  activeAt: minute(0),
  firedAt: minute(firedAt),
  keptSince: null,
  sentAt: minute(firedAt),
});
const memory = (at: number, ...alerts: RuleAlert[]): RuleMemory => ({ rule: 'r', at: minute(at), alerts });
const terms = { outageTolerance: minutes(30), gracePeriod: minutes(10) };

describe('a pending alert after a restart', () => {
  it.each<[string, string, number, number, number, number | null]>([
    ['goes on where it was', '25m', 0, 5, 15, 10],
    ['is forgotten beyond the tolerance', '25m', 0, 5, 40, null],
    ['is remembered at the tolerance', '25m', 0, 5, 35, 30],
    ['waits for the grace period at least', '25m', 0, 20, 25, 10],
    ['begins anew where `for` is short', '5m', 0, 4, 5, null],
    ['fires where a shorter `for` has passed', '15m', 0, 20, 25, 0],
    ['is not moved by a clock that was set back', '25m', 0, 5, 3, 0],
  ])('%s', (_, hold, activeAt, at, now, expected) => {
    const states = recalled(
      { for: ruleOf({ alert: 'A', expr: 'x', for: hold }).for },
      memory(at, pending(activeAt)),
      minute(now),
      terms,
    );
    expect([...states.values()].map((alert) => alert.activeAt)).toEqual(expected === null ? [] : [minute(expected)]);
  });
});

it('a firing alert stays as it was, whatever its `for`', () => {
  const states = recalled({ for: minutes(1) }, memory(5, firing(3)), minute(20), terms);
  expect([...states.values()]).toEqual([firing(3)]);
});

describe('a memory is saved', () => {
  it.each<[string, RuleMemory | undefined, RuleMemory, boolean]>([
    ['never for a rule at rest', undefined, memory(1), false],
    ['when something begins', undefined, memory(1, pending(1)), true],
    ['when all is over', memory(1, firing(1)), memory(2), true],
    ['once when all is over', memory(2), memory(3), false],
    ['each time while something is pending', memory(1, pending(1)), memory(2, pending(1)), true],
    [
      'not while nothing changes',
      memory(1, firing(1)),
      memory(2, { ...firing(1), sentAt: minute(2) } as RuleAlert),
      false,
    ],
    ['now and then while something fires', memory(1, firing(1)), memory(6, firing(1)), true],
    ['when it begins to fire anew', memory(1, firing(1)), memory(2, firing(2)), true],
  ])('%s', (_, before, after, expected) => {
    const kept = (one: RuleMemory) => ({ at: one.at, states: statesOf(one) });
    expect(isWorthSaving(before === undefined ? null : kept(before), kept(after))).toBe(expected);
  });

  it('as plain data', () => {
    const whole = memory(1, pending(1), firing(0));
    expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
  });
});

it('what is pending is kept where a restart goes on from it, without its texts', () => {
  const states = new Map<string, RuleAlert>([
    ['p', { ...pending(1), annotations: { summary: 'x' } }],
    ['f', firing(0)],
  ]);
  expect([...worthKeeping({ for: minutes(10) }, states, terms).values()]).toEqual([pending(1), firing(0)]);
  expect([...worthKeeping({ for: minutes(5) }, states, terms).values()]).toEqual([firing(0)]);
});

it('a rule is the same by its file, group, name, labels and place among copies', () => {
  const group = { file: 'a', name: 'g', interval: null, queryOffset: 0 as Milliseconds, limit: 0, rules: [] };
  const rule = ruleOf({ alert: 'A', expr: 'x', labels: { b: '1', a: '2' } });
  const same = ruleOf({ alert: 'A', expr: 'y', for: '5m', labels: { a: '2', b: '1' } });
  expect(ruleKey(group, rule, 0)).toBe(ruleKey(group, same, 0));
  const others = [
    ruleKey({ ...group, file: 'b' }, rule, 0),
    ruleKey({ ...group, name: 'h' }, rule, 0),
    ruleKey(group, ruleOf({ alert: 'A', expr: 'x' }), 0),
    ruleKey(group, rule, 1),
  ];
  expect(new Set([ruleKey(group, rule, 0), ...others]).size).toBe(5);
});
