// HorizontalPodAutoscalers of all versions as PodPolicies.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codesOf, converted, hpa, refusals, specOf } from './objects.ts';

const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } };
const pods = {
  type: 'Pods',
  pods: { metric: { name: 'http_requests' }, target: { type: 'AverageValue', averageValue: '100' } },
};
const external = (target: object, metric: object = { name: 'queue_depth' }): object => ({
  type: 'External',
  external: { metric, target },
});

describe('a HorizontalPodAutoscaler', () => {
  it('becomes a dry run on the same target, within the same bounds', () => {
    expect(converted('hpa', [hpa({ minReplicas: 2, metrics: [cpu] })]).policies).toEqual([
      {
        from: { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'web' },
        document: {
          apiVersion: 'springtide/v1',
          kind: 'PodPolicy',
          metadata: { name: 'web', namespace: 'shop' },
          spec: {
            target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
            replicas: { min: 2, max: 10 },
            metrics: [{ name: 'cpu', resource: 'cpu', target: { utilization: 70 } }],
            mode: 'dryRun',
          },
        },
      },
    ]);
  });

  it.each<[string, object, object]>([
    ['a utilization', cpu, { name: 'cpu', resource: 'cpu', target: { utilization: 70 } }],
    [
      'an average amount',
      { type: 'Resource', resource: { name: 'memory', target: { averageValue: '512Mi' } } },
      { name: 'memory', resource: 'memory', target: { averageValue: '512Mi' } },
    ],
    [
      'a container',
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'app', target: { averageUtilization: 60 } },
      },
      { name: 'cpu_app', resource: 'cpu', container: 'app', target: { utilization: 60 } },
    ],
    [
      'pods',
      pods,
      {
        name: 'http_requests',
        query: 'sum by (pod) (http_requests{namespace="shop"})',
        by: 'pod',
        target: { averageValue: 100 },
      },
    ],
    [
      "pods by the adapter's usual rule for counters",
      { type: 'Pods', pods: { metric: { name: 'http_requests_per_second' }, target: { averageValue: '500m' } } },
      {
        name: 'http_requests_per_second',
        query: 'sum by (pod) (rate(http_requests_total{namespace="shop"}[2m]))',
        by: 'pod',
        target: { averageValue: '500m' },
      },
    ],
    [
      'an object',
      {
        type: 'Object',
        object: {
          metric: { name: 'hits' },
          describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' },
          target: { type: 'Value', value: '2k' },
        },
      },
      { name: 'hits', query: 'sum(hits{namespace="shop",ingress="main"})', target: { value: '2k' } },
    ],
    [
      'something outside, by a selector',
      external(
        { type: 'AverageValue', averageValue: '30' },
        {
          name: 'queue-depth',
          selector: {
            matchLabels: { 'app.io/queue': 'orders' },
            matchExpressions: [
              { key: 'zone', operator: 'In', values: ['a.1', 'b'] },
              { key: 'env', operator: 'NotIn', values: ['test'] },
              { key: 'live', operator: 'Exists' },
              { key: 'old', operator: 'DoesNotExist' },
            ],
          },
        },
      ),
      {
        name: 'queue_depth',
        query: 'sum({__name__="queue-depth",app_io_queue="orders",zone=~"a\\\\.1|b",env!~"test",live!="",old=""})',
        target: { averageValue: 30 },
      },
    ],
    [
      'v2beta1: something outside',
      {
        type: 'External',
        external: { metricName: 'q', metricSelector: { matchLabels: { a: 'b' } }, targetValue: '3' },
      },
      { name: 'q', query: 'sum(q{a="b"})', target: { value: 3 } },
    ],
    [
      'v2beta1: pods',
      { type: 'Pods', pods: { metricName: 'q', targetAverageValue: '3' } },
      { name: 'q', query: 'sum by (pod) (q{namespace="shop"})', by: 'pod', target: { averageValue: 3 } },
    ],
  ])('carries over %s', (_, metric, expected) => {
    const conversion = converted('hpa', [hpa({ metrics: [metric] })]);
    expect(conversion.policies[0]?.document.spec.metrics).toEqual([expected]);
    expect(refusals(conversion)).toEqual([]);
  });

  it('marks each query that is a guess, and takes an answer in its place', () => {
    const object = hpa({ metrics: [cpu, pods] });
    expect(converted('hpa', [object]).notes).toContainEqual({
      object: { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'web' },
      effect: 'check',
      code: 'QueryGuessed',
      metric: 'http_requests',
      facts: {
        metric: 'http_requests',
        type: 'Pods',
        was: 'http_requests',
        query: 'sum by (pod) (http_requests{namespace="shop"})',
      },
    });
    const answered = converted('hpa', [object], {
      queries: new Map([
        ['http_requests', 'sum by (pod) (rate(h{ns="{{namespace}}",d="{{name}}"}[1m]))'],
        ['other', 'up'],
      ]),
    });
    expect(answered.policies[0]?.document.spec.metrics?.[1]?.query).toBe(
      'sum by (pod) (rate(h{ns="shop",d="web"}[1m]))',
    );
    expect(codesOf(answered)).toEqual(['AnswerUnused']);
  });

  it('gives each metric its own name', () => {
    const twice = [external({ value: '1' }), external({ value: '2' }), external({ value: '3' }, { name: 'max' })];
    expect(specOf('hpa', hpa({ metrics: twice }))?.metrics?.map(({ name }) => name)).toEqual([
      'queue_depth',
      'queue_depth_2',
      'max_value',
    ]);
  });

  it('keeps its behavior as it is, the tolerance beside it', () => {
    const behavior = {
      scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Disabled', tolerance: '50m' },
      scaleDown: {
        stabilizationWindowSeconds: 600,
        selectPolicy: 'Min',
        policies: [
          { type: 'Pods', value: 2, periodSeconds: 60 },
          { type: 'Percent', value: 10, periodSeconds: 1800 },
        ],
      },
    };
    const { tolerance, ...scaleUp } = behavior.scaleUp;
    const conversion = converted('hpa', [hpa({ metrics: [cpu], behavior })]);
    expect(conversion.policies[0]?.document.spec).toMatchObject({
      behavior: { scaleUp, scaleDown: behavior.scaleDown },
      tolerance: { up: 0.05 },
    });
    expect(tolerance).toBe('50m');
    expect(refusals(conversion)).toEqual([]);
  });

  it('of v1 is read with its annotations', () => {
    const annotations = {
      'autoscaling.alpha.kubernetes.io/metrics': JSON.stringify([
        { type: 'Resource', resource: { name: 'memory', targetAverageUtilization: 80 } },
      ]),
      'autoscaling.alpha.kubernetes.io/behavior': JSON.stringify({
        ScaleDown: {
          StabilizationWindowSeconds: 60,
          SelectPolicy: 'Max',
          Policies: [{ Type: 'Percent', Value: 50, PeriodSeconds: 30 }],
        },
      }),
    };
    expect(specOf('hpa', hpa({ targetCPUUtilizationPercentage: 50 }, { annotations }, 'v1'))).toMatchObject({
      metrics: [
        { name: 'cpu', target: { utilization: 50 } },
        { name: 'memory', target: { utilization: 80 } },
      ],
      behavior: {
        scaleDown: {
          stabilizationWindowSeconds: 60,
          selectPolicy: 'Max',
          policies: [{ type: 'Percent', value: 50, periodSeconds: 30 }],
        },
      },
    });
  });

  it('without metrics has the cpu target that Kubernetes takes', () => {
    const conversion = converted('hpa', [hpa({})]);
    expect(conversion.policies[0]?.document.spec.metrics).toEqual([
      { name: 'cpu', resource: 'cpu', target: { utilization: 80 } },
    ]);
    expect(codesOf(conversion)).toEqual(['DefaultMetric']);
  });

  it('with a minimum of 0 opts in to zero where something can wake it', () => {
    expect(specOf('hpa', hpa({ minReplicas: 0, metrics: [cpu, external({ value: '5' })] }))).toMatchObject({
      replicas: { min: 0, max: 10 },
      zero: { after: '5m' },
      metrics: [{ name: 'cpu' }, { name: 'queue_depth', activation: 0 }],
    });
    const unwakable = converted('hpa', [hpa({ minReplicas: 0, metrics: [cpu] })]);
    expect(unwakable.policies[0]?.document.spec.replicas).toEqual({ min: 1, max: 10 });
    expect(codesOf(unwakable)).toEqual(['NothingWakes']);
  });

  it.each<[string, object, string[]]>([
    ['no target', hpa({ scaleTargetRef: {}, metrics: [cpu] }), ['TargetMissing']],
    ['no maximum', hpa({ maxReplicas: null, metrics: [cpu] }), ['MaxMissing']],
    ['bounds that cross', hpa({ minReplicas: 11, metrics: [cpu] }), ['MinAboveMax']],
    ['unknown types only', hpa({ metrics: [{ type: 'Dream' }] }), ['MetricTypeUnknown', 'NothingDecides']],
    [
      'resources that are not measured',
      hpa({ metrics: [{ type: 'Resource', resource: { name: 'nvidia.com/gpu' } }] }),
      ['ResourceUnknown', 'NothingDecides'],
    ],
    ['a target of 0', hpa({ metrics: [external({ value: '0' })] }), ['TargetUnusable', 'NothingDecides']],
    ['a spec that is none', { ...hpa({}), spec: 'x' }, ['TargetMissing', 'MaxMissing']],
    ['a name that is none', hpa({}, { name: '../x' }), ['NameInvalid']],
    ['an owner in KEDA', hpa({}, { ownerReferences: [{ kind: 'ScaledObject' }] }), ['OwnedByKeda']],
    ['the group of somebody else', { ...hpa({}), apiVersion: 'acme/v1' }, ['OtherKind']],
    ['another kind', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }, ['OtherKind']],
    ['the kind of the other verb', { ...hpa({}), apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' }, ['OtherVerb']],
    ['nothing', [1], ['NotAnObject']],
  ])('with %s is not converted, and the notes say why', (_, object, codes) => {
    const conversion = converted('hpa', [object]);
    expect([conversion.policies, codesOf(conversion)]).toEqual([[], codes]);
  });

  it('lists what is beside the point', () => {
    const behavior = {
      scaleUp: { stabilizationWindowSeconds: -1, selectPolicy: 'Most', tolerance: '-2', policies: [{ type: 'Pods' }] },
    };
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{' };
    const { notes } = converted('hpa', [hpa({ metrics: [cpu], behavior, other: 1 }, { annotations })]);
    expect(notes.flatMap(({ effect, facts }) => (effect === 'left' ? [facts['field']] : []))).toEqual([
      'autoscaling.alpha.kubernetes.io/metrics',
      'behavior.scaleUp.policies[0]',
      'behavior.scaleUp.stabilizationWindowSeconds',
      'behavior.scaleUp.selectPolicy',
      'behavior.scaleUp.tolerance',
      'other',
    ]);
  });
});

