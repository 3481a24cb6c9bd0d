// Replicas written through the scale of an embedded Kubernetes.
import { describe, expect, it } from 'vitest';
import { scaleTarget } from '../../src/actuators/replicas.ts';
import { deployment } from '../sandbox/kubernetes/world.ts';
import { aMoment, aPodDecision, aStage } from './stage.ts';

const replicas = (world: Awaited<ReturnType<typeof aStage>>['world']): unknown =>
  world.objects.get('deployments', 'web')?.spec['replicas' as never];
const versionOf = (world: Awaited<ReturnType<typeof aStage>>['world']): string | undefined =>
  world.objects.get('deployments', 'web')?.metadata.resourceVersion;

describe('a scale', () => {
  it('is written and tells its version', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    const outcome = await scaleTarget(client.writes, aPodDecision(4, 8, versionOf(world)), aMoment());
    expect(outcome).toMatchObject({ kind: 'scale', status: 'succeeded', from: 4, to: 8, at: '2026-11-20T12:00:00Z' });
    expect(replicas(world)).toBe(8);
    expect(BigInt(outcome.resourceVersion ?? '0')).toBeGreaterThan(0n);
  });

  it('is written again when only the version has moved', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    const old = versionOf(world);
    world.objects.update('deployments', 'web', 'default', (draft) => {
      draft.metadata.labels = { rollout: '2' };
    });
    expect(versionOf(world)).not.toBe(old);
    expect(await scaleTarget(client.writes, aPodDecision(4, 8, old), aMoment())).toMatchObject({ status: 'succeeded' });
    expect(replicas(world)).toBe(8);
  });

  it('is refused when somebody else has set the replicas', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    const old = versionOf(world);
    world.objects.apply(deployment('web', 6));
    expect(await scaleTarget(client.writes, aPodDecision(4, 8, old), aMoment())).toMatchObject({
      status: 'refused',
      code: 'Moved',
      message: 'replicas are 6 by now, the decision was made on 4',
    });
    expect(replicas(world)).toBe(6);
  });

  it('is written through the conflicts of a busy object', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    world.faults.set('conflictOnScale', { count: 7 });
    const outcome = await scaleTarget(client.writes, aPodDecision(4, 8, versionOf(world)), aMoment());
    expect(outcome).toMatchObject({ status: 'succeeded' });
    expect(replicas(world)).toBe(8);
  });

  it('gives up after eight conflicts', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    world.faults.set('conflictOnScale', { count: 9 });
    const outcome = await scaleTarget(client.writes, aPodDecision(4, 8, versionOf(world)), aMoment());
    expect(outcome).toMatchObject({ status: 'failed', code: 'Conflict' });
    expect(replicas(world)).toBe(4);
    expect(world.requests.byCode['409']).toBe(8);
  });

  it('of an object that is gone fails by code and does not throw', async () => {
    const { client } = await aStage();
    expect(await scaleTarget(client.writes, aPodDecision(4, 8, '1'), aMoment())).toMatchObject({
      status: 'failed',
      code: 'NotFound',
    });
  });
});

describe('a zero of our own', () => {
  const mark = 'springtide.io/previous-replicas';
  const marked = (world: Awaited<ReturnType<typeof aStage>>['world']): string | undefined =>
    world.objects.get('deployments', 'web')?.metadata.annotations?.[mark];
  const toZero = (version: string | undefined) => ({ ...aPodDecision(4, 0, version), mark: { previous: 4 } });

  it('is marked with what stood before it, and the mark goes when it wakes', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    const asleep = await scaleTarget(client.writes, toZero(versionOf(world)), aMoment());
    expect(asleep).toMatchObject({ status: 'succeeded', from: 4, to: 0, resourceVersion: versionOf(world) });
    expect([replicas(world), marked(world)]).toEqual([0, '4']);
    const awake = await scaleTarget(client.writes, { ...aPodDecision(0, 3, versionOf(world)), mark: null }, aMoment());
    expect(awake).toMatchObject({ status: 'succeeded', from: 0, to: 3 });
    expect([replicas(world), marked(world)]).toEqual([3, undefined]);
  });

  it('is marked and written also when only the version has moved', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    const old = versionOf(world);
    world.objects.update('deployments', 'web', 'default', (draft) => {
      draft.metadata.labels = { rollout: '2' };
    });
    world.faults.set('conflictOnScale', { count: 1 });
    expect(await scaleTarget(client.writes, toZero(old), aMoment())).toMatchObject({ status: 'succeeded' });
    expect([replicas(world), marked(world)]).toEqual([0, '4']);
  });

  it('is not written where it cannot be marked', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    world.faults.set('http500', { method: 'PATCH' });
    const outcome = await scaleTarget(client.writes, toZero(versionOf(world)), aMoment());
    expect(outcome).toMatchObject({ status: 'failed', code: 'ServerFault' });
    expect([replicas(world), marked(world)]).toEqual([4, undefined]);
    expect(Object.keys(world.requests.byKind).filter((kind) => /PUT .*scale/.test(kind))).toEqual([]);
  });

  it('leaves no mark behind when somebody else was quicker', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    const old = versionOf(world);
    world.objects.apply(deployment('web', 0));
    expect(await scaleTarget(client.writes, toZero(old), aMoment())).toMatchObject({
      status: 'refused',
      code: 'Moved',
      message: 'replicas are 0 by now, the decision was made on 4',
    });
    expect(marked(world)).toBeUndefined();
  });

  it('leaves no mark behind when the write was refused', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    world.faults.set('conflictOnScale', { count: 9 });
    expect(await scaleTarget(client.writes, toZero(versionOf(world)), aMoment())).toMatchObject({
      status: 'failed',
      code: 'Conflict',
    });
    expect([replicas(world), marked(world)]).toEqual([4, undefined]);
  });

  it('wakes also where the mark cannot be taken away', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 0));
    world.faults.set('http500', { method: 'PATCH' });
    const outcome = await scaleTarget(client.writes, { ...aPodDecision(0, 3, undefined), mark: null }, aMoment());
    expect([outcome.status, replicas(world)]).toEqual(['succeeded', 3]);
  });
});

