// A person's switch over a daemon that runs: it counts in the next tick, survives restarts, and a release lets go.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ControlFacts } from '../../src/model/snapshot.ts';
import type { PodPolicy } from '../../src/model/config.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { controlInDirectory } from '../../src/state/control.ts';
import { deployment } from '../sandbox/kubernetes/world.ts';
import { alertNames, groupOf, podsOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

const control = (more: Partial<ControlFacts>): ControlFacts => ({
  off: [],
  until: null,
  by: 'wei',
  why: 'a load test',
  releasedAt: null,
  ...more,
});
const write = (more: Partial<ControlFacts>): Promise<void> => controlInDirectory(rig.directory).write(control(more));
const release = (): Promise<void> => write({ releasedAt: rfc3339(rig.clock.now()) });

describe('stop --down-only', () => {
  it('holds a shrink from the next tick on, over a restart, and a release lets it go', async () => {
    rig.demand = 800;
    await rig.calm();
    rig.demand = 300;
    await rig.until('a shrink that is due', (report) => podsOf(report).until !== null);
    await write({ off: ['pods.down', 'nodes.shrink'] });
    const reports = await rig.steps(6);
    expect(reports.map((report) => podsOf(report).action)).not.toContain('scale');
    expect(podsOf(reports.at(-1) ?? (await rig.step()))).toMatchObject({ action: 'hold', reason: 'SwitchedOff' });
    expect(rig.replicas).toBe(8);
    await rig.kill();
    await rig.boot();
    expect(podsOf(await rig.step())).toMatchObject({ action: 'hold', reason: 'SwitchedOff' });
    await release();
    expect(podsOf(await rig.step())).toMatchObject({ action: 'scale', desired: 3 });
    expect(rig.replicas).toBe(3);
  });

  it('lets growth go on', async () => {
    await rig.calm();
    await write({ off: ['pods.down', 'nodes.shrink'] });
    rig.demand = 1500;
    await rig.until('more replicas and a VM', () => rig.replicas === 15 && rig.resizes.length > 0);
  });

  it('keeps the VMs, also those that are being emptied', async () => {
    rig.demand = 1500;
    await rig.calm();
    rig.demand = 100;
    await rig.until('a drain', (report) => groupOf(report).drains.length > 0);
    const before = rig.resizes.length;
    await write({ off: ['nodes.shrink'] });
    const reports = await rig.steps(8);
    expect(reports.map((report) => groupOf(report).resize)).toEqual(reports.map(() => null));
    expect(groupOf(reports.at(-1) ?? (await rig.step())).reason).toBe('SwitchedOff');
    await release();
    await rig.until('a smaller pool', () => rig.resizes.length > before);
  });

  it('ends by itself at its time', async () => {
    rig.demand = 800;
    await rig.calm();
    rig.demand = 300;
    await write({ off: ['pods.down'], until: rfc3339(later(rig.clock.now(), seconds(120))) });
    const reports = await rig.until('fewer replicas', () => rig.replicas === 3);
    expect(reports.length).toBeGreaterThanOrEqual(8);
  });
});

describe('stop', () => {
  it('holds every way of both tiers', async () => {
    await rig.calm();
    const replicas = rig.replicas;
    await write({ off: ['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink'] });
    rig.demand = 1500;
    const [first] = await rig.steps(4);
    if (first === undefined) throw new Error('no tick');
    expect(podsOf(first)).toMatchObject({ action: 'hold', reason: 'SwitchedOff' });
    expect([rig.replicas, rig.resizes]).toEqual([replicas, []]);
  });

  it('stays as it was where its file is broken, and somebody is told', async () => {
    await rig.calm();
    await write({ off: ['pods.up', 'pods.down'] });
    await rig.step();
    await writeFile(path.join(rig.directory, 'control.json'), '{"off": [');
    rig.demand = 1500;
    const [, second] = await rig.steps(2);
    if (second === undefined) throw new Error('no tick');
    expect(podsOf(second).reason).toBe('SwitchedOff');
    expect(alertNames(second)).toContain('SpringtideConfigRefused');
    await release();
    expect(podsOf(await rig.step()).action).toBe('scale');
  });
});

describe('a guard that has tripped', () => {
  const names = ['one', 'two', 'three'];
  const replicasOf = (name: string): number =>
    rig.world.kubernetes.objects.get('deployments', name, 'default')?.spec.replicas ?? 0;

  /** Three services of four replicas each beside the shop, all under one policy each, and a guard over all of them. */
  async function guarded(): Promise<void> {
    const [web] = rig.config.podPolicies;
    if (web === undefined) throw new Error('no policy');
    const policies = names.map((name): PodPolicy => {
      rig.world.kubernetes.objects.apply(deployment(name, 4, '100m'));
      const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name };
      return { ...web, metadata: { namespace: 'default', name }, aim: { kind: 'one', target } };
    });
    const guards = {
      pods: { targetsLowered: { percent: 30, per: minutes(10) } },
      nodes: {},
      onTrip: 'holdDown',
    } as const;
    rig.config = { ...rig.config, podPolicies: policies, daemon: { ...rig.config.daemon, guards } };
    rig.demand = 400;
    await rig.steps(10);
  }

  it('holds every way down until a person releases it, and not a second time for the same change', async () => {
    await guarded();
    rig.demand = 200;
    await rig.until('a guard that trips', (report) =>
      report.plan.pods.every(({ reason, action }) => reason === 'GuardTripped' && action === 'hold'),
    );
    await rig.kill();
    await rig.boot();
    const held = await rig.steps(4);
    expect(held.flatMap((report) => report.plan.pods.map(({ action }) => action))).not.toContain('scale');
    expect(names.map(replicasOf)).toEqual([4, 4, 4]);
    await release();
    await rig.steps(3);
    expect(names.map(replicasOf)).toEqual([2, 2, 2]);
    expect(alertNames(await rig.step())).not.toContain('SpringtideGuardTripped');
  });
});
