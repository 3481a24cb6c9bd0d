// ScaledObjects of KEDA as PodPolicies.
import { describe, expect, it } from 'vitest';
import { codesOf, converted, office, prometheus, refusals, scaledObject, specOf } from './objects.ts';

const cpu = { type: 'cpu', metricType: 'Utilization', metadata: { value: '60' } };
const always = { minReplicaCount: 1 };

describe('a ScaledObject', () => {
  it('opts in to zero, as KEDA does unless told otherwise', () => {
    const conversion = converted('keda', [scaledObject({ triggers: [prometheus({}, { name: 'load' })] })]);
    expect(conversion.policies[0]?.document).toEqual({
      apiVersion: 'springtide/v1',
      kind: 'PodPolicy',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        replicas: { min: 0, max: 10 },
        zero: { after: '5m' },
        metrics: [{ name: 'load', query: 'sum(up)', target: { averageValue: 5 }, activation: 0 }],
        mode: 'dryRun',
      },
    });
    expect(refusals(conversion)).toEqual([]);
  });

  it('takes its cooldowns, its idle replicas and its activation along', () => {
    const trigger = prometheus({ activationThreshold: '2.5' }, { metricType: 'Value' });
    const spec = {
      idleReplicaCount: 0,
      minReplicaCount: 2,
      cooldownPeriod: 90,
      initialCooldownPeriod: 3600,
      triggers: [trigger],
    };
    const conversion = converted('keda', [scaledObject(spec)]);
    expect(conversion.policies[0]?.document.spec).toMatchObject({
      replicas: { min: 0, whenActive: 2, max: 10 },
      zero: { after: '90s', initialCooldown: '1h' },
      metrics: [{ name: 'prometheus', target: { value: 5 }, activation: 2.5 }],
    });
    expect(refusals(conversion)).toEqual([]);
  });

  it.each<[string, object, object]>([
    ['cpu', cpu, { name: 'cpu', resource: 'cpu', target: { utilization: 60 } }],
    [
      'memory of a container',
      { type: 'memory', metricType: 'AverageValue', metadata: { value: '1Gi', containerName: 'app' } },
      { name: 'memory_app', resource: 'memory', container: 'app', target: { averageValue: '1Gi' } },
    ],
    [
      'cpu in the older words',
      { type: 'cpu', metadata: { type: 'AverageValue', value: '500m' } },
      { name: 'cpu', resource: 'cpu', target: { averageValue: '500m' } },
    ],
    [
      'a query under a name that is none here',
      prometheus({ ignoreNullValues: 'false' }, { name: '5xx-errors' }),
      { name: '_5xx_errors', query: 'sum(up)', target: { averageValue: 5 } },
    ],
  ])('carries over %s', (_, trigger, expected) => {
    const conversion = converted('keda', [scaledObject({ ...always, triggers: [trigger] })]);
    expect(conversion.policies[0]?.document.spec.metrics).toEqual([expected]);
    expect(refusals(conversion)).toEqual([]);
  });

  it('holds where nothing is answered, unless told to keep what KEDA does', () => {
    const object = scaledObject({ ...always, triggers: [prometheus()] });
    const codes = (keepIgnoreNullValues: boolean): string[] =>
      converted('keda', [object], { keepIgnoreNullValues }).notes.map(({ code }) => code);
    expect(specOf('keda', object)?.metrics?.[0]).not.toHaveProperty('unknown');
    expect(codes(false)).toContain('HoldOnEmpty');
    expect(specOf('keda', object, { keepIgnoreNullValues: true })?.metrics?.[0]?.unknown).toEqual({ treatAs: 0 });
    expect(codes(true)).toContain('EmptyIsZero');
  });

  it('gives the fallback a time, within the bounds', () => {
    const spec = { ...always, pollingInterval: 20, triggers: [prometheus()] };
    const fallback = { failureThreshold: 3, replicas: 6 };
    expect(specOf('keda', scaledObject({ ...spec, fallback }))?.fallback).toEqual({
      after: '1m',
      replicas: 6,
      behavior: 'static',
    });
    const conversion = converted('keda', [
      scaledObject({ ...spec, fallback: { failureThreshold: 3, replicas: 60, behavior: 'currentReplicasIfHigher' } }),
    ]);
    expect(conversion.policies[0]?.document.spec.fallback).toEqual({
      after: '1m',
      replicas: 10,
      behavior: 'currentReplicasIfHigher',
    });
    expect(codesOf(conversion)).toEqual(['PollingOfTheDaemon', 'FallbackIsATime', 'FallbackClamped']);
    expect(refusals(conversion)).toEqual([]);
  });

  it('becomes a schedule where it has cron windows, floors beside its metrics', () => {
    const triggers = [office('4'), office('40', { name: 'sale' }), cpu];
    const conversion = converted('keda', [scaledObject({ ...always, triggers })]);
    expect(conversion.policies[0]?.document.spec.schedule).toEqual([
      { name: 'cron', cron: { start: '0 8 * * 1-5', end: '0 20 * * 1-5' }, timeZone: 'Asia/Shanghai', min: 4 },
      { name: 'sale', cron: { start: '0 8 * * 1-5', end: '0 20 * * 1-5' }, timeZone: 'Asia/Shanghai', min: 10 },
    ]);
    expect(codesOf(conversion)).toEqual(['CronClamped']);
    expect(refusals(conversion)).toEqual([]);
  });

  it('of windows only has its minimum outside of them, zero by a window of its own', () => {
    const rests = converted('keda', [scaledObject({ minReplicaCount: 2, triggers: [office('4')] })]);
    expect(rests.policies[0]?.document.spec).toMatchObject({ replicas: { min: 2 }, schedule: [{ min: 4 }] });
    const sleeps = converted('keda', [scaledObject({ triggers: [office('4')] })]);
    expect(sleeps.policies[0]?.document.spec).toMatchObject({
      replicas: { min: 1, max: 10 },
      schedule: [{ min: 4 }, { name: 'otherwise', replicas: 0, priority: -1 }],
    });
    expect(codesOf(sleeps)).toEqual(['OutsideWindows']);
    expect([...refusals(rests), ...refusals(sleeps)]).toEqual([]);
  });

  it('with scaling modifiers is a formula over inputs', () => {
    const triggers = [prometheus({}, { name: 'a-b' }), prometheus({ threshold: undefined }, { name: 'last' }), cpu];
    const formula = 'min(last, 5) + last ?? 0 > 2 ? -last ?? 1 : (last ?? 3) * 2';
    const scalingModifiers = { formula, target: '7', activationTarget: '3', metricType: 'Value' };
    const conversion = converted('keda', [scaledObject({ advanced: { scalingModifiers }, triggers })]);
    expect(conversion.policies[0]?.document.spec.metrics).toEqual([
      { name: 'last_value', query: 'sum(up)', use: 'formula' },
      { name: 'cpu', resource: 'cpu', target: { utilization: 60 } },
      {
        name: 'combined',
        formula: 'min(last_value, 5) + (last_value ?? 0) > 2 ? -(last_value ?? 1) : (last_value ?? 3) * 2',
        target: { value: 7 },
        activation: 3,
      },
    ]);
    expect(codesOf(conversion)).toEqual(['MetricRenamed', 'MetricRenamed', 'FieldLeft']);
    expect(refusals(conversion)).toEqual([]);
  });

  it.each<[string, object, string[]]>([
    ['crossing bounds', scaledObject({ minReplicaCount: 11, triggers: [cpu] }), ['MinAboveMax']],
    [
      'idle replicas above the minimum',
      scaledObject({ minReplicaCount: 1, idleReplicaCount: 2, triggers: [cpu] }),
      ['IdleNotBelowMin'],
    ],
    ['no triggers', scaledObject({}), ['NothingDecides']],
    [
      'triggers of other systems only',
      scaledObject({ triggers: [{ type: 'kafka', metadata: {} }] }),
      ['TriggerUnknown', 'NothingDecides'],
    ],
    [
      'a formula in more than our language',
      scaledObject({
        advanced: { scalingModifiers: { formula: 'sum([a, b]) % 2', target: '1' } },
        triggers: [prometheus({}, { name: 'a' })],
      }),
      ['FormulaLeft'],
    ],
    [
      'a formula without a target',
      scaledObject({
        advanced: { scalingModifiers: { formula: 'a' } },
        triggers: [prometheus({}, { name: 'a' })],
      }),
      ['FieldInvalid'],
    ],
    ['jobs to start', { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledJob', metadata: { name: 'a' } }, ['JobScaling']],
  ])('with %s is not converted, and the notes say why', (_, object, codes) => {
    const conversion = converted('keda', [object]);
    expect([conversion.policies, codesOf(conversion)]).toEqual([[], codes]);
  });

  it('names what a formula has and ours has not', () => {
    const scalingModifiers = { formula: 'sum([a, b]) % 2 && (a', target: '1' };
    const triggers = [prometheus({}, { name: 'a' }), office('4', { name: 'b' })];
    const { notes } = converted('keda', [scaledObject({ advanced: { scalingModifiers }, triggers })]);
    expect(notes.find(({ code }) => code === 'FormulaLeft')?.facts['what']).toBe('sum() [ b ] % && (');
  });

  it.each<[string, object, string]>([
    ['start', { ...office('4'), metadata: { timezone: 'UTC', end: '0 1 * * *', desiredReplicas: '4' } }, 'start'],
    ['end', { ...office('4'), metadata: { timezone: 'UTC', start: '0 1 * * *', end: '0 1 * * *' } }, 'end'],
    [
      'zone',
      { ...office('4'), metadata: { timezone: 'Mars', start: '0 1 * * *', end: '0 2 * * *', desiredReplicas: '4' } },
      'timezone',
    ],
    ['number', office('0'), 'desiredReplicas'],
    ['query', prometheus({ query: '' }), 'query'],
    ['threshold', prometheus({ threshold: 'many' }), 'threshold'],
    ['value', { type: 'cpu', metadata: {} }, 'value'],
  ])('leaves a trigger without a usable %s behind', (_, trigger, field) => {
    const { notes } = converted('keda', [scaledObject({ ...always, triggers: [trigger] })]);
    expect(notes.find(({ code }) => code === 'TriggerInvalid')?.facts['field']).toBe(field);
  });

  it('lists what has no counterpart', () => {
    const spec = {
      minReplicaCount: 2,
      idleReplicaCount: 1,
      maxReplicaCount: null,
      advanced: {
        restoreToOriginalReplicaCount: true,
        horizontalPodAutoscalerConfig: { name: 'own', behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } },
      },
      fallback: { failureThreshold: 3, replicas: 6, behavior: 'scalingModifiers' },
      triggers: [
        prometheus({ customHeaders: 'a=b' }, { authenticationRef: { name: 'token' } }),
        prometheus({ serverAddress: 'http://other:9090' }),
      ],
    };
    const conversion = converted('keda', [scaledObject(spec)]);
    expect(codesOf(conversion)).toEqual([
      'FieldLeft',
      'FieldLeft',
      'DefaultMax',
      'IdleNotZero',
      'FieldLeft',
      'AuthenticationOfTheDaemon',
      'FallbackLeft',
      'SeveralServers',
    ]);
    expect(conversion.policies[0]?.document.spec).toMatchObject({
      replicas: { min: 2, max: 100 },
      behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
      metrics: [{ name: 'prometheus' }, { name: 'prometheus_2' }],
    });
  });

  it('does not repeat the credential of an address', () => {
    const trigger = prometheus({ serverAddress: 'https://me:secret@prometheus:9090/a@b' });
    const { notes } = converted('keda', [scaledObject({ ...always, triggers: [trigger] })]);
    expect(notes.find(({ code }) => code === 'ServerOfTheDaemon')?.facts).toEqual({
      server: 'https://prometheus:9090/a@b',
    });
  });

  it('names the annotations that its target needs', () => {
    const annotations = {
      'autoscaling.keda.sh/paused': 'true',
      'autoscaling.keda.sh/paused-replicas': '5',
      'autoscaling.keda.sh/paused-scale-in': 'true',
      'autoscaling.keda.sh/paused-scale-out': 'false',
      'autoscaling.keda.sh/force-activation': 'true',
    };
    const { notes } = converted('keda', [scaledObject({ ...always, triggers: [cpu] }, { annotations })]);
    expect(notes.flatMap(({ code, facts }) => (code === 'AnnotationOnTarget' ? [facts['annotation']] : []))).toEqual([
      'springtide.io/paused-scale-down=true',
      'springtide.io/force-activation=true',
      'springtide.io/paused-replicas=5',
    ]);
  });
});
