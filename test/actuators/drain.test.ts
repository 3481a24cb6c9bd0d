// Drains written on the nodes of an embedded Kubernetes: begun, carried on, taken back, forgotten.
import { describe, expect, it } from 'vitest';
import { drainStep } from '../../src/actuators/drain.ts';
import { drainOf } from '../../src/model/drain-record-on.ts';
import { drainAnnotation, drainTaint } from '../../src/model/drain-record.ts';
import type { Node } from '../../src/model/kubernetes.ts';
import type { DrainStep } from '../../src/model/plan.ts';
import type { Instant } from '../../src/model/units.ts';
import { serverId } from '../builders.ts';
import { budget, deployment } from '../sandbox/kubernetes/world.ts';
import { aMoment, aNodeDecision, aStage, type Stage } from './stage.ts';

const foreign = { key: 'dedicated', value: 'batch', effect: 'NoSchedule' } as const;
const beginStep: DrainStep = { step: 'begin', node: 'n-1', serverId: serverId(1), nodeGroup: 'default-worker' };
const rollBackStep: DrainStep = { step: 'rollBack', node: 'n-1', reason: 'NeededAgain', by: null };

const nodeOf = async ({ client }: Stage): Promise<Node> => {
  const node = await client.writes.getNode('n-1');
  if (node === null) throw new Error('the node is gone');
  return node;
};
async function withNode(): Promise<Stage> {
  const stage = await aStage();
  stage.world.addNode({ name: 'n-1', taints: [foreign] });
  return stage;
}
const carryOut = (stage: Stage, step: DrainStep, more = {}) =>
  drainStep(stage.client.writes, aNodeDecision(), step, aMoment(more));
const taintKeys = (node: Node): string[] =>
  (node.spec?.taints ?? [])
    .map((taint) => taint.key)
    .filter((key) => key !== 'node.kubernetes.io/unschedulable')
    .sort();

describe('a drain', () => {
  it('begins with taint, cordon and record in one write, beside what others have put there', async () => {
    const stage = await withNode();
    expect(await carryOut(stage, beginStep)).toMatchObject({ kind: 'drain', status: 'succeeded', step: 'begin' });
    const node = await nodeOf(stage);
    expect(node.spec?.unschedulable).toBe(true);
    expect(taintKeys(node)).toEqual([foreign.key, drainTaint].sort());
    expect(drainOf(node)).toMatchObject({ step: 'draining', serverId: serverId(1), wasCordoned: false });
    expect(await carryOut(stage, beginStep)).toMatchObject({ status: 'refused', code: 'Moved' });
  });

  it.each([false, true])('is taken back whole; cordoned by somebody before: %s', async (cordoned) => {
    const stage = await withNode();
    if (cordoned) await stage.client.writes.patchNode('n-1', { unschedulable: true });
    await carryOut(stage, beginStep);
    expect(await carryOut(stage, rollBackStep)).toMatchObject({ status: 'succeeded', code: 'NeededAgain' });
    const node = await nodeOf(stage);
    expect(node.spec?.unschedulable ?? false).toBe(cordoned);
    expect(taintKeys(node)).toEqual([foreign.key]);
    expect(node.metadata.annotations?.[drainAnnotation]).toBeUndefined();
  });

  it('that is over already is not taken back: the cordon is somebody else’s by now', async () => {
    const stage = await withNode();
    await stage.client.writes.patchNode('n-1', { unschedulable: true });
    expect(await carryOut(stage, rollBackStep)).toMatchObject({ status: 'refused', code: 'Moved' });
    expect((await nodeOf(stage)).spec?.unschedulable).toBe(true);
  });

  it('of a node that is gone', async () => {
    const stage = await aStage();
    expect(await carryOut(stage, beginStep)).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(await carryOut(stage, rollBackStep)).toMatchObject({ status: 'succeeded' });
    expect(await carryOut(stage, { step: 'wait', node: 'n-1', serverId: serverId(1), pods: [] })).toBeNull();
  });
});

