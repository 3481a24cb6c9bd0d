// The pod tier as a whole: each row states a world and what is decided of it.
import { describe, expect, it } from 'vitest';
import type { Memory } from '../../../src/model/memory.ts';
import type { ScaleOutcome } from '../../../src/model/outcome.ts';
import { rfc3339, type Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { record } from '../../../src/policies/record.ts';
import { decideOne, essence, key, run, steady, succeeded, world } from './shop.ts';
import { aConfig, aDeployment, aPod, aPodPolicy, aSnapshot, answered, at, noon, podsOf } from '../../builders.ts';

describe('a metric', () => {
  it('raises the replicas within the rate, and says which step it is', () => {
    const { decision } = decideOne(world(4).answering('requests', 900).build());
    expect(essence(decision)).toEqual({
      action: 'scale',
      reason: 'MetricAboveTarget',
      current: 4,
      desired: 8,
      limitedBy: ['ScaleUpLimit'],
    });
    expect(decision.steps).toEqual([
      { step: 'largestProposal', from: 4, to: 9, by: 'requests' },
      { step: 'rates', from: 9, to: 8, by: 'scaleUp 4 pods/15 s' },
    ]);
    expect(decision.metrics).toEqual([
      {
        name: 'requests',
        value: 900,
        target: 100,
        ageSeconds: null,
        proposal: 9,
        state: 'ok',
        detail: { perReplica: 225 },
      },
    ]);
    expect(decision.message).toMatch(/900.*9|9.*900/);
  });

  it.each([
    ['at the upper edge of the tolerance', 440, 4, 'WithinTolerance'],
    ['at the lower edge of the tolerance', 360, 4, 'WithinTolerance'],
    ['just above it', 441, 5, 'MetricAboveTarget'],
  ])('%s', (_, value, desired, reason) => {
    expect(decideOne(world(4).answering('requests', value).build()).decision).toMatchObject({ desired, reason });
  });

  it.each([
    ['a remark on the query takes nothing from its answer', 'PromQL info: metric might not be a counter (1:5)', 8],
    ['a store that did not answer does', 'receive series from store-1: rpc error', 4],
  ])('%s', (_, warning, desired) => {
    expect(
      decideOne(
        world(4)
          .answering('requests', answered(900, [warning]))
          .build(),
      ).decision,
    ).toMatchObject({
      desired,
    });
  });

  it('does not count the pods of a rollout’s surge as replicas', () => {
    const deployment = aDeployment('shop', 'web').replicas(4).status({ replicas: 5 });
    const snapshot = aSnapshot().deployments(deployment).answering('requests', 430).build();
    expect(decideOne(snapshot).decision).toMatchObject({ desired: 4, reason: 'WithinTolerance' });
  });

  it.each([
    ['upwards is not multiplied by the pods of a rollout’s surge', 4, 150, 6],
    ['downwards takes all of the pods that there are', 8, 50, 5],
  ])('of a value %s', (_, replicas, value, proposal) => {
    const deployment = aDeployment('shop', 'web').replicas(replicas).status({ replicas: 10 });
    const pods = podsOf('web', { 'n-1': 10 }, { cpu: '100m' });
    const snapshot = aSnapshot()
      .deployments(deployment)
      .pods(...pods)
      .answering('requests', value)
      .build();
    const metrics = [{ name: 'requests', query: 'requests', target: { value: 100 } }];
    expect(decideOne(snapshot, { metrics }).decision.metrics[0]?.proposal).toBe(proposal);
  });

  it('of usage is measured against each pod’s own request', () => {
    const sample = (pod: string, cores: string) => ({
      metric: { namespace: 'shop', pod, container: 'main' },
      value: [noon / 1000, cores] as const,
    });
    const result = [sample('web-1', '0.15'), sample('web-2', '0.15'), sample('other', '9')];
    const snapshot = world(2)
      .answering('usage of cpu', { status: 'success', data: { resultType: 'vector', result } })
      .build();
    const metrics = [{ name: 'cpu', resource: 'cpu', target: { utilization: 50 } }];
    const { decision } = decideOne(snapshot, { metrics });
    expect(decision.metrics[0]).toMatchObject({ value: 150, proposal: 6, state: 'ok' });
    expect(decision.desired).toBe(6);
  });
});

describe('what is not known never lowers', () => {
  const failing = { source: 'prometheus', what: 'requests', code: 'Timeout', message: 'no answer in 5 s' } as const;
  it.each([
    ['an empty result', world(8).answering('requests', answered(null)), 'unknown', /empty/],
    ['NaN', world(8).answering('requests', answered('NaN')), 'unknown', /NaN/],
    ['infinity', world(8).answering('requests', answered('+Inf')), 'unknown', /number/],
    ['a partial answer', world(8).answering('requests', answered(1, ['one store is down'])), 'unknown', /one store/],
    ['a failed request', world(8).failing(failing), 'failed', /Timeout/],
    ['a query that was not asked', world(8), 'unknown', /not asked/],
    ['an error answer', world(8).answering('requests', { status: 'error', error: 'boom' }), 'failed', /boom/],
    [
      'several series',
      world(8).answering('requests', {
        status: 'success',
        data: {
          resultType: 'vector',
          result: [
            { metric: { a: '1' }, value: [0, '1'] },
            { metric: { a: '2' }, value: [0, '1'] },
          ],
        },
      }),
      'failed',
      /2 series/,
    ],
  ] as const)('%s', (_, snapshot, state, why) => {
    const { decision, plan } = decideOne(snapshot.build());
    expect(essence(decision)).toEqual({
      action: 'hold',
      reason: 'MetricUnknown',
      current: 8,
      desired: 8,
      limitedBy: [],
    });
    expect(decision.metrics[0]).toMatchObject({ state, proposal: null });
    expect(decision.metrics[0]?.why).toMatch(why);
    expect(plan.nodes).toEqual([]);
  });

  it.each([
    ['fresh enough', 119, 'ok', 1],
    ['too old', 121, 'stale', 8],
  ])('samples that are %s', (_, age, state, desired) => {
    const policy = aPodPolicy('web', {}, { requests: ['age of requests'] });
    const snapshot = world(8).answering('requests', 50).answering('age of requests', age).build();
    const memory = run(Array<number>(30).fill(50), 8, { mode: 'off' }).memory;
    const { plan } = decide(snapshot, aConfig([policy]), memory, at(450));
    expect(plan.pods[0]?.metrics[0]).toMatchObject({ state, ageSeconds: age });
    expect(plan.pods[0]?.desired).toBe(desired);
  });

  it('an age that was asked for and not answered', () => {
    const policy = aPodPolicy('web', {}, { requests: ['age of requests'] });
    const snapshot = world(8).answering('requests', 50).answering('age of requests', answered(null)).build();
    const { plan } = decide(snapshot, aConfig([policy]), steady(), noon);
    expect(plan.pods[0]).toMatchObject({ action: 'hold', reason: 'MetricUnknown', desired: 8 });
  });

  const two = {
    metrics: [
      { name: 'requests', query: 'requests', target: { averageValue: 100 } },
      { name: 'queue', query: 'queue', target: { averageValue: 10 } },
    ],
  };
  it('one of several: another may raise', () => {
    const { decision } = decideOne(world(4).answering('requests', answered(null)).answering('queue', 60).build(), two);
    expect(decision).toMatchObject({ action: 'scale', desired: 6, reason: 'MetricAboveTarget' });
  });
  it('one of several: the others lower nothing', () => {
    const { decision } = decideOne(
      world(4)
        .answering('requests', 10)
        .failing({ ...failing, what: 'queue' })
        .build(),
      two,
    );
    expect(decision).toMatchObject({ action: 'hold', desired: 4, reason: 'SomeMetricsUnknown' });
    expect(decision.message).toContain('queue');
  });

  it('the first values after an outage lower nothing before a whole window of them was seen', () => {
    const outage = Array<null>(40).fill(null);
    const { desired, decisions } = run([...outage, ...Array<number>(22).fill(100)], 8);
    expect(desired.slice(0, 59).every((one) => one === 8)).toBe(true);
    expect(decisions[45]).toMatchObject({ reason: 'ScaleDownStabilized', until: rfc3339(at(39 * 15 + 300)) });
    expect(desired.at(-1)).toBe(1);
  });
});

describe('the rule for an unknown metric', () => {
  const metric = (unknown: unknown) => ({
    metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, unknown }],
  });
  const blind = (replicas: number) => world(replicas).answering('requests', answered(null)).build();
  it.each([
    ['treatAs', metric({ treatAs: 700 }), 4, 7, 'MetricAboveTarget'],
    ['atLeast', metric({ atLeast: 6 }), 4, 6, 'MetricAboveTarget'],
    ['fallback at once', { ...metric('fallback'), fallback: { after: '2m', replicas: 7 } }, 4, 7, 'FallbackReplicas'],
    [
      'fallback that is not higher',
      { ...metric('fallback'), fallback: { after: '2m', replicas: 3 } },
      4,
      4,
      'FallbackReplicas',
    ],
  ])('%s', (_, policy, current, desired, reason) => {
    expect(decideOne(blind(current), policy).decision).toMatchObject({ desired, reason });
  });

  it.each([
    ['currentReplicasIfHigher', 10, 10],
    ['currentReplicasIfHigher', 3, 4],
    ['currentReplicas', 10, 4],
    ['static', 7, 7],
  ])('the fallback %s of %i replicas stands in after its time, and not before', (behavior, replicas, desired) => {
    const fallback = { after: '2m', replicas, behavior };
    const { decisions } = run(Array<null>(12).fill(null), 4, { fallback });
    expect(decisions[7]).toMatchObject({ reason: 'MetricUnknown', desired: 4 });
    expect(decisions[8]?.reason).toBe('FallbackReplicas');
    expect(decisions.at(-1)?.desired).toBe(desired);
  });
});

