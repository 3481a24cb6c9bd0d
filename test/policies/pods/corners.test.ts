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

describe("a zero that is somebody else's", () => {
  const zero = {
    replicas: { min: 0, max: 60 },
    zero: { after: '5m' },
    metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
  };
  const byHand = 'springtide.io/stopped-by-hand';
  const signed = { [byHand]: '2026-11-20T11:00:00Z' };

  it('is signed on the target, once', () => {
    const { decision } = decideOne(annotated({}, 0, 900), zero, remembering({ seen: 3 }));
    expect(decision).toMatchObject({ reason: 'ScalingDisabled', mark: { stopped: '2026-11-20T12:00:00Z' } });
    const again = decideOne(annotated(signed, 0, 900), zero, remembering({ seen: 0, stoppedByHand: at(-60) }));
    expect(again.decision).toMatchObject({ reason: 'ScalingDisabled' });
    expect(again.decision).not.toHaveProperty('mark');
    const without = decideOne(annotated({}, 0, 900), {}, remembering({ seen: 3 }));
    expect(without.decision).not.toHaveProperty('mark');
  });

  it('stays although the memory is lost', () => {
    const { decision, memory } = decideOne(annotated(signed, 0, 900), zero, steady());
    expect(decision).toMatchObject({ reason: 'ScalingDisabled', desired: 0 });
    expect(memory.targets[key]?.stoppedByHand).toBe(at(0));
  });

  it('ends where a person raises it, and its signature with it', () => {
    const raised = decideOne(annotated(signed, 2, 200), zero, remembering({ seen: 0, stoppedByHand: at(-60) }));
    expect(raised.decision).toMatchObject({ action: 'none', mark: null });
    expect(raised.memory.targets[key]?.stoppedByHand).toBeUndefined();
  });

  it('is none where our own mark stands beside a signature that could not be taken away', () => {
    const both = annotated({ ...signed, 'springtide.io/previous-replicas': '3' }, 0, 900);
    expect(decideOne(both, zero, steady()).decision).toMatchObject({ reason: 'Activated', mark: null });
    const asleep = remembering({ asleep: { at: at(-600), previous: 3 }, seen: 0 });
    expect(decideOne(annotated(signed, 0, 900), zero, asleep).decision).toMatchObject({ reason: 'Activated' });
  });

  it('is none of a person where an autoscaler beside a dry run made it', () => {
    const hpa = {
      metadata: { name: 'keda-hpa-web', namespace: 'shop' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    };
    const asleep = annotated({}, 0, 0);
    const beside = { ...asleep, kubernetes: { ...asleep.kubernetes, horizontalpodautoscalers: [hpa] } };
    const { memory } = decideOne(beside, { ...zero, mode: 'dryRun' }, remembering({ seen: 3 }));
    expect(memory.targets[key]?.stoppedByHand).toBeUndefined();
    const alone = decideOne(annotated({}, 0, 300), zero, { ...memory, lastTick: at(0) }, at(15));
    expect(alone.decision).toMatchObject({ action: 'scale', reason: 'Activated', desired: 3 });
  });
});