describe('many objects', () => {
  it('are read from lists, those of typed lists without a kind of their own too', () => {
    const item = { ...hpa({ metrics: [cpu] }, { namespace: 'pay' }), kind: undefined, apiVersion: undefined };
    const list = { kind: 'List', apiVersion: 'v1', items: [hpa({ metrics: [cpu] })] };
    const typed = { kind: 'HorizontalPodAutoscalerList', apiVersion: 'autoscaling/v2', items: [item] };
    expect(converted('hpa', [list, typed]).policies.map(({ from }) => from.namespace)).toEqual(['shop', 'pay']);
  });

  it('take the namespace that was asked for where they say none', () => {
    const object = hpa({ metrics: [cpu] }, { namespace: undefined });
    expect(converted('hpa', [object], { namespace: 'pay' }).policies[0]?.document.metadata.namespace).toBe('pay');
  });

  it('do not scale one target twice, nor have one name twice', () => {
    const other = { scaleTargetRef: { kind: 'StatefulSet', name: 'web' }, metrics: [cpu] };
    const conversion = converted('hpa', [hpa({}), hpa({}, { name: 'web-b' }), hpa(other)]);
    expect(conversion.policies.map(({ document }) => document.metadata.name)).toEqual(['web', 'web-2']);
    expect(codesOf(conversion)).toEqual(['DefaultMetric', 'DefaultMetric', 'AlreadyClaimed', 'PolicyRenamed']);
    expect(refusals(conversion)).toEqual([]);
  });
});

