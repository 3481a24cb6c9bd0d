// Watches: what a stream shows, where it can be resumed, and how it ends.
import { describe, expect, it } from 'vitest';
import { configMap, testWorld } from './world.ts';
import type { TestWatch } from './world.ts';

const maps = '/api/v1/namespaces/default/configmaps';

async function seen(watch: TestWatch, count: number): Promise<string[]> {
  const events: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const event = await watch.next();
    const { name, resourceVersion } = event?.object.metadata ?? { name: undefined, resourceVersion: undefined };
    events.push(
      event === undefined ? 'end' : `${event.type} ${typeof name === 'string' ? name : (resourceVersion ?? '')}`,
    );
  }
  return events;
}

describe('a watch', () => {
  it('shows what happens after the version it starts from', async () => {
    const world = await testWorld();
    world.objects.apply(configMap('a'));
    const version = world.resourceVersion();
    world.objects.apply(configMap('b'));
    const watch = await world.watch(`${maps}?watch=1&resourceVersion=${version}`);
    world.objects.apply(configMap('a', { x: '1' }));
    world.objects.delete('configmaps', 'b');
    expect(await seen(watch, 3)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
  });

  it('without a version first shows what is there', async () => {
    const world = await testWorld();
    world.objects.apply(configMap('a'));
    const watch = await world.watch(`${maps}?watch=1`);
    world.objects.apply(configMap('b'));
    expect(await seen(watch, 2)).toEqual(['ADDED a', 'ADDED b']);
  });

  it('sees an object enter and leave its selector', async () => {
    const world = await testWorld();
    const watch = await world.watch(`${maps}?watch=1&labelSelector=app%3Dweb`);
    world.objects.apply(configMap('a'));
    world.objects.apply(configMap('a', {}, { app: 'web' }));
    world.objects.apply(configMap('a', { x: '1' }, { app: 'web' }));
    world.objects.apply(configMap('a', { x: '1' }, { app: 'db' }));
    expect(await seen(watch, 3)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  it('is told 410 when its version is forgotten', async () => {
    const world = await testWorld({ historySize: 2 });
    const version = world.resourceVersion();
    for (const value of ['1', '2', '3', '4', '5']) world.objects.apply(configMap('a', { value }));
    const watch = await world.watch(`${maps}?watch=1&resourceVersion=${version}`);
    const event = await watch.next();
    expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    expect(await watch.next()).toBeUndefined();
  });

  it('keeps an idle resource resumable while others are busy', async () => {
    const world = await testWorld({ historySize: 2 });
    world.addNode({ name: 'n' });
    const version = world.resourceVersion();
    for (const value of ['1', '2', '3', '4', '5']) world.objects.apply(configMap('a', { value }));
    const watch = await world.watch(`/api/v1/nodes?watch=1&resourceVersion=${version}`);
    world.removeNode('n');
    expect(await seen(watch, 1)).toEqual(['DELETED n']);
  });

  it('is told how far the world is, when asked for and once a minute', async () => {
    const world = await testWorld();
    const watch = await world.watch(`${maps}?watch=1&allowWatchBookmarks=true`);
    const deaf = await world.watch(`${maps}?watch=1`);
    world.sendBookmarks();
    const version = world.resourceVersion();
    world.advance(61);
    expect(await seen(watch, 2)).toEqual([`BOOKMARK ${version}`, `BOOKMARK ${version}`]);
    world.objects.apply(configMap('a'));
    expect(await seen(deaf, 1)).toEqual(['ADDED a']);
  });

  it('ends after its timeout on the given clock', async () => {
    const world = await testWorld();
    const watch = await world.watch(`${maps}?watch=1&timeoutSeconds=30`);
    world.advance(29);
    world.objects.apply(configMap('a'));
    world.advance(2);
    expect(await seen(watch, 2)).toEqual(['ADDED a', 'end']);
    expect(world.openWatches).toBe(0);
  });
});
