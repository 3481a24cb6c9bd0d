// Which objects each policy scales: named before selected, one policy a target, the same answer in any order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodPolicy } from '../../src/model/config.ts';
import type { ObjectMeta, Scale, Workload } from '../../src/model/kubernetes.ts';
import type { KubernetesFacts } from '../../src/model/snapshot.ts';
import { targetKey, targetName } from '../../src/model/target.ts';
import { selectTargets, type Selection } from '../../src/targets/select.ts';
import { aPodPolicy } from '../builders.ts';

const aWorkload = (place: string, labels: Record<string, string> = {}, more: Partial<ObjectMeta> = {}): Workload => {
  const [namespace = '', name = ''] = place.split('/');
  return { metadata: { namespace, name, labels, ...more }, spec: { replicas: 2 } };
};
const aScale = (place: string, labels: Record<string, string> = {}, read = true): Scale => ({
  ...aWorkload(place, labels),
  ...(read ? { spec: { replicas: 3 }, status: { replicas: 3, selector: 'app=web' } } : { spec: undefined }),
  target: { kind: 'Rollout', apiVersion: 'argoproj.io/v1alpha1' },
});

const selecting = (name: string, targets: object, more: object = {}): PodPolicy =>
  aPodPolicy(name, { targets: { kind: 'Deployment', ...targets }, ...more });
const tier = (value: string): object => ({ selector: { matchLabels: { tier: value } } });

const owners = ({ bound }: Selection): string[] =>
  bound.map(({ target, policy }) => `${targetName(target)} ${policy.metadata.name}`);
const problemsOf = ({ problems }: Selection): string[] =>
  problems.map((problem) => {
    switch (problem.kind) {
      case 'claimedTwice':
        return `claimedTwice ${targetName(problem.target)} ${problem.policies.map(({ metadata }) => metadata.name).join()}`;
      case 'unexpectedCount':
        return `unexpectedCount ${problem.policy.metadata.name} ${problem.count}`;
      case 'unreadable':
        return `unreadable ${problem.policy.metadata.name} ${problem.what}`;
    }
  });

describe('what a policy names', () => {
  it('is bound to its object, or to none where it is missing', () => {
    const web = aWorkload('shop/web');
    const { bound, problems } = selectTargets([aPodPolicy('web'), aPodPolicy('gone')], { deployments: [web] });
    expect(bound.map(({ object }) => object)).toEqual([web, null]);
    expect(bound[0]?.target).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' });
    expect(problems).toEqual([]);
  });

  it('is unreadable where its list was not read', () => {
    const selection = selectTargets([aPodPolicy('web')], {});
    expect(problemsOf(selection)).toEqual(['unreadable web deployments']);
    expect(selection.bound[0]?.object).toBeNull();
    expect(selection.bound[0]?.problem?.kind).toBe('unreadable');
  });

  it('is found among the scales where its kind is a custom one', () => {
    const target = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' };
    const policy = aPodPolicy('web', { target });
    const { bound } = selectTargets([policy], { scales: [aScale('shop/web', { team: 'a' })] });
    expect(bound[0]?.object).toMatchObject({
      kind: 'Rollout',
      metadata: { name: 'web', labels: { team: 'a' } },
      spec: { replicas: 3, selector: { matchLabels: { app: 'web' } } },
      status: { replicas: 3 },
    });
    const what = 'scales shop/Rollout/web';
    const error = { source: 'kubernetes', what, code: 'Timeout', message: '' } as const;
    expect(problemsOf(selectTargets([policy], {}, [error]))).toEqual([`unreadable web ${what}`]);
  });

  it('a Deployment of another group is a custom kind', () => {
    const policy = aPodPolicy('web', { target: { apiVersion: 'example.org/v1', kind: 'Deployment', name: 'web' } });
    expect(selectTargets([policy], { deployments: [aWorkload('shop/web')] }).bound[0]?.object).toBeNull();
  });

  it('beats what a selector finds, and two policies for one target are both held', () => {
    const all = selecting('all', tier('front'));
    const deployments = [aWorkload('shop/web', { tier: 'front' }), aWorkload('shop/api', { tier: 'front' })];
    expect(owners(selectTargets([all, aPodPolicy('web')], { deployments }))).toEqual(['shop/api all', 'shop/web web']);
    const twice = [aPodPolicy('web'), { ...aPodPolicy('web'), metadata: { namespace: 'shop', name: 'other' } }];
    const selection = selectTargets(twice, { deployments });
    expect(selection.bound).toEqual([]);
    expect(problemsOf(selection)).toEqual(['claimedTwice shop/web web,other']);
  });
});