describe('evictions', () => {
  async function withPods(): Promise<{ stage: Stage; pods: { namespace: string; name: string }[] }> {
    const stage = await aStage();
    stage.world.addNode({ name: 'n-1' });
    stage.world.objects.apply(deployment('web', 2));
    stage.world.advance(60);
    const pods = stage.world.objects
      .list('pods')
      .map(({ metadata }) => ({ namespace: 'default', name: metadata.name }));
    return { stage, pods };
  }
  const evict = (pods: { namespace: string; name: string }[]): DrainStep => ({
    step: 'evict',
    node: 'n-1',
    serverId: serverId(1),
    pods,
  });

  it('name who was evicted; a pod that is gone already counts', async () => {
    const { stage, pods } = await withPods();
    const outcome = await carryOut(stage, evict([...pods, { namespace: 'default', name: 'gone' }]));
    expect(outcome).toMatchObject({ status: 'succeeded', refusedPods: [] });
    expect([...(outcome?.evicted ?? [])].sort()).toEqual(
      [...pods.map((pod) => `default/${pod.name}`), 'default/gone'].sort(),
    );
  });

  it('that a webhook denies are a failure, with its words in short', async () => {
    const { stage, pods } = await withPods();
    stage.world.faults.set('evictionDenied', { count: 1 });
    const outcome = await carryOut(stage, evict(pods));
    const [denied] = outcome?.denied ?? [];
    expect(denied?.words).toMatch(/^admission webhook "evictions.guard.example" denied the request: /);
    expect(outcome).toMatchObject({
      status: 'failed',
      code: 'EvictionDenied',
      message: `${denied?.pod}: ${denied?.words}`,
    });
    expect([...(outcome?.evicted ?? []), denied?.pod].sort()).toEqual(pods.map(({ name }) => `default/${name}`).sort());
  });

  it('take one line of what is said, and not more than a message holds', async () => {
    const { stage, pods } = await withPods();
    const message = `admission webhook "w" denied the request:\n  ${'because '.repeat(100)}`;
    const port = { ...stage.client.writes, evict: () => Promise.resolve({ result: 'denied', message } as const) };
    const outcome = await drainStep(port, aNodeDecision(), evict(pods), aMoment());
    const words = outcome?.denied?.map((one) => one.words) ?? [];
    for (const line of words) expect(line).toMatch(/^admission webhook "w" denied the request: because [^\n]+…$/);
    expect(words.map(({ length }) => length)).toEqual(pods.map(() => 200));
  });

  it('that a budget refuses are no failure', async () => {
    const { stage, pods } = await withPods();
    stage.world.objects.apply(
      budget('web', { minAvailable: 2, selector: { matchLabels: { app: 'web' } } }, 'policy/v1'),
    );
    stage.world.advance(5);
    const outcome = await carryOut(stage, evict(pods));
    expect(outcome).toMatchObject({ status: 'succeeded', evicted: [] });
    expect(outcome?.refusedPods).toHaveLength(2);
    expect(stage.world.objects.list('pods')).toHaveLength(2);
  });

  it('of pods under two budgets fail by a name of their own', async () => {
    const { stage, pods } = await withPods();
    for (const name of ['web', 'all'])
      stage.world.objects.apply(
        budget(name, { minAvailable: 0, selector: { matchLabels: { app: 'web' } } }, 'policy/v1'),
      );
    stage.world.advance(5);
    const outcome = await carryOut(stage, evict(pods));
    expect(outcome).toMatchObject({ status: 'failed', code: 'MoreThanOneBudget', evicted: [], refusedPods: [] });
    for (const { name } of pods)
      expect(outcome?.message).toContain(`default/${name}: This pod has more than one PodDisruptionBudget`);
  });

  it('begin no other when stopping', async () => {
    const { stage, pods } = await withPods();
    const before = stage.written();
    await carryOut(stage, evict(pods), { signal: AbortSignal.abort() });
    expect(stage.written()).toBe(before);
  });
});

describe('a removal that never began', () => {
  const announce = async (stage: Stage) => {
    await carryOut(stage, beginStep);
    const announced = { ...drainOf(await nodeOf(stage)), step: 'removing', removingAt: 7, countAfter: 2 };
    await stage.client.writes.patchNode('n-1', { annotations: { [drainAnnotation]: JSON.stringify(announced) } });
  };
  const reopen = (removingAt: number, server = 1): DrainStep => ({
    step: 'reopen',
    node: 'n-1',
    serverId: serverId(server),
    removingAt: removingAt as Instant,
  });

  it('is a drain again, cordoned and tainted as before', async () => {
    const stage = await withNode();
    await announce(stage);
    expect(await carryOut(stage, reopen(7))).toMatchObject({ status: 'succeeded', step: 'reopen' });
    const node = await nodeOf(stage);
    const record = drainOf(node);
    expect(record).toMatchObject({ step: 'draining', serverId: serverId(1), wasCordoned: false });
    expect(Object.keys(record ?? {})).not.toContain('removingAt');
    expect(Object.keys(record ?? {})).not.toContain('countAfter');
    expect([node.spec?.unschedulable, taintKeys(node)]).toEqual([true, [foreign.key, drainTaint].sort()]);
    expect(await carryOut(stage, reopen(7))).toMatchObject({ status: 'refused', code: 'Moved' });
  });

  it.each([reopen(6), reopen(7, 2)])('is left alone where it is not the one that was seen', async (step) => {
    const stage = await withNode();
    await announce(stage);
    expect(await carryOut(stage, step)).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(drainOf(await nodeOf(stage))?.step).toBe('removing');
  });
});

describe('forgetting', () => {
  const forget = (number: number): DrainStep => ({ step: 'forget', node: 'n-1', serverId: serverId(number) });
  it('takes the Node object of this very server away, and of no other', async () => {
    const stage = await withNode();
    await carryOut(stage, beginStep);
    expect(await carryOut(stage, forget(2))).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(await stage.client.writes.getNode('n-1')).not.toBeNull();
    expect(await carryOut(stage, forget(1))).toMatchObject({ status: 'succeeded' });
    expect(await stage.client.writes.getNode('n-1')).toBeNull();
  });
});
