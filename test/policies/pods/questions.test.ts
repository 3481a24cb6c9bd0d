// Answers as decisions look them up: by the filled text, by the share of a grouped answer, and how old all of them are.
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory } from '../../../src/model/memory.ts';
import type { PrometheusAnswer } from '../../../src/model/snapshot.ts';
import { decide } from '../../../src/policies/decide.ts';
import { aConfig, aDeployment, aPod, aPodPolicy, aSnapshot, answered, at, noon, podsOf } from '../../builders.ts';
import { series } from '../properties/simulate.ts';
import { decideOne, key, steady, world } from './shop.ts';

const quick = { behavior: { scaleDown: { stabilizationWindow: '0s' } } };
const known = (): Memory => ({
  ...steady(),
  targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400) } },
});
const template = 'sum(load{namespace="{{namespace}}",app="{{name}}"})';
const filled = 'sum(load{namespace="shop",app="web"})';

describe('a templated query', () => {
  const metrics = [{ name: 'requests', query: template, target: { averageValue: 100 } }];

  it('is looked up by its filled text', () => {
    expect(decideOne(world(4).answering(filled, 700).build(), { metrics }).decision.desired).toBe(7);
  });

  it('of which nobody has asked is unknown', () => {
    expect(decideOne(world(4).answering(template, 100).build(), { ...quick, metrics }, known()).decision).toMatchObject(
      {
        reason: 'MetricUnknown',
        desired: 4,
      },
    );
  });

  it('prefers the filled text to the grouped one, also where it failed', () => {
    const policy = aPodPolicy('web', { ...quick, metrics });
    const [metric] = policy.spec.metrics;
    const grouped = metric?.source.kind === 'query' ? metric.source.question.grouped : null;
    const many = series([{ namespace: 'shop', app: 'web' }, 100]);
    const decided = (snapshot: ReturnType<typeof world>) =>
      decide(snapshot.build(), aConfig([policy]), known(), noon).plan.pods[0];
    const alone = world(4).answering(grouped?.query ?? '', many);
    expect(decided(alone)?.desired).toBe(1);
    expect(
      decided(
        world(4)
          .answering(grouped?.query ?? '', many)
          .answering(filled, 600),
      )?.desired,
    ).toBe(6);
    const failing = { source: 'prometheus', what: filled, code: 'Timeout', message: '5 s' } as const;
    expect(
      decided(
        world(4)
          .answering(grouped?.query ?? '', many)
          .failing(failing),
      ),
    ).toMatchObject({
      reason: 'MetricUnknown',
      metrics: [{ state: 'failed', why: 'Timeout: 5 s' }],
    });
  });
});

describe('a split answer', () => {
  const query = 'sum by (ns, app) (load)';
  const metric = (split: object) => [{ name: 'requests', query, split, target: { averageValue: 100 } }];
  const both = metric({ ns: 'namespace', app: 'name' });
  const nameOnly = metric({ app: 'name' });
  const decided = (metrics: object[], answer: PrometheusAnswer, age?: PrometheusAnswer) => {
    const policy = aPodPolicy('web', { ...quick, metrics }, age === undefined ? {} : { requests: ['age of load'] });
    let snapshot = world(4).answering(query, answer);
    if (age !== undefined) snapshot = snapshot.answering('age of load', age);
    const [decision] = decide(snapshot.build(), aConfig([policy]), known(), noon).plan.pods;
    return decision;
  };
  const web = series(
    [{ ns: 'shop', app: 'web' }, 700],
    [{ ns: 'bank', app: 'web' }, 100],
    [{ ns: 'shop', app: 'api' }, 9],
  );

  it('gives each target its own share', () => {
    expect(decided(both, web)?.desired).toBe(7);
  });

  it('by name alone is the same for every namespace', () => {
    expect(decided(nameOnly, series([{ app: 'web' }, 600]))?.desired).toBe(6);
    // two namespaces' series of one name are two series
    expect(decided(nameOnly, web)?.metrics[0]).toMatchObject({ state: 'failed', proposal: null });
  });

  it.each([
    ['without a share of its own', series([{ ns: 'shop', app: 'api' }, 700]), 'unknown'],
    [
      'with two series for it',
      series([{ ns: 'shop', app: 'web', le: '1' }, 1], [{ ns: 'shop', app: 'web', le: '2' }, 1]),
      'failed',
    ],
    ['that is partial', { ...web, warnings: ['one store is missing'] }, 'unknown'],
    ['that failed as a whole', { status: 'error', error: 'query timed out' } as const, 'failed'],
    ['without the labels', series([{}, 700]), 'unknown'],
  ])('%s is unknown', (_, answer, state) => {
    expect(decided(both, answer)).toMatchObject({ desired: 4, action: 'hold', metrics: [{ state }] });
  });

  it.each([
    ['its own share', both, series([{ ns: 'shop', app: 'web' }, 10], [{ ns: 'shop', app: 'api' }, 999]), 7, 10],
    ['too old', both, series([{ ns: 'shop', app: 'web' }, 200]), 4, 200],
    ['everybody’s where the labels are missing', both, series([{}, 30]), 7, 30],
    ['everybody’s, too old', both, series([{}, 300]), 4, 300],
    ['everybody’s beside the shares of others', both, series([{ ns: 'x', app: 'y' }, 1], [{}, 40]), 7, 40],
    ['everybody’s of a split by name alone', nameOnly, series([{}, 30]), 7, 30],
    ['nobody’s: unknown', both, series([{ ns: 'x', app: 'y' }, 1]), 4, null],
  ])('has an age: %s', (_, metrics, age, desired, ageSeconds) => {
    const answer = metrics === nameOnly ? series([{ app: 'web' }, 700]) : web;
    expect(decided(metrics, answer, age)).toMatchObject({ desired, metrics: [{ ageSeconds }] });
  });

  it('has the age of the oldest of what it reads', () => {
    const policy = aPodPolicy(
      'web',
      { metrics: [{ name: 'a', query: 'a', target: { averageValue: 100 } }] },
      { a: ['x', 'y'] },
    );
    const look = (x: PrometheusAnswer, y: PrometheusAnswer) =>
      decide(world(4).answering('a', 700).answering('x', x).answering('y', y).build(), aConfig([policy]), known(), noon)
        .plan.pods[0]?.metrics[0];
    expect(look(answered(10), answered(70))).toMatchObject({ ageSeconds: 70, state: 'ok' });
    expect(look(answered(121), answered(7))).toMatchObject({ ageSeconds: 121, state: 'stale' });
    expect(look(answered(12), answered(null))).toMatchObject({ ageSeconds: null, state: 'unknown' });
  });
});

