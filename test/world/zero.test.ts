// Sleeping at zero and waking up through the whole daemon: the mark on the object is what tells whose zero it is.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodPolicy } from '../../src/model/config.ts';
import { seconds } from '../../src/model/units.ts';
import { podsOf, Rig } from './rig.ts';

const mark = 'springtide.io/previous-replicas';
let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
  const [web] = rig.config.podPolicies;
  if (web === undefined) throw new Error('no policy');
  const sleepy: PodPolicy = {
    ...web,
    spec: {
      ...web.spec,
      replicas: { ...web.spec.replicas, min: 0 },
      metrics: web.spec.metrics.map((metric) => ({ ...metric, activation: 5 })),
      zero: { after: seconds(30), initialCooldown: seconds(0) },
    },
  };
  rig.config = { ...rig.config, podPolicies: [sleepy] };
});
afterEach(() => rig.lower());

const marked = (): string | undefined =>
  rig.world.kubernetes.objects.get('deployments', 'web', 'shop')?.metadata.annotations?.[mark];

const signed = (): string | undefined =>
  rig.world.kubernetes.objects.get('deployments', 'web', 'shop')?.metadata.annotations?.[
    'springtide.io/stopped-by-hand'
  ];

async function asleep(): Promise<void> {
  rig.demand = 400;
  await rig.until('four replicas', () => rig.replicas === 4);
  rig.demand = 0;
  await rig.until('sleep', () => rig.replicas === 0);
}

describe('a target that may sleep', () => {
  it('is marked before its zero and wakes by its metric, the mark taken away', async () => {
    await asleep();
    expect(Number(marked())).toBeGreaterThan(0);
    await rig.steps(3);
    expect(rig.replicas).toBe(0);
    rig.demand = 300;
    const reports = await rig.until('waking', () => rig.replicas > 0);
    expect(reports.length).toBeLessThanOrEqual(2);
    expect(marked()).toBeUndefined();
    await rig.until('all that is wanted', () => rig.replicas === 3);
  });

  it('wakes also after the memory is lost: the mark alone says that the zero is ours', async () => {
    await asleep();
    await rig.kill();
    await rm(path.join(rig.directory, 'memory.json'));
    await rig.boot();
    await rig.steps(2);
    rig.demand = 300;
    await rig.until('waking', () => rig.replicas > 0);
  });

  it('that a person has set to zero stays there', async () => {
    rig.demand = 400;
    await rig.until('four replicas', () => rig.replicas === 4);
    rig.world.kubernetes.objects.update('deployments', 'web', 'shop', (draft) => {
      draft.spec.replicas = 0;
    });
    const reports = await rig.steps(6);
    expect(podsOf(reports.at(-1) ?? (await rig.step())).reason).toBe('ScalingDisabled');
    expect([rig.replicas, marked()]).toEqual([0, undefined]);
  });

  it('and stays although the memory is lost, until a person raises it', async () => {
    rig.demand = 400;
    await rig.until('four replicas', () => rig.replicas === 4);
    const scale = (replicas: number) =>
      rig.world.kubernetes.objects.update('deployments', 'web', 'shop', (draft) => {
        draft.spec.replicas = replicas;
      });
    scale(0);
    await rig.until('a signature', () => signed() !== undefined);
    await rig.kill();
    await rm(path.join(rig.directory, 'memory.json'));
    await rig.boot();
    await rig.steps(6);
    expect(rig.replicas).toBe(0);
    scale(2);
    await rig.until('all that is wanted', () => rig.replicas === 4 && signed() === undefined);
  });
});
