// Corners where two rules of the order meet: what a person says against another person, and what is known beside what is not.
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory, type TargetMemory } from '../../../src/model/memory.ts';
import type { ControlFacts } from '../../../src/model/snapshot.ts';
import { aDeployment, aPod, aSnapshot, answered, at, podsOf } from '../../builders.ts';
import { decideOne, key, steady, world } from './shop.ts';

const remembering = (target: Partial<TargetMemory> = {}): Memory => ({
  ...steady(),
  targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400), ...target } },
});
const annotated = (annotations: Record<string, string>, replicas: number, value: number | null) => {
  const deployment = aDeployment('shop', 'web').replicas(replicas).build();
  return aSnapshot()
    .deployments({ ...deployment, metadata: { ...deployment.metadata, annotations } })
    .pods(...podsOf('web', { 'n-1': replicas }))
    .answering('requests', answered(value))
    .build();
};
const off = (...ways: ControlFacts['off']): ControlFacts => ({
  off: ways,
  until: null,
  by: 'zhang',
  why: 'drill',
  releasedAt: null,
});

describe('paused at a number', () => {
  const paused = (replicas: number) => annotated({ 'springtide.io/paused-replicas': '4' }, replicas, 100);

  it.each([
    [6, off('pods.down'), 'SwitchedOff', 6],
    [2, off('pods.down'), 'PausedReplicas', 4],
    [2, off('pods.up'), 'SwitchedOff', 2],
    [6, off('pods.up'), 'PausedReplicas', 4],
  ] as const)('from %i goes no way that is switched off: %j', (replicas, control, reason, desired) => {
    const { decision } = decideOne({ ...paused(replicas), control }, {}, remembering());
    expect(decision).toMatchObject({ reason, desired, action: reason === 'SwitchedOff' ? 'hold' : 'scale' });
  });
});

describe('what is known while something else decides', () => {
  const fallback = { fallback: { after: '2m', replicas: 9 }, replicas: { min: 3, max: 20 } };
  const homeless = (value: number | null, replicas: number) =>
    aSnapshot()
      .deployments(aDeployment('shop', 'web').replicas(replicas))
      .pods(...podsOf('web', { 'n-1': 1 }), aPod('web-new').labelled({ app: 'web' }).unschedulable())
      .answering('requests', answered(value))
      .build();

  it.each([
    ['below its floor and without a place', (value: number | null) => homeless(value, 2)],
    ['paused at a number', (value: number | null) => annotated({ 'springtide.io/paused-replicas': '4' }, 4, value)],
    ['at a zero by hand', (value: number | null) => annotated({}, 0, value)],
  ])('%s: a metric that has come back begins anew when it goes again', (_, snapshot) => {
    const unknown = remembering({ unknownSince: { requests: at(-600) }, seen: 1 });
    const { memory } = decideOne(snapshot(300), fallback, unknown);
    expect(memory.targets[key]?.unknownSince).toEqual({});
    const still = decideOne(snapshot(null), fallback, unknown);
    expect(still.memory.targets[key]?.unknownSince).toEqual({ requests: at(-600) });
  });
});

describe('zero', () => {
  const zero = {
    replicas: { min: 0, whenActive: 2, max: 60 },
    zero: { after: '5m' },
    metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
  };
  const asleep = remembering({ asleep: { at: at(-600), previous: 3 }, seen: 0 });

  it('is left when an annotation forces it, also while no metric is known', () => {
    const forced = annotated({ 'springtide.io/force-activation': 'true' }, 0, null);
    expect(decideOne(forced, zero, asleep).decision).toMatchObject({ desired: 2, reason: 'Activated' });
    expect(decideOne(annotated({}, 0, null), zero, asleep).decision).toMatchObject({ desired: 0 });
  });

  it('is not left by a fallback: what is unknown wakes nobody', () => {
    const policy = { ...zero, fallback: { after: '1m', replicas: 7, behavior: 'static' } };
    const long = remembering({ ...asleep.targets[key], unknownSince: { requests: at(-3600) } });
    expect(decideOne(annotated({}, 0, null), policy, long).decision).toMatchObject({ desired: 0 });
  });
});

describe('the outcome of a mode for each direction', () => {
  it.each([
    [{ up: 'act', down: 'off' }, 100, 'none', 'PolicyOff'],
    [{ up: 'off', down: 'act' }, 900, 'none', 'PolicyOff'],
    [{ up: 'off', down: 'act' }, 100, 'scale', 'MetricBelowTarget'],
  ])('%j at %i: %s', (mode, value, action, reason) => {
    const policy = { mode, behavior: { scaleDown: { stabilizationWindow: '0s' } } };
    const { decision } = decideOne(world(4).answering('requests', value).build(), policy, remembering());
    expect(decision).toMatchObject({ action, reason });
  });
});
