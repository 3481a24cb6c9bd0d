// What people are told of: each condition begins, lasts, ends, and is told as ended for a quarter of an hour.
import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/model/config.ts';
import { emptyGroupMemory, emptyMemory, emptyTargetMemory, type Memory } from '../../src/model/memory.ts';
import type { PlanAlert } from '../../src/model/plan.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { shippedTexts } from '../../src/config/texts.ts';
import { rfc3339, type Instant } from '../../src/model/units.ts';
import { decide } from '../../src/policies/decide.ts';
import {
  aConfig,
  aDeployment,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aPodPolicy,
  aSnapshot,
  answered,
  at,
  longAgo,
  noon,
} from '../builders.ts';

const steady = (more: Partial<Memory> = {}): Memory => ({
  ...emptyMemory(),
  lastTick: at(-15),
  steadySince: longAgo,
  ...more,
});
const pods = [aPodPolicy('web', { replicas: { min: 1, max: 4 } })];
const nodes = [aNodePolicy({ nodeGroups: [{ name: 'default-worker', min: 1, max: 1 }] })];
const config = aConfig(pods, nodes);
const healthy = () =>
  aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(2))
    .nodes(aNode('w-1'))
    .groups(aNodeGroup('default-worker', 1))
    .answering('requests', 200);
const waiting = aPod('x').requesting({ cpu: '3' }).unschedulable();
const filler = aPod('y').requesting({ cpu: '3' }).on('w-1').ready();

const told = (snapshot: Snapshot, memory = steady(), now: Instant = noon, by: Config = config) => {
  const { plan, memory: after } = decide(snapshot, by, memory, now);
  return { alerts: plan.alerts, memory: after };
};
const named = (alerts: readonly PlanAlert[], name: string) =>
  alerts.find((alert) => alert.labels['alertname'] === name);

describe('each condition is told under its name, with every place of its texts filled', () => {
  const failure = (code: string) => ({
    groups: {
      'default-worker': {
        ...emptyGroupMemory,
        lastFailure: { at: at(-60), code, message: 'it did not work' },
        backOff: { until: at(240), length: 300_000 as never },
        ordered: code === 'NeverReady' ? [{ at: at(-1000), count: 1 }] : [],
      },
    },
  });
  const writeFailed = {
    targets: {
      'shop/Deployment/web': { ...emptyTargetMemory, failure: { at: at(-60), code: 'Forbidden', message: 'no' } },
    },
  };
  const order = { groups: { 'default-worker': { ...emptyGroupMemory, ordered: [{ at: at(-60), count: 1 }] } } };
  const sent = { at: at(-10), from: 2, to: 1, remove: [{ node: 'w-2', serverId: 'x' }], begun: true };
  const returned = { groups: { 'default-worker': { ...emptyGroupMemory, sent } } };
  const timedOut = aNode('w-2').leaving({ startedAt: at(-601) });
  const stuck = aPod('stuck').ownedBy('ReplicaSet', 'web-abc').on('w-2').deleting(at(-10));
  const drainFailure = { at: at(-600), code: 'WrongServerLeft', message: 'the-server' };
  const refuted = { groups: { 'default-worker': { ...emptyGroupMemory, removal: 'refuted' as const, drainFailure } } };
  it.each([
    ['SpringtideReplicasAtMaximum', healthy().answering('requests', 9000), {}],
    ['SpringtideMetricUnknown', healthy().answering('requests', answered(null)), {}],
    ['SpringtideScalingFailed', healthy().answering('requests', 300), writeFailed],
    ['SpringtidePoolAtMaximum', healthy().pods(waiting, filler), {}],
    ['SpringtideQuotaExceeded', healthy(), failure('QuotaExceeded')],
    ['SpringtideResizeFailed', healthy(), failure('ResizeFailed')],
    ['SpringtideNodesNeverReady', healthy().groups(aNodeGroup('default-worker', 2)), failure('NeverReady')],
    ['SpringtideNodesOrdered', healthy().groups(aNodeGroup('default-worker', 2)), order],
    [
      'SpringtideNodesReturned',
      healthy().groups(aNodeGroup('default-worker', 1, { status: 'UPDATE_IN_PROGRESS' })),
      returned,
    ],
    [
      'SpringtideDrainFailed',
      healthy().nodes(aNode('w-1'), timedOut).groups(aNodeGroup('default-worker', 2)).pods(stuck),
      {},
    ],
    ['SpringtideWrongServerLeft', healthy(), refuted],
    ['SpringtideCollectorFailed', healthy().withoutMagnum('down'), {}],
    ['SpringtideTickLate', healthy().loop({ latenessSeconds: 40, intervalSeconds: 15, refused: [] }), {}],
    [
      'SpringtideConfigRefused',
      healthy().loop({ latenessSeconds: 0, intervalSeconds: 15, refused: [{ document: 'web.yaml', why: 'no' }] }),
      {},
    ],
    [
      'SpringtideWatchdogMissing',
      healthy().loop({
        latenessSeconds: 0,
        intervalSeconds: 15,
        refused: [],
        missingWatchdogs: [{ name: 'prometheus', since: '2026-11-11T02:00:00Z', withinSeconds: 300 }],
      }),
      {},
    ],
    [
      'SpringtideAlertsLeftOut',
      healthy().loop({
        latenessSeconds: 0,
        intervalSeconds: 15,
        refused: [],
        alertsLeftOut: { count: 45, limit: 50_000, names: ['PodDown'] },
      }),
      {},
    ],
    [
      'SpringtideAlertsTooLarge',
      healthy().loop({
        latenessSeconds: 0,
        intervalSeconds: 15,
        refused: [],
        alertsTooLarge: { count: 2, limitMiB: 64, senders: ['10.0.0.7'] },
      }),
      {},
    ],
    [
      'SpringtideTellingFails',
      healthy().loop({
        latenessSeconds: 0,
        intervalSeconds: 15,
        refused: [],
        tellingFails: [
          { receiver: 'duty', channel: 'sms', count: 2, since: '2026-11-11T02:00:00Z', why: 'connection refused' },
        ],
      }),
      {},
    ],
    [
      'SpringtideLeaderLost',
      healthy().loop({ latenessSeconds: 0, intervalSeconds: 15, refused: [], lostLeader: 'springtide-7f_a1' }),
      {},
    ],
    [
      'SpringtideStateTooNew',
      healthy().loop({ latenessSeconds: 0, intervalSeconds: 15, refused: [], stateTooNew: 'memory.json: schema 9' }),
      {},
    ],
    [
      'SpringtideSeriesLeftOut',
      healthy().loop({
        latenessSeconds: 0,
        intervalSeconds: 15,
        refused: [],
        seriesLeftOut: [{ group: 'rules/own.yaml disks', alert: 'DiskFull', count: 12 }],
      }),
      {},
    ],
    [
      'SpringtideRuleFailing',
      healthy().loop({
        latenessSeconds: 0,
        intervalSeconds: 15,
        refused: [],
        failingRules: [{ group: 'rules/shop.yaml shop', count: 2, why: 'Down: no answer' }],
      }),
      {},
    ],
  ])('%s', (name, snapshot, memory) => {
    for (const language of ['en', 'zh-CN'] as const) {
      const texts = { ...config, texts: shippedTexts(language) };
      const first = told(snapshot.build(), steady(memory), noon, texts);
      const { alerts } = told(snapshot.build(), { ...first.memory, ...memory }, at(61), texts);
      const alert = named(alerts, name);
      expect(alert).toMatchObject({ state: 'firing', labels: { cluster: 'test' } });
      for (const text of Object.values(alert?.annotations ?? {})) expect(text).not.toMatch(/\{\w+\}|undefined/);
    }
  });

  it('and a healthy world has none', () => {
    expect(told(healthy().build()).alerts).toEqual([]);
  });
});

