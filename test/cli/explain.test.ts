// What explain says of recordings: why, why not, until when, which sample governs, in two languages; which target is meant.
import { describe, expect, it } from 'vitest';
import { resolveSubject, subjectOf } from '../../src/cli/explain/subject.ts';
import { spanText, timeAsked, zoneNamed } from '../../src/cli/explain/times.ts';
import { colourPaint, paintFor, plainPaint, widthOf, wrap } from '../../src/cli/explain/page.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { aPodPolicy, at, noon } from '../builders.ts';
import { series } from '../policies/properties/simulate.ts';
import { explained, remembered, textOf, world } from './explained.ts';

const oneUp = { ups: [{ at: at(-10), change: 2 }], downs: [] };

describe('an explanation', () => {
  it('has the numbers in between of a way up, and what would be without its limits', () => {
    const found = explained({ policy: aPodPolicy(), snapshot: world(2012.4), memory: remembered({ acted: oneUp }) });
    expect(found.decision).toMatchObject({ action: 'scale', current: 4, desired: 6, reason: 'MetricAboveTarget' });
    expect(found.decision.metrics[0]).toMatchObject({ value: 2012.4, kind: 'averageValue', proposal: 21 });
    expect(found.decision.metrics[0]?.ratio).toBeCloseTo(5.031);
    expect(found.whyNot).toEqual([{ would: 21, step: 'rates', by: 'scaleUp 4 pods/15 s' }]);
    expect(found.rates?.up).toMatchObject({
      limit: 6,
      rules: [
        { type: 'Pods', counted: 2, limit: 6 },
        { type: 'Percent', counted: 2, limit: 4 },
      ],
    });
  });

  it('says which sample governs the stabilization, and when it leaves', () => {
    const recommendations = [
      { at: at(-200), replicas: 4 },
      { at: at(-100), replicas: 3 },
      { at: at(-15), replicas: 2 },
    ];
    const found = explained({
      policy: aPodPolicy(),
      snapshot: world(150),
      memory: remembered({ recommendations }),
    });
    expect(found.stabilization?.governedBy).toMatchObject({ replicas: 4, leaves: '2026-11-20T12:01:40Z' });
    expect(found.stabilization?.recommendations.map(({ replicas, governs }) => [replicas, governs])).toEqual([
      [4, true],
      [3, false],
      [2, false],
    ]);
    const text = textOf(found);
    expect(text).toContain(
      'governed by 4 replicas, recommended at 11:56:40 (3m20s ago); it leaves at 12:01:40 (in 1m40s)',
    );
    expect(text).toContain('would be 2 without stabilization');
    expect(textOf(found, 'zh-CN', 'Asia/Shanghai')).toContain('20:01:40 (1m40s 后) 离开窗口');
  });

  it('names what is unknown, since when, why, and when the fallback comes', () => {
    const found = explained({
      policy: aPodPolicy('web', { fallback: { after: '2m', replicas: 5 } }),
      snapshot: world(null),
      memory: remembered({ unknownSince: { requests: at(-60) } }),
    });
    expect(found.decision.metrics[0]).toMatchObject({ state: 'unknown', since: '2026-11-20T11:59:00Z' });
    expect(found.fallback).toEqual({ replicas: 5, behavior: 'currentReplicasIfHigher', at: '2026-11-20T12:01:00Z' });
    expect(textOf(found)).toMatch(/unknown since 11:59:00 \(1m ago\): Prometheus was not asked/);
  });

  it('counts the flap budget and says until when it holds', () => {
    const turns = [at(-3000), at(-600)];
    const found = explained({
      policy: aPodPolicy('web', { flapBudget: { changes: 2, per: '1h' } }),
      snapshot: world(150),
      memory: remembered({ acted: { ups: [], downs: [], turns, lastWay: 'up' } }),
    });
    expect(found.flaps).toEqual({
      used: 2,
      changes: 2,
      perSeconds: 3600,
      oldestLeaves: '2026-11-20T12:10:00Z',
      heldUntil: '2026-11-20T12:10:00Z',
    });
    expect(textOf(found)).toContain('no way down until 12:10:00 (in 10m)');
  });

  it('says what keeps a target awake, and that a hand has put it to sleep', () => {
    const policy = aPodPolicy('web', {
      replicas: { min: 0, max: 10 },
      zero: { after: '5m' },
      metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
    });
    const found = explained({ policy, snapshot: world(3), memory: remembered({ lastActive: at(-60) }) });
    expect(found.zero).toMatchObject({
      afterSeconds: 300,
      lastActive: '2026-11-20T11:59:00Z',
      activations: [{ metric: 'requests', value: 3, activation: 5, active: false }],
    });
    const byHand = explained({ policy, snapshot: world(300, 0), memory: remembered({ seen: 3 }) });
    expect(byHand.decision.reason).toBe('ScalingDisabled');
    expect(textOf(byHand)).toContain('set to 0 by hand');
  });

  it('names the pods that go first, and what they do', () => {
    const behavior = { scaleDown: { stabilizationWindow: '0s', victim: { query: 'jobs', by: 'pod' } } };
    const jobs = series(
      ...[3, 0, 1.5].map((value, index) => [{ namespace: 'shop', pod: `web-${index + 1}` }, value] as const),
    );
    const snapshot = world(100);
    const asked = { ...snapshot, prometheus: { queries: { ...snapshot.prometheus.queries, jobs } } };
    const found = explained({ policy: aPodPolicy('web', { behavior }), snapshot: asked });
    expect(found.decision.deletionCosts?.map(({ pod, cost }) => [pod.name, cost])).toEqual([
      ['web-2', -3],
      ['web-3', -2],
      ['web-1', -1],
    ]);
    expect(textOf(found)).toMatch(/WHO GOES FIRST.*\n +web-2 +0\n +web-3 +1\.5\n +web-1 +3\n/);
  });

  it('lists the windows that are open and the next five transitions', () => {
    const base = aPodPolicy();
    const rule = {
      kind: 'daily',
      start: 8 * 60,
      end: 20 * 60,
      days: { weekdays: [0, 1, 2, 3, 4, 5, 6], workday: false, holiday: false },
      timeZone: 'UTC',
      calendar: null,
    } as const;
    const office = { name: 'office', rule, min: 6, max: null, replicas: null, scaleDown: null } as const;
    const schedule = [{ ...office, readyBefore: 0 as never, priority: 0 }];
    const found = explained({ policy: { ...base, spec: { ...base.spec, schedule } }, snapshot: world(350) });
    expect(found.schedule).toMatchObject({
      policy: { min: 1, max: 60 },
      now: { min: 6, max: 60 },
      open: [{ window: 'office', phase: 'open', min: 6, until: '2026-11-20T20:00:00Z' }],
    });
    expect(found.schedule?.next.map((one) => one.at)).toEqual(
      ['20T20', '21T08', '21T20', '22T08', '22T20'].map((hour) => `2026-11-${hour}:00:00Z`),
    );
    expect(textOf(found)).toMatch(/20:00:00 \(in 8h\) +1 to 60 +office ends/);
  });

  it('says that it knows no history where there is none', () => {
    const found = explained({ policy: aPodPolicy(), snapshot: world(150), memory: emptyMemory() });
    expect(textOf(found)).toContain('without a memory of the daemon');
  });

  it('leaves no place of a sentence open, in any language, and no line wider than a terminal', () => {
    const snapshot = world(2012.4);
    for (const language of ['en', 'zh-CN'] as const) {
      const text = textOf(explained({ policy: aPodPolicy(), snapshot }), language);
      expect(text).not.toMatch(/cli\.explain|\{\w+\}/);
      expect(text.split('\n').filter((line) => widthOf(line) > 100)).toEqual([]);
    }
  });
});

