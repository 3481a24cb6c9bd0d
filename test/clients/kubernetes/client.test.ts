// The whole client against the embedded API server, with the faults that it can play.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createKubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import type { KubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import { systemClock } from '../../../src/clock.ts';
import { seconds } from '../../../src/model/units.ts';
import type { Milliseconds } from '../../../src/model/units.ts';
import { startKubernetes } from '../../../src/sandbox/kubernetes/world.ts';
import type { KubernetesWorld } from '../../../src/sandbox/kubernetes/world.ts';
import { seededRandom } from '../../../src/sandbox/random.ts';

let world: KubernetesWorld;
let client: KubernetesClient;
let directory: string;

async function connect(version: '1.20' | '1.31' = '1.31', namespaces: readonly string[] = []): Promise<void> {
  world = await startKubernetes({ clock: systemClock, random: seededRandom(1), version });
  directory = mkdtempSync(path.join(os.tmpdir(), 'springtide-'));
  const kubeconfig = path.join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(world.kubeconfig()));
  client = await createKubernetesClient({
    settings: { kubeconfig, namespaces: [...namespaces], timeout: seconds(5) },
    clock: systemClock,
    random: () => 0.5,
    timing: { firstPause: 5 as Milliseconds, longestPause: 20 as Milliseconds },
  });
  client.lists.start();
}
afterEach(async () => {
  await client.close();
  await world.close();
  rmSync(directory, { recursive: true });
});

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const deployment = (name: string, namespace = 'shop') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image: 'app' }] } },
  },
});

describe('the client', () => {
  it.each(['1.20', '1.31'] as const)('reads every list of Kubernetes %s', async (version) => {
    await connect(version);
    await client.lists.ready(seconds(10));
    expect(client.lists.read('poddisruptionbudgets')).toMatchObject({ synced: true, failure: null });
    expect(client.lists.read('horizontalpodautoscalers')).toMatchObject({ synced: true, failure: null });
    expect(client.lists.read('namespaces').items.map((one) => one.metadata.name)).toContain('kube-system');
  });

  it('sees its own write once the watch has reached it', async () => {
    await connect();
    world.objects.apply(deployment('web'));
    await client.lists.ready(seconds(10));
    const { resourceVersion } = client.lists.get('deployments', 'shop/web')?.metadata ?? {};
    const written = await client.writes.writeScale(web, 5, { resourceVersion: undefined });
    expect(written.resourceVersion).not.toBe(resourceVersion);
    await client.lists.reached('deployments', written.resourceVersion ?? '', seconds(5));
    expect(client.lists.get('deployments', 'shop/web')?.spec?.replicas).toBe(5);
    const stale = client.writes.writeScale(web, 6, { resourceVersion });
    await expect(stale).rejects.toMatchObject({ code: 'Conflict' });
    expect((await client.writes.readScale(web)).spec?.replicas).toBe(5);
  });

  it.each(['watch410', 'watchDrop'] as const)('finds what changed during %s', async (fault) => {
    await connect();
    world.objects.apply(deployment('web'));
    await client.lists.ready(seconds(10));
    world.faults.set('http500', { count: 3 });
    world.faults.set(fault);
    world.objects.delete('deployments', 'web', 'shop');
    const { resourceVersion } = world.objects.apply(deployment('api')).metadata;
    await client.lists.reached('deployments', resourceVersion ?? '', seconds(5));
    expect(client.lists.read('deployments').items.map((one) => one.metadata.name)).toEqual(['api']);
  });

  it('sees only the namespaces that it may see', async () => {
    await connect('1.31', ['shop', 'pay']);
    for (const namespace of ['shop', 'pay', 'other']) world.objects.apply(deployment('web', namespace));
    await client.lists.ready(seconds(10));
    const { items } = client.lists.read('deployments');
    expect(items.map((one) => one.metadata.namespace)).toEqual(['shop', 'pay']);
    expect(client.lists.read('deployments').items).toBe(items);
    expect(client.lists.seesAll).toBe(false);
  });
});
