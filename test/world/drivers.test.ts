// Growth and shrink under each of Magnum's drivers; one that removes another server than the named one is caught and told.
import { afterEach, describe, expect, it } from 'vitest';
import type { TickReport } from '../../src/model/report.ts';
import { alertNames, groupOf, nodesText, Rig, type Raising } from './rig.ts';

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.lower();
  rig = null;
});
async function raised(raising: Raising): Promise<Rig> {
  rig = await Rig.raise(raising);
  rig.demand = 600;
  await rig.calm();
  return rig;
}
const byServerId = nodesText.replace('shrink: {', 'shrink: { removal: byServerId,');
const workers = ({ world }: Rig) => world.openstack.servers().filter(({ role }) => role === 'worker');
const cordoned = ({ world }: Rig): readonly string[] =>
  world.kubernetes.objects
    .list('nodes')
    .filter(({ spec }) => spec.unschedulable === true)
    .map(({ metadata }) => metadata.name);
const reasons = (reports: readonly TickReport[]): readonly string[] => [
  ...new Set(reports.map((report) => groupOf(report).reason)),
];

describe.each(['heat', 'magnum-capi-helm', 'magnum-cluster-api'] as const)('under %s', (driver) => {
  it('a group grows when its pods need it, and every node is known as its own', async () => {
    const at = await raised({ driver });
    at.demand = 1200;
    await at.calm();
    expect(workers(at).length).toBeGreaterThan(2);
    const last = groupOf(await at.step());
    expect(last.current).toBe(workers(at).length);
    expect(last.kept.filter(({ reason }) => reason === 'ServerUnknown' || reason === 'GroupAmbiguous')).toEqual([]);
    expect(last.upcoming).toBe(0);
  });
});

describe('a shrink', () => {
  it.each(['heat', 'magnum-cluster-api'] as const)(
    'under %s takes exactly the servers that were named',
    async (driver) => {
      const at = await raised({ driver, nodes: driver === 'heat' ? nodesText : byServerId });
      at.demand = 1200;
      await at.calm();
      const before = at.world.openstack.calls.length;
      at.demand = 300;
      await at.until(
        'the shrink',
        () => at.world.openstack.calls.slice(before).some((call) => call.matched.length > 0),
        80,
      );
      const reports = await at.steps(16);
      const removals = at.world.openstack.calls.filter(
        (call) => call.op === 'resize_cluster' && call.count < call.previous,
      );
      expect(
        removals.every((call) => call.unmatched.length === 0 && call.matched.length === call.previous - call.count),
      ).toBe(true);
      expect(reports.flatMap(alertNames)).not.toContain('SpringtideDrainFailed');
      expect(at.springtide.daemon.memory.removalProof?.cluster).toBe(at.world.openstack.clusterId);
    },
  );

  it.each(['magnum-capi-helm', 'magnum-cluster-api'] as const)(
    'under %s is refused until it is proven',
    async (driver) => {
      const at = await raised({ driver });
      at.demand = 1200;
      await at.calm();
      const before = at.resizes.length;
      at.demand = 300;
      const reports = await at.until('the refusal', (report) => groupOf(report).reason === 'RemovalNotProven', 60);
      expect(groupOf(reports.at(-1) as TickReport)).toMatchObject({ action: 'refused', resize: null, drains: [] });
      await at.steps(6);
      expect(at.resizes.slice(before)).toEqual([]);
      expect(cordoned(at)).toEqual([]);
    },
  );

  it('under a driver that ignores the choice is noticed, told as a page, and never tried again; growth goes on', async () => {
    const at = await raised({ driver: 'magnum-capi-helm', nodes: byServerId });
    at.demand = 1200;
    await at.calm();
    at.demand = 300;
    const reports = await at.until(
      'the wrong victim',
      (report) => alertNames(report).includes('SpringtideWrongServerLeft'),
      120,
    );
    const page = reports.at(-1)?.plan.alerts.find(({ labels }) => labels['alertname'] === 'SpringtideWrongServerLeft');
    expect(page?.labels).toMatchObject({ severity: 'page' });
    expect(page?.annotations['description'] ?? '').toContain('removed another one');
    const after = await at.steps(20);
    expect(cordoned(at)).toEqual([]);
    const removals = at.world.openstack.calls.filter(
      (call) => call.op === 'resize_cluster' && call.count < call.previous,
    );
    expect(removals).toHaveLength(1);
    expect(reasons(after)).not.toContain('NodesUnneeded');
    expect(at.springtide.daemon.memory.groups['default-worker']?.removal).toBe('refuted');
    expect(at.springtide.daemon.memory.removalProof).toBeUndefined();

    at.demand = 2000;
    await at.calm();
    expect(at.resizes.length).toBeGreaterThan(2);
    await at.kill();
    await at.boot();
    at.demand = 300;
    const again = await at.steps(30);
    expect(reasons(again)).not.toContain('NodesUnneeded');
  });
});

