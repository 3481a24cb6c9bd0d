// The order of a target's decision, step by step: what holds it, what wakes it, what limits it, and who is not fought.
import { describe, expect, it } from 'vitest';
import type { Memory, TargetMemory } from '../../../src/model/memory.ts';
import { emptyTargetMemory } from '../../../src/model/memory.ts';
import type { ControlFacts } from '../../../src/model/snapshot.ts';
import { minutes, rfc3339, seconds, type Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { aConfig, aDeployment, aPod, aPodPolicy, aSnapshot, answered, at, noon, podsOf } from '../../builders.ts';
import { decideOne, key, run, steady, world } from './shop.ts';

const annotated = (annotations: Record<string, string>, replicas = 4, value = 900) => {
  const deployment = aDeployment('shop', 'web').replicas(replicas).build();
  const { metadata } = deployment;
  return aSnapshot()
    .deployments({ ...deployment, metadata: { ...metadata, annotations } })
    .pods(...podsOf('web', { 'n-1': replicas }))
    .answering('requests', value)
    .build();
};
const remembering = (target: Partial<TargetMemory>): Memory => ({
  ...steady(),
  targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400), ...target } },
});

describe('an annotation on the target', () => {
  it.each([
    [{ 'springtide.io/paused': 'true' }, 'Paused', 'hold', 4],
    [{ 'springtide.io/paused': 'false' }, 'MetricAboveTarget', 'scale', 8],
    [{ 'springtide.io/paused-replicas': '7' }, 'PausedReplicas', 'scale', 7],
    [{ 'springtide.io/paused-replicas': '4' }, 'PausedReplicas', 'none', 4],
    [{ 'springtide.io/paused-replicas': 'many' }, 'InvalidAnnotation', 'hold', 4],
    [{ 'springtide.io/paused': 'yes please' }, 'InvalidAnnotation', 'hold', 4],
    [{ 'springtide.io/paused-scale-up': 'true' }, 'PausedScaleUp', 'hold', 4],
    [{ 'springtide.io/paused-scale-down': 'true' }, 'MetricAboveTarget', 'scale', 8],
  ])('%j: %s', (annotations, reason, action, desired) => {
    expect(decideOne(annotated(annotations)).decision).toMatchObject({ reason, action, desired });
  });

  it('forbids the way down alone', () => {
    const paused = annotated({ 'springtide.io/paused-scale-down': 'true' }, 4, 100);
    const behavior = { scaleDown: { stabilizationWindow: '0s' } };
    expect(decideOne(paused, { behavior }).decision).toMatchObject({ reason: 'PausedScaleDown', desired: 4 });
    expect(decideOne(annotated({}, 4, 100), { behavior }, remembering({})).decision).toMatchObject({ desired: 1 });
  });

  it('beats the bounds where it says a number', () => {
    const paused = annotated({ 'springtide.io/paused-replicas': '70' });
    expect(decideOne(paused, { replicas: { min: 1, max: 10 } }).decision).toMatchObject({ desired: 70 });
  });

  it('that ends lowers nothing before a whole window has been seen', () => {
    const pausedFor = (ticks: number) => (same: ReturnType<typeof world>, tick: number, replicas: number) => {
      if (tick >= ticks) return same;
      const deployment = aDeployment('shop', 'web').replicas(replicas).build();
      const annotations = { 'springtide.io/paused': 'true' };
      return same.deployments({ ...deployment, metadata: { ...deployment.metadata, annotations } });
    };
    const { desired } = run(Array<number>(50).fill(100), 4, {}, steady(), pausedFor(24));
    expect(desired.findIndex((replicas) => Number(replicas) === 1)).toBe(24 + 19);
  });
});

