// The way back: what is carried over comes back the same, what is not is told.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertObjects, type SourceKind } from '../../src/convert/convert.ts';
import { exportPolicies, type ExportCode } from '../../src/convert/export.ts';
import type { PodPolicy } from '../../src/model/config.ts';
import { aPodPolicy } from '../builders.ts';

type Fields = Readonly<Record<string, unknown>>;
const server = 'http://prometheus:9090';
const exported = (to: SourceKind, policy: PodPolicy, v1 = false) => exportPolicies([policy], to, { server, v1 });
const codes = (to: SourceKind, spec: Fields, v1 = false): readonly ExportCode[] =>
  exported(to, aPodPolicy('web', spec), v1).notes.map(({ code }) => code);

/** Out and in again, as a policy. */
function back(to: SourceKind, policy: PodPolicy): PodPolicy {
  const { objects } = exported(to, policy);
  const queries = new Map(
    policy.spec.metrics.flatMap(({ name, source }) =>
      source.kind === 'query' && source.question.single !== null ? [[name, source.question.single] as const] : [],
    ),
  );
  const { policies } = convertObjects(objects, to, { namespace: 'shop', queries, keepIgnoreNullValues: true });
  const [first] = policies;
  if (first === undefined) throw new Error('nothing came back');
  return aPodPolicy(first.document.metadata.name, { ...first.document.spec });
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const rules = (window: fc.Arbitrary<number>) =>
  fc.record({
    stabilizationWindowSeconds: window,
    selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
    policies: fc.array(
      fc.record({ type: fc.constantFrom('Pods', 'Percent'), value: whole(1, 200), periodSeconds: whole(1, 1800) }),
      { minLength: 1, maxLength: 3 },
    ),
  });
const amount = fc.constantFrom(1, 100, 0.5, 2500);
const resource = (name: 'cpu' | 'memory') =>
  fc
    .oneof(fc.record({ utilization: whole(1, 200) }), fc.record({ averageValue: fc.constantFrom(1, 250, 1024) }))
    .map((target): Fields => ({ name, resource: name, target }));
const queryMetric = (name: string) =>
  fc
    .record({ target: fc.oneof(fc.record({ averageValue: amount }), fc.record({ value: amount })) })
    .map(({ target }): Fields => ({ name, query: `sum(${name}{app="web"})`, target }));
const common = fc.record({
  min: whole(1, 5),
  more: whole(0, 50),
  metrics: fc.tuple(queryMetric('requests'), fc.subarray(['cpu', 'memory'] as const), fc.option(queryMetric('queue'))),
  resources: fc.tuple(resource('cpu'), resource('memory')),
  scaleUp: rules(whole(0, 600)),
  scaleDown: rules(whole(0, 3600)),
  tolerance: fc.record({ up: fc.constantFrom(0, 0.05, 0.1, 0.5), down: fc.constantFrom(0, 0.05, 0.1, 0.5) }),
});

type Given = typeof common extends fc.Arbitrary<infer Value> ? Value : never;

const specOf = ({ min, more, metrics, resources, scaleUp, scaleDown, tolerance }: Given): Fields => ({
  replicas: { min, max: min + more },
  metrics: [
    metrics[0],
    ...metrics[1].map((name) => resources[name === 'cpu' ? 0 : 1]),
    ...(metrics[2] === null ? [] : [metrics[2]]),
  ],
  behavior: { scaleUp, scaleDown },
  tolerance,
  mode: 'dryRun',
});

describe('what is carried over', () => {
  it('comes back the same from an HPA', () => {
    fc.assert(
      fc.property(common, (given) => {
        const policy = aPodPolicy('web', specOf(given));
        expect(back('hpa', policy).spec).toEqual(policy.spec);
      }),
    );
  });

  it('comes back the same from a ScaledObject, with fallback, zero and windows', () => {
    const more = fc.record({
      fallback: fc.option(
        fc.record({
          polls: whole(1, 20),
          replicas: whole(5, 5),
          behavior: fc.constantFrom('static', 'currentReplicas'),
        }),
      ),
      zero: fc.option(
        fc.record({ after: whole(0, 900), initialCooldown: whole(0, 60), whenActive: fc.option(whole(1, 5)) }),
      ),
      floor: fc.option(whole(1, 5)),
    });
    fc.assert(
      fc.property(common, more, (given, { fallback, zero, floor }) => {
        const plain = specOf(given);
        const metrics = (plain['metrics'] as Fields[]).map((metric) =>
          zero !== null && 'query' in metric ? { ...metric, activation: 5 } : metric,
        );
        const window = {
          name: 'office',
          cron: { start: '0 8 * * 1-5', end: '0 20 * * 1-5' },
          timeZone: 'Asia/Shanghai',
        };
        const lowest = zero === null ? given.min : (zero.whenActive ?? 0);
        const policy = aPodPolicy('web', {
          ...plain,
          metrics,
          replicas:
            zero === null
              ? { min: given.min, max: 60 }
              : { min: 0, ...(zero.whenActive !== null && { whenActive: zero.whenActive }), max: 60 },
          ...(zero !== null && { zero: { after: `${zero.after}s`, initialCooldown: `${zero.initialCooldown}s` } }),
          ...(fallback !== null && {
            fallback: { after: `${fallback.polls * 30}s`, replicas: fallback.replicas, behavior: fallback.behavior },
          }),
          ...(floor !== null && { schedule: [{ ...window, min: Math.max(floor, lowest) }] }),
        });
        expect(back('keda', policy).spec).toEqual(policy.spec);
      }),
    );
  });

  it('fills in the names of the target', () => {
    const policy = aPodPolicy('web', {
      metrics: [
        { name: 'requests', query: 'sum(r{ns="{{namespace}}",app="{{name}}"})', target: { averageValue: 100 } },
      ],
    });
    expect(JSON.stringify(exported('keda', policy).objects)).toContain('sum(r{ns=\\"shop\\",app=\\"web\\"})');
  });

  it('is autoscaling/v1 where that has words for all of it, and says where it has not', () => {
    const cpu = { name: 'cpu', resource: 'cpu', target: { utilization: 70 } };
    expect(exported('hpa', aPodPolicy('web', { metrics: [cpu] }), true).objects).toEqual([
      {
        apiVersion: 'autoscaling/v1',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          minReplicas: 1,
          maxReplicas: 60,
          targetCPUUtilizationPercentage: 70,
        },
      },
    ]);
    expect(codes('hpa', { metrics: [cpu], tolerance: { up: 0 } }, true)).toContain('WrittenAsV2');
  });
});

