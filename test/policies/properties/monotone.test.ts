// A higher metric never asks for fewer replicas, whatever the kind of its target, all else being equal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/model/config.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { decide } from '../../../src/policies/decide.ts';
import { aConfig, aPodPolicy, noon } from '../../builders.ts';
import { series, steady, web } from './simulate.ts';

type Ask = (snapshot: ReturnType<typeof web>, value: number, replicas: number) => Snapshot;

const podNames = (replicas: number): string[] => Array.from({ length: replicas }, (_, index) => `web-${index + 1}`);
const quick = { behavior: { scaleDown: { stabilizationWindow: '0s' } }, replicas: { min: 1, max: 60 } };
const policyOf = (metrics: readonly object[]): Config => aConfig([aPodPolicy('web', { ...quick, metrics })]);
const ofQuery: Ask = (snapshot, value) => snapshot.answering('requests', value).build();
const perPod =
  (query: string, unit: number, seen: (replicas: number) => number): Ask =>
  (snapshot, value, replicas) =>
    snapshot
      .answering(
        query,
        series(...podNames(seen(replicas)).map((pod) => [{ namespace: 'shop', pod }, (value / 100) * unit] as const)),
      )
      .build();
const all = (replicas: number): number => replicas;
const most = (replicas: number): number => Math.max(1, replicas - 2);
const input = (name: string) => ({ name, query: name, use: 'formula' });

const kinds: readonly (readonly [string, Config, Ask])[] = [
  ['averageValue', policyOf([{ name: 'requests', query: 'requests', target: { averageValue: 30 } }]), ofQuery],
  ['value', policyOf([{ name: 'requests', query: 'requests', target: { value: 300 } }]), ofQuery],
  [
    'cpu utilization',
    policyOf([{ name: 'cpu', resource: 'cpu', target: { utilization: 70 } }]),
    perPod('usage of cpu', 0.01, all),
  ],
  [
    'cpu utilization with pods that have no sample',
    policyOf([{ name: 'cpu', resource: 'cpu', target: { utilization: 70 } }]),
    perPod('usage of cpu', 0.01, most),
  ],
  [
    'memory average',
    policyOf([{ name: 'memory', resource: 'memory', target: { averageValue: '40Mi' } }]),
    perPod('usage of memory', 2 ** 20, all),
  ],
  [
    'by: pod',
    policyOf([{ name: 'requests', query: 'requests', by: 'pod', target: { averageValue: 5 } }]),
    perPod('requests', 1, most),
  ],
  [
    'formula with +',
    policyOf([
      input('requests'),
      input('queue'),
      { name: 'load', formula: 'requests + 2 * queue', target: { averageValue: 40 } },
    ]),
    (snapshot, value) => snapshot.answering('requests', value).answering('queue', 17).build(),
  ],
  [
    'formula with * and max',
    policyOf([
      input('requests'),
      input('cost'),
      { name: 'load', formula: 'max(requests, 100) * cost', target: { value: 400 } },
    ]),
    (snapshot, value) => snapshot.answering('requests', value).answering('cost', 1.5).build(),
  ],
  [
    'one of two',
    policyOf([
      { name: 'requests', query: 'requests', target: { averageValue: 30 } },
      { name: 'queue', query: 'queue', target: { value: 10 } },
    ]),
    (snapshot, value) => snapshot.answering('requests', value).answering('queue', 9).build(),
  ],
];

const number = fc.oneof(fc.double({ min: 0, max: 3000, noNaN: true }), fc.integer({ min: 0, max: 3000 }));

describe('a higher metric asks for no fewer replicas', () => {
  it.each(kinds)('%s', (_, config, ask) => {
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 50 }), (one, other, replicas) => {
        const desired = (value: number): number => {
          const snapshot = ask(web(replicas), value, replicas);
          return Number(decide(snapshot, config, steady(), noon).plan.pods[0]?.desired);
        };
        expect(desired(Math.min(one, other))).toBeLessThanOrEqual(desired(Math.max(one, other)));
      }),
      { numRuns: 60 },
    );
  });
});
