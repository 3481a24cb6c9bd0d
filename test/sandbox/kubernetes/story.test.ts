// What an operator sees of the embedded cluster over hours, played on a virtual clock.
import { describe, expect, it } from 'vitest';
import { budget, deployment, scheduledMessage, testWorld } from './world.ts';
import type { Milliseconds } from '../../../src/model/units.ts';
import type { ObjectInput } from '../../../src/sandbox/kubernetes/objects.ts';

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

describe('a rollout', () => {
  it('never has more or fewer pods than the strategy allows', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n', cpu: 16 });
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    world.objects.apply(deployment('web', 3, '100m', { strategy }));
    world.advance(30);
    world.objects.update('deployments', 'web', 'default', (draft) => {
      for (const container of draft.spec.template.spec.containers) container.image = 'web:2';
    });
    const seen: { pods: number; ready: number }[] = [];
    for (let at = 0; at < 80; at += 1) {
      world.advance(1);
      const live = world.objects.list('pods').filter((pod) => pod.metadata.deletionTimestamp === undefined);
      const ready = live.filter((pod) =>
        pod.status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
      );
      seen.push({ pods: live.length, ready: ready.length });
    }
    expect(Math.max(...seen.map(({ pods }) => pods))).toBe(4);
    expect(Math.min(...seen.map(({ ready }) => ready))).toBe(3);
    expect(world.objects.list('pods').map((pod) => pod.spec.containers[0]?.image)).toEqual(['web:2', 'web:2', 'web:2']);
    expect(
      world.objects
        .list('replicasets')
        .map((set) => set.spec.replicas)
        .sort(),
    ).toEqual([0, 3]);
  });

  it('that cannot go on says so after its deadline', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n', cpu: 16 });
    world.objects.apply(deployment('web', 2, '100m', { progressDeadlineSeconds: 60 }));
    world.advance(30);
    world.objects.update('deployments', 'web', 'default', (draft) => {
      draft.spec.template.metadata = {
        ...draft.spec.template.metadata,
        annotations: { 'sandbox.springtide.io/behaviour': 'ImagePullBackOff' },
      };
    });
    world.advance(70);
    const status = world.objects.get('deployments', 'web')?.status;
    expect(status?.conditions?.find((one) => one.type === 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    });
    expect(status?.availableReplicas).toBe(2);
    const waiting = world.objects.list('pods').map((pod) => pod.status.containerStatuses?.[0]?.state.waiting?.reason);
    expect(waiting).toContain('ImagePullBackOff');
  });
});

describe('the other workloads', () => {
  const workload = (kind: string, spec: Record<string, unknown> = {}): ObjectInput => {
    const made = deployment('app', 3);
    return { ...made, kind, spec: { ...(made['spec'] as object), ...spec } };
  };

  it('a stateful set grows in order and shrinks from the top', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n' });
    world.objects.apply(workload('StatefulSet', { serviceName: 'app' }));
    world.advance(12);
    expect(world.objects.list('pods').map((one) => one.metadata.name)).toEqual(['app-0', 'app-1']);
    world.advance(30);
    expect(world.objects.get('statefulsets', 'app')?.status).toMatchObject({ replicas: 3, readyReplicas: 3 });
    world.objects.update('statefulsets', 'app', 'default', (draft) => {
      draft.spec.replicas = 1;
    });
    world.advance(10);
    expect(world.objects.list('pods').map((one) => one.metadata.name)).toEqual(['app-0']);
  });

  it('a daemon set has a pod on every node it may run on, cordoned ones too', async () => {
    const world = await testWorld();
    world.addNode({ name: 'a' });
    world.addNode({ name: 'b', taints: [{ key: 'only', effect: 'NoSchedule' }] });
    world.objects.apply(workload('DaemonSet', { replicas: undefined }));
    world.advance(20);
    world.addNode({ name: 'c' });
    world.objects.update('nodes', 'c', undefined, (node) => {
      node.spec.unschedulable = true;
    });
    world.advance(20);
    expect(
      world.objects
        .list('pods')
        .map((one) => one.spec.nodeName)
        .sort(),
    ).toEqual(['a', 'c']);
    expect(world.objects.get('daemonsets', 'app')?.status).toMatchObject({ desiredNumberScheduled: 2, numberReady: 2 });
  });

  it('a job runs its completions', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n' });
    world.objects.apply({
      ...workload('Job', { completions: 3, parallelism: 2, replicas: undefined, selector: undefined }),
      apiVersion: 'batch/v1',
    });
    world.advance(30);
    expect(world.objects.get('jobs', 'app')?.status).toMatchObject({ active: 2, succeeded: 0 });
    world.advance(300);
    expect(world.objects.get('jobs', 'app')?.status).toMatchObject({ active: 0, succeeded: 3 });
  });

  it('a quota refuses pods beyond it, and the deployment says so', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n' });
    world.objects.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '2' } },
    });
    world.objects.apply(deployment('web', 3));
    world.advance(5);
    expect(world.objects.list('pods')).toHaveLength(2);
    const failure = world.objects
      .get('deployments', 'web')
      ?.status?.conditions?.find((one) => one.type === 'ReplicaFailure');
    expect(failure?.message).toContain('exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2');
    expect(world.objects.get('resourcequotas', 'small')?.status?.used).toEqual({ pods: '2' });
  });
});