describe('time', () => {
  it('lowers after a whole window only, and names the instant', () => {
    const { decisions, desired } = run(Array<number>(21).fill(100), 8);
    expect(decisions[0]).toMatchObject({ action: 'hold', reason: 'ScaleDownStabilized', until: rfc3339(at(300)) });
    expect(desired.slice(0, 20)).toEqual(Array<number>(20).fill(8));
    expect(desired[20]).toBe(1);
  });

  it('lowers nothing in the first window after a start, and raises', () => {
    const window = { behavior: { scaleDown: { stabilizationWindow: '1m' } } };
    const memory = { ...steady(), lastTick: null };
    const { decisions, desired } = run(Array<number>(8).fill(100), 8, window, memory);
    expect(desired).toEqual([8, 8, 8, 8, 1, 1, 1, 1]);
    expect(decisions[3]).toMatchObject({ action: 'hold', until: rfc3339(at(60)) });
    expect(run([1600], 8, {}, memory).desired).toEqual([16]);
  });

  it.each([
    [299, 1],
    [301, 8],
  ])('a pause of %i s', (pause, desired) => {
    const memory = { ...run(Array<number>(25).fill(100), 8, { mode: 'off' }).memory, lastTick: at(360) };
    const { decision } = decideOne(world(8).answering('requests', 100).build(), {}, memory, at(360 + pause));
    expect(decision.desired).toBe(desired);
    if (desired === 8) expect(decision.reason).toMatch(/SettlingAfterStart|ScaleDownStabilized/);
  });

  it('set back holds neither way for ever', () => {
    const future = at(86_400 * 365);
    const memory: Memory = {
      ...steady(),
      lastTick: future,
      targets: {
        [key]: {
          recommendations: [{ at: future, replicas: 50 }],
          acted: { ups: [{ at: future, change: 40 }], downs: [] },
          rehearsed: { ups: [], downs: [] },
          written: null,
          unknownSince: {},
          failure: null,
        },
      },
    };
    expect(run([1600], 8, {}, memory).desired).toEqual([16]);
    expect(run(Array<number>(22).fill(100), 8, {}, memory).desired.at(-1)).toBe(1);
  });

  it('a rate counts what was written within its period', () => {
    const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 4, period: '1m' }] } };
    const { desired } = run(Array<number>(6).fill(2000), 4, { behavior });
    expect(desired).toEqual([8, 8, 8, 8, 12, 12]);
  });
});

