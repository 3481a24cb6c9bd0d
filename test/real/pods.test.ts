// The pod tier against a true Kubernetes and a true Prometheus, over real time: what the API server was seen to hold.
import { describe, expect, it, vi } from 'vitest';
import { downPeriodMs, many, outageWindowMs, upPeriodMs } from './pods/policies.ts';
import { ringOf, ringsPath } from './pods/ring.ts';
import { annotationOf, eventsOf, mostWithin, scaleConflicts, sequence, sightings } from './pods/sightings.ts';
import { intervalMs, usePodStage } from './pods/stage.ts';
import { at, listAt, numberAt, textAt } from './servers/json.ts';
import { eventually } from './servers/process.ts';
import { killApiServer } from './support/api-server.ts';
import { create, deploymentsPath, shop } from './support/workloads.ts';

// All stories at once: most of their time is waiting for periods to pass.
vi.setConfig({ maxConcurrency: 16 });

const mark = 'springtide.io/previous-replicas';
const byHand = 'springtide.io/stopped-by-hand';
const autoscalersPath = `/apis/autoscaling/v1/namespaces/${shop}/horizontalpodautoscalers`;

describe('the pod tier', () => {
  const stage = usePodStage();
  const { kubernetes, daemon, watching, blindedPrometheus } = stage;
  const { request, load, replicas, reaches, deployment, patch, shown, watchAnew, tell, since } = stage;

  it.concurrent('keeps its rates over real time, up and down', async () => {
    load('limited', 800);
    await reaches('limited', 8, 90_000);
    const up = sightings(watching(), 'limited');
    expect(sequence(watching(), 'limited')).toEqual([2, 4, 6, 8]);
    expect(mostWithin(up, 'up', upPeriodMs - intervalMs)).toBe(2);
    load('limited', 500);
    const fell = Date.now();
    await reaches('limited', 5, 90_000);
    expect(sequence(watching(), 'limited')).toEqual([2, 4, 6, 8, 7, 6, 5]);
    const down = sightings(watching(), 'limited').slice(up.length - 1);
    expect(mostWithin(down, 'down', downPeriodMs - intervalMs)).toBe(1);
    expect((down[1]?.at ?? 0) - fell).toBeGreaterThan(10_000 - intervalMs);
    const times = [...up.slice(1), ...down.slice(1)].map(
      ({ at: heard, replicas: count }) => `${count} at ${since(heard)}`,
    );
    tell(`the limited one: ${times.join(', ')}`);
  });

  it.concurrent('sleeps at zero, and wakes whatever has happened to its process and its memory', async () => {
    const one = daemon('sleepy');
    const asleep = async (previous: number): Promise<void> => {
      load('idle', 0);
      await reaches('idle', 0);
      expect(annotationOf(await deployment('idle'), mark)).toBe(String(previous));
    };
    const wakes = async (count: number): Promise<void> => {
      load('idle', count * 100);
      await reaches('idle', count);
      await eventually('the mark is gone', async () =>
        annotationOf(await deployment('idle'), mark) === undefined ? true : undefined,
      );
    };
    await one.decides('stopped', 'WithinTolerance');
    await patch(`${deploymentsPath}/stopped/scale`, { spec: { replicas: 0 } }, 'kubectl');
    await asleep(1);
    tell('asleep for the first time');
    await one.kill();
    await one.start();
    await one.decides('idle', 'Inactive', 2);
    expect(replicas('idle')).toBe(0);
    await wakes(3);
    tell('awake after a restart');
    await one.decides('stopped', 'ScalingDisabled', 2);
    expect(sequence(watching(), 'stopped')).toEqual([2, 0]);
    expect(annotationOf(await deployment('stopped'), mark)).toBeUndefined();
    await asleep(1);
    await one.kill();
    one.forget();
    await one.start();
    await wakes(2);
    await one.decides('stopped', 'ScalingDisabled');
    expect(sequence(watching(), 'stopped')).toEqual([2, 0]);
    expect(annotationOf(await deployment('stopped'), byHand)).toBeDefined();
    tell('awake after its memory was lost, and what a person had stopped is not');
    // In the cooldown its metric has already taken it down to one.
    expect(sequence(watching(), 'idle')).toEqual([1, 0, 3, 1, 0, 2]);
  });

  it.concurrent('takes the surge of a rollout for no demand', async () => {
    load('rollout', 1200);
    await reaches('rollout', 8);
    await patch(`${deploymentsPath}/rollout`, {
      spec: { template: { spec: { containers: [{ name: 'rollout', image: 'rollout:2' }] } } },
    });
    await reaches('rollout', 12);
    const surge = Math.max(
      ...watching()
        .events.filter(({ object }) => textAt(object, 'metadata', 'name') === 'rollout')
        .map(({ object }) => Number(at(object, 'status', 'replicas') ?? 0) - numberAt(object, 'spec', 'replicas')),
    );
    await eventually('the rollout is complete', async () => {
      const status = at(await deployment('rollout'), 'status');
      return at(status, 'updatedReplicas') === 12 && at(status, 'replicas') === 12 ? true : undefined;
    });
    await daemon('awake').decides('rollout', 'WithinTolerance', 3);
    tell(`rolled out with ${surge} pods of surge`);
    expect(surge).toBeGreaterThan(0);
    expect(sequence(watching(), 'rollout')).toEqual([4, 6, 8, 10, 12]);
  });

  it.concurrent(
    'takes ready pods of a rollout for no demand either, where a value moves the pods that there are',
    async () => {
      // Each new pod is ready at once and counts for the rollout only later: twice the pods for so long.
      await patch(`${deploymentsPath}/surging`, {
        spec: {
          minReadySeconds: 15,
          strategy: { rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
          template: { spec: { containers: [{ name: 'surging', image: 'surging:2' }] } },
        },
      });
      await eventually('all old and all new pods are ready', async () =>
        at(await deployment('surging'), 'status', 'readyReplicas') === 16 ? true : undefined,
      );
      await daemon('awake').decides('surging', 'WithinTolerance');
      load('surging', 150);
      await eventually('it has more replicas', () => (replicas('surging') > 8 ? true : undefined));
      load('surging', 100);
      tell(`from 8 replicas and 16 ready pods to ${replicas('surging')} replicas`);
      await daemon('awake').decides('surging', 'WithinTolerance', 2);
      expect(sequence(watching(), 'surging')).toEqual([8, 12]);
    },
  );

  it.concurrent('holds while an HPA has the same target, says so once, and goes on without it', async () => {
    load('beside', 400);
    await reaches('beside', 4);
    await create(kubernetes(), autoscalersPath, {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'elder', namespace: shop },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'beside' },
        minReplicas: 1,
        maxReplicas: 20,
        targetCPUUtilizationPercentage: 80,
      },
    });
    await daemon('awake').decides('beside', 'ForeignAutoscaler');
    load('beside', 800);
    await daemon('awake').decides('beside', 'ForeignAutoscaler', 4);
    expect(replicas('beside')).toBe(4);
    const events = await shown('beside', 'ForeignAutoscaler');
    expect(events).toEqual([
      { type: 'Warning', reason: 'ForeignAutoscaler', message: expect.stringContaining('elder') as string },
    ]);
    await kubernetes().write('DELETE', `${autoscalersPath}/elder`);
    await reaches('beside', 8);
    expect(sequence(watching(), 'beside')).toEqual([2, 4, 8]);
    tell('the HPA has come and gone');
  });

  it.concurrent('writes through the conflicts that another writer of the object makes', async () => {
    const before = await scaleConflicts(kubernetes());
    let stop = false;
    const noise = async (name: string): Promise<number> => {
      let count = 0;
      while (!stop) {
        count += 1;
        await patch(`${deploymentsPath}/crowded`, { metadata: { annotations: { [name]: String(count) } } }, name);
      }
      return count;
    };
    const noises = Promise.all([noise('one'), noise('other')]);
    try {
      for (const count of [3, 6, 9, 4]) {
        load('crowded', count * 100);
        await reaches('crowded', count);
      }
    } finally {
      stop = true;
    }
    const [one, other] = await noises;
    const crowded = await deployment('crowded');
    expect([annotationOf(crowded, 'one'), annotationOf(crowded, 'other')]).toEqual([String(one), String(other)]);
    expect(sequence(watching(), 'crowded')).toEqual([1, 3, 6, 9, 4]);
    const conflicts = (await scaleConflicts(kubernetes())) - before;
    const failures = daemon('awake')
      .decisions('crowded')
      .filter((line) => line['outcome'] === 'failed');
    tell(
      `${one + other} foreign writes, ${conflicts} conflicts, ${failures.length} ticks in which no write got through`,
    );
    expect(conflicts).toBeGreaterThan(0);
  });

  it.concurrent('does not fight a writer that keeps setting the replicas', async () => {
    load('contested', 600);
    let stop = false;
    const pipeline = eventually(
      'the story is over',
      async () => {
        if (replicas('contested') === 6) await patch(`${deploymentsPath}/contested`, { spec: { replicas: 3 } });
        return stop ? true : undefined;
      },
      90_000,
    );
    try {
      await daemon('awake').decides('contested', 'ForeignWriter', 4);
    } finally {
      stop = true;
      await pipeline;
    }
    expect(sequence(watching(), 'contested')).toEqual([3, 6, 3, 6, 3, 6, 3]);
    const events = await shown('contested', 'ForeignWriter');
    expect(events).toEqual([
      { type: 'Warning', reason: 'ForeignWriter', message: expect.stringContaining('pipeline') as string },
    ]);
    tell('the other writer was named');
  });

  it.concurrent('scales an object of a custom kind through its scale', async () => {
    await eventually('the kind is served', async () =>
      (await request('GET', ringsPath)).status === 200 ? true : undefined,
    );
    await create(kubernetes(), ringsPath, ringOf(2));
    const size = (count: number): Promise<unknown> =>
      eventually(`the ring has a size of ${count}`, async () => {
        const { body } = await request('GET', `${ringsPath}/ring`);
        return at(body, 'spec', 'size') === count ? body : undefined;
      });
    load('ring', 600);
    expect(await size(6)).toMatchObject({ spec: { size: 6, note: 'kept' } });
    load('ring', 300);
    await size(3);
    await eventually('both were told', async () => {
      const events = await eventsOf(kubernetes(), `${ringsPath}/ring`, 'Ring', 'SuccessfulRescale');
      return events.length === 2 ? true : undefined;
    });
    tell('the ring was scaled');
  });

  it.concurrent('scales what a selector finds, each by its own answer', async () => {
    for (const [index, name] of many.entries()) load(name, (index + 2) * 100);
    for (const [index, name] of many.entries()) await reaches(name, index + 2);
    for (const [index, name] of many.entries()) expect(sequence(watching(), name)).toEqual([1, index + 2]);
    const event = await eventually('it was told', async () => (await shown('many-3', 'SuccessfulRescale'))[0]);
    expect(event.message).toContain('New size: 4');
  });

  it.concurrent('lowers nothing while Prometheus is away, empty, or just back', async () => {
    const one = daemon('blinded');
    await one.decides('blind', 'WithinTolerance', 2);
    await blindedPrometheus.stop();
    await one.decides('blind', 'MetricUnknown', 3);
    tell('Prometheus is away');
    load('blind', 200);
    await blindedPrometheus.startEmpty();
    await one.decides('blind', 'MetricUnknown', 3);
    tell('Prometheus is back, and empty');
    expect(sequence(watching(), 'blind')).toEqual([8]);
    const first = await blindedPrometheus.scrape('blind');
    await reaches('blind', 2);
    const lowered = (sightings(watching(), 'blind')[1]?.at ?? 0) - first;
    tell(`lowered ${(lowered / 1000).toFixed(1)} s after the first sample`);
    expect(sequence(watching(), 'blind')).toEqual([8, 2]);
    expect(lowered).toBeGreaterThanOrEqual(outageWindowMs);
    const events = await shown('blind');
    expect(events.filter(({ type }) => type === 'Warning')).toHaveLength(1);
  });

  it('goes on where it was when the API server was away in the middle', async () => {
    const others = (): Promise<readonly (readonly [string, number])[]> =>
      request('GET', deploymentsPath).then(({ body }) =>
        listAt(body, 'items')
          .map((object) => [textAt(object, 'metadata', 'name'), numberAt(object, 'spec', 'replicas')] as const)
          .filter(([name]) => name !== 'steady'),
      );
    const before = await others();
    load('steady', 600);
    await reaches('steady', 3);
    expect(watching().broken()).toBeNull();
    const earlier = watching();
    earlier.stop();
    const killed = await killApiServer(kubernetes());
    tell('the API server is away');
    await eventually('a write has failed', () =>
      daemon('awake')
        .decisions('steady')
        .find((line) => line['outcome'] === 'failed'),
    );
    await killed.startAgain();
    tell('the API server is back');
    await watchAnew();
    await reaches('steady', 6);
    tell('the steady one has all of its replicas');
    const steps = [...sequence(earlier, 'steady'), ...sequence(watching(), 'steady')];
    expect(steps).toEqual(steps.toSorted((one, other) => one - other));
    expect(await others()).toEqual(before);
  });
});
