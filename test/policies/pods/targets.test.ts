// Every kind of target through a whole decision: many by a selector, custom kinds by their scale, and who means whom.
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory } from '../../../src/model/memory.ts';
import type { Scale, Workload } from '../../../src/model/kubernetes.ts';
import { decide } from '../../../src/policies/decide.ts';
import { aConfig, aDeployment, aPod, aPodPolicy, aSnapshot, at, deepFreeze, noon } from '../../builders.ts';
import { series } from '../properties/simulate.ts';
import { steady } from './shop.ts';

const quick = { behavior: { scaleDown: { stabilizationWindow: '0s' } } };
const known = (...keys: string[]): Memory => ({
  ...steady(),
  targets: Object.fromEntries(keys.map((key) => [key, { ...emptyTargetMemory, firstSeen: at(-86_400) }])),
});
const front = (namespace: string, name: string, replicas = 4): Workload => {
  const built = aDeployment(namespace, name).replicas(replicas).build();
  return { ...built, metadata: { ...built.metadata, labels: { tier: 'front' } } };
};
const query = 'sum by (namespace, app) (load)';
const metrics = [
  { name: 'requests', query, split: { namespace: 'namespace', app: 'name' }, target: { averageValue: 100 } },
];
const many = (more: object = {}, targets: object = {}, name = 'fronts') =>
  aPodPolicy(name, {
    ...quick,
    metrics,
    targets: {
      kind: 'Deployment',
      namespaces: ['shop', 'pay-*'],
      selector: { matchLabels: { tier: 'front' } },
      ...targets,
    },
    ...more,
  });
const world = (...deployments: Workload[]) =>
  aSnapshot()
    .kubernetes({ deployments })
    .answering(
      query,
      series(...deployments.map(({ metadata: { namespace = '', name } }) => [{ namespace, app: name }, 700] as const)),
    );
const decided = (snapshot: ReturnType<typeof world>, policies: Parameters<typeof aConfig>[0], memory = known()) =>
  decide(deepFreeze(snapshot.build()), aConfig(policies), memory, noon).plan;
const shown = (plan: ReturnType<typeof decided>) =>
  plan.pods.map(
    ({ policy, target, desired, reason }) => `${policy.name}: ${target.namespace}/${target.name} ${desired} ${reason}`,
  );