describe('pods that are to go first', () => {
  const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
  async function fivePods() {
    const { world, client } = await aStage();
    world.addNode({ name: 'n', cpu: 8 });
    world.objects.apply(deployment('web', 5));
    world.advance(60);
    const pods = world.objects.list('pods', 'default').map(({ metadata }) => metadata);
    const chosen = [pods[1], pods[3]].flatMap((pod) => pod ?? []);
    const deletionCosts = chosen.map(({ name, uid }, place) => ({
      pod: { namespace: 'default', name, uid },
      value: 0,
      cost: place - chosen.length,
    }));
    const decision = { ...aPodDecision(5, 3, versionOf(world)), deletionCosts };
    const left = (): string[] => world.objects.list('pods', 'default').map(({ metadata: { name } }) => name);
    return { world, client, pods, chosen: chosen.map(({ name }) => name), decision, left };
  }

  it('go, whichever they are', async () => {
    const { world, client, pods, chosen, decision, left } = await fivePods();
    expect(await scaleTarget(client.writes, decision, aMoment())).toMatchObject({ status: 'succeeded', to: 3 });
    world.advance(60);
    expect(left()).toEqual(pods.map(({ name }) => name).filter((name) => !chosen.includes(name)));
  });

  it('and are gone already, or another under the name, hold nobody up', async () => {
    const { world, client, decision } = await fivePods();
    const [first, second] = decision.deletionCosts;
    const gone = { value: 0, cost: -9, pod: { namespace: 'default', name: 'long-gone', uid: 'x' } };
    const renamed = { value: 0, cost: -9, pod: { namespace: 'default', name: second?.pod.name ?? '', uid: 'another' } };
    const costs = [gone, renamed, ...(first === undefined ? [] : [first])];
    expect(await scaleTarget(client.writes, { ...decision, deletionCosts: costs }, aMoment())).toMatchObject({
      status: 'succeeded',
    });
    const annotationOf = (name = ''): string | undefined =>
      world.objects.get('pods', name, 'default')?.metadata.annotations?.[costAnnotation];
    expect(annotationOf(second?.pod.name)).toBeUndefined();
  });

  it('that cannot be marked stay, and all others too', async () => {
    const { world, client, decision, left } = await fivePods();
    world.faults.set('http500', { method: 'PATCH' });
    expect(await scaleTarget(client.writes, decision, aMoment())).toMatchObject({
      status: 'failed',
      code: 'ServerFault',
    });
    expect(replicas(world)).toBe(5);
    world.advance(60);
    expect(left()).toHaveLength(5);
  });

  it('are spared again where their cost is taken away', async () => {
    const { world, client, decision } = await fivePods();
    await scaleTarget(client.writes, { ...decision, desired: decision.current }, aMoment());
    const [first] = decision.deletionCosts;
    const cost = (): string | undefined =>
      world.objects.get('pods', first?.pod.name ?? '', 'default')?.metadata.annotations?.[costAnnotation];
    expect(cost()).toBe('-2');
    const spared = decision.deletionCosts.map((one) => ({ ...one, cost: null }));
    await scaleTarget(
      client.writes,
      { ...decision, deletionCosts: spared, resourceVersion: versionOf(world) },
      aMoment(),
    );
    expect(cost()).toBeUndefined();
  });
});
