// How many new nodes of one template pods need: cluster-autoscaler's estimator against ours.
import type { PodSpec } from '../../../../src/model/kubernetes.ts';
import { pack, Simulation } from '../../../../src/policies/nodes/fit/simulation.ts';
import type { Room } from '../../../../src/policies/nodes/room.ts';
import { adapter } from '../vector.ts';

interface NodeInput {
  readonly name?: string;
  readonly cpu_milli: number;
  readonly memory_bytes: number;
  readonly max_pods: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PackingInput {
  readonly existing_nodes: readonly NodeInput[];
  readonly node_template: NodeInput;
  readonly pod_groups: readonly {
    readonly pod: {
      readonly cpu_milli: number;
      readonly memory_bytes: number;
      readonly namespace: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly topology_spread?: readonly {
        readonly max_skew: number;
        readonly topology_key: string;
        readonly when_unsatisfiable: string;
        readonly match_labels: Readonly<Record<string, string>>;
        readonly min_domains?: number;
      }[];
    };
    readonly count: number;
  }[];
  readonly max_new_nodes: number;
}

interface PackingExpected {
  readonly node_count?: number;
  readonly scheduled_pod_count?: number;
  readonly scheduled_pods_all_from_group_index?: number;
}

function roomOf({ name = 'new', cpu_milli, memory_bytes, max_pods, labels }: NodeInput): Room {
  const capacity = { cpu: cpu_milli, memory: memory_bytes * 1000, pods: max_pods * 1000 };
  return { name, labels, taints: [], capacity, free: capacity };
}

const specOf = ({ pod }: PackingInput['pod_groups'][number]): PodSpec => ({
  containers: [{ name: 'main', resources: { requests: { cpu: `${pod.cpu_milli}m`, memory: pod.memory_bytes } } }],
  topologySpreadConstraints: (pod.topology_spread ?? []).map((rule) => ({
    maxSkew: rule.max_skew,
    topologyKey: rule.topology_key,
    whenUnsatisfiable: rule.when_unsatisfiable,
    labelSelector: { matchLabels: rule.match_labels },
    ...(rule.min_domains === undefined ? {} : { minDomains: rule.min_domains }),
  })),
});

export const packingCase = adapter<{ readonly input: PackingInput; readonly expected: PackingExpected }>(
  (input, expected) => {
    const simulation = new Simulation({ namespaces: [] });
    for (const node of input.existing_nodes) simulation.addRoom(roomOf(node), []);
    const demands = input.pod_groups.map((group, index) => ({
      needs: simulation.needsOf({
        metadata: { namespace: group.pod.namespace, labels: group.pod.labels },
        spec: specOf(group),
      }),
      pods: group.count,
      index,
    }));
    const limit = input.max_new_nodes === 0 ? Infinity : input.max_new_nodes;
    const { placed } = pack(simulation, demands, { room: roomOf(input.node_template), daemons: [] }, limit);
    // Nodes that got a pod, those that stood before included: so they are counted there too.
    const used = [...simulation.roomNames()].filter(
      (name) => simulation.freeOf(name, 'pods') < (simulation.roomOf(name).capacity['pods'] ?? 0),
    );
    const [only] = placed;
    return {
      // Theirs has a second path for the same answer; ours has one.
      expected: {
        ...(expected.node_count === undefined ? {} : { node_count: expected.node_count }),
        ...(expected.scheduled_pod_count === undefined ? {} : { scheduled_pod_count: expected.scheduled_pod_count }),
        ...(expected.scheduled_pods_all_from_group_index === undefined
          ? {}
          : { scheduled_pods_all_from_group_index: expected.scheduled_pods_all_from_group_index }),
      },
      got: {
        node_count: used.length,
        scheduled_pod_count: placed.reduce((sum, { pods }) => sum + pods, 0),
        scheduled_pods_all_from_group_index: placed.length === 1 ? (only?.index ?? null) : null,
      },
    };
  },
);
