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
