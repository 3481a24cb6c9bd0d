// What an operator sees of the embedded cluster over hours, played on a virtual clock.
import { describe, expect, it } from 'vitest';
import { deployment, scheduledMessage, testWorld } from './world.ts';

describe('a deployment outgrows its node', () => {
  it('waits for room, and runs when a node comes', async () => {
    const world = await testWorld();
    world.addNode({ name: 'node-1', cpu: 1, memory: '4Gi' });
    world.objects.apply(deployment('web', 4, '400m'));
    world.advance(30);
    const pods = world.objects.list('pods');
    expect(pods.map((pod) => pod.status.phase).sort()).toEqual(['Pending', 'Pending', 'Running', 'Running']);
    const waiting = pods.filter((pod) => pod.spec.nodeName === undefined);
    expect(waiting.map(scheduledMessage)).toEqual(
      Array.from(
        { length: 2 },
        () =>
          '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      ),
    );
    expect(world.objects.list('events').filter((event) => event.reason === 'FailedScheduling')).toHaveLength(2);

    world.addNode({ name: 'node-2', cpu: 1, memory: '4Gi' });
    world.advance(30);
    const later = world.objects.list('pods');
    expect(later.every((pod) => pod.status.phase === 'Running')).toBe(true);
    expect(later.map((pod) => pod.spec.nodeName).sort()).toEqual(['node-1', 'node-1', 'node-2', 'node-2']);
    expect(world.objects.get('deployments', 'web')?.status).toMatchObject({
      replicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      updatedReplicas: 4,
      observedGeneration: 1,
    });
  });
});
