// What is not known never scales down and never leads to 0, in whatever way it is not known.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Memory } from '../../../src/model/memory.ts';
import { decide } from '../../../src/policies/decide.ts';
import { aConfig, aPodPolicy, answered, at, noon } from '../../builders.ts';
import { key, series, simulate, steady, web } from './simulate.ts';

type World = ReturnType<typeof web>;

/** Ways in which the answer to a query can be no value. */
const ways: readonly (readonly [string, (snapshot: World, query: string) => World])[] = [
  ['NaN', (snapshot, query) => snapshot.answering(query, answered('NaN'))],
  ['+Inf', (snapshot, query) => snapshot.answering(query, answered('+Inf'))],
  ['-Inf', (snapshot, query) => snapshot.answering(query, answered('-Inf'))],
  ['an empty result', (snapshot, query) => snapshot.answering(query, answered(null))],
  ['an empty text', (snapshot, query) => snapshot.answering(query, answered(''))],
  ['several series', (snapshot, query) => snapshot.answering(query, series([{ a: '1' }, 0], [{ a: '2' }, 0]))],
  ['a partial answer', (snapshot, query) => snapshot.answering(query, answered(0, ['1 of 3 stores']))],
  ['a stale sample', (snapshot, query) => snapshot.answering(query, 0).answering(`age of ${query}`, 121)],
  ['an unknown age', (snapshot, query) => snapshot.answering(query, 0).answering(`age of ${query}`, answered(null))],
  ['an error', (snapshot, query) => snapshot.answering(query, { status: 'error', error: 'too many samples' })],
  [
    'no answer',
    (snapshot, query) => snapshot.failing({ source: 'prometheus', what: query, code: 'Timeout', message: '5 s' }),
  ],
  ['no question', (snapshot) => snapshot],
  [
    'a histogram',
    (snapshot, query) =>
      snapshot.answering(query, {
        status: 'success',
        data: { resultType: 'vector', result: [JSON.parse('{"metric":{},"histogram":[1,{"count":"0"}]}')] },
      }),
  ],
  [
    'a sample of null',
    (snapshot, query) =>
      snapshot.answering(query, {
        status: 'success',
        data: { resultType: 'vector', result: [JSON.parse('{"metric":{},"value":[1,null]}')] },
      }),
  ],
  [
    'a matrix',
    (snapshot, query) => snapshot.answering(query, { status: 'success', data: { resultType: 'matrix', result: [] } }),
  ],
];
const way = fc.constantFrom(...ways);
const lists = ['pods', 'deployments', 'horizontalpodautoscalers'] as const;

const quick = { scaleDown: { stabilizationWindow: '0s' } };
const ages = { a: ['age of a'], b: ['age of b'] };
const metric = (name: string, more: object = {}) => ({ name, query: name, target: { averageValue: 100 }, ...more });
const watched = (more: object = {}): Memory => ({
  ...steady(),
  targets: {
    [key]: {
      firstSeen: at(-86_400),
      recommendations: [],
      acted: { ups: [], downs: [] },
      rehearsed: { ups: [], downs: [] },
      written: null,
      unknownSince: {},
      failure: null,
      ...more,
    },
  },
});

describe('what is not known', () => {
  it.each(ways)('%s lowers nothing, and another metric may raise', (_, spoil) => {
    const config = aConfig([aPodPolicy('web', { behavior: quick, metrics: [metric('a'), metric('b')] }, ages)]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 6000 }), (current, b) => {
        const snapshot = spoil(web(current), 'a').answering('b', b).answering('age of b', 1).build();
        const [decision] = decide(snapshot, config, watched(), noon).plan.pods;
        expect(Number(decision?.desired)).toBeGreaterThanOrEqual(current);
        if (b > 110 * current) expect(Number(decision?.desired)).toBeGreaterThan(current);
        expect(decision?.metrics[0]).toMatchObject({ name: 'a', proposal: null });
        expect(decision?.metrics[0]?.state).not.toBe('ok');
      }),
      { numRuns: 8 },
    );
  });

  it.each(lists)('as the list of %s lowers nothing', (list) => {
    const config = aConfig([aPodPolicy('web', { behavior: quick, metrics: [metric('a')] })]);
    for (const a of [0, 100, 350, 2000]) {
      const [decision] = decide(web(4).without(list).answering('a', a).build(), config, watched(), noon).plan.pods;
      expect(Number(decision?.desired ?? 4)).toBeGreaterThanOrEqual(4);
    }
  });

  it('leads to no zero: neither of what may wake, nor of what may not, nor inside a formula', () => {
    const input = { name: 'b', query: 'b', use: 'formula' };
    const shapes = [
      [metric('a', { activation: 5 }), metric('b')],
      [metric('a', { activation: 5 }), metric('b', { activation: 5 })],
      [metric('a', { activation: 5 }), metric('b', { unknown: 'fallback' })],
      [metric('a', { activation: 5 }), metric('b', { unknown: { atLeast: 0 } })],
      [metric('b', { activation: 5, unknown: { treatAs: 0 } })],
      [input, { name: 'load', formula: 'b ?? 0', target: { averageValue: 100 }, activation: 5 }],
      [metric('a'), input, { name: 'load', formula: 'b ?? last', target: { averageValue: 100 }, activation: 5 }],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...shapes), way, fc.integer({ min: 1, max: 5 }), (metrics, [, spoil], start) => {
        const policy = aPodPolicy(
          'web',
          {
            metrics,
            replicas: { min: 0, whenActive: 1, max: 9 },
            zero: { after: '30s' },
            fallback: { after: '30s', replicas: 0, behavior: 'static' },
            behavior: quick,
          },
          { b: ['age of b'] },
        );
        const course = simulate({
          config: aConfig([policy]),
          start,
          ticks: 8,
          world: (_, replicas) => spoil(web(replicas), 'b').answering('a', 0).build(),
          memory: watched({ lastValues: { b: 0 } }),
        });
        for (const { decision } of course) expect(Number(decision.desired)).toBeGreaterThan(0);
      }),
      { numRuns: 80 },
    );
  });

  it('comes and goes without a way down that was not seen for a whole window', () => {
    const gaps = fc.array(fc.option(fc.constantFrom(100, 200, 300), { freq: 2 }), { minLength: 30, maxLength: 50 });
    fc.assert(
      fc.property(gaps, way, (values, [, spoil]) => {
        const behavior = { scaleDown: { stabilizationWindow: '2m' } };
        const course = simulate({
          config: aConfig([aPodPolicy('web', { behavior, metrics: [metric('a')] }, ages)]),
          start: 12,
          ticks: values.length,
          world: (tick, replicas) => {
            const value = values[tick] ?? null;
            return value === null
              ? spoil(web(replicas), 'a').build()
              : web(replicas).answering('a', value).answering('age of a', 1).build();
          },
        });
        for (const [tick, { decision }] of course.entries()) {
          if (Number(decision.desired) >= Number(decision.current)) continue;
          expect(values.slice(tick - 8, tick + 1).every((value) => value !== null)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});
