// Custom kinds against the embedded API server: found by discovery, listed by their metadata, scaled, marked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import type { KubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import { systemClock } from '../../../src/clock.ts';
import { seconds, type Instant } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { startKubernetes, type KubernetesWorld } from '../../../src/sandbox/kubernetes/world.ts';
import { seededRandom } from '../../../src/sandbox/random.ts';

let world: KubernetesWorld;
let client: KubernetesClient;
let directory: string;

beforeEach(async () => {
  // A clock that stands still: no controller moves the versions between two calls.
  const clock = new VirtualClock(Date.parse('2026-11-20T12:00:00Z') as Instant);
  world = await startKubernetes({ clock, random: seededRandom(1), version: '1.31' });
  directory = mkdtempSync(path.join(os.tmpdir(), 'springtide-'));
  const kubeconfig = path.join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(world.kubeconfig()));
  client = await createKubernetesClient({
    settings: { kubeconfig, namespaces: [], timeout: seconds(5) },
    clock: systemClock,
  });
});
afterEach(async () => {
  await client.close();
  await world.close();
  rmSync(directory, { recursive: true });
});

const kind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
const rollout = (name: string, tier: string, namespace = 'shop') => ({
  ...kind,
  metadata: { name, namespace, labels: { tier }, annotations: { note: 'x' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image: 'app' }] } },
  },
});
const target = { ...kind, namespace: 'shop', name: 'web' };

it('are listed by namespace and selector, metadata only, page by page', async () => {
  for (let index = 0; index < 12; index++) world.objects.apply(rollout(`r${index}`, 'front'));
  world.objects.apply(rollout('back', 'back'));
  world.objects.apply(rollout('web', 'front', 'pay'));
  const here = await client.custom.list(kind, { namespace: 'shop', labelSelector: 'tier=front' });
  expect(here).toHaveLength(12);
  expect(here[0]).toMatchObject({ namespace: 'shop', labels: { tier: 'front' }, annotations: { note: 'x' } });
  expect(await client.custom.list(kind, { namespace: undefined, labelSelector: '' })).toHaveLength(14);
});

it('are read, scaled and marked like any other target, and say who set their replicas', async () => {
  world.objects.apply(rollout('web', 'front'));
  expect(await client.custom.read(target)).toMatchObject({ name: 'web', labels: { tier: 'front' } });
  const scale = await client.writes.readScale(target);
  expect(scale).toMatchObject({ spec: { replicas: 2 }, status: { selector: 'app=web' }, target: kind });
  const { resourceVersion } = scale.metadata;
  const marked = await client.writes.annotate(target, { mark: '1', note: null }, { resourceVersion });
  const stale = client.writes.annotate(target, { mark: '2' }, { resourceVersion });
  await expect(stale).rejects.toMatchObject({ code: 'Conflict' });
  await client.writes.writeScale(target, 5, { resourceVersion: marked.resourceVersion ?? undefined });
  const { annotations, managedFields } = await client.custom.read(target);
  expect(annotations).toEqual({ mark: '1' });
  expect(managedFields).toMatchObject([{ operation: 'Update', subresource: 'scale' }]);
  expect((await client.writes.readScale(target)).spec?.replicas).toBe(5);
});

it('without a scale subresource, or of no such group, are named as what they are', async () => {
  const wrong = { apiVersion: 'v1', kind: 'ConfigMap' };
  await expect(client.custom.list(wrong, { namespace: 'shop', labelSelector: '' })).rejects.toThrow(
    /no scale subresource/,
  );
  const missing = { apiVersion: 'nowhere.io/v1', kind: 'Rocket' };
  await expect(client.custom.read({ ...missing, namespace: 'shop', name: 'web' })).rejects.toThrow(
    /does not have Rocket/,
  );
});
