// Evictions: what the disruption budgets allow, in both API versions.
import { describe, expect, it } from 'vitest';
import { budget, deployment, testWorld } from './world.ts';
import type { TestWorld } from './world.ts';

const app = { matchLabels: { app: 'web' } };

async function running(version: '1.20' | '1.31', replicas = 3): Promise<TestWorld> {
  const world = await testWorld({ version });
  world.addNode({ name: 'n', cpu: 8 });
  world.objects.apply(deployment('web', replicas));
  world.advance(30);
  return world;
}
const evict = (world: TestWorld, name: string | undefined, policy: string, more = {}): ReturnType<TestWorld['call']> =>
  world.call('POST', `/api/v1/namespaces/default/pods/${name ?? ''}/eviction`, {
    apiVersion: `policy/${policy}`,
    kind: 'Eviction',
    metadata: { name, namespace: 'default' },
    ...more,
  });
const podNames = (world: TestWorld): string[] => world.objects.list('pods', 'default').map((pod) => pod.metadata.name);

describe.each([
  ['1.20', 'v1beta1'],
  ['1.31', 'v1'],
] as const)('evictions of %s', (version, policy) => {
  it('spend the budget at once and are then refused with 429', async () => {
    const world = await running(version);
    world.objects.apply(budget('web', { minAvailable: 2, selector: app }, `policy/${policy}`));
    world.advance(1);
    const [first, second] = podNames(world);
    expect((await evict(world, first, policy)).status).toBe(201);
    const refusal = await evict(world, second, policy);
    expect(refusal.body).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: expect.stringMatching(
              /^The disruption budget web needs 2 healthy pods and has \d currently$/,
            ) as string,
          },
        ],
      },
    });
    world.advance(60);
    expect(podNames(world)).toHaveLength(3);
    expect((await evict(world, second, policy)).status).toBe(201);
  });

  it('wait for a budget that is not counted yet', async () => {
    const world = await running(version);
    world.objects.apply(budget('web', { minAvailable: 1, selector: app }, `policy/${policy}`));
    const reply = await evict(world, podNames(world)[0], policy);
    expect(reply.body.details?.causes?.[0]?.message).toBe(
      'The disruption budget web is still being processed by the server.',
    );
  });

  it('fail with 500 under two budgets', async () => {
    const world = await running(version);
    for (const name of ['one', 'two'])
      world.objects.apply(budget(name, { minAvailable: 1, selector: app }, `policy/${policy}`));
    world.advance(1);
    const reply = await evict(world, podNames(world)[0], policy);
    expect(reply.body).toMatchObject({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  });

  it('change nothing in a dry run', async () => {
    const world = await running(version);
    world.objects.apply(budget('web', { minAvailable: 2, selector: app }, `policy/${policy}`));
    world.advance(1);
    const before = world.resourceVersion();
    expect((await evict(world, podNames(world)[0], policy, { deleteOptions: { dryRun: ['All'] } })).status).toBe(201);
    expect(world.resourceVersion()).toBe(before);
  });

  it('take an empty selector as the version has it', async () => {
    const world = await running(version);
    world.objects.apply(budget('all', { minAvailable: 3, selector: {} }, `policy/${policy}`));
    world.advance(1);
    expect((await evict(world, podNames(world)[0], policy)).status).toBe(policy === 'v1' ? 429 : 201);
  });
});

describe('budgets', () => {
  it.each([
    [{ minAvailable: 3 }, { desiredHealthy: 3, expectedPods: 4, disruptionsAllowed: 1 }],
    [{ minAvailable: '50%' }, { desiredHealthy: 2, expectedPods: 4, disruptionsAllowed: 2 }],
    [{ maxUnavailable: 1 }, { desiredHealthy: 3, expectedPods: 4, disruptionsAllowed: 1 }],
    [{ maxUnavailable: '30%' }, { desiredHealthy: 2, expectedPods: 4, disruptionsAllowed: 2 }],
    [{ maxUnavailable: 0 }, { desiredHealthy: 4, expectedPods: 4, disruptionsAllowed: 0 }],
    [{ minAvailable: '100%' }, { desiredHealthy: 4, expectedPods: 4, disruptionsAllowed: 0 }],
  ])('%j', async (spec, status) => {
    const world = await running('1.31', 4);
    world.objects.apply(budget('web', { ...spec, selector: app }, 'policy/v1'));
    world.advance(1);
    expect(world.objects.get('poddisruptionbudgets', 'web')?.status).toMatchObject({ ...status, currentHealthy: 4 });
  });

  it('do not hold pods that have ended or never started', async () => {
    const world = await testWorld();
    world.objects.apply(deployment('web', 1));
    world.objects.apply(budget('web', { minAvailable: 1, selector: app }, 'policy/v1'));
    world.advance(5);
    expect((await evict(world, podNames(world)[0], 'v1')).status).toBe(201);
  });

  it('refuse a version that is not served', async () => {
    const world = await running('1.20');
    expect((await evict(world, podNames(world)[0], 'v1')).status).toBe(400);
  });
});
