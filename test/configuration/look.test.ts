// What a command reads: the directory and the ConfigMaps that the daemon watches, once, and nothing is written.
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiscovery } from '../../src/clients/kubernetes/discovery.ts';
import { createOwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import { createTransport } from '../../src/clients/kubernetes/transport.ts';
import { createWrites } from '../../src/clients/kubernetes/writes.ts';
import { systemClock } from '../../src/clock.ts';
import { openConfig } from '../../src/configuration/open.ts';
import { lookAtConfig, type LookOptions } from '../../src/configuration/look.ts';
import type { ConfigCluster } from '../../src/configuration/cluster.ts';
import { seconds } from '../../src/model/units.ts';
import { startKubernetes, type KubernetesWorld } from '../../src/sandbox/kubernetes/world.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { goodTexts, newDirectory, writeTexts } from '../config/files.ts';

const web = goodTexts['policies/web.yaml'] ?? '';
const api = web.replaceAll('name: web', 'name: api');
let world: KubernetesWorld;
let directory: string;
let state: string;
beforeEach(async () => {
  world = await startKubernetes({ clock: systemClock, random: seededRandom(1) });
  for (const name of ['springtide', 'shop'])
    world.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  [directory, state] = [await newDirectory(), await mkdtemp(path.join(tmpdir(), 'springtide-state-'))];
  const daemon = (goodTexts['springtide.yaml'] ?? '').replace('/var/lib/springtide', state);
  await writeTexts(directory, { ...goodTexts, 'springtide.yaml': daemon });
});
afterEach(() => world.close());

function connect(): Promise<ConfigCluster> {
  const transport = createTransport({
    connection: {
      server: world.url,
      namespace: 'springtide',
      credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${world.token}` }, tls: {} }),
      forget: () => undefined,
    },
    timeout: seconds(5),
  });
  const discovery = createDiscovery(transport, systemClock);
  return Promise.resolve({
    own: createOwnObjects({ transport, timeout: seconds(5) }),
    events: createWrites({ transport, discovery, clock: systemClock, timeout: seconds(5), instance: 'test' }),
    namespace: 'springtide',
    close: () => transport.close(),
  });
}

const put = (text: string): void => {
  world.objects.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'shop', name: 'policies', labels: { 'springtide.io/config': 'policies' } },
    data: { 'api.yaml': text },
  });
};
const look = (more: Partial<LookOptions> = {}) =>
  lookAtConfig({
    directory,
    clock: systemClock,
    env: {},
    warn: () => undefined,
    configMaps: 'always',
    refused: 'asWritten',
    connect,
    ...more,
  });
const policiesOf = ({ config }: Awaited<ReturnType<typeof look>>): readonly string[] =>
  (config?.podPolicies ?? []).map(({ metadata, spec }) => `${metadata.name} ${spec.replicas.max}`);

describe('a command', () => {
  it('reads the labelled ConfigMaps beside the directory where it is asked to, and not where the daemon would not', async () => {
    put(api);
    expect(policiesOf(await look())).toEqual(['api 40', 'web 40']);
    expect(policiesOf(await look({ configMaps: 'asDaemon' }))).toEqual(['web 40']);
  });

  it('names a mistake in a ConfigMap with its place, and takes the rest', async () => {
    put(api.replace('max: 40', 'max: many'));
    const result = await look();
    expect(policiesOf(result)).toEqual(['web 40']);
    expect(result.problems.map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual([
      'configmap shop/policies: api.yaml:12 WrongType',
    ]);
  });

  it('takes what the daemon has kept in the place of what is refused, where it asks for what is in force', async () => {
    const stopping = new AbortController();
    const options = { directory, clock: systemClock, env: {}, say: () => undefined, warn: () => undefined };
    const daemon = await openConfig({ ...options, signal: stopping.signal, connect: () => Promise.resolve(null) });
    stopping.abort();
    await daemon.follow(() => undefined);
    const kept = await readdir(state);
    await writeFile(path.join(directory, 'policies/web.yaml'), web.replace('max: 40', 'max: many'));
    expect(policiesOf(await look())).toEqual([]);
    expect(policiesOf(await look({ refused: 'asKept' }))).toEqual(['web 40']);
    expect(await readdir(state)).toEqual(kept);
  });

  it('goes on with the directory alone where the cluster cannot be reached, and says so', async () => {
    const warned: string[] = [];
    const result = await look({
      warn: (what) => warned.push(what),
      connect: () => Promise.reject(new Error('no kubeconfig')),
    });
    expect([policiesOf(result), warned]).toEqual([
      ['web 40'],
      ['the ConfigMaps of policies are not read: no kubeconfig'],
    ]);
  });
});