describe('which target is meant', () => {
  const known = [
    'shop/Deployment/web',
    'shop/StatefulSet/db',
    'pay/Deployment/web',
    'nodegroup/default-worker',
  ].flatMap((key) => subjectOf(key) ?? []);
  const resolve = (text: string, namespace?: string): string => resolveSubject(text, namespace, known, 'it').key;

  it.each([
    { text: 'shop/web', is: 'shop/Deployment/web' },
    { text: 'pay/Deployment/web', is: 'pay/Deployment/web' },
    { text: 'deployment/web', namespace: 'shop', is: 'shop/Deployment/web' },
    { text: 'deploy/web', namespace: 'pay', is: 'pay/Deployment/web' },
    { text: 'sts/db', is: 'shop/StatefulSet/db' },
    { text: 'statefulsets.apps/db', is: 'shop/StatefulSet/db' },
    { text: 'db', is: 'shop/StatefulSet/db' },
    { text: 'nodegroup/default-worker', is: 'nodegroup/default-worker' },
  ])('takes $text for $is', ({ text, namespace, is }) => expect(resolve(text, namespace)).toBe(is));

  it.each([
    { text: 'web', says: /may be any of shop\/Deployment\/web, pay\/Deployment\/web/ },
    { text: 'deployment/web', says: /may be any of/ },
    { text: 'shop/wbe', says: /near it: shop\/Deployment\/web/ },
    { text: 'shop/orders', says: /there are shop\/Deployment\/web/ },
    { text: 'a/b/c/d', says: /write NAMESPACE\/NAME/ },
    { text: '/', says: /write NAMESPACE\/NAME/ },
  ])('refuses $text', ({ text, says }) => {
    expect(() => resolve(text)).toThrow(says);
    expect(() => resolve(text)).toThrow(expect.objectContaining({ code: 'UsageInvalid' }) as Error);
  });
});

describe('times', () => {
  it.each([
    [45_000, '45s'],
    [200_000, '3m20s'],
    [3_600_000, '1h'],
    [7_500_000, '2h05m'],
    [274_000_000, '3d4h'],
  ])('writes %i ms as %s', (length, text) => expect(spanText(length)).toBe(text));

  it('reads an instant with its zone and a span that is past, nothing else', () => {
    expect(timeAsked('15m', noon)).toBe(at(-900));
    expect(timeAsked('2026-11-20T19:00:00+08:00', noon)).toBe(at(-3600));
    for (const text of ['2026-11-20T11:00:00', 'yesterday', '2027-01-01T00:00:00Z'])
      expect(() => timeAsked(text, noon)).toThrow('--at');
    expect(() => zoneNamed('Asia/Nowhere')).toThrow('--tz');
  });
});

describe('a page', () => {
  it('has colours on a terminal only, and none where NO_COLOR is set', () => {
    expect(paintFor(true, {})).toBe(colourPaint);
    expect(paintFor(true, { NO_COLOR: '1' })).toBe(plainPaint);
    expect(paintFor(false, {})).toBe(plainPaint);
  });

  it('breaks long lines at spaces and counts wide characters twice', () => {
    expect(widthOf('副本 4')).toBe(6);
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  });
});
