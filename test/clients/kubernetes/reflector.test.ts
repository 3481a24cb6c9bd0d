// The reflector against a server that breaks in every way that API servers and networks do.
import { afterEach, describe, expect, it } from 'vitest';
import { createDiscovery } from '../../../src/clients/kubernetes/discovery.ts';
import { Reflector, isOlder } from '../../../src/clients/kubernetes/reflector.ts';
import type { ReflectorTiming } from '../../../src/clients/kubernetes/reflector.ts';
import { watchedResources } from '../../../src/clients/kubernetes/resources.ts';
import { createTransport } from '../../../src/clients/kubernetes/transport.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Clock } from '../../../src/clock.ts';
import type { KubernetesObject, Pod } from '../../../src/model/kubernetes.ts';
import type { Instant, Milliseconds } from '../../../src/model/units.ts';
import { seconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { FakeApi, aPod, answer, refuse } from './fake-api.ts';
import type { FakeObject } from './fake-api.ts';

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

const quick: Partial<ReflectorTiming> = { firstPause: 1 as Milliseconds, longestPause: 5 as Milliseconds };

async function aReflector(
  setup: { api?: FakeApi; clock?: Clock; timing?: Partial<ReflectorTiming>; before?: (api: FakeApi) => void } = {},
): Promise<{ api: FakeApi; reflector: Reflector<Pod> }> {
  const api = await (setup.api ?? new FakeApi()).start();
  setup.before?.(api);
  const clock = setup.clock ?? systemClock;
  const transport = createTransport({ connection: api.connection, timeout: seconds(5) });
  const reflector = new Reflector({
    resource: watchedResources.pods,
    transport,
    discovery: createDiscovery(transport, clock),
    clock,
    random: () => 0.5,
    timing: setup.timing ?? quick,
  });
  running.push(async () => {
    await reflector.stop();
    transport.close();
    await api.stop();
  });
  reflector.start();
  return { api, reflector };
}

function until<T extends KubernetesObject>(reflector: Reflector<T>, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const forget = reflector.onChange(() => {
      if (!holds()) return;
      forget();
      resolve();
    });
  });
}

const names = (reflector: Reflector<Pod>): string[] => reflector.items().map((pod) => pod.metadata.name);
const watching = /watch=true/;
const listing = /limit=/;