describe('somebody else', () => {
  it('who changes the count once is followed, and who does it twice is left alone and told', async () => {
    const at = await raised({});
    at.world.openstack.resize('default-worker', 4);
    await at.steps(3);
    expect(at.resizes).toEqual(['2 → 4']);
    const once = groupOf(await at.step());
    expect(once.current).toBe(4);
    expect(once.reason).not.toBe('AnotherAutoscaler');
    at.world.openstack.resize('default-worker', 5);
    const reports = await at.until('the refusal', (report) => groupOf(report).reason === 'AnotherAutoscaler', 5);
    expect(groupOf(reports.at(-1) as TickReport)).toMatchObject({ action: 'refused', resize: null, current: 5 });
    expect(alertNames(reports.at(-1) as TickReport)).toContain('SpringtideAnotherAutoscaler');
    await at.until('the end of it', (report) => groupOf(report).reason !== 'AnotherAutoscaler', 50);
  });

  it('whom the cluster’s label names is left alone unless the policy agrees', async () => {
    const flavor = { name: 'm1.large', vcpus: 4, ram: 8192 };
    const cluster = {
      name: 'demo',
      labels: { auto_scaling_enabled: 'true' },
      groups: [{ name: 'default-worker', count: 2, min: 1, max: 9, flavor: flavor.name }],
    };
    const cloud = { cluster, flavors: [flavor] };
    rig = await Rig.raise({ cloud });
    rig.demand = 1200;
    const refused = await rig.steps(8);
    expect(reasons(refused)).toEqual(['AnotherAutoscaler']);
    expect(rig.resizes).toEqual([]);
    await rig.lower();

    rig = await Rig.raise({
      cloud,
      nodes: nodesText.replace('  mode: act', '  coexist: [cluster-autoscaler]\n  mode: act'),
    });
    rig.demand = 1200;
    await rig.calm();
    expect(rig.resizes.length).toBeGreaterThan(0);
  });
});

describe('the line to Magnum', () => {
  it('loses the answer to a resize: it is not sent twice, and what came of it is seen', async () => {
    const at = await raised({});
    at.impatient();
    const end = at.world.openstack.inject({ kind: 'slow', service: 'magnum', path: '/actions/resize', delayMs: 1_500 });
    at.demand = 900;
    await at.until('the order', (report) => report.outcomes.some((one) => one.kind === 'resize'), 10);
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    end();
    await at.until('the nodes', () => workers(at).length === 3, 20);
    await at.steps(8);
    expect(at.resizes).toEqual(['2 → 3']);
  });

  it('is refused its token in the middle of a drain: a new one is taken, and the drain goes on', async () => {
    const at = await raised({ cloud: { tokenLifetime: 60_000 as never } });
    at.demand = 1200;
    await at.calm();
    at.demand = 300;
    await at.until('a drain', (report) => groupOf(report).drains.length > 0, 60);
    at.world.openstack.inject({ kind: 'token401' });
    const before = at.resizes.length;
    const reports = await at.until('the shrink', () => at.resizes.length > before, 40);
    expect(reports.flatMap(({ errors }) => errors)).toEqual([]);
  });
});
