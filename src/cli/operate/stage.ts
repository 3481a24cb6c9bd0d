// What a person's command works on: one connection to the world, looked at again and again, and the ways to write to it.
import type { PoolPort } from '../../actuators/node-pool.ts';
import type { KubernetesWrites } from '../../clients/kubernetes/writes.ts';
import { sleep, systemClock } from '../../clock.ts';
import type { Config } from '../../model/config.ts';
import type { Memory } from '../../model/memory.ts';
import type { NodeDecision } from '../../model/plan.ts';
import { seconds } from '../../model/units.ts';
import { readLists } from '../first-lists.ts';
import { switchOf } from '../plan.ts';
import { readDaemonMemory } from '../state-homes.ts';
import { requireSeen, sceneOf, type Scene } from './scene.ts';

export interface Stage {
  look(): Promise<Scene>;
  readonly writes: KubernetesWrites;
  readonly magnum: PoolPort['magnum'] | null;
  /** between two looks */
  pause(signal: AbortSignal): Promise<void>;
  print(line: string): void;
  close(): Promise<void>;
}

const betweenLooks = seconds(2);

/** Only the VMs matter: nothing is asked of Prometheus. */
const withoutPods = (config: Config): Config => ({ ...config, podPolicies: [] });

export async function openStage(config: Config): Promise<Stage> {
  const { connectWorld } = await import('../../assemble.ts');
  const nodesOnly = withoutPods(config);
  // The daemon's own, read only: whose removals are proven, what has failed. Elsewhere than beside it there is none.
  const memory: Memory = await readDaemonMemory(config.daemon);
  const world = await connectWorld({ config: () => nodesOnly, clock: systemClock, env: process.env });
  try {
    await readLists(world.kubernetes);
  } catch (thrown) {
    await world.close();
    throw thrown;
  }
  return {
    look: async () => {
      const now = systemClock.now();
      const snapshot = { ...(await world.collect(now)), ...(await switchOf(config)) };
      const scene = sceneOf(snapshot, config, memory, now);
      requireSeen(scene);
      return scene;
    },
    writes: world.kubernetes.writes,
    magnum: world.magnum,
    pause: (signal) => sleep(systemClock, betweenLooks, signal),
    print: (line) => process.stdout.write(`${line}\n`),
    close: () => world.close(),
  };
}

export const clusterOf = ({ snapshot, config }: Scene): string =>
  snapshot.magnum.cluster?.uuid ?? config.daemon.openstack?.cluster ?? config.daemon.cluster;

/** What the actuators are told of: one group, changed by a person. */
export function personsDecision(
  group: {
    readonly policy: { readonly name: string };
    readonly document: { readonly metadata: { readonly name: string } };
  },
  current: number,
  message: string,
  resize: NodeDecision['resize'] = null,
): NodeDecision {
  return {
    policy: { name: group.document.metadata.name },
    nodeGroup: group.policy.name,
    mode: 'act',
    current,
    desired: resize?.to ?? current,
    action: resize === null ? 'none' : resize.to > current ? 'grow' : 'shrink',
    reason: resize === null || resize.remove.length > 0 ? 'NodesUnneeded' : 'BelowMinimum',
    for: [],
    remove: resize?.remove ?? [],
    resize,
    drains: [],
    kept: [],
    upcoming: 0,
    until: null,
    facts: {},
    message,
  };
}
