// The HPA's own conditions, for every point at which a decision may end, and after the write.
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory, type TargetMemory } from '../../../src/model/memory.ts';
import type { PodDecision } from '../../../src/model/plan.ts';
import { conditionsAfter } from '../../../src/policies/pods/scaling-conditions.ts';
import { aDeployment, answered, at } from '../../builders.ts';
import { decideOne, key, steady, world } from './shop.ts';

const remembering = (target: Partial<TargetMemory> = {}): Memory => ({
  ...steady(),
  targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400), ...target } },
});
const shown = ({ conditions }: Pick<PodDecision, 'conditions'>): string =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`).join(', ');
const able = 'AbleToScale=True ReadyForNewScale';
const known = 'AbleToScale=True SucceededGetScale';
const found = 'ScalingActive=True ValidMetricFound';
const free = 'ScalingLimited=False DesiredWithinRange';
const quick = { behavior: { scaleDown: { stabilizationWindow: '0s' } } };
const zero = {
  replicas: { min: 0, whenActive: 1, max: 60 },
  zero: { after: '1m' },
  metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
  ...quick,
};
const metricOf = (more: object) => ({ ...quick, metrics: [{ name: 'm', target: { averageValue: 1 }, ...more }] });
type World = ReturnType<typeof world>;
const same = (snapshot: World): World => snapshot;

describe('the conditions', () => {
  it.each<[string, number, object, (snapshot: World) => World, Partial<TargetMemory>, string]>([
    ['unreadable', 4, {}, (one) => one.without('deployments'), {}, 'AbleToScale=False FailedGetScale'],
    ['pods unreadable', 4, {}, (one) => one.without('pods'), {}, 'AbleToScale=False FailedGetScale'],
    [
      'an empty selector',
      4,
      {},
      (one) => one.deployments(aDeployment('shop', 'web').spec({ selector: {} })),
      {},
      `${known}, ScalingActive=False InvalidSelector`,
    ],
    ['stopped by hand', 0, {}, same, { seen: 3 }, `${known}, ScalingActive=False ScalingDisabled`],
    ['below min', 1, { replicas: { min: 3, max: 9 } }, same, {}, able],
    [
      'a query that failed',
      4,
      metricOf({ query: 'q' }),
      same,
      {},
      `${known}, ScalingActive=False FailedGetExternalMetric`,
    ],
    [
      'pods’ metric',
      4,
      metricOf({ query: 'q', by: 'pod' }),
      same,
      {},
      `${known}, ScalingActive=False FailedGetPodsMetric`,
    ],
    [
      'a resource',
      4,
      metricOf({ resource: 'cpu', target: { utilization: 50 } }),
      same,
      {},
      `${known}, ScalingActive=False FailedGetResourceMetric`,
    ],
    [
      'a container’s resource',
      4,
      metricOf({ resource: 'cpu', container: 'app', target: { utilization: 50 } }),
      same,
      {},
      `${known}, ScalingActive=False FailedGetContainerResourceMetric`,
    ],
    ['as it should be', 4, {}, (one) => one.answering('requests', 400), {}, `${able}, ${found}, ${free}`],
    [
      'faster than allowed',
      4,
      {},
      (one) => one.answering('requests', 2000),
      {},
      `${able}, ${found}, ScalingLimited=True ScaleUpLimit`,
    ],
    [
      'above max',
      4,
      { replicas: { min: 1, max: 6 } },
      (one) => one.answering('requests', 2000),
      {},
      `${able}, ${found}, ScalingLimited=True TooManyReplicas`,
    ],
    [
      'below min by the metrics',
      4,
      { ...quick, replicas: { min: 3, max: 6 } },
      (one) => one.answering('requests', 1),
      {},
      `${able}, ${found}, ScalingLimited=True TooFewReplicas`,
    ],
    [
      'stabilized',
      4,
      {},
      (one) => one.answering('requests', 100),
      { recommendations: [{ at: at(-15), replicas: 4 }] },
      `AbleToScale=True ScaleDownStabilized, ${found}, ${free}`,
    ],
    [
      'falling asleep',
      1,
      zero,
      (one) => one.answering('requests', 0),
      { lastActive: at(-600) },
      `${able}, ${found}, ${free}, ScaledToZero=True ScaledToZero`,
    ],
    [
      'waking',
      0,
      zero,
      (one) => one.answering('requests', 300),
      { asleep: { at: at(-60), previous: 2 } },
      `${able}, ${found}, ${free}, ScaledToZero=False NotScaledToZero`,
    ],
    [
      'switched off',
      4,
      {},
      (one) => one.answering('requests', 400),
      { foreign: [at(-3), at(-2), at(-1)].map((when) => ({ at: when, from: 1, to: 2, by: 'x' })) },
      `${known}, ScalingActive=False ForeignWriter`,
    ],
  ])('%s', (_, replicas, policy, change, memory, expected) => {
    const answering =
      policy === zero || 'metrics' in policy ? same : (one: World) => one.answering('requests', answered(400));
    const { decision } = decideOne(change(answering(world(replicas))).build(), policy, remembering(memory));
    expect(shown(decision)).toBe(expected);
  });

  it('tell how the write went', () => {
    const { decision } = decideOne(world(4).answering('requests', 800).build());
    const after = (outcome: Parameters<typeof conditionsAfter>[1]): string =>
      shown({ conditions: conditionsAfter(decision.conditions, outcome) });
    expect(after('succeeded')).toBe(`AbleToScale=True SucceededRescale, ${found}, ${free}`);
    expect(after('failed')).toBe(`AbleToScale=False FailedUpdateScale, ${found}, ${free}`);
    for (const nothing of ['refused', 'dryRun', null] as const)
      expect(after(nothing)).toBe(`${able}, ${found}, ${free}`);
  });
});

describe('what governs', () => {
  it('is named with the instant at which it leaves', () => {
    const recommendations = [
      { at: at(-200), replicas: 9 },
      { at: at(-15), replicas: 6 },
    ];
    const { decision } = decideOne(world(9).answering('requests', 300).build(), {}, remembering({ recommendations }));
    expect(decision).toMatchObject({
      desired: 9,
      until: '2026-11-20T12:01:40Z',
      governedBy: { at: '2026-11-20T11:56:40Z', replicas: 9, leaves: '2026-11-20T12:01:40Z' },
    });
  });

  it('is nothing where nothing is held', () => {
    const { decision } = decideOne(world(4).answering('requests', 800).build());
    expect(decision).toMatchObject({ governedBy: null, until: null });
  });

  it('may hold a way up as well', () => {
    const behavior = { scaleUp: { stabilizationWindow: '60s' } };
    const memory = remembering({ recommendations: [{ at: at(-15), replicas: 5 }] });
    const { decision } = decideOne(world(4).answering('requests', 800).build(), { behavior }, memory);
    expect(decision).toMatchObject({
      desired: 5,
      limitedBy: ['ScaleUpStabilized'],
      governedBy: { replicas: 5, leaves: '2026-11-20T12:00:45Z' },
    });
  });
});
