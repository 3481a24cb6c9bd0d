// What was switched off after the decision does not begin: each write asks, and what is under way ends in good order.
import { describe, expect, it } from 'vitest';
import { actuatorsFor, carryOut } from '../../src/actuators/carry-out.ts';
import type { Gate } from '../../src/actuators/gate.ts';
import { previousReplicasAnnotation } from '../../src/model/annotations.ts';
import { drainAnnotation } from '../../src/model/drain-record.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { SwitchWay } from '../../src/model/snapshot.ts';
import type { Replicas } from '../../src/model/units.ts';
import { pod } from '../sandbox/kubernetes/world.ts';
import { aMoment, aNodeDecision, aPodDecision, aStage, type Stage } from './stage.ts';

const planOf = (more: Partial<Plan>): Plan => ({ pods: [], nodes: [], alerts: [], ...more }) as Plan;

/** Closed for these ways after so many looks. */
function closing(ways: readonly SwitchWay[], after = 0): Gate & { readonly asked: SwitchWay[] } {
  const asked: SwitchWay[] = [];
  return {
    asked,
    mayBegin: (way) => {
      asked.push(way);
      return ways.includes(way) && asked.length > after ? { reason: `${way} was switched off by wei` } : null;
    },
  };
}

const act = (stage: Stage, plan: Plan, gate: Gate) =>
  carryOut(plan, actuatorsFor({ writes: stage.client.writes, magnum: null }, gate), aMoment());

const aDeployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
  },
});

describe('the gate', () => {
  it.each([
    [4, 2, 'pods.down'],
    [4, 8, 'pods.up'],
  ] as const)('keeps replicas at %i instead of %i where %s is off', async (current, desired, way) => {
    const stage = await aStage();
    stage.world.objects.create(aDeployment(current));
    const plan = planOf({ pods: [aPodDecision(current, desired)] });
    const before = stage.written();
    expect(await act(stage, plan, closing([way]))).toMatchObject([
      { status: 'refused', code: 'SwitchedOff', message: `${way} was switched off by wei` },
    ]);
    expect(stage.written()).toBe(before);
    const other = way === 'pods.up' ? 'pods.down' : 'pods.up';
    expect(await act(stage, plan, closing([other, 'nodes.grow', 'nodes.shrink']))).toMatchObject([
      { status: 'succeeded' },
    ]);
  });

  it('takes the mark of a zero back where it closes between the mark and the zero', async () => {
    const stage = await aStage();
    stage.world.objects.create(aDeployment(4));
    const zero = { ...aPodDecision(4, 0), desired: 0 as Replicas, mark: { previous: 4 as Replicas } };
    const gate = closing(['pods.down'], 1);
    expect(await act(stage, planOf({ pods: [zero] }), gate)).toMatchObject([{ status: 'refused' }]);
    const there = stage.world.objects.get('deployments', 'web', 'default');
    expect(there?.spec.replicas).toBe(4);
    expect(there?.metadata.annotations?.[previousReplicasAnnotation]).toBeUndefined();
  });

  it('lets no eviction begin after it has closed, and tells which have', async () => {
    const stage = await aStage();
    stage.world.addNode({ name: 'node-1' });
    const names = Array.from({ length: 12 }, (_, number) => `p-${number}`);
    for (const name of names)
      stage.world.objects.create(pod(name, { nodeName: 'node-1', containers: [{ name: 'main', image: 'a' }] }));
    const decision = {
      ...aNodeDecision(),
      drains: [{ step: 'evict', node: 'node-1', pods: names.map((name) => ({ namespace: 'default', name })) } as never],
    };
    const gate = closing(['nodes.shrink'], 5);
    const [outcome] = await act(stage, planOf({ nodes: [decision] }), gate);
    expect(outcome).toMatchObject({ status: 'refused', code: 'SwitchedOff' });
    expect(outcome?.kind === 'drain' && outcome.evicted).toHaveLength(5);
  });

  it('begins no drain, and takes one back all the same', async () => {
    const stage = await aStage();
    stage.world.addNode({ name: 'node-1' });
    const gate = closing(['nodes.shrink', 'nodes.grow', 'pods.up', 'pods.down']);
    const step = { step: 'begin', node: 'node-1', nodeGroup: 'workers', serverId: 'abc' } as never;
    const run = (drain: never) => act(stage, planOf({ nodes: [{ ...aNodeDecision(), drains: [drain] }] }), gate);
    expect(await run(step)).toMatchObject([{ status: 'refused', code: 'SwitchedOff' }]);
    expect(stage.world.objects.get('nodes', 'node-1')?.spec.unschedulable).toBeUndefined();
    stage.world.objects.update('nodes', 'node-1', undefined, (node) => {
      node.spec.unschedulable = true;
      const record = { step: 'draining', nodeGroup: 'workers', serverId: 'abc', startedAt: 1, wasCordoned: false };
      node.metadata.annotations = { [drainAnnotation]: JSON.stringify(record) };
    });
    expect(await run({ step: 'rollBack', node: 'node-1', reason: 'NeededAgain', by: null } as never)).toMatchObject([
      { status: 'succeeded' },
    ]);
    expect(stage.world.objects.get('nodes', 'node-1')?.spec.unschedulable).toBeUndefined();
  });
});
