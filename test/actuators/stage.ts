// Our own clients before an embedded Kubernetes over real HTTP, and decisions to carry out there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Moment } from '../../src/actuators/actuator.ts';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import type { NodeDecision, PodDecision } from '../../src/model/plan.ts';
import type { Replicas } from '../../src/model/units.ts';
import { aDaemon, at } from '../builders.ts';
import { testWorld, type TestWorld } from '../sandbox/kubernetes/world.ts';

export interface Stage {
  readonly world: TestWorld;
  readonly client: KubernetesClient;
  /** Requests that would change something, so far. */
  written(): number;
}

export async function aStage(): Promise<Stage> {
  const world = await testWorld();
  const directory = mkdtempSync(path.join(tmpdir(), 'stage-'));
  const kubeconfig = path.join(directory, 'config');
  writeFileSync(kubeconfig, JSON.stringify(world.kubeconfig()));
  const client = await createKubernetesClient({
    settings: aDaemon({ kubernetes: { kubeconfig, timeout: '2s' } }).kubernetes,
    clock: world.clock,
  });
  onTestFinished(async () => {
    await client.close();
    rmSync(directory, { recursive: true });
  });
  return {
    world,
    client,
    written: () =>
      Object.entries(world.requests.byKind).reduce(
        (sum, [kind, count]) => (kind.startsWith('GET') ? sum : sum + count),
        0,
      ),
  };
}

export const aMoment = (more: Partial<Moment> = {}): Moment => ({
  now: at(0),
  signal: new AbortController().signal,
  cluster: 'k8s',
  ...more,
});

export const aPodDecision = (current: number, desired: number, resourceVersion?: string): PodDecision => ({
  policy: { namespace: 'default', name: 'web' },
  target: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' },
  mode: 'act',
  current: current as Replicas,
  desired: desired as Replicas,
  action: 'scale',
  reason: 'MetricAboveTarget',
  limitedBy: [],
  conditions: [],
  steps: [],
  metrics: [],
  until: null,
  facts: {},
  message: 'more load',
  governedBy: null,
  ...(resourceVersion === undefined ? {} : { resourceVersion }),
});

export const aNodeDecision = (more: Partial<NodeDecision> = {}): NodeDecision => ({
  policy: { name: 'workers' },
  nodeGroup: 'default-worker',
  mode: 'act',
  current: 3,
  desired: 3,
  action: 'none',
  reason: 'PoolFits',
  for: [],
  remove: [],
  resize: null,
  drains: [],
  kept: [],
  upcoming: 0,
  until: null,
  facts: {},
  message: 'not needed any more',
  ...more,
});