describe('what is left behind', () => {
  const query = { name: 'requests', query: 'sum(r)', target: { averageValue: 100 } };
  it.each<[SourceKind, Fields, readonly ExportCode[]]>([
    ['hpa', { fallback: { after: '2m', replicas: 5 } }, ['FieldLeft']],
    [
      'hpa',
      { schedule: [{ name: 'night', start: '20:00', end: '08:00', timeZone: 'Asia/Shanghai', min: 2 }] },
      ['WindowLeft'],
    ],
    [
      'keda',
      { schedule: [{ name: 'night', start: '20:00', end: '08:00', timeZone: 'Asia/Shanghai', min: 2 }] },
      ['WindowLeft'],
    ],
    ['hpa', { flapBudget: { changes: 4, per: '1h' } }, ['FieldLeft']],
    ['keda', { mode: { up: 'act', down: 'dryRun' } }, ['FieldLeft']],
    ['hpa', { metrics: [{ ...query, unknown: { atLeast: 3 }, maxAge: '5m' }] }, ['FieldLeft', 'FieldLeft']],
    [
      'keda',
      {
        metrics: [
          { ...query, by: 'pod' },
          { ...query, name: 'other' },
        ],
      },
      ['MetricLeft'],
    ],
    ['hpa', { metrics: [{ name: 'load', formula: 'requests * 2', target: { value: 5 } }, query] }, ['MetricLeft']],
    [
      'hpa',
      { replicas: { min: 0, max: 5 }, zero: { after: '1m' }, metrics: [{ ...query, activation: 5 }] },
      ['FeatureGate', 'ZeroOfWindow', 'FieldLeft'],
    ],
    ['keda', { fallback: { after: '40s', replicas: 5 } }, ['FallbackRounded']],
    [
      'hpa',
      {
        metrics: [],
        schedule: [{ name: 'x', cron: { start: '0 8 * * *', end: '0 9 * * *' }, timeZone: 'Asia/Shanghai', min: 2 }],
      },
      ['NothingDecides'],
    ],
    ['keda', { targets: { kind: 'Deployment', selector: { matchLabels: { a: 'b' } } } }, ['ManyTargets']],
  ])('of %s: %j', (to, spec, expected) => {
    expect(codes(to, spec)).toEqual(expect.arrayContaining([...expected]));
  });
});
