// A whole plan: what each mode writes, in which order, and that stopping begins nothing.
import { describe, expect, it } from 'vitest';
import { actuatorsFor, carryOut } from '../../src/actuators/carry-out.ts';
import type { Plan } from '../../src/model/plan.ts';
import { at, serverId } from '../builders.ts';
import { deployment } from '../sandbox/kubernetes/world.ts';
import { aMoment, aNodeDecision, aPodDecision, aStage, type Stage } from './stage.ts';

type Mode = 'act' | 'dryRun' | 'confirm' | 'off';

async function prepared(): Promise<Stage> {
  const stage = await aStage();
  stage.world.addNode({ name: 'n-1' });
  stage.world.objects.apply(deployment('web', 4));
  return stage;
}
function planOf(stage: Stage, mode: Mode): Plan {
  const version = stage.world.objects.get('deployments', 'web')?.metadata.resourceVersion;
  const begin = { step: 'begin', node: 'n-1', serverId: serverId(1), nodeGroup: 'default-worker' } as const;
  return {
    time: '2026-11-20T12:00:00Z',
    configHash: 'test',
    pods: [
      { ...aPodDecision(4, 8, version), mode },
      { ...aPodDecision(4, 4, version), mode, action: 'hold' },
    ],
    nodes: [
      aNodeDecision({
        mode,
        action: 'shrink',
        desired: 2,
        resize: { to: 4, remove: [], over: 'nothing' },
        drains: [begin],
      }),
    ],
    alerts: [],
  };
}
const run = (stage: Stage, mode: Mode, signal = new AbortController().signal) =>
  carryOut(planOf(stage, mode), actuatorsFor({ writes: stage.client.writes, magnum: null }), aMoment({ signal }));

describe('a plan', () => {
  it('acts: pods first, then the VMs', async () => {
    const stage = await prepared();
    const outcomes = await run(stage, 'act');
    expect(outcomes.map(({ kind, status }) => ({ kind, status }))).toEqual([
      { kind: 'scale', status: 'succeeded' },
      { kind: 'resize', status: 'dryRun' },
      { kind: 'drain', status: 'succeeded' },
    ]);
  });

  it.each([
    ['dryRun', 'dryRun', undefined],
    ['confirm', 'refused', 'ConfirmNeeded'],
  ] as const)('in mode %s sends nothing at all', async (mode, status, code) => {
    const stage = await prepared();
    const before = stage.world.requests.total;
    const outcomes = await run(stage, mode);
    expect(outcomes).toHaveLength(3);
    for (const outcome of outcomes) expect([outcome.status, outcome.code]).toEqual([status, code]);
    expect(stage.world.requests.total).toBe(before);
  });

  it('in mode off tries nothing', async () => {
    const stage = await prepared();
    expect(await run(stage, 'off')).toEqual([]);
    expect(stage.world.requests.total).toBe(0);
  });

  it('begins nothing when springtide is stopping', async () => {
    const stage = await prepared();
    expect(await run(stage, 'act', AbortSignal.abort())).toEqual([]);
    expect(stage.world.requests.total).toBe(0);
  });

  it('goes on where one part fails', async () => {
    const stage = await prepared();
    stage.world.faults.set('http500', { path: '/scale' });
    const outcomes = await run(stage, 'act');
    expect(outcomes.map(({ kind, status }) => [kind, status])).toContainEqual(['scale', 'failed']);
    expect(outcomes.map(({ kind, status }) => [kind, status])).toContainEqual(['drain', 'succeeded']);
  });
});

describe('Events on targets', () => {
  /** What is said and with which note; a cluster that takes every Event. */
  function telling(stage: Stage) {
    const said: string[] = [];
    const createEvent = ({ reason }: { readonly reason: string }): Promise<boolean> => {
      said.push(reason);
      return Promise.resolve(true);
    };
    return { said, actuators: actuatorsFor({ writes: { ...stage.client.writes, createEvent }, magnum: null }) };
  }
  const planWith = (stage: Stage, mode: Mode): Plan => {
    const foreign = aPodDecision(4, 4);
    const target = { ...foreign.target, name: 'api' };
    const plan = planOf(stage, mode);
    return {
      ...plan,
      nodes: [],
      pods: [...plan.pods, { ...foreign, mode, target, action: 'hold', reason: 'ForeignAutoscaler' }],
    };
  };

  it('tell of each write, and once of what holds and needs a person', async () => {
    const stage = await prepared();
    const { said, actuators } = telling(stage);
    await carryOut(planWith(stage, 'act'), actuators, aMoment());
    await carryOut(planWith(stage, 'act'), actuators, aMoment({ now: at(15) }));
    expect(said).toEqual(['SuccessfulRescale', 'ForeignAutoscaler', 'SuccessfulRescale']);
  });

  it('tell of writes that fail once a code', async () => {
    const stage = await prepared();
    const { said, actuators } = telling(stage);
    stage.world.faults.set('http500', { path: '/scale' });
    const plan = { ...planOf(stage, 'act'), nodes: [] };
    await carryOut(plan, actuators, aMoment());
    await carryOut(plan, actuators, aMoment({ now: at(15) }));
    expect(said).toEqual(['FailedRescale']);
  });

  it.each(['dryRun', 'confirm'] as const)('are not written in mode %s', async (mode) => {
    const stage = await prepared();
    const { said, actuators } = telling(stage);
    await carryOut(planWith(stage, mode), actuators, aMoment());
    expect(said).toEqual([]);
  });
});
