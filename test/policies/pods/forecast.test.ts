// Step 7: a trusted forecast adds to what the metrics ask for, a doubted one leaves a margin, and neither ever takes away.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForecastDoubt, ForecastState, TargetForecast } from '../../../src/model/forecast.ts';
import type { PodDecision } from '../../../src/model/plan.ts';
import { aDeployment, aForecast, aPodPolicy, answered } from '../../builders.ts';
import { decideOne, run, steady, world } from './shop.ts';

const forecast = { metric: 'requests' };
const quick = { scaleDown: { stabilizationWindow: '0s' } };
const doubted = (state: ForecastState, doubt: ForecastDoubt): TargetForecast =>
  aForecast(5000, 5000, 5000, { state, doubt });

const starting: TargetForecast = { ...doubted('learning', 'notEnoughHistory'), reading: true };

const decided = (
  replicas: number,
  load: number | null,
  said: TargetForecast | null,
  policy: object = {},
): PodDecision => {
  const asked = world(replicas).answering('requests', answered(load));
  const snapshot = (said === null ? asked : asked.foreseeing(said)).build();
  return decideOne(snapshot, { forecast, behavior: quick, ...policy }).decision;
};

describe('a forecast', () => {
  it.each([
    ['that expects more', 4, 400, aForecast(780), 8, 'ForecastAboveTarget'],
    ['that expects what there is', 4, 400, aForecast(390), 4, 'WithinTolerance'],
    [
      'leaves a load that needs no more than there is, without a margin of its own',
      4,
      399,
      aForecast(399),
      4,
      'WithinTolerance',
    ],
    ['that is trusted leaves no tolerance above full replicas', 10, 1050, aForecast(1050), 11, 'ForecastAboveTarget'],
    ['that expects more than would suffice now delays the way down', 10, 300, aForecast(1000), 10, 'ForecastHoldsDown'],
    ['delays it only as far as needed', 10, 300, aForecast(700), 7, 'ForecastHoldsDown'],
    ['that expects less than there is takes nothing away', 4, 700, aForecast(100), 7, 'MetricAboveTarget'],
    ['that learns', 4, 400, doubted('learning', 'notEnoughHistory'), 6, 'ForecastNotTrusted'],
    ['that was wrong of late', 4, 400, doubted('steppedBack', 'coverageTooLow'), 6, 'ForecastNotTrusted'],
    ['whose past is being read lowers nothing', 10, 400, starting, 10, 'ForecastStarting'],
    ['whose past is being read has no margin', 4, 400, starting, 4, 'WithinTolerance'],
    ['whose past is being read has no tolerance', 10, 1050, starting, 11, 'MetricAboveTarget'],
    ['that nobody has made', 4, 400, null, 6, 'ForecastNotTrusted'],
  ] as const)('%s', (_, replicas, load, said, desired, reason) => {
    const decision = decided(replicas, load, said);
    expect(decision).toMatchObject({ desired, reason });
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it('says what it knows, and is a step of the order', () => {
    const decision = decided(4, 400, aForecast(780, 1200, 1500));
    expect(decision.steps).toEqual([{ step: 'forecast', from: 4, to: 8, by: 'requests up to 780 by season' }]);
    expect(decision.forecast).toMatchObject({
      metric: 'requests',
      state: 'trusted',
      doubt: null,
      coverage: 0.96,
      pods: { expected: 702, upper: 780, by: 'season', replicas: 8, aheadSeconds: 105 },
      nodes: { replicas: 12 },
      keep: { replicas: 15 },
      ordersNodes: true,
    });
  });

  it('in preview is shown, and moves nothing', () => {
    const preview = { forecast: { metric: 'requests', mode: 'preview' } };
    for (const said of [aForecast(5000), doubted('learning', 'notEnoughHistory'), null]) {
      const decision = decided(4, 400, said, preview);
      expect(decision).toMatchObject({ desired: 4, reason: 'WithinTolerance', forecast: { ordersNodes: false } });
    }
  });

  it('of a metric that is unknown holds as before', () => {
    expect(decided(4, null, aForecast(5000))).toMatchObject({
      desired: 4,
      reason: 'MetricUnknown',
      forecast: { ordersNodes: false },
    });
  });

  it('may raise beside another metric that is unknown, and not lower', () => {
    const metrics = [
      { name: 'requests', query: 'requests', target: { averageValue: 100 } },
      { name: 'queue', query: 'queue', target: { averageValue: 10 } },
    ];
    expect(decided(4, 400, aForecast(780), { metrics })).toMatchObject({ desired: 8 });
    expect(decided(4, 100, aForecast(200), { metrics })).toMatchObject({ desired: 4, reason: 'SomeMetricsUnknown' });
  });

  it('stays within bounds, rates and holds', () => {
    expect(decided(4, 400, aForecast(5000), { replicas: { min: 1, max: 6 } })).toMatchObject({ desired: 6 });
    const slow = { ...quick, scaleUp: { policies: [{ type: 'Pods', value: 1, period: '15s' }] } };
    expect(decided(4, 400, aForecast(5000), { behavior: slow })).toMatchObject({
      desired: 5,
      limitedBy: ['ScaleUpLimit'],
    });
    const paused = aDeployment('shop', 'web').replicas(4).build();
    const annotations = { 'springtide.io/paused-scale-up': 'true' };
    const snapshot = world(4)
      .deployments({ ...paused, metadata: { ...paused.metadata, annotations } })
      .answering('requests', 400)
      .foreseeing(aForecast(5000))
      .build();
    expect(decideOne(snapshot, { forecast }).decision).toMatchObject({
      desired: 4,
      reason: 'PausedScaleUp',
      forecast: { ordersNodes: false },
    });
  });

  it('beats no schedule that says an exact number, and wakes nobody', () => {
    const exact = { schedule: [{ name: 'night', from: '2026-11-20T00:00:00Z', replicas: 3 }] };
    expect(decided(3, 400, aForecast(5000), exact)).toMatchObject({ desired: 3 });
    const zero = {
      replicas: { min: 0, max: 60 },
      zero: { after: '5m' },
      metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
    };
    const { desired } = run(Array<number>(60).fill(0), 2, { ...zero, forecast }, steady(), (same) =>
      same.foreseeing(aForecast(5000)),
    );
    expect(desired.at(-1)).toBe(0);
  });

  it('gives what comes of it to the window of the way down', () => {
    const said = [aForecast(1000), aForecast(200), aForecast(200)];
    const { desired } = run([400, 400, 400], 4, { forecast }, steady(), (same, tick) =>
      same.foreseeing(said[tick] ?? aForecast(200)),
    );
    expect(desired).toEqual([8, 8, 8]);
  });
});

describe('whatever is said', () => {
  const load = fc.integer({ min: 0, max: 3000 });
  const replicas = fc.integer({ min: 1, max: 40 });
  const said = fc
    .record({
      uppers: fc.tuple(load, load, load),
      state: fc.constantFrom<ForecastState>('trusted', 'learning', 'steppedBack'),
    })
    .map(({ uppers, state }) => aForecast(...uppers, { state, doubt: state === 'trusted' ? null : 'patternChanged' }));
  const bounds = fc.record({ min: fc.integer({ min: 1, max: 10 }), max: fc.integer({ min: 10, max: 40 }) });
  const plain = { forecast: undefined };

  it('never fewer than without it, and never outside the bounds', () => {
    fc.assert(
      fc.property(replicas, load, said, bounds, (current, value, forecastSaid, within) => {
        const policy = { replicas: within };
        const without = decided(current, value, null, { ...policy, ...plain }).desired ?? 0;
        const { desired } = decided(current, value, forecastSaid, policy);
        expect(desired).toBeGreaterThanOrEqual(without);
        expect(desired).toBeLessThanOrEqual(Math.max(current, within.max));
      }),
      { numRuns: 60 },
    );
  });

  it('while it is not trusted it is as without it, with a margin', () => {
    fc.assert(
      fc.property(replicas, load, fc.constantFrom(0.5, 0.7, 0.9), (current, value, fallbackUtilization) => {
        const metrics = [{ name: 'requests', query: 'requests', target: { averageValue: 100 * fallbackUtilization } }];
        const without = decided(current, value, null, { ...plain, metrics });
        const doubtful = decided(current, value, doubted('steppedBack', 'patternChanged'), {
          forecast: { metric: 'requests', fallbackUtilization },
        });
        expect(doubtful.desired).toBe(without.desired);
      }),
      { numRuns: 60 },
    );
  });

  it('is judged in the same way from the same facts', () => {
    const snapshot = world(4).answering('requests', 400).foreseeing(aForecast(780)).build();
    const again = JSON.parse(JSON.stringify(snapshot)) as typeof snapshot;
    expect(decideOne(again, { forecast }).plan).toEqual(decideOne(snapshot, { forecast }).plan);
    expect(aPodPolicy('web', { forecast }).spec.forecast).toEqual({
      ...forecast,
      mode: 'act',
      fallbackUtilization: 0.7,
    });
  });
});
