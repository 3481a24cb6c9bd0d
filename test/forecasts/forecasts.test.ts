// Learners beside the tick: what they see, how they read their past in the background, and what becomes of them.
import { describe, expect, it } from 'vitest';
import { Forecasts } from '../../src/forecasts/forecasts.ts';
import { spansBefore, type PastRead } from '../../src/forecasts/read-pasts.ts';
import type { RangeSource } from '../../src/forecasts/past.ts';
import type { PodPolicy } from '../../src/model/config.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import type { PrometheusAnswer, Snapshot } from '../../src/model/snapshot.ts';
import type { Instant } from '../../src/model/units.ts';
import { aConfig, aDeployment, aPodPolicy, aSnapshot, answered, at, noon } from '../builders.ts';

const forecast = { metric: 'requests' };
const key = 'shop/Deployment/web';
const web = aPodPolicy('web', { forecast });

const world = (load: number | null = 400) =>
  aSnapshot().deployments(aDeployment('shop', 'web').replicas(4)).answering('requests', answered(load));

/** It keeps a little more than a day, which is enough to be trusted: learning two weeks takes seconds. */
const kept = noon / 1000 - 26 * 3600;

/** Answers every query by a function of time, and remembers what it was asked. */
type Labels = Readonly<Record<string, string>>;
function prometheusOf(loadAt: (secondsOfEpoch: number, labels: Labels) => number, series: readonly Labels[] = [{}]) {
  const asked: { readonly query: string; readonly start: number; readonly end: number; readonly step: number }[] = [];
  const source: RangeSource = {
    queryRange: (range) => {
      asked.push(range);
      const times: number[] = [];
      for (let time = range.start; time <= range.end; time += range.step) if (time >= kept) times.push(time);
      const result = series.map((metric) => ({
        metric,
        values: times.map((time) => [time, String(loadAt(time, metric))]),
      }));
      return Promise.resolve({ status: 'success', data: { resultType: 'matrix', result } });
    },
  };
  return { asked, source };
}

const matrix = (result: readonly unknown[]): PrometheusAnswer => ({
  status: 'success',
  data: { resultType: 'matrix', result },
});

const look = (
  forecasts: Forecasts,
  snapshot: Snapshot,
  now: Instant = noon,
  policies: readonly PodPolicy[] = [web],
): Promise<Snapshot> => forecasts.look(snapshot, aConfig(policies), emptyMemory(), now);

describe('a snapshot', () => {
  it('of policies without a forecast stays what it is', async () => {
    const snapshot = world().build();
    expect(await look(new Forecasts(), snapshot, noon, [aPodPolicy('web')])).toBe(snapshot);
  });

  it('gets a forecast for each target that has one', async () => {
    const api = aPodPolicy('api');
    const both = world().deployments(aDeployment('shop', 'web'), aDeployment('shop', 'api')).build();
    const { forecasts = {} } = await look(new Forecasts(), both, noon, [web, api]);
    expect(Object.keys(forecasts)).toEqual([key]);
    expect(forecasts[key]).toMatchObject({ metric: 'requests', state: 'learning', doubt: 'notEnoughHistory' });
  });

  it('says how far ahead: a tick, the age of what is seen, VMs and pods', async () => {
    const policy = aPodPolicy('web', { forecast }, { requests: ['age'] });
    const memory = {
      ...emptyMemory(),
      targets: {},
      groups: {},
    };
    const snapshot = world().answering('age', 40).build();
    const seen = await new Forecasts().look(snapshot, aConfig([policy]), memory, noon);
    // 15 s to the tick, 45 s of age, a minute until pods are ready, five until VMs are
    expect(seen.forecasts?.[key]).toMatchObject({
      pods: { ahead: 120_000 },
      nodes: { ahead: 420_000 },
      keep: { ahead: 840_000 },
    });
  });
});

describe('what is seen', () => {
  it('is the value of the metric, a formula’s too', async () => {
    const metrics = [
      { name: 'requests', query: 'requests', use: 'formula' },
      { name: 'queue', query: 'queue', use: 'formula' },
      { name: 'load', formula: 'requests + 2 * queue', target: { averageValue: 100 } },
    ];
    const policy = aPodPolicy('web', { metrics, forecast: { metric: 'load' } });
    const forecasts = new Forecasts();
    for (let tick = 0; tick < 8; tick += 1)
      await look(forecasts, world(100).answering('queue', 50).build(), at(15 * tick), [policy]);
    const { forecasts: said } = await look(forecasts, world(100).answering('queue', 50).build(), at(120), [policy]);
    expect(said?.[key]?.pods.expected).toBeCloseTo(200, 0);
  });

  it('is nothing while the metric is unknown, and after minutes of it the forecast is not trusted', async () => {
    const forecasts = new Forecasts();
    const { source } = prometheusOf(() => 400);
    const trusting = new Forecasts({ prometheus: source });
    await look(trusting, world().build());
    await trusting.settled();
    expect((await look(trusting, world().build(), at(15))).forecasts?.[key]?.state).toBe('trusted');
    const silent = await look(trusting, world(null).build(), at(15 + 200));
    expect(silent.forecasts?.[key]).toMatchObject({ state: 'steppedBack', doubt: 'noFreshSample' });
    expect((await look(trusting, world().build(), at(15 + 215))).forecasts?.[key]?.state).toBe('trusted');
    expect((await look(forecasts, world(null).build())).forecasts?.[key]).toMatchObject({ state: 'learning' });
  });
});

