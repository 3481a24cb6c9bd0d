// Springtide's own ConfigMaps and Leases over true HTTP: preconditions, what is not there, and watches that tell of changes only.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOwnObjects } from '../../../src/clients/kubernetes/own-objects.ts';
import type { OwnObject, OwnObjects, OwnReading, OwnWatch } from '../../../src/clients/kubernetes/own-objects.ts';
import { createTransport } from '../../../src/clients/kubernetes/transport.ts';
import type { KubernetesTransport } from '../../../src/clients/kubernetes/transport.ts';
import { systemClock } from '../../../src/clock.ts';
import { seconds } from '../../../src/model/units.ts';
import type { Milliseconds } from '../../../src/model/units.ts';
import { startKubernetes } from '../../../src/sandbox/kubernetes/world.ts';
import type { KubernetesWorld } from '../../../src/sandbox/kubernetes/world.ts';
import { seededRandom } from '../../../src/sandbox/random.ts';
import { FakeApi } from './fake-api.ts';

let world: KubernetesWorld;
let transport: KubernetesTransport;
let own: OwnObjects;
const watches: OwnWatch[] = [];

beforeEach(async () => {
  world = await startKubernetes({ clock: systemClock, random: seededRandom(1) });
  world.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'springtide' } });
  transport = createTransport({
    connection: {
      server: world.url,
      namespace: null,
      credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${world.token}` }, tls: {} }),
      forget: () => undefined,
    },
    timeout: seconds(5),
  });
  own = createOwnObjects({ transport, timeout: seconds(5) });
});
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop();
  transport.close();
  await world.close();
});

const configMap = (name: string, data: Record<string, string>, labels: Record<string, string> = {}): OwnObject => ({
  kind: 'ConfigMap',
  metadata: { name, namespace: 'springtide', labels },
  data,
});
const lease = (holderIdentity: string): OwnObject => ({
  kind: 'Lease',
  metadata: { name: 'springtide', namespace: 'springtide', annotations: { 'springtide.io/address': 'http://a:1' } },
  spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: '2026-03-02T08:00:00.000000Z', leaseTransitions: 0 },
});

/** Everything that a watch has told, and a promise for when it has told what is waited for. */
function follow(
  selection: Parameters<OwnObjects['watch']>[1],
  random = () => 0.5,
): {
  readonly watch: OwnWatch;
  readonly told: OwnReading[];
  readonly until: (holds: (last: OwnReading) => boolean) => Promise<void>;
} {
  const told: OwnReading[] = [];
  const waiting = new Set<() => void>();
  const watch = own.watch(
    'ConfigMap',
    selection,
    (reading) => {
      told.push(reading);
      for (const look of [...waiting]) look();
    },
    { clock: systemClock, random, timing: { firstPause: 5 as Milliseconds, longestPause: 20 as Milliseconds } },
  );
  watches.push(watch);
  const until = (holds: (last: OwnReading) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds(watch.read())) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { watch, told, until };
}
const namesOf = ({ items }: OwnReading): string[] => items.map(({ metadata }) => metadata.name).sort();

describe('own objects', () => {
  it('are created, read, replaced over the version that is meant, and removed', async () => {
    expect(await own.get('ConfigMap', 'springtide', 'a')).toBeNull();
    const made = await own.create({ ...configMap('a', { x: '1' }), binaryData: { y: 'AAE=' } });
    expect(made).toMatchObject({ kind: 'ConfigMap', data: { x: '1' }, binaryData: { y: 'AAE=' } });
    expect(await own.get('ConfigMap', 'springtide', 'a')).toEqual(made);

    const replaced = await own.replace({ ...made, data: { x: '2' } });
    expect(replaced.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion);
    await expect(own.replace({ ...made, data: { x: '3' } })).rejects.toMatchObject({ code: 'Conflict' });
    await expect(own.create(configMap('a', {}))).rejects.toMatchObject({ code: 'Conflict' });

    const uid = made.metadata.uid ?? '';
    await expect(own.remove('ConfigMap', 'springtide', 'a', { uid: 'another' })).rejects.toMatchObject({
      code: 'Conflict',
    });
    expect(await own.remove('ConfigMap', 'springtide', 'a', { uid })).toBe('removed');
    expect(await own.remove('ConfigMap', 'springtide', 'a', { uid })).toBe('gone');
  });

  it('are never replaced without a version', async () => {
    await own.create(configMap('a', { x: '1' }));
    await expect(own.replace(configMap('a', { x: '2' }))).rejects.toMatchObject({ code: 'BadRequest' });
    expect((await own.get('ConfigMap', 'springtide', 'a'))?.data).toEqual({ x: '1' });
  });

  it('may be Leases, with their times and annotations', async () => {
    const made = await own.create(lease('one'));
    expect(made).toMatchObject({
      metadata: { annotations: { 'springtide.io/address': 'http://a:1' } },
      spec: { holderIdentity: 'one', renewTime: '2026-03-02T08:00:00.000000Z' },
    });
    await own.replace({ ...made, spec: { ...(made.spec as object), holderIdentity: 'two' } });
    await expect(own.replace({ ...made, spec: lease('three').spec })).rejects.toMatchObject({ code: 'Conflict' });
    expect((await own.list('Lease', { namespace: 'springtide' })).items).toMatchObject([
      { spec: { holderIdentity: 'two' } },
    ]);
  });

  it.each([
    ['renewTime', '2026-03-02T08:00:00Z'],
    ['leaseDurationSeconds', 0],
    ['leaseTransitions', -1],
  ])('are refused as the API server refuses them: a Lease with %s %s', async (field, value) => {
    const made = lease('one');
    await expect(own.create({ ...made, spec: { ...(made.spec as object), [field]: value } })).rejects.toMatchObject({
      code: 'BadRequest',
    });
  });

  it.each([
    ['a key with a slash', { 'a/b': '1' }],
    ['more than a mebibyte', { a: 'x'.repeat(1024 * 1024 + 1) }],
  ])('are refused as the API server refuses them: a ConfigMap with %s', async (_, data) => {
    await expect(own.create(configMap('a', data))).rejects.toMatchObject({ code: 'BadRequest' });
  });

  it('are listed by label, page after page, in one namespace or all', async () => {
    for (let at = 0; at < 130; at += 1) await own.create(configMap(`m-${at}`, {}, { part: at < 110 ? 'yes' : 'no' }));
    const { items, resourceVersion } = await own.list('ConfigMap', {
      namespace: 'springtide',
      labelSelector: 'part=yes',
    });
    expect(items).toHaveLength(110);
    expect(Number(resourceVersion)).toBeGreaterThan(110);
    expect((await own.list('ConfigMap', { namespace: null, labelSelector: 'part' })).items).toHaveLength(130);
  });

  it('are watched: every change is told, and nothing but changes', async () => {
    await own.create(configMap('a', { x: '1' }, { part: 'yes' }));
    await own.create(configMap('other', {}));
    const { watch, told, until } = follow({ namespace: 'springtide', labelSelector: 'part=yes' });
    await watch.ready(seconds(5));
    expect(watch.read()).toMatchObject({ synced: true, failure: null });
    expect(namesOf(watch.read())).toEqual(['a']);

    await own.create(configMap('b', { y: '1' }, { part: 'yes' }));
    await until((last) => last.items.length === 2);
    const b = watch.read().items.find(({ metadata }) => metadata.name === 'b');
    await own.replace({ ...(b as OwnObject), data: { y: '2' } });
    await until((last) => last.items.some(({ data }) => data?.['y'] === '2'));
    await own.remove('ConfigMap', 'springtide', 'a', { uid: watch.read().items[0]?.metadata.uid ?? '' });
    await until((last) => last.items.length === 1);
    // what a bookmark or a reconnection brings is no change
    expect(told.map(namesOf)).toEqual([['a'], ['a', 'b'], ['a', 'b'], ['b']]);
  });

  it('are watched by their name', async () => {
    const { watch, until } = follow({ namespace: 'springtide', name: 'springtide-control' });
    await watch.ready(seconds(5));
    await own.create(configMap('another', {}));
    await own.create(configMap('springtide-control', { all: 'off' }));
    await until((last) => last.items.length > 0);
    expect(namesOf(watch.read())).toEqual(['springtide-control']);
  });

  it('say why they cannot be listed', async () => {
    const api = await new FakeApi().start();
    const elsewhere = createTransport({ connection: api.connection, timeout: seconds(5) });
    const refused = await new Promise<OwnReading>((resolve) => {
      watches.push(
        createOwnObjects({ transport: elsewhere, timeout: seconds(5) }).watch(
          'ConfigMap',
          { namespace: 'springtide' },
          resolve,
          { clock: systemClock },
        ),
      );
    });
    expect(refused).toMatchObject({ items: [], synced: false, failure: { code: 'NotFound' } });
    await watches.at(-1)?.stop();
    elsewhere.close();
    await api.stop();
  });
});
