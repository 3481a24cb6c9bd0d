// Drains that stay under way until the test lets go: what is evicted has a finalizer, so its pod does not leave the node.
import { eventually } from '../servers/process.ts';
import { at, listAt, textAt } from '../servers/json.ts';
import { mergePatch, type Kubernetes } from '../servers/kubernetes.ts';
import { drainAnnotation } from '../support/stage.ts';
import { create, deploymentOf, deploymentsPath, podsPath } from '../support/workloads.ts';

export const drained = 'drained';
const finalizer = 'test.springtide.io/held';

/** One node at a time, as soon as it is not needed; one without pods stays. */
export const drainedPolicy = (count: number): unknown => ({
  nodeGroups: [{ name: drained, min: 1, max: count }],
  shrink: {
    unneededFor: '1s',
    afterGrowth: '1s',
    afterFailure: '1s',
    drainTimeout: '30m',
    atOnce: { empty: 0, drained: 1 },
  },
  mode: 'act',
});

export interface HeldDrain {
  readonly node: string;
  readonly serverId: string;
  readonly startedAt: string;
}

export interface HeldDrains {
  /** Waits for one whose pods have been told to go. */
  underWay(): Promise<HeldDrain>;
  /** Lets the pods go that have left its node but for their names. */
  letGo(drain: HeldDrain): Promise<void>;
}

interface Record {
  readonly step?: unknown;
  readonly serverId?: unknown;
  readonly startedAt?: unknown;
}

/** A small pod on each node of the group. */
export async function holdDrains(kubernetes: Kubernetes, count: number): Promise<HeldDrains> {
  const deployment = deploymentOf({ name: 'held', replicas: count, cpu: '10m', nodeGroup: drained });
  const metadata = at(deployment, 'spec', 'template', 'metadata') as { finalizers?: readonly string[] };
  metadata.finalizers = [finalizer];
  await create(kubernetes, deploymentsPath, deployment);
  const isLeaving = (pod: unknown): boolean => at(pod, 'metadata', 'deletionTimestamp') !== undefined;
  const nodeOf = (pod: unknown): unknown => at(pod, 'spec', 'nodeName');
  const nameOf = (pod: unknown): string => textAt(pod, 'metadata', 'name');
  const held = async (): Promise<readonly unknown[]> =>
    listAt((await kubernetes.request('GET', `${podsPath}?labelSelector=app%3Dheld`)).body, 'items');
  const release = (pod: string): Promise<void> =>
    kubernetes.write('PATCH', `${podsPath}/${pod}`, {
      body: { metadata: { finalizers: null } },
      contentType: mergePatch,
    });
  // The scheduler sees nodes one after the other, and crowds the first: who is not alone tries again.
  await eventually(
    'each node has one',
    async () => {
      const pods = (await held()).filter((pod) => !isLeaving(pod) && nodeOf(pod) !== undefined);
      if (pods.length < count) return undefined;
      const crowding = pods.filter((pod, index) => pods.findIndex((one) => nodeOf(one) === nodeOf(pod)) !== index);
      for (const pod of crowding.map(nameOf)) {
        await release(pod);
        await kubernetes.write('DELETE', `${podsPath}/${pod}`);
      }
      return crowding.length === 0 ? true : undefined;
    },
    60_000,
  );
  const leaving = async (node: string): Promise<readonly string[]> =>
    (await held()).filter((pod) => isLeaving(pod) && nodeOf(pod) === node).map(nameOf);
  return {
    underWay: () =>
      eventually(
        'a drain is under way',
        async () => {
          for (const node of listAt((await kubernetes.request('GET', '/api/v1/nodes')).body, 'items')) {
            const text = at(node, 'metadata', 'annotations', drainAnnotation);
            if (typeof text !== 'string') continue;
            const { step, serverId, startedAt } = JSON.parse(text) as Record;
            const name = textAt(node, 'metadata', 'name');
            if (step !== 'draining' || (await leaving(name)).length === 0) continue;
            return { node: name, serverId: String(serverId), startedAt: String(startedAt) };
          }
          return undefined;
        },
        60_000,
      ),
    letGo: async ({ node }) => {
      for (const pod of await leaving(node)) await release(pod);
    },
  };
}
