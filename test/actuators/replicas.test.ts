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
  it('is written, tells its version and leaves an Event', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    const outcome = await scaleTarget(client.writes, aPodDecision(4, 8, versionOf(world)), aMoment());
    expect(outcome).toMatchObject({ kind: 'scale', status: 'succeeded', from: 4, to: 8, at: '2026-11-20T12:00:00Z' });
    expect(replicas(world)).toBe(8);
    expect(BigInt(outcome.resourceVersion ?? '0')).toBeGreaterThan(0n);
    expect(Object.keys(world.requests.byKind).join()).toMatch(/POST \S*events/);
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

  it('gives up after three conflicts', async () => {
    const { world, client } = await aStage();
    world.objects.apply(deployment('web', 4));
    world.faults.set('conflictOnScale', { count: 9 });
    const outcome = await scaleTarget(client.writes, aPodDecision(4, 8, versionOf(world)), aMoment());
    expect(outcome).toMatchObject({ status: 'failed', code: 'Conflict' });
    expect(replicas(world)).toBe(4);
    expect(world.requests.byCode['409']).toBe(3);
  });

  it('of an object that is gone fails by code and does not throw', async () => {
    const { client } = await aStage();
    expect(await scaleTarget(client.writes, aPodDecision(4, 8, '1'), aMoment())).toMatchObject({
      status: 'failed',
      code: 'NotFound',
    });
  });
});
