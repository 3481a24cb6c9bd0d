// Each fault of the table, as a client meets it.
import { describe, expect, it } from 'vitest';
import { budget, configMap, deployment, testWorld } from './world.ts';

const maps = '/api/v1/namespaces/default/configmaps';

describe('faults', () => {
  it('watch410 ends all watches and forgets', async () => {
    const world = await testWorld();
    const version = world.resourceVersion();
    const watch = await world.watch(`${maps}?watch=1&resourceVersion=${version}`);
    world.faults.set('watch410');
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    expect(await watch.next()).toBeUndefined();
    const again = await world.watch(`${maps}?watch=1&resourceVersion=${version}`);
    expect(await again.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    expect(world.faults.active()).toEqual([]);
  });

  it('watchDrop cuts the streams', async () => {
    const world = await testWorld();
    const watch = await world.watch(`${maps}?watch=1`);
    world.faults.set('watchDrop');
    expect(await watch.next()).toBeUndefined();
  });

  it('watchSilent leaves streams open and dumb, for good', async () => {
    const world = await testWorld();
    const dumb = await world.watch(`${maps}?watch=1&allowWatchBookmarks=1&timeoutSeconds=5`);
    world.faults.set('watchSilent');
    world.objects.apply(configMap('a'));
    world.sendBookmarks();
    world.faults.clear('watchSilent');
    world.objects.apply(configMap('b'));
    world.advance(60);
    expect(world.openWatches).toBe(1);
    const fresh = await world.watch(`${maps}?watch=1`);
    expect(await fresh.next()).toMatchObject({ type: 'ADDED' });
    world.faults.set('watchDrop');
    expect(await dumb.next()).toBeUndefined();
  });

  it.each([
    ['http500', { count: 1 }, 500, 'InternalError'],
    ['http429', { count: 1, retryAfter: 3 }, 429, 'TooManyRequests'],
  ] as const)('%s for the next request only', async (name, settings, status, reason) => {
    const world = await testWorld();
    world.faults.set(name, settings);
    const hit = await world.call('GET', maps);
    expect({ status: hit.status, reason: hit.body.reason }).toEqual({ status, reason });
    expect(hit.headers.get('Retry-After')).toBe(status === 429 ? '3' : null);
    expect((await world.call('GET', maps)).status).toBe(200);
    expect(world.requests.byCode).toEqual({ [status]: 1, 200: 1 });
  });

  it('strikes only the path, the method and the share that are named', async () => {
    const world = await testWorld();
    world.faults.set('http500', { path: '/nodes', method: 'GET' });
    expect((await world.call('GET', maps)).status).toBe(200);
    expect((await world.call('GET', '/api/v1/nodes')).status).toBe(500);
    world.faults.clearAll();
    world.faults.set('http500', { share: 0.5 });
    const codes = [];
    for (let at = 0; at < 20; at += 1) codes.push((await world.call('GET', maps)).status);
    expect(new Set(codes)).toEqual(new Set([200, 500]));
  });

  it('garbage and half spoil the body', async () => {
    const world = await testWorld();
    world.faults.set('garbage', { count: 1 });
    expect((await world.call('GET', maps)).body.message).toContain('<html>');
    world.faults.set('half', { count: 1 });
    await expect(world.call('GET', maps)).rejects.toThrow();
  });

  it('slow answers late', async () => {
    const world = await testWorld();
    world.faults.set('slow', { delay: 30, count: 1 });
    const before = performance.now();
    await world.call('GET', maps);
    expect(performance.now() - before).toBeGreaterThan(25);
  });

  it('conflictOnScale refuses one write of scale', async () => {
    const world = await testWorld();
    world.objects.apply(deployment('web', 1));
    world.faults.set('conflictOnScale');
    const scale = '/apis/apps/v1/namespaces/default/deployments/web/scale';
    const write = async (): Promise<number> =>
      (await world.call('PATCH', scale, { spec: { replicas: 2 } }, { type: 'application/merge-patch+json' })).status;
    expect([await write(), await write()]).toEqual([409, 200]);
  });

  it('an unknown fault is refused by name', async () => {
    const world = await testWorld();
    expect(() => world.faults.set('flood' as 'slow')).toThrow('unknown fault "flood"; known: watch410');
  });

  it('nodeNotReady and nodeDead show at the node, its pods and its taints', async () => {
    const world = await testWorld();
    world.addNode({ name: 'n' });
    world.objects.apply(deployment('web', 1));
    world.objects.apply(budget('web', { minAvailable: 1, selector: { matchLabels: { app: 'web' } } }, 'policy/v1'));
    world.advance(30);
    const ready = (): string | undefined =>
      world.objects.get('nodes', 'n')?.status.conditions?.find((one) => one.type === 'Ready')?.status;
    const podReady = (): string | undefined =>
      world.objects.list('pods')[0]?.status.conditions?.find((one) => one.type === 'Ready')?.status;
    expect([ready(), podReady()]).toEqual(['True', 'True']);
    world.faults.set('nodeNotReady:n');
    world.advance(1);
    expect([ready(), podReady()]).toEqual(['False', 'False']);
    world.faults.clear('nodeNotReady:n');
    world.advance(30);
    expect([ready(), podReady()]).toEqual(['True', 'True']);
    world.faults.set('nodeDead:n');
    world.advance(39);
    expect(ready()).toBe('True');
    world.advance(2);
    expect([ready(), podReady()]).toEqual(['Unknown', 'False']);
    expect(world.objects.get('nodes', 'n')?.spec.taints?.map((taint) => `${taint.key}:${taint.effect}`)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    // five minutes later the pod is told to go, but nobody is there to end it
    world.advance(301);
    expect(
      world.objects
        .list('pods')
        .map((pod) => pod.metadata.deletionTimestamp !== undefined)
        .sort(),
    ).toEqual([false, true]);
    world.removeNode('n');
    world.advance(5);
    expect(world.objects.list('pods').map((pod) => pod.spec.nodeName)).toEqual([undefined]);
  });
});
