// Formulas within a policy: what they read, what they fall back to, and what an unknown input does.
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory, type TargetMemory } from '../../../src/model/memory.ts';
import { answered, at } from '../../builders.ts';
import { decideOne, key, run, steady, world } from './shop.ts';

const input = (name: string, more: object = {}) => ({ name, query: name, use: 'formula', ...more });
const load = (formula: string, more: object = {}) => ({
  name: 'load',
  formula,
  target: { averageValue: 100 },
  ...more,
});
const quick = { behavior: { scaleDown: { stabilizationWindow: '0s' } } };
const remembering = (target: Partial<TargetMemory>): Memory => ({
  ...steady(),
  targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400), ...target } },
});
const decided = (metrics: object[], answers: Record<string, number | string | null>, memory = remembering({})) => {
  let snapshot = world(4);
  for (const [query, value] of Object.entries(answers)) snapshot = snapshot.answering(query, answered(value));
  return decideOne(snapshot.build(), { ...quick, metrics }, memory);
};

describe('a formula', () => {
  it.each([
    ['adds', 'a + 0.2 * b', { a: 500, b: 1000 }, 7],
    ['takes the larger', 'max(a, b)', { a: 500, b: 800 }, 8],
    ['chooses', 'a > 100 ? b : 0', { a: 500, b: 600 }, 6],
    ['divides', 'a / b', { a: 6000, b: 10 }, 6],
    ['takes a number for what is unknown', 'a + (b ?? 300)', { a: 300, b: null }, 6],
    ['needs no input that the other branch reads', 'a > 100 ? a : b', { a: 700, b: null }, 7],
  ])('%s', (_, formula, answers, desired) => {
    const { decision } = decided([input('a'), input('b'), load(formula)], answers);
    expect(decision.desired).toBe(desired);
    expect(decision.metrics.map(({ name, target }) => [name, target])).toEqual([
      ['a', null],
      ['b', null],
      ['load', 100],
    ]);
  });

  it('with a value target is held against the pods that are ready', () => {
    const { decision } = decided([input('a'), load('a * 2', { target: { value: 100 } })], { a: 75 });
    expect(decision).toMatchObject({ desired: 6, metrics: [{}, { value: 150, proposal: 6 }] });
  });

  it('is one more metric: the others stay in force', () => {
    const requests = { name: 'requests', query: 'requests', target: { averageValue: 100 } };
    const { decision } = decided([requests, input('a'), load('a + requests')], { requests: 650, a: -400 });
    expect(decision).toMatchObject({ desired: 7, facts: { metric: 'requests' } });
  });

  it('may be written before what it reads', () => {
    expect(decided([load('a + b'), input('a'), input('b')], { a: 300, b: 300 }).decision.desired).toBe(6);
  });

  it.each([
    ['an unknown input', 'a + b', { a: 0, b: null }, 'b unknown'],
    ['a failed input', 'a + c', { a: 0 }, 'c unknown'],
    ['a division by zero', 'a / b', { a: 1, b: 0 }, 'divisionByZero'],
    ['an overflow', 'a * a', { a: 1e200, b: 0 }, 'notFinite'],
  ])('with %s holds and says why', (_, formula, answers, why) => {
    const { decision } = decided([input('a'), input('b'), input('c'), load(formula)], answers);
    expect(decision).toMatchObject({ action: 'hold', reason: 'MetricUnknown', desired: 4 });
    expect(decision.metrics[3]?.why).toContain(why);
    expect(decision.message).toContain('load');
  });

  it('holds where an input alone is stale, by that input’s own maxAge', () => {
    const metrics = [input('a', { maxAge: '30s' }), load('a')];
    const snapshot = world(4).answering('a', 100).answering('age of a', 31).build();
    const policy = { ...quick, metrics };
    const { decision } = decideOne(snapshot, policy, remembering({}));
    // without the question after its age nothing is known of it
    expect(decision.desired).toBe(1);
  });

  it('falls back to the last known value, however long ago, and forgets none', () => {
    const metrics = [input('requests'), load('requests ?? last')];
    const { desired, memory } = run([600, null, null, 700, null], 4, { ...quick, metrics });
    expect(desired).toEqual([6, 6, 6, 7, 7]);
    expect(memory.targets[key]?.lastValues).toEqual({ requests: 700 });
  });

  it('has nothing to fall back to before the first value', () => {
    const { decision } = decided([input('a'), load('a ?? last')], { a: null });
    expect(decision).toMatchObject({ action: 'hold', reason: 'MetricUnknown' });
  });

  it('remembers no value that no formula falls back to', () => {
    expect(decided([input('a'), load('a')], { a: 1 }).memory.targets[key]?.lastValues).toBeUndefined();
  });

  it('that knows part of what it reads may wake, and puts nobody to sleep', () => {
    const policy = {
      ...quick,
      replicas: { min: 0, whenActive: 1, max: 9 },
      zero: { after: '0s' },
      metrics: [input('a'), input('b'), load('a + (b ?? 0)', { activation: 5 })],
    };
    const look = (replicas: number, a: number, b: number | null) =>
      decideOne(
        world(replicas).answering('a', a).answering('b', answered(b)).build(),
        policy,
        remembering(replicas === 0 ? { asleep: { at: at(-60), previous: 2 }, seen: 0 } : { lastActive: at(-600) }),
      ).decision.desired;
    expect(look(2, 0, 0)).toBe(0);
    expect(look(2, 0, null)).toBe(1);
    expect(look(0, 300, null)).toBe(3);
    expect(look(0, 0, null)).toBe(0);
  });
});
