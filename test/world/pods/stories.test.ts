// The pod tier over a daemon that runs: others who write, many targets by one query, custom kinds, a planned peak, a death on the way to zero.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rfc3339 } from '../../../src/model/units.ts';
import { deployment } from '../../sandbox/kubernetes/world.ts';
import { alertNames, podsOf, Rig } from '../rig.ts';
import { govern } from './written.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

const objects = () => rig.world.kubernetes.objects;

describe('somebody else who writes', () => {
  it('as an HPA on the target holds it while it is there', async () => {
    await rig.calm();
    objects().apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'old', namespace: 'shop' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 9,
      },
    });
    rig.demand = 900;
    const [report] = await rig.steps(1);
    if (report === undefined) throw new Error('no tick');
    expect(podsOf(report)).toMatchObject({ action: 'hold', reason: 'ForeignAutoscaler', facts: { by: 'old' } });
    expect(alertNames(report)).toContain('SpringtideForeignWriter');
    expect(rig.replicas).toBe(5);
    objects().delete('horizontalpodautoscalers', 'old', 'shop');
    const [after] = await rig.until('a way up', () => rig.replicas === 9);
    expect(after === undefined ? null : podsOf(after).action).toBe('scale');
  });

  it('as a pipeline that keeps applying its manifest is noticed the third time, told of, and left alone', async () => {
    await rig.calm();
    rig.demand = 700;
    const reports = [];
    for (let times = 0; times < 6; times += 1) {
      reports.push(await rig.step());
      objects().update('deployments', 'web', 'shop', (draft) => {
        draft.spec.replicas = 3;
      });
    }
    const held = reports.findIndex((report) => podsOf(report).reason === 'ForeignWriter');
    const written = reports.slice(0, held).flatMap((report) => report.outcomes.filter(({ kind }) => kind === 'scale'));
    expect(written).toMatchObject(Array.from({ length: 3 }, () => ({ to: 7, status: 'succeeded' })));
    expect(reports.slice(held).flatMap((report) => report.outcomes.filter(({ kind }) => kind === 'scale'))).toEqual([]);
    expect(alertNames(reports.at(-1) ?? (await rig.step()))).toContain('SpringtideForeignWriter');
    expect(rig.replicas).toBe(3);
  });
});

describe('one policy for thirty Deployments in three namespaces', () => {
  const namespaces = ['pay-cn', 'pay-eu', 'pay-us'];
  const all = namespaces.flatMap((namespace) =>
    Array.from({ length: 10 }, (_, index) => ({ namespace, name: `svc-${index}` })),
  );
  const policy = (query: string): string => `
metadata: { name: payments, namespace: pay-cn }
spec:
  targets:
    kind: Deployment
    namespaces: ['pay-*']
    selector: { matchLabels: { tier: pay } }
    expect: { min: 20, max: 40 }
  replicas: { min: 1, max: 4 }
  metrics:
    - { name: load, query: '${query}', target: { averageValue: 10 } }
  mode: act
`;
  const replicasOf = ({ namespace, name }: (typeof all)[number]): number =>
    objects().get('deployments', name, namespace)?.spec.replicas ?? 0;

  it('asks Prometheus a handful of questions, scales all of them, and lets go of one that is relabelled', async () => {
    for (const { namespace, name } of all) {
      const made = deployment(name, 1, '1m');
      objects().apply({
        ...made,
        metadata: { ...made.metadata, name, namespace, labels: { ...made.metadata.labels, tier: 'pay' } },
      });
    }
    rig.world.prometheus.addTarget({ job: 'pay' }, () =>
      all.map(({ namespace, name }) => ({ name: 'pay_load', labels: { namespace, app: name }, value: 20 })),
    );
    await govern(rig, policy('sum(pay_load{namespace="{{namespace}}",app="{{name}}"})'));
    await rig.steps(1);
    let asked = 0;
    const count = (message: unknown): void => {
      const { request } = message as { request: IncomingMessage };
      if (request.url?.startsWith('/api/v1/query') === true) asked += 1;
    };
    subscribe('http.server.request.start', count);
    const reports = await rig.until('thirty times two', () => all.every((one) => replicasOf(one) === 2));
    unsubscribe('http.server.request.start', count);
    expect(reports.at(-1)?.plan.pods).toHaveLength(30);
    expect(asked / reports.length).toBeLessThanOrEqual(8);

    const [leaver] = all;
    if (leaver === undefined) throw new Error('no target');
    objects().update('deployments', leaver.name, leaver.namespace, (draft) => {
      draft.metadata.labels = { app: leaver.name };
      draft.spec.replicas = 1;
    });
    const left = (await rig.steps(3)).at(-1)?.plan.pods.map(({ target }) => `${target.namespace}/${target.name}`);
    expect(left).toHaveLength(29);
    expect(left).not.toContain(`${leaver.namespace}/${leaver.name}`);
    expect(replicasOf(leaver)).toBe(1);
  });
});