describe('a metric by: pod', () => {
  const metrics = [{ name: 'jobs', query: 'jobs', by: 'pod', target: { averageValue: 10 } }];
  const each = (...values: readonly (number | string)[]) =>
    series(...values.map((value, index) => [{ namespace: 'shop', pod: `web-${index + 1}` }, value] as const));
  const decided = (answer: PrometheusAnswer, pods = podsOf('web', { 'n-1': 4 })) =>
    decideOne(
      world(4)
        .pods(...pods)
        .answering('jobs', answer)
        .build(),
      { ...quick, metrics },
      known(),
    ).decision;

  it.each([
    ['all pods', each(20, 20, 10, 10), 6, 15],
    ['a missing pod is idle on the way up', each(20, 20, 20), 6, 20],
    ['several missing ones never turn the direction', each(18), 4, 18],
    ['a missing pod is at its target on the way down', each(5, 5, 5), 3, 5],
    ['what is no number is missing', each(5, 5, 5, 'NaN'), 3, 5],
    ['within the tolerance', each(10.9, 10.9, 10.9, 10.9), 4, 10.9],
    ['thousandths are cut off, as the HPA does', each(11.0001, 11, 11, 11), 4, 11],
    ['several series of one pod are one sum', series([{ pod: 'web-1' }, 30], [{ pod: 'web-1' }, 30]), 6, 60],
  ])('%s', (_, answer, desired, value) => {
    expect(decided(answer)).toMatchObject({ desired, metrics: [{ value, state: 'ok' }] });
  });

  it('ignores pods of others, of other namespaces and those that end', () => {
    const others = series(
      [{ namespace: 'shop', pod: 'web-1' }, 20],
      [{ namespace: 'bank', pod: 'web-2' }, 900],
      [{ namespace: 'shop', pod: 'api-1' }, 900],
      [{ namespace: 'shop', pod: 'web-9' }, 900],
      [{}, 900],
    );
    const leaving = aPod('web-9').labelled({ app: 'web' }).ready().deleting(at(-5)).build();
    const [first] = podsOf('web', { 'n-1': 1 });
    expect(decided(others, first === undefined ? [] : [first, leaving])).toMatchObject({
      metrics: [{ value: 20, detail: { readyPods: 1, ignoredPods: 1, podsWithoutSample: 0 } }],
    });
  });

  it('is unknown without a sample of any pod', () => {
    expect(decided(each())).toMatchObject({ reason: 'MetricUnknown', desired: 4 });
    expect(decided(series([{ pod: 'api-1' }, 100]))).toMatchObject({ reason: 'MetricUnknown', desired: 4 });
  });

  it('counts pods that are starting: only CPU looks at readiness', () => {
    const starting = aPod('web-2')
      .labelled({ app: 'web' })
      .status({ phase: 'Running', startTime: '2026-11-20T11:59:50Z', conditions: [{ type: 'Ready', status: 'False' }] })
      .build();
    const pending = aPod('web-3').labelled({ app: 'web' }).unschedulable().build();
    const [first] = podsOf('web', { 'n-1': 1 });
    const pods = first === undefined ? [] : [first, starting, pending];
    const snapshot = aSnapshot()
      .deployments(aDeployment('shop', 'web').replicas(3))
      .pods(...pods)
      .answering('jobs', each(20, 20, 20));
    const { decision } = decideOne(snapshot.build(), { metrics });
    expect(decision.metrics[0]?.detail).toMatchObject({ readyPods: 2, unreadyPods: 1 });
  });
});