describe('many targets', () => {
  const deployments = [
    front('shop', 'web'),
    front('pay-eu', 'api'),
    front('bank', 'web'),
    aDeployment('shop', 'db').build(),
  ];

  it('are those of the namespaces and the labels, each with its own share', () => {
    expect(shown(decided(world(...deployments), [many()]))).toEqual([
      'fronts: pay-eu/api 7 MetricAboveTarget',
      'fronts: shop/web 7 MetricAboveTarget',
    ]);
  });

  it('take their overrides, one upon the other', () => {
    const overrides = [
      { match: { namespace: 'pay-*' }, replicas: { max: 5 } },
      { match: { name: 'api' }, metrics: { requests: { target: { averageValue: 350 } } } },
      { match: { namespace: 'shop', name: 'web' }, replicas: { min: 9 } },
    ];
    expect(shown(decided(world(...deployments, front('pay-us', 'web')), [many({ overrides })]))).toEqual([
      'fronts: pay-eu/api 2 MetricBelowTarget',
      'fronts: pay-us/web 5 MetricAboveTarget',
      'fronts: shop/web 9 TooFewReplicas',
    ]);
  });

  it.each([
    [{ min: 1, max: 1 }, 'UnexpectedTargets'],
    [{ min: 3, max: 9 }, 'UnexpectedTargets'],
    [{ min: 2, max: 2 }, 'MetricAboveTarget'],
  ])('expected %j: %s', (expect_, reason) => {
    const plan = decided(world(...deployments), [many({}, { expect: expect_ })]);
    expect(plan.pods.map((one) => one.reason)).toEqual([reason, reason]);
    if (reason !== 'UnexpectedTargets') return;
    expect(plan.pods[0]).toMatchObject({ action: 'hold', desired: 4, facts: { count: 2, ...expect_ } });
    expect(plan.pods[0]?.message).toContain('2');
  });

  it('of which none is left are told, too', () => {
    const config = aConfig([many({}, { expect: { min: 1, max: 9 } })]);
    const { memory, plan } = decide(world(aDeployment('shop', 'db').build()).build(), config, known(), noon);
    expect(plan.pods).toEqual([]);
    const later = decide(world(aDeployment('shop', 'db').build()).build(), config, memory, at(60));
    expect(later.plan.alerts.map(({ labels }) => labels['alertname'])).toEqual(['SpringtideTargetsUnexpected']);
  });

  it('claimed by two selections hold, and both policies are named', () => {
    const plan = decided(world(front('shop', 'web')), [many(), many({}, {}, 'others')]);
    expect(shown(plan)).toEqual(['fronts: shop/web 4 ClaimedTwice', 'others: shop/web 4 ClaimedTwice']);
    expect(plan.pods.map(({ message }) => [message.includes('others'), message.includes('fronts')])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('are left to whoever names one of them', () => {
    const named = aPodPolicy('web', { ...quick, metrics: [{ name: 'a', query: 'a', target: { averageValue: 50 } }] });
    expect(
      shown(decided(world(front('shop', 'web'), front('shop', 'api')).answering('a', 300), [many(), named])),
    ).toEqual(['fronts: shop/api 7 MetricAboveTarget', 'web: shop/web 6 MetricAboveTarget']);
  });

  it('that lose the label leave, and nothing of them is remembered', () => {
    const { memory } = decide(world(...deployments).build(), aConfig([many()]), known(), noon);
    expect(Object.keys(memory.targets)).toEqual(['pay-eu/Deployment/api', 'shop/Deployment/web']);
    const after = decide(world(aDeployment('shop', 'web').build()).build(), aConfig([many()]), memory, at(15));
    expect(after.plan.pods).toEqual([]);
    expect(after.memory.targets).toEqual({});
  });

  it('whose list could not be read are told of, not forgotten to be told', () => {
    const plan = decided(world(...deployments).without('deployments'), [many()]);
    expect(plan.pods.every(({ action }) => action === 'hold')).toBe(true);
  });
});

describe('a kind', () => {
  const object = (kind: string, name = 'web'): Workload => ({
    metadata: { name, namespace: 'shop', resourceVersion: '7' },
    spec: {
      replicas: 3,
      selector: kind === 'ReplicationController' ? { app: name } : { matchLabels: { app: name } },
    },
    status: { replicas: 3 },
  });
  const pods = [1, 2, 3].map((index) => aPod(`web-${index}`).labelled({ app: 'web' }).ready());
  const cpu = { metrics: [{ name: 'load', query: 'load', target: { value: 10 } }] };

  it.each([
    ['Deployment', 'deployments', 'apps/v1'],
    ['StatefulSet', 'statefulsets', 'apps/v1'],
    ['ReplicaSet', 'replicasets', 'apps/v1'],
    ['ReplicationController', 'replicationcontrollers', 'v1'],
  ] as const)('%s is found in %s, with its pods', (kind, list, apiVersion) => {
    const policy = aPodPolicy('web', { ...cpu, target: { apiVersion, kind, name: 'web' } });
    const snapshot = aSnapshot()
      .kubernetes({ [list]: [object(kind)] })
      .pods(...pods)
      .answering('load', 20);
    const { plan } = decide(snapshot.build(), aConfig([policy]), known(), noon);
    expect(plan.pods[0]).toMatchObject({ current: 3, desired: 6, target: { kind }, resourceVersion: '7' });
    const unread = decide(snapshot.without(list).build(), aConfig([policy]), known(), noon).plan.pods[0];
    expect(unread).toMatchObject({ reason: 'FailedGetScale', current: null, action: 'hold' });
    expect(unread?.facts['what']).toContain(list);
  });

  const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
  const scaleOf = (more: Partial<Scale> = {}): Scale => ({
    metadata: { name: 'web', namespace: 'shop', resourceVersion: '9' },
    spec: { replicas: 3 },
    status: { replicas: 3, selector: 'app in (web),!canary' },
    target: rollout,
    ...more,
  });
  const policy = (more: object = {}) =>
    aPodPolicy('web', { ...cpu, ...quick, target: { ...rollout, name: 'web' }, ...more });
  const decideScale = (scale: Scale, spec: object = {}, load = 20, memory = known('shop/Rollout/web')) =>
    decide(
      aSnapshot()
        .kubernetes({ scales: [scale] })
        .pods(...pods, aPod('web-c').labelled({ app: 'web', canary: 'x' }).ready())
        .answering('load', load)
        .build(),
      aConfig([policy(spec)]),
      memory,
      noon,
    ).plan.pods[0];

  it('of one’s own is known by its scale: replicas, selector, version', () => {
    expect(decideScale(scaleOf())).toMatchObject({
      current: 3,
      desired: 6,
      target: { kind: 'Rollout', apiVersion: 'argoproj.io/v1alpha1' },
      resourceVersion: '9',
    });
  });

  it('of one’s own without a selector holds: its pods are not known', () => {
    expect(decideScale(scaleOf({ status: { replicas: 3 } }))).toMatchObject({
      reason: 'InvalidSelector',
      action: 'hold',
    });
    expect(decideScale(scaleOf({ status: { replicas: 3, selector: 'app in (' } }))?.reason).toBe('InvalidSelector');
  });

  it('of one’s own is paused, slept and woken by its annotations', () => {
    const annotated = (annotations: Record<string, string>, replicas = 3) =>
      scaleOf({ metadata: { name: 'web', namespace: 'shop', annotations }, spec: { replicas } });
    expect(decideScale(annotated({ 'springtide.io/paused': 'true' }))?.reason).toBe('Paused');
    const zero = {
      replicas: { min: 0, max: 9 },
      zero: { after: '0s' },
      metrics: [{ name: 'load', query: 'load', target: { averageValue: 10 }, activation: 1 }],
    };
    expect(decideScale(annotated({}), zero, 0)).toMatchObject({ desired: 0, mark: { previous: 3 } });
    const marked = annotated({ 'springtide.io/previous-replicas': '3' }, 0);
    expect(decideScale(marked, zero, 40)).toMatchObject({ desired: 4, mark: null });
  });

  it('of one’s own that could not be read, or that is not there, holds', () => {
    const look = (failing: boolean) => {
      const snapshot = aSnapshot()
        .kubernetes({ scales: [] })
        .pods(...pods)
        .answering('load', 1);
      const error = {
        source: 'kubernetes',
        what: 'scales shop/Rollout/web',
        code: 'Forbidden',
        message: 'no rights',
      } as const;
      return decide((failing ? snapshot.failing(error) : snapshot).build(), aConfig([policy()]), known(), noon).plan
        .pods[0];
    };
    expect(look(true)).toMatchObject({ reason: 'FailedGetScale', action: 'hold', current: null });
    expect(look(true)?.facts['what']).toContain('no rights');
    expect(look(false)).toMatchObject({ reason: 'FailedGetScale', action: 'hold' });
  });
});
