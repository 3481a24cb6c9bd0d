// Whatever is handed over: notes, never an exception; what is written for KEDA's objects loads.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { converted, hpa, office, prometheus, refusals, scaledObject } from './objects.ts';

const anything = fc.anything({ maxDepth: 3, withBigInt: false });
const spec = (...keys: string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(keys.map((key) => [key, anything])), { requiredKeys: [] });

describe('objects of any shape', () => {
  it('are converted or listed', () => {
    const hpaSpec = spec('scaleTargetRef', 'minReplicas', 'maxReplicas', 'metrics', 'behavior');
    const kedaSpec = spec('minReplicaCount', 'maxReplicaCount', 'idleReplicaCount', 'fallback', 'advanced', 'triggers');
    fc.assert(
      fc.property(anything, hpaSpec, kedaSpec, (any, some, other) => {
        for (const [source, object] of [
          ['hpa', any],
          ['hpa', hpa(some)],
          ['keda', scaledObject(other)],
        ] as const) {
          const { policies, notes } = converted(source, [object]);
          if (!Array.isArray(object)) expect(policies.length + notes.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 200, examples: [['', { minReplicas: -1 }, {}]] },
    );
  });
});

const count = fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined });
const number = fc.integer({ min: 0, max: 1000 }).map(String);
const flag = fc.constantFrom('true', 'false');
const trigger = fc.oneof(
  fc
    .record({ threshold: number, activationThreshold: number, ignoreNullValues: flag }, { requiredKeys: [] })
    .chain((metadata) => fc.constantFrom('a', 'b', 'c-d', undefined).map((name) => prometheus(metadata, { name }))),
  fc
    .record({ desired: number, name: fc.constantFrom('a', 'otherwise', undefined) })
    .map(({ desired, name }) => office(desired, { name })),
  fc.record({
    type: fc.constantFrom('cpu', 'memory', 'kafka'),
    metricType: fc.constantFrom('Utilization', 'AverageValue'),
    metadata: fc.record({ value: number }),
  }),
);

describe('any ScaledObject', () => {
  it('becomes a document that loads', () => {
    const anySpec = fc.record({
      minReplicaCount: count,
      maxReplicaCount: count,
      idleReplicaCount: count,
      fallback: fc.option(fc.record({ failureThreshold: count, replicas: count }), { nil: undefined }),
      advanced: fc.constantFrom(
        undefined,
        { scalingModifiers: { formula: 'a + b ?? 1', target: '5' } },
        { scalingModifiers: { formula: 'a > 1 ? -a * 2 : max(a, 3)', target: '5' } },
      ),
      triggers: fc.array(trigger, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anySpec, { minLength: 10, maxLength: 20 }), (specs) => {
        const objects = specs.map((one, index) => {
          const name = `web-${index}`;
          return scaledObject({ ...one, scaleTargetRef: { name } }, { name });
        });
        expect(refusals(converted('keda', objects)).map(({ message, path }) => ({ message, path }))).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});