describe('a custom kind', () => {
  it('with a scale subresource is scaled like any other', async () => {
    const made = deployment('canary', 2, '1m');
    objects().apply({
      ...made,
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { ...made.metadata, name: 'canary', namespace: 'shop' },
    });
    await govern(
      rig,
      `
metadata: { name: canary, namespace: shop }
spec:
  target: { apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: canary }
  replicas: { min: 1, max: 10 }
  metrics: [{ name: demand, query: sum(demand), target: { averageValue: 100 } }]
  behavior: { scaleDown: { stabilizationWindow: 30s } }
  mode: act
`,
    );
    rig.demand = 600;
    const replicas = (): number => objects().get('rollouts', 'canary', 'shop')?.spec.replicas ?? 0;
    await rig.until('six', () => replicas() === 6);
    rig.demand = 200;
    await rig.until('two', () => replicas() === 2);
  });
});

describe('a planned peak', () => {
  it('has its pods ready that long before, VMs and all, by the clock of its time zone', async () => {
    await govern(
      rig,
      `
metadata: { name: web, namespace: shop }
spec:
  target: { apiVersion: apps/v1, kind: Deployment, name: web }
  replicas: { min: 2, max: 40 }
  metrics: [{ name: demand, query: sum(demand), target: { averageValue: 100 } }]
  behavior: { scaleDown: { stabilizationWindow: 30s } }
  schedule:
    - { name: opening, start: '08:40', end: '08:45', days: [all], timeZone: Asia/Shanghai, min: 9, readyBefore: 2m }
  mode: act
`,
    );
    // how long a VM takes is learned from the first one
    rig.demand = 900;
    await rig.calm();
    rig.demand = 200;
    const workers = (): number => rig.world.openstack.servers().filter(({ role }) => role === 'worker').length;
    await rig.until('a small world', () => rig.replicas === 2 && workers() === 1, 80);
    const before = await rig.until('the peak', () => rig.replicas === 9, 160);
    const raised = before.at(-1);
    expect(raised === undefined ? null : podsOf(raised)).toMatchObject({
      reason: 'ScheduleWindow',
      facts: { schedule: 'opening', min: 9 },
    });
    // two minutes before 08:40 there, and what a pod and its VM take: not half an hour
    expect(raised?.time).toMatch(/^2026-11-11T00:3[0-7]/);
    const ready = (): number => objects().get('deployments', 'web', 'shop')?.status?.readyReplicas ?? 0;
    await rig.until('08:38', (report) => report.time >= '2026-11-11T00:38:00Z', 60);
    expect(ready()).toBe(9);
    const after = await rig.until('its end', () => rig.replicas === 2, 80);
    expect((after.at(-1)?.time ?? '') >= '2026-11-11T00:45:00Z').toBe(true);
  });
});

describe('a death on the way to zero', () => {
  const sleepy = `
metadata: { name: web, namespace: shop }
spec:
  target: { apiVersion: apps/v1, kind: Deployment, name: web }
  replicas: { min: 0, whenActive: 2, max: 40 }
  zero: { after: 30s }
  metrics: [{ name: demand, query: sum(demand), target: { averageValue: 100 }, activation: 5 }]
  behavior: { scaleDown: { stabilizationWindow: 30s } }
  mode: act
`;
  const annotation = 'springtide.io/previous-replicas';
  const mark = (): string | undefined =>
    objects().get('deployments', 'web', 'shop')?.metadata.annotations?.[annotation];
  const memoryFile = (): string => path.join(rig.directory, 'memory.json');

  beforeEach(async () => {
    await govern(rig, sleepy);
    rig.demand = 400;
    await rig.until('four', () => rig.replicas === 4);
  });

  it('between the mark and the zero: it is gone through with, and woken', async () => {
    await rig.kill();
    objects().update('deployments', 'web', 'shop', (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [annotation]: '4' };
    });
    await rig.boot();
    rig.demand = 0;
    await rig.until('sleep', () => rig.replicas === 0);
    rig.demand = 300;
    await rig.until('waking', () => rig.replicas === 3);
    expect(mark()).toBeUndefined();
  });

  it('after the zero and before it is remembered: the zero is known as ours', async () => {
    rig.demand = 0;
    let before = '';
    for (let tick = 0; tick < 40 && rig.replicas > 0; tick += 1) {
      before = await readFile(memoryFile(), 'utf8');
      await rig.step();
    }
    expect([rig.replicas, mark()]).toEqual([0, expect.stringMatching(/^\d+$/)]);
    await rig.kill();
    await writeFile(memoryFile(), before);
    await rig.boot();
    const asleep = await rig.step();
    expect(podsOf(asleep), rfc3339(rig.clock.now())).toMatchObject({ desired: 0, reason: 'Inactive' });
    rig.demand = 300;
    await rig.until('waking', () => rig.replicas === 3);
    expect(mark()).toBeUndefined();
  });
});