describe('bounds', () => {
  it.each([
    ['below min: up at once, whatever the rates say', 1, 100, { min: 5, max: 9 }, {}, 5, 'TooFewReplicas'],
    ['the metric asks for more than max', 4, 9000, { min: 1, max: 6 }, {}, 6, 'MetricAboveTarget'],
    ['at max already', 6, 9000, { min: 1, max: 6 }, {}, 6, 'TooManyReplicas'],
    [
      'above a lowered max: the window and the rates of the way down',
      60,
      6000,
      { min: 1, max: 6 },
      {},
      60,
      'ScaleDownStabilized',
    ],
    [
      'above a lowered max, as the HPA does',
      60,
      6000,
      { min: 1, max: 6 },
      { scaleDown: { bounds: 'atOnce' } },
      6,
      'TooManyReplicas',
    ],
    ['zero set by hand', 0, 6000, { min: 1, max: 6 }, {}, 0, 'ScalingDisabled'],
  ])('%s', (_, current, value, replicas, behavior, desired, reason) => {
    const { decision } = decideOne(world(current).answering('requests', value).build(), { replicas, behavior });
    expect(decision).toMatchObject({ desired, reason });
  });

  it('a lowered max is reached by the rates of the way down', () => {
    const behavior = {
      scaleDown: { stabilizationWindow: '30s', policies: [{ type: 'Percent', value: 10, period: '15s' }] },
    };
    const { desired } = run(Array<number>(12).fill(6000), 60, { replicas: { min: 1, max: 40 }, behavior });
    expect(desired).toEqual([60, 60, 54, 48, 43, 40, 40, 40, 40, 40, 40, 40]);
  });
});

