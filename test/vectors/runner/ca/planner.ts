// ca: which nodes may leave together, in the order in which they are tried, beside pods that have just left others.
import type { Node, Pod } from '../../../../src/model/kubernetes.ts';
import { emptyGroupMemory, emptyMemory } from '../../../../src/model/memory.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { Simulation } from '../../../../src/policies/nodes/fit/simulation.ts';
import { placesOf, type Places } from '../../../../src/policies/nodes/shrink-places.ts';
import { podsByNode, roomOf } from '../../../../src/policies/nodes/rooms.ts';
import { tryWithout } from '../../../../src/policies/nodes/shrink.ts';
import { aConfig, aNode, aPod, aSnapshot, at, noon } from '../../../builders.ts';
import { adapter } from '../vector.ts';

interface VectorPod {
  readonly name: string;
  readonly cpu_milli: number;
  readonly memory_bytes: number;
  readonly node: string | null;
  readonly kind: string;
  readonly owner: string | null;
}
interface Input {
  readonly nodes: readonly {
    readonly name: string;
    readonly cpu_milli: number;
    readonly memory_bytes: number;
    readonly undergoing_deletion: boolean;
  }[];
  readonly pods: readonly VectorPod[];
  readonly recently_evicted: readonly VectorPod[];
  readonly replica_sets: readonly { readonly name: string; readonly target: number; readonly current: number }[];
  readonly eligible: readonly string[];
}

function podOf({ name, cpu_milli: cpu, memory_bytes: memory, node, kind, owner }: VectorPod) {
  const pod = aPod(name).requesting({ cpu: `${cpu}m`, memory: String(memory) });
  if (node !== null) pod.on(node).ready();
  switch (kind) {
    case 'replicaset':
      return pod.ownedBy('ReplicaSet', owner ?? 'rs');
    case 'daemonset':
      return pod.ownedBy('DaemonSet', 'agent');
    case 'static':
      return pod.annotated({ 'kubernetes.io/config.mirror': 'x' });
    default:
      return pod;
  }
}

function worldOf(input: Input): { readonly snapshot: Snapshot; readonly draining: readonly Node[] } {
  const nodes = input.nodes.map((node) => {
    const built = aNode(node.name).withRoom({
      cpu: `${node.cpu_milli}m`,
      memory: String(node.memory_bytes),
      pods: 110,
    });
    return (node.undergoing_deletion ? built.leaving({ startedAt: at(-60) }) : built).build();
  });
  const draining = nodes.filter((_, index) => input.nodes[index]?.undergoing_deletion);
  // Where the table does not say which node it has left, it is one of those that leave.
  const left = (pod: VectorPod): Pod =>
    podOf({ ...pod, node: pod.node ?? 'gone' })
      .deleting(at(-10))
      .build();
  const snapshot = aSnapshot()
    .nodes(...nodes)
    .pods(...input.pods.map((pod) => podOf(pod).build()), ...input.recently_evicted.map(left))
    .replicaSets(
      ...input.replica_sets.map(({ name, target, current }) => ({
        metadata: { namespace: 'shop', name },
        spec: { replicas: target },
        status: { replicas: current },
      })),
    )
    .build();
  return {
    snapshot,
    draining: [
      ...draining,
      aNode('gone')
        .leaving({ startedAt: at(-60) })
        .build(),
    ],
  };
}

function finish(course: Generator<undefined, Places>): Places {
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
}

export const plannerCase = adapter<{ input: Input; expected: object }>((input) => {
  const { snapshot, draining } = worldOf(input);
  const facts = snapshot.kubernetes;
  const podsOn = podsByNode(facts);
  const memory = emptyMemory();
  const tick = { snapshot, config: aConfig(), memory, standings: [], steadySince: noon, now: noon, podsOn };
  const simulation = new Simulation(facts);
  const staying = (facts.nodes ?? []).filter((node) => !draining.includes(node));
  for (const node of staying) simulation.addRoom(roomOf(node), podsOn.get(node.metadata.name) ?? []);
  const met = {
    simulation,
    bare: simulation.checkpoint(),
    demands: { firm: [], headroom: [] },
    preempting: [],
  };
  const places = finish(placesOf(tick, [{ draining, memory: emptyGroupMemory }], met));
  const hints = new Map<never, string>();
  const unneeded = input.eligible.filter((name) => {
    const node = staying.find(({ metadata }) => metadata.name === name);
    const moving = podsOn.get(name) ?? [];
    return node !== undefined && tryWithout({ node, moving, unreadySince: null }, { places, hints }) === null;
  });
  const names = input.nodes.map(({ name }) => name);
  return { got: { unneeded, unremovable: names.filter((name) => !unneeded.includes(name)) } };
});