describe('what a selector finds', () => {
  const deployments = [
    aWorkload('shop/web', { tier: 'front', app: 'web' }),
    aWorkload('shop/api', { tier: 'back', app: 'api' }),
    aWorkload('pay-eu/web', { tier: 'front', app: 'web' }),
    aWorkload('pay-us/web', { tier: 'front' }),
    aWorkload('other/web', { tier: 'front' }),
  ];
  it.each<[string, object, string[]]>([
    ["the policy's own namespace", tier('front'), ['shop/web']],
    [
      'namespaces and patterns',
      { ...tier('front'), namespaces: ['pay-*', 'shop'] },
      ['pay-eu/web', 'pay-us/web', 'shop/web'],
    ],
    ['all namespaces', { ...tier('front'), namespaces: ['*'] }, ['other/web', 'pay-eu/web', 'pay-us/web', 'shop/web']],
    [
      'an expression without a single value',
      { namespaces: ['*'], selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
      ['pay-eu/web', 'shop/api', 'shop/web'],
    ],
    [
      'both at once',
      {
        namespaces: ['*'],
        selector: {
          ...{ matchLabels: { tier: 'front' } },
          matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }],
        },
      },
      ['pay-eu/web', 'shop/web'],
    ],
    ['nothing', tier('none'), []],
  ])('%s', (_what, targets, expected) => {
    const { bound, problems } = selectTargets([selecting('all', targets)], { deployments });
    expect(bound.map(({ target }) => targetName(target))).toEqual(expected);
    expect(problems).toEqual([]);
  });

  it('what two selectors find is held by both and counted by both', () => {
    const fronts = selecting('fronts', { ...tier('front'), expect: { min: 1, max: 1 } });
    const webs = selecting('webs', { selector: { matchLabels: { app: 'web' } } });
    const selection = selectTargets([fronts, webs], { deployments });
    expect(selection.bound).toEqual([]);
    expect(problemsOf(selection)).toEqual(['claimedTwice shop/web fronts,webs']);
  });

  it.each([
    [{ min: 3, max: 9 }, 2, ['unexpectedCount all 2']],
    [{ min: 0, max: 1 }, 2, ['unexpectedCount all 2']],
    [{ min: 2, max: 2 }, 2, []],
  ])('expect %j holds all of them where the count is another', (wanted, count, problems) => {
    const all = selecting('all', { ...tier('front'), namespaces: ['pay-*'], expect: wanted });
    const selection = selectTargets([all], { deployments });
    expect(selection.bound).toHaveLength(count);
    expect(problemsOf(selection)).toEqual(problems);
    const held = selection.bound.filter(({ problem }) => problem !== null);
    expect(held).toHaveLength(problems.length === 0 ? 0 : count);
  });

  it('a ReplicaSet of a Deployment is not taken, one of its own is', () => {
    const ownerReferences = [{ kind: 'Deployment', name: 'web', controller: true }];
    const replicasets = [
      aWorkload('shop/web-1', { tier: 'front' }, { ownerReferences }),
      aWorkload('shop/own', { tier: 'front' }),
    ];
    const all = selecting('all', { kind: 'ReplicaSet', ...tier('front') });
    expect(owners(selectTargets([all], { replicasets }))).toEqual(['shop/own all']);
  });

  it('custom kinds are selected among the scales; what could not be read holds', () => {
    const kind = { kind: 'Rollout', apiVersion: 'argoproj.io/v1alpha1' };
    const all = selecting('all', { ...kind, ...tier('front'), expect: { min: 2, max: 2 } });
    const scales = [aScale('shop/b', { tier: 'front' }, false), aScale('shop/a', { tier: 'front' }), aScale('shop/c')];
    const selection = selectTargets([all], { scales });
    expect(selection.bound.map(({ object }) => object?.spec?.replicas)).toEqual([3, undefined]);
    expect(problemsOf(selection)).toEqual(['unreadable all scales shop/Rollout/b']);
    const list = 'scales argoproj.io/v1alpha1/Rollout';
    expect(problemsOf(selectTargets([all], {}))).toEqual([`unreadable all ${list}`]);
    const error = { source: 'kubernetes', what: list, code: 'Forbidden', message: '' } as const;
    expect(problemsOf(selectTargets([all], { scales: scales.slice(1) }, [error]))).toEqual([`unreadable all ${list}`]);
    expect(problemsOf(selectTargets([selecting('rs', tier('x'))], {}))).toEqual(['unreadable rs deployments']);
  });
});