describe('what cannot be scaled', () => {
  const snapshot = world(4).answering('requests', 9000);
  it.each([
    ['the object is missing', aSnapshot().answering('requests', 900), 'FailedGetScale', /no such object/],
    ['the list of objects is absent', world(4).without('deployments'), 'FailedGetScale', /could not be read/],
    ['the list of pods is absent', world(4).without('pods'), 'FailedGetPods', /could not be read/],
    [
      'the selector is empty',
      aSnapshot().deployments(aDeployment('shop', 'web').spec({ selector: {} })),
      'InvalidSelector',
      /selector/,
    ],
  ] as const)('%s', (_, given, reason, why) => {
    const { decision } = decideOne(given.build());
    expect(decision).toMatchObject({ action: 'hold', reason });
    expect(decision.desired).toBe(decision.current);
    expect(decision.facts['what']).toMatch(why);
  });

  it('two targets’ selectors claim one pod: both hold', () => {
    const both = snapshot
      .deployments(
        aDeployment('shop', 'web').replicas(4),
        aDeployment('shop', 'api')
          .replicas(2)
          .spec({ selector: { matchLabels: { app: 'web' } } }),
      )
      .build();
    const { plan } = decide(both, aConfig([aPodPolicy('web'), aPodPolicy('api')]), steady(), noon);
    expect(plan.pods.map((one) => one.reason)).toEqual(['AmbiguousSelector', 'AmbiguousSelector']);
    expect(plan.pods.map((one) => one.desired)).toEqual([4, 2]);
    expect(plan.pods.map(({ uid }) => uid)).toEqual(both.kubernetes.deployments?.map(({ metadata }) => metadata.uid));
  });

  it('two policies name one target: both hold and name each other', () => {
    const rival = { ...aPodPolicy('web'), metadata: { name: 'rival', namespace: 'shop' } };
    const { plan } = decide(snapshot.build(), aConfig([aPodPolicy('web'), rival]), steady(), noon);
    expect(plan.pods.map((one) => [one.reason, one.facts['by']])).toEqual([
      ['ClaimedTwice', 'rival'],
      ['ClaimedTwice', 'web'],
    ]);
    expect(plan.pods.map(({ uid }) => uid)).not.toContain(undefined);
  });
});

describe('our own write', () => {
  const written = record(steady(), [{ ...succeeded(4, 8, at(-15)), resourceVersion: '150' }], at(-15));
  it('is current until the watch has seen it', () => {
    const { decision } = decideOne(world(4).answering('requests', 800).build(), {}, written);
    expect(decision).toMatchObject({ current: 8, action: 'none', reason: 'WithinTolerance' });
  });
  it('is forgotten after minutes: versions begin anew when etcd is restored', () => {
    const long = record(steady(), [{ ...succeeded(4, 8, at(-400)), resourceVersion: '999999' }], at(-400));
    expect(decideOne(world(4).answering('requests', 400).build(), {}, long).decision.current).toBe(4);
  });
  it('gives way to what the watch shows afterwards', () => {
    const snapshot = aSnapshot().deployments(aDeployment('shop', 'web').replicas(3).version('151'));
    expect(decideOne(snapshot.answering('requests', 300).build(), {}, written).decision.current).toBe(3);
  });
});

