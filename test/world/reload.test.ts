// Policies that are taken out while they act: replicas stay as they are, and nodes that were being emptied go back to work.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drainAnnotation } from '../../src/model/drain-record.ts';
import { groupOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

const leaving = (): readonly string[] =>
  rig.world.kubernetes.objects
    .list('nodes')
    .filter(
      ({ metadata, spec }) => metadata.annotations?.[drainAnnotation] !== undefined || spec.unschedulable === true,
    )
    .map(({ metadata }) => metadata.name);

describe('a policy that is taken out', () => {
  it('leaves the replicas as they are', async () => {
    rig.demand = 800;
    await rig.calm();
    rig.demand = 300;
    rig.config = { ...rig.config, podPolicies: [] };
    const reports = await rig.steps(5);
    expect([rig.replicas, reports.flatMap(({ plan }) => plan.pods)]).toEqual([8, []]);
  });

  it('of VMs cancels its drains', async () => {
    rig.demand = 1500;
    await rig.calm();
    rig.demand = 100;
    await rig.until('a node that is leaving', (report) => groupOf(report).drains.length > 0 && leaving().length > 0);
    rig.config = { ...rig.config, nodePolicies: [] };
    const before = rig.resizes.length;
    await rig.steps(3);
    expect([leaving(), rig.resizes.length]).toEqual([[], before]);
  });
});