describe('somebody else who writes the replicas', () => {
  const hpa = {
    metadata: { name: 'old-hpa', namespace: 'shop' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  };

  it('as an HPA is named and not fought, but may be rehearsed beside', () => {
    const snapshot = world(4)
      .kubernetes({ horizontalpodautoscalers: [hpa] })
      .answering('requests', 900)
      .build();
    const { decision, plan } = decideOne(snapshot);
    expect(decision).toMatchObject({
      reason: 'ForeignAutoscaler',
      action: 'hold',
      desired: 4,
      facts: { by: 'old-hpa' },
    });
    expect(plan.alerts.map(({ labels }) => labels['alertname'])).toContain('SpringtideForeignWriter');
    expect(decideOne(snapshot, { mode: 'dryRun' }).decision).toMatchObject({ mode: 'dryRun', desired: 8 });
  });

  it('in a list that cannot be read forbids the way down, not the way up', () => {
    const blind = (value: number) => world(4).without('horizontalpodautoscalers').answering('requests', value).build();
    const behavior = { scaleDown: { stabilizationWindow: '0s' } };
    expect(decideOne(blind(100), { behavior }, remembering({})).decision).toMatchObject({
      reason: 'FailedGetAutoscalers',
      desired: 4,
    });
    expect(decideOne(blind(900)).decision.desired).toBe(8);
  });

  const reverted = (until: number) => (same: ReturnType<typeof world>, tick: number) => {
    if (tick >= until) return same;
    const deployment = aDeployment('shop', 'web').replicas(4).build();
    const managedFields = [{ manager: 'argocd-controller', time: rfc3339(at(tick * 15)) }];
    return same.deployments({ ...deployment, metadata: { ...deployment.metadata, managedFields } });
  };

  it('is noticed at the third time, named, and left alone for half an hour', () => {
    const { decisions } = run(Array<number>(140).fill(800), 4, {}, steady(), reverted(100));
    expect(decisions.slice(0, 3).map(({ action }) => action)).toEqual(['scale', 'scale', 'scale']);
    expect(decisions[3]).toMatchObject({ reason: 'ForeignWriter', desired: 4, facts: { by: 'argocd-controller' } });
    expect(decisions[3]?.until).toBe(rfc3339(at(15 + 1800)));
    expect(decisions.slice(3, 121).every(({ reason }) => reason === 'ForeignWriter')).toBe(true);
    expect(decisions[121]).toMatchObject({ action: 'scale', desired: 8 });
  });

  it('once is a person at work', () => {
    const once = (same: ReturnType<typeof world>, tick: number) =>
      tick === 5 ? same.deployments(aDeployment('shop', 'web').replicas(20)) : same;
    const { decisions } = run([400, 400, 400, 400, 400, 400, 400, 400], 4, {}, steady(), once);
    expect(decisions.some(({ reason }) => reason === 'ForeignWriter')).toBe(false);
  });
});

describe('zero', () => {
  const zero = {
    replicas: { min: 0, whenActive: 2, max: 60 },
    zero: { after: '5m' },
    behavior: { scaleDown: { stabilizationWindow: '1m' } },
    metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
  };

  it('is reached after the cooldown, at whenActive until then, and left with the first request', () => {
    const idle = Array<number>(30).fill(0);
    const { desired, decisions } = run([300, 300, 300, 300, ...idle, 5, 6, 450, 450], 3, zero);
    expect(desired.slice(0, 4)).toEqual([3, 3, 3, 3]);
    const asleep = desired.map(Number).indexOf(0);
    // the last activity was at the fourth tick: more than five minutes later
    expect(asleep).toBe(3 + 21);
    expect(decisions[asleep]).toMatchObject({ reason: 'Inactive', mark: { previous: 2 } });
    expect(decisions[asleep - 1]).toMatchObject({ reason: 'ZeroCooldown', desired: 2 });
    expect(desired.slice(34)).toEqual([0, 2, 5, 5]);
    expect(decisions[35]?.reason).toBe('Activated');
  });

  it('is never reached by what is unknown, and a metric that fails wakes nobody', () => {
    const unknown = Array<null>(60).fill(null);
    expect(run([300, ...unknown], 3, zero).desired.every((replicas) => Number(replicas) === 3)).toBe(true);
    const asleep = { asleep: { at: at(-60), previous: 3 }, seen: 0, lastActive: at(-600) };
    expect(run([null, null], 0, zero, remembering(asleep)).desired).toEqual([0, 0]);
  });

  it('by hand stays, where we have seen it', () => {
    const memory = remembering({ seen: 3 });
    const { decisions } = run([900, 900, 900], 0, zero, memory);
    expect(decisions.map(({ reason }) => reason)).toEqual(['ScalingDisabled', 'ScalingDisabled', 'ScalingDisabled']);
    expect(run([900], 0, {}, remembering({ seen: 0 })).decisions[0]?.reason).toBe('ScalingDisabled');
  });

  it('that a new policy finds is woken, and one with our mark in any case', () => {
    expect(run([900], 0, zero).desired).toEqual([4]);
    const marked = annotated({ 'springtide.io/previous-replicas': '6' }, 0, 900);
    expect(decideOne(marked, zero, remembering({ seen: 6 })).decision).toMatchObject({ desired: 4, mark: null });
  });

  it('is left when an annotation forces it', () => {
    const forced = annotated({ 'springtide.io/force-activation': 'true' }, 0, 0);
    expect(decideOne(forced, zero).decision).toMatchObject({ desired: 2, reason: 'Activated' });
  });

  it('needs a wish of its own: min 0 alone never goes there', () => {
    const policy = { replicas: { min: 0, max: 9 }, behavior: { scaleDown: { stabilizationWindow: '0s' } } };
    expect(run([0, 0, 0], 3, policy, remembering({})).replicas).toBe(1);
  });
});

describe('a schedule', () => {
  const sale = (more: object) => ({
    schedule: [{ name: 'sale', from: '2026-11-20T12:05:00Z', until: '2026-11-20T12:15:00Z', ...more }],
  });
  const ticks = (count: number, value = 400) => Array<number>(count).fill(value);

  it('raises at its start and lets go gradually after its end', () => {
    const { desired, decisions } = run(ticks(100), 4, sale({ min: 12 }));
    expect(desired.slice(19, 22)).toEqual([4, 12, 12]);
    expect(decisions[20]).toMatchObject({ reason: 'ScheduleWindow', facts: { schedule: 'sale', min: 12 } });
    // twenty ticks of window after the last tick of the sale
    expect(desired.map(Number).indexOf(4, 21)).toBe(60);
  });

  it('opens early enough for pods that take their time', () => {
    const slow = (same: ReturnType<typeof world>, _: number, replicas: number) =>
      same.pods(
        ...podsOf('web', { 'n-1': replicas }).map((pod) => ({
          ...pod,
          metadata: { ...pod.metadata, creationTimestamp: rfc3339(at(-86_400 - 60)) },
        })),
      );
    const { desired } = run(ticks(30), 4, sale({ min: 12, readyBefore: '2m' }), steady(), slow);
    // two minutes and the minute that a pod takes, before 12:05, and a tick: never late
    expect(desired.map(Number).indexOf(12)).toBe(7);
  });

  it('that only forbids the way down holds it', () => {
    const { decisions } = run([1000, ...ticks(70, 100)], 10, sale({ scaleDown: 'off' }));
    expect(decisions[30]).toMatchObject({ reason: 'ScheduleHoldsDown', desired: 10, until: '2026-11-20T12:15:00Z' });
    expect(decisions[61]?.desired).toBe(1);
  });

  it('sets an exact number, zero too, and wakes what it put to sleep', () => {
    const policy = { ...sale({ replicas: 0 }), behavior: { scaleDown: { stabilizationWindow: '0s' } } };
    const { desired, decisions } = run(ticks(70), 4, policy, remembering({ seen: 4 }));
    expect(desired.slice(19, 21)).toEqual([4, 0]);
    expect(decisions[20]).toMatchObject({ mark: { previous: 4 }, reason: 'ScheduleWindow' });
    expect(desired.slice(59, 61)).toEqual([0, 4]);
  });

  it('restores what stood before its zero at once, beyond the rates and without a metric', () => {
    const policy = { ...sale({ replicas: 0 }), behavior: { scaleDown: { stabilizationWindow: '0s' } } };
    const values = [...ticks(20, 3000), ...Array<null>(60).fill(null)];
    const { desired, decisions } = run(values, 30, policy, remembering({ seen: 30 }));
    expect(desired.slice(59, 63)).toEqual([0, 30, 30, 30]);
    expect(decisions[60]).toMatchObject({ reason: 'Restored', limitedBy: [] });
  });

  it('alone is a policy', () => {
    const { desired } = run(ticks(100), 2, { ...sale({ min: 12 }), metrics: [], replicas: { min: 2, max: 60 } });
    expect(desired.slice(19, 21)).toEqual([2, 12]);
    expect(desired.at(-1)).toBe(2);
  });
});

describe('one way only', () => {
  const quick = { behavior: { scaleDown: { stabilizationWindow: '0s' } } };

  it('a metric that sees too few pods may raise, never lower', () => {
    const metrics = [
      {
        name: 'requests',
        query: 'requests',
        target: { averageValue: 100 },
        coverage: { query: 'up', atLeast: 0.9 },
      },
    ];
    const seen = (value: number, up: number | null) =>
      world(10).answering('requests', value).answering('up', answered(up)).build();
    const policy = { ...quick, metrics };
    expect(decideOne(seen(300, 5), policy, remembering({})).decision).toMatchObject({
      reason: 'CoverageTooLow',
      desired: 10,
      facts: { covered: 5, coverable: 10 },
    });
    expect(decideOne(seen(300, null), policy, remembering({})).decision.desired).toBe(10);
    expect(decideOne(seen(300, 9), policy, remembering({})).decision.desired).toBe(3);
    expect(decideOne(seen(1500, 5), policy).decision.desired).toBe(15);
  });

  it('{atLeast} never lowers', () => {
    const metrics = [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, unknown: { atLeast: 10 } }];
    const unknown = Array<null>(40).fill(null);
    expect(run(unknown, 30, { ...quick, metrics }, remembering({})).replicas).toBe(30);
    expect(run(unknown, 4, { ...quick, metrics }, remembering({})).replicas).toBe(10);
  });

  it('after an outage nothing is lowered before a whole window of values', () => {
    const values = [1000, 1000, ...Array<null>(8).fill(null), ...Array<number>(30).fill(300)];
    const { desired, decisions } = run(values, 10);
    expect(decisions[12]).toMatchObject({ desired: 10 });
    expect(desired.map(Number).indexOf(3)).toBe(10 + 20);
  });

  it('a flap budget holds the way down, never the way up', () => {
    const waves = Array.from({ length: 24 }, (_, index) => (index % 4 < 2 ? 800 : 300));
    const { decisions, desired } = run(waves, 3, { ...quick, flapBudget: { changes: 3, per: '10m' } }, remembering({}));
    const spent = decisions.findIndex(({ reason }) => reason === 'FlapBudgetSpent');
    expect(decisions[spent]).toMatchObject({ desired: 8, facts: { count: 3 } });
    expect(desired.slice(spent).every((replicas) => Number(replicas) === 8)).toBe(true);
    expect(decisions[spent]?.until).not.toBeNull();
  });

  const pendingPods = (count: number) =>
    Array.from({ length: count }, (_, index) => aPod(`web-new-${index}`).labelled({ app: 'web' }).unschedulable());

  it('replicas are not raised while earlier ones have no place and no node comes', () => {
    const crowded = world(6)
      .pods(...podsOf('web', { 'n-1': 4 }), ...pendingPods(2))
      .answering('requests', 900)
      .build();
    const { decision } = decideOne(crowded);
    expect(decision).toMatchObject({ reason: 'WaitingForNodes', desired: 6, facts: { count: 2 } });
    const coming: Memory = {
      ...steady(),
      groups: {
        'default-worker': {
          lastGrowth: at(-30),
          lastShrink: null,
          lastFailure: null,
          drainFailure: null,
          backOff: null,
          sent: null,
          ordered: [{ at: at(-30), count: 1 }],
          bootTimes: [],
          removal: 'unproven',
        },
      },
    };
    expect(decideOne(crowded, {}, coming).decision.desired).toBe(9);
  });

  it('more of a broken pod is no capacity', () => {
    const broken = (count: number, reason: string) =>
      Array.from({ length: count }, (_, index) =>
        aPod(`web-b-${index}`)
          .labelled({ app: 'web', 'pod-template-hash': 'new' })
          .meta({ creationTimestamp: rfc3339(at(-60)) })
          .status({
            phase: 'Running',
            containerStatuses: [{ name: 'main', ready: false, state: { waiting: { reason } } }],
          }),
      );
    const stuck = world(6)
      .pods(...podsOf('web', { 'n-1': 4 }), ...broken(2, 'CrashLoopBackOff'))
      .answering('requests', 900)
      .build();
    const { decision } = decideOne(stuck);
    expect(decision).toMatchObject({ reason: 'TargetStuck', desired: 6 });
    expect(decision.message).toContain('CrashLoopBackOff');
    const oneOfMany = world(6)
      .pods(
        ...podsOf('web', { 'n-1': 5 }).map((pod) => ({
          ...pod,
          metadata: { ...pod.metadata, creationTimestamp: rfc3339(at(-30)) },
        })),
        ...broken(1, 'CrashLoopBackOff'),
      )
      .answering('requests', 900)
      .build();
    expect(decideOne(oneOfMany).decision.desired).toBe(9);
    const late = aDeployment('shop', 'web')
      .replicas(6)
      .status({ conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] });
    const snapshot = world(6).deployments(late).answering('requests', 900).build();
    expect(decideOne(snapshot).decision.reason).toBe('TargetStuck');
  });

  it('a person’s switch holds what it names, until its time', () => {
    const off = (ways: ControlFacts['off'], until: Instant | null) => ({
      off: ways,
      until: until === null ? null : rfc3339(until),
      by: 'zhang',
      why: 'drill',
      releasedAt: null,
    });
    const decided = (value: number, control: ControlFacts) =>
      decideOne({ ...world(4).answering('requests', value).build(), control }, quick, remembering({})).decision;
    expect(decided(100, off(['pods.down'], null))).toMatchObject({ reason: 'SwitchedOff', desired: 4 });
    expect(decided(900, off(['pods.down'], null)).desired).toBe(8);
    expect(decided(900, off(['pods.down', 'pods.up'], at(60)))).toMatchObject({
      reason: 'SwitchedOff',
      action: 'hold',
    });
    expect(decided(100, off(['pods.down'], at(-1))).desired).toBe(1);
  });
});