describe('the past', () => {
  it('is read in the background, as the ticks ask, in parts that follow each other', async () => {
    const { asked, source } = prometheusOf(() => 400);
    const told: PastRead[] = [];
    const forecasts = new Forecasts({ prometheus: source, onPast: (read) => told.push(read) });
    const first = await look(forecasts, world().build());
    expect(first.forecasts?.[key]).toMatchObject({ state: 'learning' });
    await forecasts.settled();
    expect(new Set(asked.map(({ query }) => query))).toEqual(new Set(['requests']));
    expect(asked[0]?.start).toBe(noon / 1000 - 14 * 24 * 3600);
    for (const [index, part] of asked.entries()) {
      expect((part.end - part.start) / part.step).toBeLessThan(11_000);
      const before = asked[index - 1];
      if (before !== undefined) expect(part.start).toBe(before.end + before.step);
    }
    expect(asked.at(-1)?.end).toBe(noon / 1000);
    expect(told).toEqual([
      expect.objectContaining({ metric: 'requests', targets: 1, samples: 20 * 60 + 6 * 240 + 1, why: null }),
    ]);
    const next = await look(forecasts, world().build(), at(15));
    expect(next.forecasts?.[key]).toMatchObject({
      state: 'trusted',
      pods: { expected: expect.closeTo(400, 0) as number },
    });
  });

  it('of many targets of one text is asked once and shared out', async () => {
    const names = ['web', 'api', 'pay'];
    const metrics = [{ name: 'requests', query: 'requests', split: { app: 'name' }, target: { averageValue: 100 } }];
    const policy = aPodPolicy('all', {
      targets: { kind: 'Deployment', selector: { matchLabels: { app: 'web' } } },
      metrics,
      forecast,
    });
    const labelled = names.map((name) => {
      const deployment = aDeployment('shop', name).replicas(2).build();
      return { ...deployment, metadata: { ...deployment.metadata, labels: { app: 'web' } } };
    });
    const loads: Record<string, number> = { web: 100, api: 200, pay: 300 };
    const { asked, source } = prometheusOf(
      (_, { app = '' }) => loads[app] ?? 0,
      names.map((app) => ({ app })),
    );
    const seen: PrometheusAnswer = {
      status: 'success',
      data: {
        resultType: 'vector',
        result: names.map((app) => ({ metric: { app }, value: [noon / 1000, String(loads[app])] })),
      },
    };
    const forecasts = new Forecasts({ prometheus: source });
    const snapshot = aSnapshot()
      .deployments(...labelled)
      .answering('requests', seen)
      .build();
    await look(forecasts, snapshot, noon, [policy]);
    await forecasts.settled();
    const { forecasts: said } = await look(forecasts, snapshot, at(15), [policy]);
    expect(asked).toHaveLength(16);
    for (const name of names)
      expect(said?.[`shop/Deployment/${name}`]).toMatchObject({
        pods: { expected: expect.closeTo(loads[name] ?? 0, 0) as number },
      });
  });

  it.each([
    ['is not there', () => Promise.resolve(matrix([])), 'Prometheus has no past of requests', null],
    [
      'is there in part',
      () => Promise.resolve({ ...matrix([]), warnings: ['store a is away', 'PromQL info: x'] }),
      'requests: a partial answer: store a is away',
      at(60),
    ],
    ['cannot be had', () => Promise.reject(new Error('no such endpoint')), 'no such endpoint', at(60)],
    [
      'is no range',
      () => Promise.resolve({ status: 'success', data: { resultType: 'vector', result: [] } } as const),
      'requests: the answer is no range of numbers',
      at(60),
    ],
  ] as const)('that %s leaves it learning, and is said in words', async (_, queryRange, why, again) => {
    const told: PastRead[] = [];
    let times = 0;
    const source: RangeSource = {
      queryRange: () => {
        times += 1;
        return queryRange();
      },
    };
    const forecasts = new Forecasts({ prometheus: source, onPast: (read) => told.push(read) });
    await look(forecasts, world().build());
    await forecasts.settled();
    expect(told).toEqual([expect.objectContaining({ why })]);
    const next = await look(forecasts, world().build(), at(15));
    await forecasts.settled();
    expect(next.forecasts?.[key]).toMatchObject({ state: 'learning', trouble: why });
    const before = times;
    await look(forecasts, world().build(), at(75));
    await forecasts.settled();
    // What failed is asked for again after a minute; what is not there is not.
    expect(times > before).toBe(again !== null);
  });

  it('never keeps a tick waiting; what is seen meanwhile is learnt after it', async () => {
    let answer: (given: PrometheusAnswer) => void = () => undefined;
    const source: RangeSource = { queryRange: () => new Promise((resolve) => (answer = resolve)) };
    const forecasts = new Forecasts({ prometheus: source });
    for (let tick = 0; tick < 4; tick += 1) {
      const { forecasts: said } = await look(forecasts, world(400 + tick).build(), at(15 * tick));
      expect(said?.[key]).toMatchObject({ state: 'learning' });
    }
    answer({ status: 'error', errorType: 'execution', error: 'it was too much' });
    await forecasts.settled();
    expect((await look(forecasts, world().build(), at(60))).forecasts?.[key]).toMatchObject({
      trouble: 'requests: it was too much',
    });
  });

  it('is learnt anew by whoever begins anew: nothing else is kept', async () => {
    const daily = (time: number) => 400 + 300 * Math.sin((time / 86_400) * 2 * Math.PI);
    const say = async () => {
      const forecasts = new Forecasts({ prometheus: prometheusOf(daily).source });
      await look(forecasts, world(daily(noon / 1000)).build());
      await forecasts.settled();
      return (await look(forecasts, world(daily(noon / 1000 + 15)).build(), at(15))).forecasts?.[key];
    };
    const before = await say();
    expect(before?.history).toBeGreaterThan(86_400_000);
    expect(await say()).toEqual(before);
  });

  it('is said to be read until it is, ten minutes at most, and not where nobody can be asked', async () => {
    const reads = async (forecasts: Forecasts, now: Instant) =>
      (await look(forecasts, world().build(), now)).forecasts?.[key]?.reading ?? false;
    expect(await reads(new Forecasts(), noon)).toBe(false);
    const quick = new Forecasts({ prometheus: prometheusOf(() => 400).source });
    expect(await reads(quick, noon)).toBe(true);
    await quick.settled();
    expect(await reads(quick, at(15))).toBe(false);
    const silent = new Forecasts({ prometheus: { queryRange: () => new Promise(() => undefined) } });
    expect([await reads(silent, noon), await reads(silent, at(585)), await reads(silent, at(600))]).toEqual([
      true,
      true,
      false,
    ]);
    const failing = new Forecasts({ prometheus: { queryRange: () => Promise.reject(new Error('none')) } });
    expect(await reads(failing, noon)).toBe(true);
    await failing.settled();
    expect(await reads(failing, at(15))).toBe(false);
  });

  it('of a load that is measured otherwise now is another one', async () => {
    const { asked, source } = prometheusOf(() => 400);
    const forecasts = new Forecasts({ prometheus: source });
    await look(forecasts, world().build());
    await forecasts.settled();
    const other = aPodPolicy('web', {
      metrics: [{ name: 'requests', query: 'others', target: { averageValue: 100 } }],
      forecast,
    });
    const first = await look(forecasts, world().answering('others', 10).build(), at(15), [other]);
    expect(first.forecasts?.[key]).toMatchObject({ state: 'learning' });
    await forecasts.settled();
    expect(asked.at(-1)?.query).toBe('others');
    const dearer = aPodPolicy('web', {
      metrics: [{ name: 'requests', query: 'others', target: { averageValue: 50 } }],
      forecast,
    });
    const next = await look(forecasts, world().answering('others', 10).build(), at(30), [dearer]);
    expect(next.forecasts?.[key]).toMatchObject({ state: 'trusted' });
  });

  it('of a target that is gone is forgotten, and not for a list that could not be read', async () => {
    const { asked, source } = prometheusOf(() => 400);
    const forecasts = new Forecasts({ prometheus: source });
    const policy = aPodPolicy('all', {
      targets: { kind: 'Deployment', selector: { matchLabels: { app: 'web' } } },
      forecast,
    });
    const deployment = aDeployment('shop', 'web').replicas(4).build();
    const labelled = { ...deployment, metadata: { ...deployment.metadata, labels: { app: 'web' } } };
    const there = world().deployments(labelled).build();
    const ask = async (snapshot: Snapshot, secondsAfter: number) => {
      await look(forecasts, snapshot, at(secondsAfter), [policy]);
      await forecasts.settled();
      return asked.length;
    };
    const once = await ask(there, 0);
    await ask(world().without('deployments').build(), 15);
    expect(await ask(there, 30)).toBe(once);
    await ask(world().deployments().build(), 30 + 11 * 60);
    expect(await ask(there, 45 + 11 * 60)).toBe(2 * once);
  });

  it('of very many targets does not reach as far back', () => {
    const days = (targets: number): number => {
      const [{ start }, { end }] = spansBefore(noon, targets);
      return (end - start) / 86_400;
    };
    expect([1, 900, 2_000, 20_000].map((targets) => Math.round(days(targets)))).toEqual([14, 14, 7, 2]);
  });
});
