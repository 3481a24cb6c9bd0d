// Magnum and Keystone failing, a quota in the way, servers that never join: the group holds, the pods are scaled all the same.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFault } from '../../src/sandbox/openstack/faults.ts';
import { alertNames, groupOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
  rig.demand = 600;
  await rig.calm();
});
afterEach(() => rig.lower());

describe('while Magnum answers nothing of use', () => {
  it.each<ApiFault['kind']>(['http500', 'http429', 'garbage', 'forbidden403', 'hang'])('%s', async (kind) => {
    // one hangs, the other asks to be called again in a second
    if (kind === 'hang' || kind === 'http429') rig.impatient();
    const end = rig.world.openstack.inject({ kind, service: 'magnum' });
    await rig.step();
    rig.demand = 1200;
    const during = await rig.steps(5);
    const last = await rig.step();
    expect(rig.replicas).toBe(12);
    expect(during.map((report) => groupOf(report).reason)).toEqual(during.map(() => 'MagnumUnreadable'));
    expect(last.errors.map(({ source }) => source)).toContain('magnum');
    expect(alertNames(last)).toContain('SpringtideCollectorFailed');
    expect(rig.resizes).toEqual([]);
    await rig.step();
    expect(rig.world.sms.messages).toHaveLength(1);
    end();
    await rig.calm();
    expect(rig.resizes.length).toBeGreaterThan(0);
  });

  it('tokens that are worth nothing any more are fetched anew in the same tick', async () => {
    rig.world.openstack.inject({ kind: 'token401' });
    const report = await rig.step();
    expect(report.errors).toEqual([]);
  });
});

describe('while the cloud behind Magnum fails', () => {
  it('a resize that Magnum accepts and forgets is sent again, and no second VM comes of it', async () => {
    rig.world.openstack.inject({ kind: 'dropped', times: 1 });
    rig.demand = 900;
    await rig.calm();
    const workers = rig.world.openstack.servers().filter((server) => server.role === 'worker');
    expect(workers).toHaveLength(3);
  });

  it('servers that never register are told as such, and the pool is backed off', async () => {
    rig.world.openstack.inject({ kind: 'neverRegisters' });
    rig.demand = 900;
    const reports = await rig.until(
      'the page',
      (report) => alertNames(report).includes('SpringtideNodesNeverReady'),
      60,
    );
    expect(rig.resizes).toEqual(['2 → 3']);
    expect(groupOf(reports.at(-1) ?? (await rig.step())).reason).toBe('GroupBackedOff');
  });

  it('a quota that refuses is told, and nothing is asked for meanwhile', async () => {
    rig.world.openstack.inject({ kind: 'quotaExceeded' });
    rig.demand = 900;
    await rig.until('the page', (report) => alertNames(report).includes('SpringtideQuotaExceeded'));
    const before = rig.resizes.length;
    await rig.steps(3);
    expect(rig.resizes.length).toBe(before);
    expect(rig.replicas).toBe(9);
  });
});