describe('overrides', () => {
  const overrides = [
    { match: { namespace: 'shop' }, replicas: { min: 3 } },
    {
      match: { namespace: 's*', name: 'web' },
      replicas: { min: 5, max: 9 },
      metrics: { requests: { target: { value: 7 } } },
    },
    { match: { name: 'tiny' }, replicas: { max: 2 } },
  ];
  const all = selecting('all', { ...tier('a'), namespaces: ['*'] }, { overrides });
  const named = (...places: string[]): Workload[] => places.map((place) => aWorkload(place, { tier: 'a' }));

  it('later ones win, those that fit nothing change nothing', () => {
    const { bound } = selectTargets([all], { deployments: named('shop/web', 'shop/api', 'pay/web', 'shop/tiny') });
    const seen = bound.map(({ target, policy }) => [
      targetName(target),
      policy.spec.replicas.min,
      policy.spec.replicas.max,
      policy.spec.metrics[0]?.target?.amount,
    ]);
    expect(seen).toEqual([
      ['pay/web', 1, 60, 100],
      ['shop/api', 3, 60, 100],
      // no room between the two: the ceiling decides
      ['shop/tiny', 2, 2, 100],
      ['shop/web', 5, 9, 7],
    ]);
    expect(bound[0]?.policy).toBe(all);
  });

  it('the same combination is the same policy object, tick after tick', () => {
    const policies = [all];
    const first = selectTargets(policies, { deployments: named('shop/a', 'shop/b') });
    const second = selectTargets(policies, { deployments: named('shop/a', 'shop/b', 'shop/c') });
    expect(first.bound[1]?.policy).toBe(first.bound[0]?.policy);
    expect(second.bound[2]?.policy).toBe(first.bound[0]?.policy);
  });
});

describe('over many ticks', () => {
  it('nothing new is the same answer; an object that stays keeps its binding', () => {
    const policies = [selecting('all', tier('a'))];
    const [one, other] = [aWorkload('shop/a', { tier: 'a' }), aWorkload('shop/b', { tier: 'a' })];
    const facts: KubernetesFacts = { deployments: [one, other], pods: [] };
    const first = selectTargets(policies, facts);
    expect(selectTargets(policies, { ...facts, pods: [] })).toBe(first);
    const second = selectTargets(policies, { deployments: [one, aWorkload('shop/b', { tier: 'a' })] });
    expect(second.bound[0]).toBe(first.bound[0]);
    expect(second.bound[1]).not.toBe(first.bound[1]);
  });
});

describe('whatever the policies and objects', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd');
  const namespaces = fc.constantFrom('shop', 'pay-eu', 'pay-us');
  const workloads = fc.uniqueArray(
    fc.record({
      namespace: namespaces,
      name: names,
      labels: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')),
    }),
    { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 12 },
  );
  const policies = fc.array(
    fc.oneof(
      fc.record({ name: names }).map(({ name }) => aPodPolicy(name)),
      fc
        .record({
          matchLabels: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'), { minKeys: 1 }),
          namespaces: fc.subarray(['shop', 'pay-*', '*'], { minLength: 1 }),
        })
        .map(({ matchLabels, namespaces }) => selecting('many', { selector: { matchLabels }, namespaces })),
    ),
    { maxLength: 5 },
  );
  const built = (given: readonly { namespace: string; name: string; labels: Record<string, string> }[]): Workload[] =>
    given.map(({ namespace, name, labels }) => aWorkload(`${namespace}/${name}`, labels));

  it('every target has one policy, or is claimed twice; the order of the list is no difference', () => {
    fc.assert(
      fc.property(policies, workloads, fc.infiniteStream(fc.nat()), (given, objects, order) => {
        const deployments = built(objects);
        const selection = selectTargets(given, { deployments });
        const claimed = selection.problems.flatMap((problem) =>
          problem.kind === 'claimedTwice' ? [problem.target] : [],
        );
        const all = [...selection.bound.map(({ target }) => target), ...claimed].map(targetKey);
        expect(new Set(all).size).toBe(all.length);
        const shuffled = deployments
          .map((object) => ({ object, at: order.next().value as number }))
          .sort((one, other) => one.at - other.at)
          .map(({ object }) => object);
        const again = selectTargets([...given], { deployments: shuffled });
        expect(owners(again)).toEqual(owners(selection));
        expect(problemsOf(again)).toEqual(problemsOf(selection));
      }),
    );
  });
});
