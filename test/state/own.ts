// An embedded API server with springtide's namespace, and clients of its own objects over true HTTP.
import { onTestFinished } from 'vitest';
import { createOwnObjects, type OwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import { createTransport } from '../../src/clients/kubernetes/transport.ts';
import type { Clock } from '../../src/clock.ts';
import { seconds } from '../../src/model/units.ts';
import { startKubernetes, type KubernetesWorld } from '../../src/sandbox/kubernetes/world.ts';
import { seededRandom } from '../../src/sandbox/random.ts';

export const namespace = 'springtide';

export interface OwnWorld {
  readonly world: KubernetesWorld;
  readonly own: OwnObjects;
  /** requests that changed something, so far */
  readonly writes: () => number;
}

/** For tests whose world outlives one of them. */
export async function startOwnWorld(clock: Clock): Promise<OwnWorld & { close(): Promise<void> }> {
  const world = await startKubernetes({ clock, random: seededRandom(1) });
  world.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const transport = createTransport({
    connection: {
      server: world.url,
      namespace: null,
      credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${world.token}` }, tls: {} }),
      forget: () => undefined,
    },
    timeout: seconds(5),
  });
  return {
    world,
    own: createOwnObjects({ transport, timeout: seconds(5) }),
    writes: () =>
      Object.entries(world.requests.byKind).reduce(
        (sum, [kind, count]) => (kind.startsWith('GET') ? sum : sum + count),
        0,
      ),
    close: async () => {
      transport.close();
      await world.close();
    },
  };
}

export async function anOwnWorld(clock: Clock): Promise<OwnWorld> {
  const started = await startOwnWorld(clock);
  onTestFinished(() => started.close());
  return started;
}