describe('a condition', () => {
  const broken = healthy().answering('requests', answered(null)).build();
  it('is told when it has lasted, as long as it lasts, and as ended for fifteen minutes', () => {
    let memory = steady();
    const states: (string | undefined)[] = [];
    for (let minute = 0; minute <= 30; minute += 0.5) {
      const now = at(minute * 60);
      const step = told(minute < 5 ? broken : healthy().build(), memory, now);
      states.push(named(step.alerts, 'SpringtideMetricUnknown')?.state);
      ({ memory } = step);
    }
    expect(states.slice(0, 2)).toEqual([undefined, undefined]);
    expect(states.slice(2, 10)).toEqual(Array<string>(8).fill('firing'));
    expect(states.slice(10, 41)).toEqual(Array<string>(31).fill('resolved'));
    expect(states.slice(41)).toEqual(Array<undefined>(20).fill(undefined));
    expect(memory.conditions).toEqual({});
  });

  it('that ends before it is told is never told', () => {
    const first = told(broken);
    const second = told(healthy().build(), first.memory, at(30));
    expect([...first.alerts, ...second.alerts]).toEqual([]);
    expect(second.memory.conditions).toEqual({});
  });

  it('says since when, and begins anew after its end', () => {
    const first = told(broken);
    const second = told(broken, first.memory, at(75));
    expect(named(second.alerts, 'SpringtideMetricUnknown')?.since).toBe(rfc3339(noon));
    const ended = told(healthy().build(), second.memory, at(90));
    expect(named(ended.alerts, 'SpringtideMetricUnknown')).toMatchObject({ state: 'resolved', since: rfc3339(at(90)) });
    const again = told(broken, ended.memory, at(105));
    expect(named(again.alerts, 'SpringtideMetricUnknown')).toBeUndefined();
    expect(named(told(broken, again.memory, at(165)).alerts, 'SpringtideMetricUnknown')?.since).toBe(rfc3339(at(105)));
  });
});