describe('a reflector', () => {
  it('lists by pages, then follows additions, changes and deletions', async () => {
    const { api, reflector } = await aReflector({
      timing: { ...quick, pageSize: 2 },
      before: (fresh) => ['a', 'b', 'c', 'd', 'e'].forEach((name) => fresh.put(aPod(name))),
    });
    await reflector.ready(seconds(5));
    expect(names(reflector)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(api.requests(listing)).toHaveLength(3);

    await api.asked(watching);
    api.put(aPod('f'));
    api.put(aPod('a', { changed: 'yes' }));
    api.remove('b');
    await reflector.reached(api.version, seconds(5));
    expect(names(reflector)).toEqual(['a', 'c', 'd', 'e', 'f']);
    expect(reflector.get('shop/a')?.metadata.labels).toEqual({ changed: 'yes' });
    expect(reflector).toMatchObject({ synced: true, failure: null });
  });

  it('holds what siblings share for as long as one of them is here, over changes, deletions and new lists', async () => {
    const owned = (name: string, owner: string): FakeObject => ({
      ...aPod(name, { app: owner }),
      metadata: {
        name,
        namespace: 'shop',
        labels: { app: owner },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
      },
    });
    const { api, reflector } = await aReflector({
      before: (fresh) => ['a', 'b'].forEach((name) => fresh.put(owned(name, 'web'))),
    });
    await reflector.ready(seconds(5));
    await api.asked(watching);
    api.put(owned('b', 'web'));
    api.put(owned('c', 'api'));
    await reflector.reached(api.version, seconds(5));
    const labelsOf = (name: string): unknown => reflector.get(`shop/${name}`)?.metadata.labels;
    expect(labelsOf('b')).toBe(labelsOf('a'));
    expect(reflector.shared.owners).toBe(2);

    // A list that breaks off, then one that is complete: it repeats a and b, has d new and c no more.
    api.next(listing, answer('{"items":[{"metadata":{"name":"x"}},{'));
    api.drop();
    api.remove('c');
    api.put(owned('d', 'web'));
    api.compact();
    await until(reflector, () => reflector.get('shop/d') !== undefined);
    expect(labelsOf('d')).toBe(labelsOf('a'));
    expect(reflector.shared.owners).toBe(1);

    await api.asked(watching, 3);
    for (const name of ['a', 'b', 'd']) api.remove(name);
    await reflector.reached(api.version, seconds(5));
    expect(reflector.shared).toEqual({ owners: 0, parts: 0 });
  });

  it('asks for bookmarks and an end, and learns versions from bookmarks alone', async () => {
    const { api, reflector } = await aReflector();
    await api.asked(watching);
    const query = api.requests(watching)[0]?.searchParams;
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(query?.get('timeoutSeconds')).toMatch(/^4\d$/);
    await until(reflector, () => reflector.lastContact !== null);
    api.bookmark();
    await reflector.reached(api.version, seconds(5));
    expect(reflector.resourceVersion).toBe(api.version);
  });

  it('hands out the same array until something changes', async () => {
    const { api, reflector } = await aReflector({ before: (fresh) => fresh.put(aPod('a')) });
    await reflector.ready(seconds(5));
    const before = reflector.items();
    expect(reflector.items()).toBe(before);
    await api.asked(watching);
    api.put(aPod('b'));
    await reflector.reached(api.version, seconds(5));
    expect(reflector.items()).not.toBe(before);
    expect(before).toHaveLength(1);
  });

  it.each([
    ['the socket dies', (api: FakeApi) => api.drop()],
    ['the watch ends at its timeout', (api: FakeApi) => api.end()],
    [
      'the stream stops in the middle of a line',
      (api: FakeApi) => {
        api.say('{"type":"MOD');
        api.end();
      },
    ],
  ])('resumes where it was without a new list when %s', async (_case, breaks) => {
    const { api, reflector } = await aReflector({ before: (fresh) => fresh.put(aPod('a')) });
    await api.asked(watching);
    await reflector.ready(seconds(5));
    breaks(api);
    api.put(aPod('b'));
    api.remove('a');
    await reflector.reached(api.version, seconds(5));
    expect(names(reflector)).toEqual(['b']);
    expect(api.requests(listing)).toHaveLength(1);
    expect(reflector.failure).toBeNull();
  });

  it.each([
    [
      '410 to the watch',
      (api: FakeApi) => {
        api.drop();
        api.remove('a');
        api.compact();
      },
    ],
    [
      'an ERROR event with 410',
      (api: FakeApi) => {
        api.say(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`);
        api.end();
        api.remove('a');
      },
    ],
    [
      'a line of garbage',
      (api: FakeApi) => {
        api.say('<html>bad gateway</html>\n');
        api.remove('a');
      },
    ],
    [
      'an event without an object',
      (api: FakeApi) => {
        api.say('{"type":"ADDED"}\n');
        api.remove('a');
      },
    ],
    [
      'an object without a name',
      (api: FakeApi) => {
        api.say('{"type":"ADDED","object":{}}\n');
        api.remove('a');
      },
    ],
  ])('lists again after %s, and finds what was deleted meanwhile', async (_case, breaks) => {
    const { api, reflector } = await aReflector({
      before: (fresh) => ['a', 'b'].forEach((name) => fresh.put(aPod(name))),
    });
    await api.asked(watching);
    await until(reflector, () => reflector.lastContact !== null && reflector.synced);
    breaks(api);
    await until(reflector, () => names(reflector).join() === 'b');
    await api.asked(listing, 2);
    expect(reflector.synced).toBe(true);
  });

  it('keeps the object in hand when a new list only repeats it', async () => {
    const { api, reflector } = await aReflector({
      before: (fresh) => ['a', 'b'].forEach((name) => fresh.put(aPod(name))),
    });
    await api.asked(watching);
    await reflector.ready(seconds(5));
    const before = reflector.get('shop/b');
    api.drop();
    api.remove('a');
    api.compact();
    await until(reflector, () => names(reflector).join() === 'b');
    expect(reflector.get('shop/b')).toBe(before);
  });

  it('serves its last objects and says what is wrong while the list fails', async () => {
    const clock = new VirtualClock(1_000_000 as Instant);
    const { api, reflector } = await aReflector({ clock, timing: {}, before: (fresh) => fresh.put(aPod('a')) });
    await api.asked(watching);
    await until(reflector, () => reflector.lastContact !== null && reflector.synced);
    api.next(/watch=true/, refuse(403, 'Forbidden', 'pods is forbidden: no permission'));
    api.drop();
    await until(reflector, () => reflector.failure !== null);
    clock.advance(seconds(1));
    await until(reflector, () => reflector.failure?.code === 'Forbidden');
    expect(reflector.failure).toMatchObject({ since: 1_000_000 });
    expect(reflector.failure?.message).toContain('pods is forbidden: no permission');
    expect(names(reflector)).toEqual(['a']);
    clock.advance(seconds(2));
    await until(reflector, () => reflector.failure === null);
  });

  it('waits longer after each failure, and at least as long as the server asks', async () => {
    const clock = new VirtualClock(0 as Instant);
    const { api, reflector } = await aReflector({
      clock,
      timing: {},
      before: (fresh) => {
        fresh.next(listing, refuse(500, 'InternalError'));
        fresh.next(listing, refuse(500, 'InternalError'));
        fresh.next(listing, refuse(429, 'TooManyRequests', 'slow down', { 'retry-after': '20' }));
      },
    });
    // random 0.5: three quarters of 1, 2, 4 s
    const failures = (count: number): Promise<void> => {
      let seen = 0;
      return new Promise((resolve) => {
        const forget = reflector.onChange(() => {
          if (++seen < count) return;
          forget();
          resolve();
        });
      });
    };
    await failures(1);
    const second = failures(1);
    clock.advance(749 as Milliseconds);
    expect(api.requests(listing)).toHaveLength(1);
    clock.advance(1 as Milliseconds);
    await second;
    const third = failures(1);
    clock.advance(1500 as Milliseconds);
    await third;
    expect(reflector.failure?.code).toBe('TooManyRequests');
    clock.advance(19_999 as Milliseconds);
    expect(api.requests(listing)).toHaveLength(3);
    clock.advance(1 as Milliseconds);
    await reflector.ready(seconds(5));
    expect(reflector.failure).toBeNull();
  });

  it('drops a stream that has fallen silent, and not one that speaks', async () => {
    const clock = new VirtualClock(0 as Instant);
    const { api, reflector } = await aReflector({ clock, timing: {}, before: (fresh) => fresh.put(aPod('a')) });
    await api.asked(watching);
    await until(reflector, () => reflector.lastContact !== null && reflector.synced);
    clock.advance(seconds(54));
    api.bookmark();
    await reflector.reached(api.version, seconds(500));
    clock.advance(seconds(54));
    expect(reflector.failure).toBeNull();
    clock.advance(seconds(1));
    await until(reflector, () => reflector.failure !== null);
    expect(reflector.failure?.code).toBe('Timeout');
    expect(api.requests(watching).length).toBeLessThanOrEqual(2);
    // It lived long enough to be a good one: the list is read anew at once, and the next watch follows.
    await api.asked(watching, 2);
    await until(reflector, () => reflector.failure === null);
    expect(api.requests(listing)).toHaveLength(2);
  });

  it('asks for smaller pages when one is too large to hold', async () => {
    const huge = `{"items":[],"metadata":{"resourceVersion":"1"},"filler":"${'x'.repeat(65 * 1024 * 1024)}"}`;
    const { api, reflector } = await aReflector({ before: (fresh) => fresh.next(listing, answer(huge)) });
    await reflector.ready(seconds(10));
    expect(api.requests(listing).map((url) => url.searchParams.get('limit'))).toEqual(['250', '62']);
  });

  it.each([
    ['no JSON', 'upstream connect error'],
    ['cut off', '{"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"x"}}'],
    ['not a list', '{"kind":"Status","status":"Success"}'],
  ])('is not fooled by a list that is %s', async (_case, body) => {
    const { api, reflector } = await aReflector({
      before: (fresh) => {
        fresh.put(aPod('a'));
        fresh.next(listing, answer(body));
      },
    });
    await until(reflector, () => reflector.failure !== null);
    expect(reflector.failure?.code).toBe('NotJson');
    await reflector.ready(seconds(5));
    expect(names(reflector)).toEqual(['a']);
    expect(api.requests(listing)).toHaveLength(2);
  });

  it('says when a version has not been reached in time', async () => {
    const clock = new VirtualClock(0 as Instant);
    const { reflector } = await aReflector({ clock });
    await reflector.ready(seconds(5));
    const waiting = reflector.reached('999999', seconds(3));
    clock.advance(seconds(3));
    await expect(waiting).rejects.toMatchObject({
      code: 'Timeout',
      message: expect.stringContaining('999999') as string,
    });
  });

  it('follows characters that are cut in half between chunks', async () => {
    const { api, reflector } = await aReflector();
    await api.asked(watching);
    await until(reflector, () => reflector.synced);
    const pod = { metadata: { name: 'a', namespace: 'shop', resourceVersion: '900', labels: { city: '上海' } } };
    const bytes = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`);
    const middle = bytes.indexOf('上') + 1;
    api.say(bytes.subarray(0, middle));
    api.say(bytes.subarray(middle));
    await reflector.reached('900', seconds(5));
    expect(reflector.get('shop/a')?.metadata.labels).toEqual({ city: '上海' });
  });

  it('holds 10,000 pods without what decisions never read, and lets others run meanwhile', async () => {
    const filler = 'x'.repeat(2_000);
    const { reflector } = await aReflector({
      before: (api) => {
        for (let index = 0; index < 10_000; index++) api.put({ ...aPod(`pod-${index}`), managedFields: filler });
      },
    });
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    await reflector.ready(seconds(20));
    clearInterval(turning);
    expect(reflector.items()).toHaveLength(10_000);
    expect(JSON.stringify(reflector.items().slice(0, 100))).not.toMatch(/xxx|secret|PASSWORD/);
    expect(turns).toBeGreaterThan(10);
  });

  it('can be stopped at any moment and twice', async () => {
    const { reflector } = await aReflector();
    await reflector.stop();
    await reflector.stop();
    expect(reflector.failure).toBeNull();
  });
});

describe('versions', () => {
  it.each([
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', false],
    ['99999999999999999998', '99999999999999999999', true],
  ])('%s is older than %s: %s', (one, other, expected) => {
    expect(isOlder(one, other)).toBe(expected);
  });
});
