// What a command reads: the directory and the ConfigMaps that the daemon watches, once, and nothing is written.
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openConfig } from '../../src/configuration/open.ts';
import { lookAtConfig, type LookOptions } from '../../src/configuration/look.ts';
import type { KubernetesWorld } from '../../src/sandbox/kubernetes/world.ts';
import { goodTexts, newDirectory, writeTexts } from '../config/files.ts';
import { connectTo, startCluster } from './cluster.ts';

const web = goodTexts['policies/web.yaml'] ?? '';
const api = web.replaceAll('name: web', 'name: api');
let world: KubernetesWorld;
let directory: string;
let state: string;
beforeEach(async () => {
  world = await startCluster();
  [directory, state] = [await newDirectory(), await mkdtemp(path.join(tmpdir(), 'springtide-state-'))];
  const daemon = (goodTexts['springtide.yaml'] ?? '').replace('/var/lib/springtide', state);
  await writeTexts(directory, { ...goodTexts, 'springtide.yaml': daemon });
});
afterEach(() => world.close());

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
    connect: () => connectTo(world),
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
