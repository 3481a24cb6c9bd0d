// Who goes first where replicas are lowered: the idlest by the policy's query, and nobody while that cannot be told.
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory } from '../../../src/model/memory.ts';
import type { Pod } from '../../../src/model/kubernetes.ts';
import type { PrometheusAnswer } from '../../../src/model/snapshot.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aDeployment, aPod, aPodPolicy, aSnapshot, answered, at } from '../../builders.ts';
import { series } from '../properties/simulate.ts';
import { decideOne, key, steady } from './shop.ts';

const costOf = 'controller.kubernetes.io/pod-deletion-cost';
const policy = {
  behavior: { scaleDown: { stabilizationWindow: '0s', victim: { query: 'jobs', by: 'pod' } } },
};
const known: Memory = { ...steady(), targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400) } } };

const pod = (name: string): ReturnType<typeof aPod> => aPod(name).labelled({ app: 'web' }).on('n-1').ready();
const five = (): Pod[] => ['a', 'b', 'c', 'd', 'e'].map((name) => pod(name).build());
const jobs = (byPod: Readonly<Record<string, number | string>>): PrometheusAnswer =>
  series(...Object.entries(byPod).map(([name, value]) => [{ namespace: 'shop', pod: name }, value] as const));
const busy = jobs({ a: 4, b: 0, c: 7, d: 1, e: 2 });

function decided(value: number, answer: PrometheusAnswer | null, pods: readonly Pod[] = five(), more: object = policy) {
  let snapshot = aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(pods.length))
    .pods(...pods)
    .answering('requests', value);
  if (answer !== null) snapshot = snapshot.answering('jobs', answer);
  return decideOne(snapshot.build(), more, known);
}
const costs = (...given: Parameters<typeof decided>): readonly (readonly [string, number | null])[] =>
  (decided(...given).decision.deletionCosts ?? []).map(({ pod: { name }, cost }) => [name, cost] as const);

describe('replicas that are lowered', () => {
  it('lose the pods that do least, the idlest first', () => {
    expect(costs(300, busy)).toEqual([
      ['b', -2],
      ['d', -1],
    ]);
    expect(decided(300, busy).decision.deletionCosts?.[0]).toEqual({
      pod: { namespace: 'shop', name: 'b', uid: 'uid-b' },
      value: 0,
      cost: -2,
    });
  });

  it('lose first what does not run or is not ready, as Kubernetes takes it', () => {
    const pods = [...five().slice(0, 3), aPod('d').labelled({ app: 'web' }).unschedulable().build()];
    expect(costs(200, busy, pods)).toEqual([
      ['d', -2],
      ['b', -1],
    ]);
  });

  it('keep the pod of which nobody can tell, before all others', () => {
    expect(costs(100, jobs({ a: 4, b: 9, c: 'NaN', d: 1 }))).toEqual([
      ['d', -4],
      ['a', -3],
      ['b', -2],
      ['c', -1],
    ]);
  });

  it('lose the youngest of equals, whatever the order of the list', () => {
    const born = (name: string, seconds: number): Pod =>
      pod(name)
        .meta({ creationTimestamp: rfc3339(at(-seconds)) })
        .build();
    const pods = [born('a', 600), born('b', 60), born('c', 300), born('d', 300)];
    const equal = jobs({ a: 1, b: 1, c: 1, d: 1 });
    const expected = [
      ['b', -2],
      ['c', -1],
    ];
    expect(costs(200, equal, pods)).toEqual(expected);
    expect(costs(200, equal, pods.toReversed())).toEqual(expected);
  });

  it('spare whom an earlier tick had chosen and who works now; what others have written stays', () => {
    const pods = five().map((one, index) =>
      index === 2 || index === 4
        ? { ...one, metadata: { ...one.metadata, annotations: { [costOf]: index === 2 ? '-3' : '100' } } }
        : one,
    );
    expect(costs(400, busy, pods)).toEqual([
      ['b', -1],
      ['c', null],
    ]);
  });

  it('to zero, raised ones, and a policy that asks for nothing choose nobody', () => {
    expect(decided(900, busy).decision).not.toHaveProperty('deletionCosts');
    expect(
      decided(300, busy, five(), { behavior: { scaleDown: { stabilizationWindow: '0s' } } }).decision,
    ).toMatchObject({
      desired: 3,
    });
    expect(costs(300, busy, five(), { behavior: { scaleDown: { stabilizationWindow: '0s' } } })).toEqual([]);
  });
});

describe('while nobody can tell who is busy', () => {
  it.each([
    ['nobody has asked', null, 'Prometheus was not asked'],
    ['the answer is empty', answered(null), 'no sample of any pod of the target'],
    ['the answer is of other pods', jobs({ x: 1 }), 'no sample of any pod of the target'],
    ['the answer is partial', answered(1, ['partial']), 'a partial answer: partial'],
    ['all of it is no number', jobs({ a: 'NaN', b: '+Inf' }), 'no sample of any pod of the target'],
  ])('because %s nothing is lowered, and it is told', (_, answer, why) => {
    const { decision, plan } = decided(300, answer);
    expect(decision).toMatchObject({
      action: 'hold',
      reason: 'SomeMetricsUnknown',
      desired: 5,
      facts: { unknown: 'victim', proposal: 3, what: `victim: ${why}` },
    });
    expect(decision).not.toHaveProperty('deletionCosts');
    expect(decision.message).toContain('victim');
    expect(plan.alerts).toEqual([]);
    expect(decided(900, answer).decision).toMatchObject({ action: 'scale', desired: 9 });
  });

  it('for a minute somebody is told', () => {
    const first = decided(300, null);
    const again = decideOne(
      aSnapshot()
        .deployments(aDeployment('shop', 'web').replicas(5))
        .pods(...five())
        .answering('requests', 300)
        .build(),
      policy,
      first.memory,
      at(75),
    );
    expect(again.plan.alerts).toMatchObject([{ labels: { alertname: 'SpringtideMetricUnknown' } }]);
    expect(again.plan.alerts[0]?.annotations['summary'] ?? '').toContain('victim');
  });

  it.each([
    [119, 'scale'],
    [121, 'hold'],
  ])('because its samples are %i s old, too: %s', (age, action) => {
    const question = aPodPolicy('web', policy).spec.victim?.ages[0]?.single ?? '';
    expect(question).toContain('timestamp(jobs)');
    const snapshot = aSnapshot()
      .deployments(aDeployment('shop', 'web').replicas(5))
      .pods(...five())
      .answering('requests', 300)
      .answering('jobs', busy)
      .answering(question, age);
    expect(decideOne(snapshot.build(), policy, known).decision.action).toBe(action);
  });
});

describe('a number that a person has paused the target at', () => {
  const paused = (answer: PrometheusAnswer | null) => {
    const deployment = aDeployment('shop', 'web').replicas(5).build();
    const annotations = { 'springtide.io/paused-replicas': '4' };
    let snapshot = aSnapshot()
      .deployments({ ...deployment, metadata: { ...deployment.metadata, annotations } })
      .pods(...five());
    if (answer !== null) snapshot = snapshot.answering('jobs', answer);
    return decideOne(snapshot.build(), policy, known).decision;
  };

  it('is gone to by the idlest where that is known, and in any case', () => {
    expect(paused(busy)).toMatchObject({ desired: 4, deletionCosts: [{ pod: { name: 'b' }, cost: -1 }] });
    expect(paused(null)).toMatchObject({ desired: 4, action: 'scale' });
    expect(paused(null)).not.toHaveProperty('deletionCosts');
  });
});
