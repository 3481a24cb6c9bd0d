// What both benches of the node tier begin with: a configuration of groups, and a snapshot of Magnum and Kubernetes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../dist/config/load.js';
import type { Config } from '../dist/model/config.js';
import type { KubernetesFacts, Snapshot } from '../dist/model/snapshot.js';
import type { MagnumNodeGroup } from '../dist/model/openstack.js';
import { rfc3339, type Instant } from '../dist/model/units.js';

export const groupCount = 20;
export const zones = ['a', 'b', 'c'];
export const start = Date.parse('2026-11-20T08:00:00Z') as Instant;
export const groupName = (index: number): string => `workers-${String(index).padStart(2, '0')}`;
export const uuidOf = (index: number): string => `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

/** One policy over all groups: of each what follows its name, and below them what else the policy says. */
export async function configOf(groupAt: (index: number) => string, more = ''): Promise<Config> {
  const directory = mkdtempSync(path.join(tmpdir(), 'springtide-bench-'));
  const groups = Array.from(
    { length: groupCount },
    (_, index) => `    - {name: ${groupName(index)}, ${groupAt(index)}}`,
  );
  try {
    mkdirSync(path.join(directory, 'policies'));
    writeFileSync(
      path.join(directory, 'springtide.yaml'),
      'apiVersion: springtide/v1\nkind: Daemon\nspec:\n  cluster: bench\n  prometheus: {url: http://prometheus.monitoring.svc:9090}\n  openstack: {}\n',
    );
    writeFileSync(
      path.join(directory, 'policies/workers.yaml'),
      `apiVersion: springtide/v1\nkind: NodePolicy\nmetadata: {name: workers}\nspec:\n  nodeGroups:\n${groups.join('\n')}\n${more}  mode: act\n`,
    );
    const { config, problems } = await loadConfig(directory);
    if (config === null) throw new Error(problems.map(({ message }) => message).join('; '));
    return config;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Every list of Kubernetes can be read, and is empty unless it is given. */
export function snapshotWith(
  given: KubernetesFacts,
  groupAt: (index: number) => Omit<MagnumNodeGroup, 'uuid' | 'name' | 'role'>,
  at: Instant,
): Snapshot {
  return {
    time: rfc3339(at),
    kubernetes: {
      deployments: [],
      statefulsets: [],
      replicasets: [],
      replicationcontrollers: [],
      daemonsets: [],
      jobs: [],
      pods: [],
      nodes: [],
      poddisruptionbudgets: [],
      namespaces: [],
      resourcequotas: [],
      ...given,
    },
    magnum: {
      cluster: { uuid: uuidOf(2_000_000), name: 'bench', status: 'UPDATE_COMPLETE' },
      nodegroups: Array.from({ length: groupCount }, (_, index) => ({
        uuid: uuidOf(1_000_000 + index),
        name: groupName(index),
        role: 'worker',
        ...groupAt(index),
      })),
      versions: {},
    },
    nova: {},
    prometheus: {},
    errors: [],
  };
}
