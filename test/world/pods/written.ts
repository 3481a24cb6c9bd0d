// Policies as people write them, loaded as the daemon loads them, under a rig that runs.
import { rm } from 'node:fs/promises';
import { loadConfigOrThrow } from '../../../src/config/load.ts';
import type { PodPolicy } from '../../../src/model/config.ts';
import { newDirectory, writeTexts } from '../../config/files.ts';
import type { Rig } from '../rig.ts';

const daemonText = `
apiVersion: springtide/v1
kind: Daemon
spec:
  cluster: demo
  prometheus: { url: 'http://127.0.0.1:9090' }
`;

async function policiesOf(...specs: readonly string[]): Promise<readonly PodPolicy[]> {
  const directory = await newDirectory();
  const documents = specs.map((text) => `apiVersion: springtide/v1\nkind: PodPolicy\n${text}`);
  try {
    await writeTexts(directory, { 'springtide.yaml': daemonText, 'policies/pods.yaml': documents.join('\n---\n') });
    return (await loadConfigOrThrow(directory)).podPolicies;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export async function govern(rig: Rig, ...specs: readonly string[]): Promise<void> {
  rig.config = { ...rig.config, podPolicies: await policiesOf(...specs) };
}