describe('modes', () => {
  const busy = world(4).answering('requests', 900).build();
  it.each([
    ['act', 'act', {}, 'scale', 'act'],
    ['dryRun of the policy', 'dryRun', {}, 'scale', 'dryRun'],
    ['dryRun of the daemon wins', 'act', { mode: 'dryRun' }, 'scale', 'dryRun'],
    ['off of the daemon wins', 'act', { mode: 'off' }, 'none', 'off'],
    ['off upwards', { up: 'off', down: 'act' }, {}, 'none', 'off'],
    ['off downwards only', { up: 'act', down: 'off' }, {}, 'scale', 'act'],
  ])('%s', (_, mode, daemon, action, effective) => {
    const { plan } = decide(busy, aConfig([aPodPolicy('web', { mode })], [], daemon), steady(), noon);
    expect(plan.pods[0]).toMatchObject({ action, mode: effective });
    if (action === 'none') expect(plan.pods[0]?.reason).toBe('PolicyOff');
  });

  it('a dry run rehearses what acting would do, step by step', () => {
    const dryRun = (memory: Memory, value: number, now: Instant) => {
      const snapshot = world(4).answering('requests', value).build();
      const { decision, memory: after } = decideOne(snapshot, { mode: 'dryRun' }, memory, now);
      const outcome = { ...succeeded(4, decision.desired ?? 4, now), status: 'dryRun' } as const;
      return { decision, memory: decision.action === 'scale' ? record(after, [outcome], now) : after };
    };
    let memory = steady();
    const desired = [2000, 2000, 2000, 2000].map((value, index) => {
      const tick = dryRun(memory, value, at(index * 15));
      memory = tick.memory;
      return tick.decision.desired;
    });
    expect(desired).toEqual([8, 16, 20, 20]);
    for (let index = 4; index < 40; index += 1) memory = dryRun(memory, 400, at(index * 15)).memory;
    expect(memory.targets[key]?.acted).toEqual({ ups: [], downs: [] });
    expect(memory.targets[key]?.rehearsed.standing).toBeUndefined();
    expect(dryRun(memory, 2000, at(600)).decision.desired).toBe(8);
  });

  it('a dry run below min does not fill the memory', () => {
    let memory = steady();
    const policy = { mode: 'dryRun', replicas: { min: 5, max: 9 } };
    for (let index = 0; index < 50; index += 1) {
      const { decision, memory: after } = decideOne(world(2).build(), policy, memory, at(index * 15));
      expect(decision).toMatchObject({ desired: 5, mode: 'dryRun' });
      memory = record(after, [{ ...succeeded(2, 5, at(index * 15)), status: 'dryRun' }], at(index * 15));
    }
    expect(memory.targets[key]?.rehearsed.ups.length).toBeLessThan(5);
  });
});

describe('a write that fails', () => {
  it('leaves no scale event, and is remembered until one succeeds or nothing is wanted', () => {
    const failed: ScaleOutcome = { ...succeeded(4, 8, noon), status: 'failed', code: 'Forbidden', message: 'no' };
    const memory = record(steady(), [failed], noon);
    expect(memory.targets[key]?.acted.ups).toEqual([]);
    expect(memory.targets[key]?.failure).toMatchObject({ at: noon, code: 'Forbidden' });
    const again = record(memory, [{ ...failed, at: rfc3339(at(60)) }], at(60));
    expect(again.targets[key]?.failure?.at).toBe(noon);
    expect(record(again, [succeeded(4, 8, at(75))], at(75)).targets[key]?.failure).toBeNull();
    const atRest = decideOne(world(4).answering('requests', 400).build(), {}, again, at(75));
    expect(atRest.memory.targets[key]?.failure).toBeNull();
  });
});

it('a pod of another namespace is not the target’s', () => {
  const snapshot = aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(2))
    .pods(aPod('web-1').in('elsewhere').labelled({ app: 'web' }).ready())
    .answering('ready', 30)
    .build();
  const metrics = [{ name: 'ready', query: 'ready', target: { value: 10 } }];
  expect(decideOne(snapshot, { metrics }).decision).toMatchObject({ desired: 2, reason: 'ScaleDownStabilized' });
});