/** Not what every JavaScript object has: Prometheus's own grammar takes `constructor` for a keyword (docs/limits.md). */
const word = fc.stringMatching(/^[a-zA-Z0-9_:./-]{1,12}$/).filter((text) => !(text in {}));
const quantity = fc.oneof(
  fc.integer({ min: 1, max: 1e6 }).map(String),
  fc.integer({ min: 1, max: 9999 }).map((count) => `${count}m`),
  fc.integer({ min: 1, max: 64 }).map((count) => `${count}Gi`),
);
const selector = fc.option(
  fc.record({
    matchLabels: fc.dictionary(word, fc.string()),
    matchExpressions: fc.array(
      fc.record({
        key: word,
        operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
        values: fc.array(fc.string()),
      }),
    ),
  }),
  { nil: undefined },
);
const anyMetric = fc.record({ name: word, selector });
const average = fc.record({ averageValue: quantity });
const metrics = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('Resource'),
      resource: fc.record({
        name: fc.constantFrom('cpu', 'memory', 'disk'),
        target: fc.oneof(average, fc.record({ averageUtilization: fc.integer({ min: 0, max: 200 }) })),
      }),
    }),
    fc.record({ type: fc.constant('Pods'), pods: fc.record({ metric: anyMetric, target: average }) }),
    fc.record({
      type: fc.constant('Object'),
      object: fc.record({
        metric: anyMetric,
        describedObject: fc.record({ kind: word, name: word }),
        target: fc.oneof(average, fc.record({ value: quantity })),
      }),
    }),
    fc.record({ type: fc.constant('External'), external: fc.record({ metric: anyMetric, target: average }) }),
  ),
  { maxLength: 4 },
);
const rules = fc.option(
  fc.record(
    {
      stabilizationWindowSeconds: fc.integer({ min: 0, max: 3600 }),
      selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
      tolerance: fc.constantFrom('0', '100m', '0.2'),
      policies: fc.array(
        fc.record({
          type: fc.constantFrom('Pods', 'Percent'),
          value: fc.integer({ min: 1, max: 200 }),
          periodSeconds: fc.integer({ min: 1, max: 1800 }),
        }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

describe('any HorizontalPodAutoscaler', () => {
  it('becomes a document that loads, or a note that says why not', () => {
    const anySpec = fc.record({
      minReplicas: fc.integer({ min: 0, max: 5 }),
      maxReplicas: fc.integer({ min: 1, max: 1000 }),
      metrics,
      behavior: fc.option(fc.record({ scaleUp: rules, scaleDown: rules }), { nil: undefined }),
    });
    const some = fc.array(anySpec, { minLength: 5, maxLength: 10 });
    fc.assert(
      fc.property(some, (specs) => {
        const objects = specs.map((spec, index) => {
          const name = `web-${index}`;
          return hpa({ ...spec, scaleTargetRef: { kind: 'Deployment', name } }, { name });
        });
        const conversion = converted('hpa', objects);
        expect(refusals(conversion)).toEqual([]);
        const told = conversion.notes.flatMap(({ object, effect }) => (effect === 'left' ? [object?.name] : []));
        const written = conversion.policies.map(({ from }) => from.name);
        expect(
          objects.map((_, index) => `web-${index}`).filter((name) => ![...told, ...written].includes(name)),
        ).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});