describe('what goes', () => {
  it('surplus replicas go in order: unscheduled, not ready, younger', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n', cpu: 2 });
    world.objects.apply(deployment('web', 2, '500m'));
    world.advance(60);
    const old = world.objects.list('pods').map((one) => one.metadata.name);
    const scaleTo = (replicas: number): void => {
      world.objects.update('deployments', 'web', 'default', (draft) => {
        draft.spec.replicas = replicas;
      });
    };
    scaleTo(5);
    world.advance(60);
    const waiting = world.objects.list('pods').filter((one) => one.spec.nodeName === undefined);
    expect(waiting).toHaveLength(1);
    scaleTo(4);
    world.advance(5);
    expect(world.objects.list('pods').filter((one) => one.spec.nodeName === undefined)).toHaveLength(0);
    scaleTo(2);
    world.advance(5);
    expect(world.objects.list('pods').map((one) => one.metadata.name)).toEqual(old);
  });

  it('everything goes with its owner, and a namespace with all that is in it', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n' });
    world.objects.apply(deployment('web', 2));
    world.objects.apply(budget('web', { minAvailable: 1, selector: { matchLabels: { app: 'web' } } }, 'policy/v1'));
    const elsewhere = deployment('job', 1);
    world.objects.apply({ ...elsewhere, metadata: { name: 'job', namespace: 'other' } });
    world.advance(30);
    world.objects.delete('deployments', 'web');
    world.objects.delete('namespaces', 'other');
    world.advance(10);
    expect([world.objects.list('replicasets'), world.objects.list('pods'), world.objects.list('deployments')]).toEqual([
      [],
      [],
      [],
    ]);
    expect(world.objects.get('namespaces', 'other')).toBeUndefined();
    expect(world.objects.get('poddisruptionbudgets', 'web')?.status?.expectedPods).toBe(0);
  });

  it('a removed node takes its pods along, and they come back elsewhere', async () => {
    const world = await testWorld();
    world.addNode({ name: 'a' });
    world.objects.apply(deployment('web', 2));
    world.advance(30);
    world.addNode({ name: 'b', readyAfter: 20_000 as Milliseconds });
    world.removeNode('a');
    world.advance(10);
    expect(world.objects.list('pods').map((one) => one.spec.nodeName)).toEqual([undefined, undefined]);
    world.advance(30);
    expect(world.objects.list('pods').map((one) => one.spec.nodeName)).toEqual(['b', 'b']);
    expect(world.objects.list('leases').map((one) => one.metadata.name)).toEqual(['b']);
  });
});

it('the same seed tells the same story', async () => {
  const play = async (): Promise<unknown> => {
    const world = await testWorld();
    for (const name of ['a', 'b', 'c']) world.addNode({ name });
    world.objects.apply(deployment('web', 7));
    world.advance(20);
    world.removeNode('b');
    world.advance(20);
    return [world.resourceVersion(), world.objects.list('pods'), world.objects.list('events')];
  };
  expect(await play()).toEqual(await play());
});