describe('a guard over all policies', () => {
  const names = Array.from({ length: 10 }, (_, index) => `web-${index}`);
  const policies = names.map((name) =>
    aPodPolicy(name, {
      metrics: [{ name: 'requests', query: name, target: { averageValue: 100 } }],
      behavior: { scaleDown: { stabilizationWindow: '0s' } },
    }),
  );
  const daemon = { guards: { pods: { targetsLowered: { percent: 30, per: '10m' } } } };
  const memory = (): Memory => ({
    ...steady(),
    targets: Object.fromEntries(
      names.map((name) => [`shop/Deployment/${name}`, { ...emptyTargetMemory, firstSeen: at(-86_400) }]),
    ),
  });
  const snapshotOf = (low: number, control?: ControlFacts) => {
    let snapshot = aSnapshot()
      .deployments(...names.map((name) => aDeployment('shop', name).replicas(8)))
      .pods(...names.flatMap((name) => podsOf(name, { 'n-1': 8 })));
    for (const [index, name] of names.entries()) snapshot = snapshot.answering(name, index < low ? 100 : 800);
    return { ...snapshot.build(), ...(control === undefined ? {} : { control }) };
  };
  const config = aConfig(policies, [], daemon);

  it('stops what would lower too many at once, and nothing less', () => {
    expect(
      decide(snapshotOf(3), config, memory(), noon).plan.pods.filter(({ desired }) => Number(desired) === 1),
    ).toHaveLength(3);
    const { plan, memory: after } = decide(snapshotOf(4), config, memory(), noon);
    expect(plan.pods.filter(({ reason }) => reason === 'GuardTripped')).toHaveLength(4);
    expect(plan.pods.every(({ desired }) => Number(desired) === 8)).toBe(true);
    expect(plan.alerts.map(({ labels }) => labels['alertname'])).toEqual(['SpringtideGuardTripped']);
    const later = (noon + minutes(60)) as Instant;
    const still = decide(snapshotOf(1), config, { ...after, lastTick: (later - seconds(15)) as Instant }, later);
    expect(still.plan.pods.filter(({ reason }) => reason === 'GuardTripped')).toHaveLength(1);
  });

  it('is released by a person', () => {
    const { memory: tripped } = decide(snapshotOf(4), config, memory(), noon);
    const release = { off: [], until: null, by: 'li', why: '', releasedAt: rfc3339(at(10)) };
    const { plan } = decide(snapshotOf(4, release), config, tripped, at(15));
    expect(plan.pods.filter(({ desired }) => Number(desired) === 1)).toHaveLength(4);
  });
});
