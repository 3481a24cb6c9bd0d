// The node tier's single rules against cluster-autoscaler's own tables.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { emptyGroupMemory, type GroupMemory } from '../../../src/model/memory.ts';
import { rfc3339, seconds } from '../../../src/model/units.ts';
import {
  controllersOf,
  movabilityOf,
  type Movability,
  type MovableRules,
} from '../../../src/policies/nodes/movable.ts';
import { backOffAfter } from '../../../src/policies/nodes/observe.ts';
import { pack } from '../../../src/policies/nodes/place.ts';
import type { Room } from '../../../src/policies/nodes/room.ts';
import { utilizationOf } from '../../../src/policies/nodes/shrink.ts';
import { requestsOf } from '../../../src/policies/pod-facts.ts';
import { aNode, aPod, at, noon } from '../../builders.ts';
import { vectorCases } from '../../vectors/cases.ts';

interface VectorPod {
  readonly ref: string;
  readonly name: string;
  readonly namespace: string;
  readonly owner: { readonly kind: string; readonly name: string; readonly api_version: string } | null;
  readonly annotations: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly volumes: readonly {
    readonly name: string;
    readonly kind?: string;
    readonly type?: string;
    readonly medium?: string | null;
  }[];
  readonly restart_policy: string | null;
  readonly phase: string | null;
  readonly creation_offset_s: number | null;
  readonly deletion_offset_s: number | null;
  readonly termination_grace_s: number | null;
}
interface VectorBudget {
  readonly name?: string;
  readonly namespace: string;
  readonly match_labels: Record<string, string> | null;
  readonly disruptions_allowed: number;
}
interface VectorController {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

function volumeOf(volume: VectorPod['volumes'][number]) {
  const kind = volume.kind ?? volume.type ?? '';
  const { name } = volume;
  if (/host/i.test(kind)) return { name, hostPath: {} };
  if (/empty/i.test(kind))
    return { name, emptyDir: (volume.medium ?? '') === '' ? {} : { medium: volume.medium ?? '' } };
  return { name };
}

function podOf(vector: VectorPod): Pod {
  const { owner } = vector;
  return aPod(vector.name)
    .meta({
      namespace: vector.namespace,
      labels: vector.labels,
      annotations: vector.annotations,
      ...(owner === null
        ? {}
        : {
            ownerReferences: [{ apiVersion: owner.api_version, kind: owner.kind, name: owner.name, controller: true }],
          }),
      ...(vector.deletion_offset_s === null ? {} : { deletionTimestamp: rfc3339(at(vector.deletion_offset_s)) }),
      creationTimestamp: vector.creation_offset_s === null ? '' : rfc3339(at(vector.creation_offset_s)),
    })
    .spec({
      volumes: vector.volumes.map(volumeOf),
      ...(vector.termination_grace_s === null ? {} : { terminationGracePeriodSeconds: vector.termination_grace_s }),
    })
    .status(vector.phase === null ? {} : { phase: vector.phase })
    .build();
}

const listOf: Readonly<Record<string, string>> = {
  ReplicaSet: 'replicasets',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets',
  Job: 'jobs',
  DaemonSet: 'daemonsets',
};
function rulesOf(
  pods: readonly VectorPod[],
  controllers: readonly VectorController[] | null | undefined,
  pdbs: readonly VectorBudget[] = [],
  systemPodAge = 3600,
): MovableRules {
  // A table without controllers does not look for them: then every owner that is named exists.
  const known =
    controllers ??
    pods.flatMap(({ namespace, owner }) => (owner === null ? [] : [{ kind: owner.kind, namespace, name: owner.name }]));
  const facts = Object.fromEntries(
    Object.entries(listOf).map(([kind, list]) => [
      list,
      known.flatMap((one) => (one.kind === kind ? [{ metadata: { namespace: one.namespace, name: one.name } }] : [])),
    ]),
  );
  return {
    shrink: { localVolumes: 'block', systemPodAge: seconds(systemPodAge), protect: [] },
    budgets: pdbs.map((pdb, index) => ({
      metadata: { namespace: pdb.namespace, name: pdb.name ?? `pdb-${index}` },
      spec: { selector: pdb.match_labels === null ? null : { matchLabels: pdb.match_labels } },
      status: { disruptionsAllowed: pdb.disruptions_allowed },
    })),
    controllers: controllersOf(facts),
    now: noon,
  };
}

const reasons: Readonly<Record<string, string>> = {
  ControllerNotFound: 'ControllerGone',
  NotReplicated: 'NotReplicated',
  UnmovableKubeSystemPod: 'SystemPodWithoutPDB',
  NotSafeToEvictAnnotation: 'NotSafeToEvict',
  LocalStorageRequested: 'LocalStorage',
  NotEnoughPdb: 'BlockedByPDB',
};

describe('one rule for one pod (vectors ca/drain_rules)', () => {
  interface Input {
    readonly rule: string;
    readonly pod: VectorPod;
    readonly options?: {
      readonly min_replica_count?: number;
      readonly system_pod_disruption_timeout_s?: number;
      readonly skip_nodes_with_custom_controller_pods?: boolean;
    };
    readonly controllers?: readonly VectorController[] | null;
    readonly pdbs?: readonly VectorBudget[];
  }
  interface Expected {
    readonly blocks?: boolean;
    readonly reason?: string | null;
    readonly outcome?: string;
  }
  // Our policies know no least size of a ReplicaSet, and custom controllers' pods always stay: those cases are not ours.
  const cases = vectorCases<Input, Expected>('ca/drain_rules').filter(
    ([, { input, expected }]) =>
      expected.reason !== 'MinReplicasReached' && input.options?.skip_nodes_with_custom_controller_pods !== false,
  );
  // The upstream table runs each rule alone, the product all in their order: a rule that decides nothing leaves it to the later ones.
  it.each(cases)('%s', (_, { input, expected }) => {
    const rules = rulesOf([input.pod], input.controllers, input.pdbs, input.options?.system_pod_disruption_timeout_s);
    const movability = movabilityOf(podOf(input.pod), rules);
    if (expected.blocks === true)
      expect(movability).toMatchObject({ move: 'blocked', reason: reasons[expected.reason ?? ''] ?? expected.reason });
    else if (movability.move === 'blocked') {
      const own = {
        replicacount: 'ControllerGone',
        replicated: 'NotReplicated',
        system: 'SystemPodWithoutPDB',
        notsafetoevict: 'NotSafeToEvict',
        localstorage: 'LocalStorage',
        pdb: 'BlockedByPDB',
        oncompletion: 'WaitsForCompletion',
      }[input.rule];
      if (expected.outcome !== 'wait') expect(movability.reason).not.toBe(own);
      if (expected.outcome === 'skip' || expected.outcome === 'drain_ok')
        expect(movability).not.toHaveProperty('reason');
    } else if (expected.outcome === 'skip') expect(movability.move).toBe('ignore');
  });
});

describe('a whole node (vectors ca/drain_node)', () => {
  interface Input {
    readonly pods: readonly VectorPod[];
    readonly pdbs: readonly VectorBudget[];
    readonly controllers: readonly VectorController[] | null;
    readonly options: { readonly system_pod_disruption_timeout_s: number };
  }
  interface Expected {
    readonly drainable: boolean;
    readonly evict: readonly string[];
    readonly wait_for_completion: readonly string[];
    readonly blocking: { readonly pod: string; readonly reason: string } | null;
  }
  it.each(vectorCases<Input, Expected>('ca/drain_node'))('%s', (_, { input, expected }) => {
    const rules = rulesOf(input.pods, input.controllers, input.pdbs, input.options.system_pod_disruption_timeout_s);
    const evict: string[] = [];
    const waiting: string[] = [];
    let blocking: { pod: string; reason: string } | null = null;
    for (const vector of input.pods) {
      const movability: Movability = movabilityOf(podOf(vector), rules);
      if (movability.move === 'blocked' && movability.reason === 'WaitsForCompletion') waiting.push(vector.ref);
      else if (movability.move === 'blocked') {
        blocking = { pod: vector.ref, reason: movability.reason };
        break;
      } else if (movability.move === 'evict' || (movability.move === 'drop' && vector.phase !== null))
        evict.push(vector.ref);
    }
    expect({ evict, waiting, blocking }).toEqual({
      evict: expected.evict,
      waiting: expected.wait_for_completion,
      blocking:
        expected.blocking === null
          ? null
          : { pod: expected.blocking.pod, reason: reasons[expected.blocking.reason] ?? expected.blocking.reason },
    });
  });
});

describe('utilization (vectors ca/utilization)', () => {
  interface Input {
    readonly allocatable: { readonly cpu_milli: number | null; readonly memory_bytes: number | null };
    readonly pods: readonly {
      cpu_milli: number | null;
      memory_bytes: number | null;
      daemonset?: boolean;
      mirror?: boolean;
    }[];
    readonly ignore_daemonset_pods: boolean;
    readonly ignore_mirror_pods: boolean;
  }
  const quantities = (cpu: number | null, memory: number | null) => ({
    ...(cpu === null ? {} : { cpu: `${cpu}m` }),
    ...(memory === null ? {} : { memory: String(memory) }),
  });
  // Pods that come and go with their node are always left aside here: the cases that count them are not ours.
  const cases = vectorCases<Input, { utilization?: number; error?: boolean }>('ca/utilization').filter(
    ([, { input }]) =>
      !input.pods.some(
        (pod) =>
          (pod.daemonset === true && !input.ignore_daemonset_pods) ||
          (pod.mirror === true && !input.ignore_mirror_pods),
      ),
  );
  it.each(cases)('%s', (_, { input, expected }) => {
    const node = aNode('n-1').withRoom(quantities(input.allocatable.cpu_milli, input.allocatable.memory_bytes)).build();
    const pods = input.pods.map((one, index) => {
      const pod = aPod(`p-${index}`).requesting(quantities(one.cpu_milli, one.memory_bytes)).on('n-1');
      if (one.daemonset === true) pod.ownedBy('DaemonSet', 'agent');
      if (one.mirror === true) pod.annotated({ 'kubernetes.io/config.mirror': 'x' });
      return pod.build();
    });
    // What cannot be worked out counts as full: the node stays.
    expect(utilizationOf(node, pods)).toBeCloseTo(
      expected.error === true ? 1 : (expected.utilization ?? Number.NaN),
      2,
    );
  });

  it('of a node with an extended resource is that resource’s', () => {
    const node = aNode('gpu-1')
      .withRoom({ cpu: '32', memory: '256Gi', pods: 110, 'nvidia.com/gpu': 4, 'hugepages-2Mi': 0 })
      .build();
    const pod = aPod('train').requesting({ cpu: '1', memory: '1Gi', 'nvidia.com/gpu': 3 }).on('gpu-1').build();
    expect(utilizationOf(node, [pod])).toBe(0.75);
  });
});

describe('how many nodes (vectors ca/binpacking)', () => {
  interface Group {
    readonly pod: {
      readonly cpu_milli: number;
      readonly memory_bytes: number;
      readonly labels: Record<string, string>;
      readonly topology_spread?: unknown;
      readonly host_ports?: unknown;
    };
    readonly count: number;
  }
  interface Input {
    readonly node_template: {
      readonly cpu_milli: number;
      readonly memory_bytes: number;
      readonly max_pods: number;
      readonly labels: Record<string, string>;
    };
    readonly pod_groups: readonly Group[];
    readonly max_new_nodes: number;
  }
  // Topology spread and host ports are not foreseen yet: the cases that turn on them are left to the scheduler.
  const cases = vectorCases<Input, { node_count: number; scheduled_pod_count: number }>('ca/binpacking').filter(
    ([title]) => !/topology|host ?port/i.test(title),
  );
  it.each(cases)('%s', (_, { input, expected }) => {
    const template = input.node_template;
    const capacity = { cpu: template.cpu_milli, memory: template.memory_bytes * 1000, pods: template.max_pods * 1000 };
    const shape: Room = { name: 'new', labels: template.labels, taints: [], capacity, free: { ...capacity } };
    const demands = input.pod_groups.map(({ pod, count }, index) => {
      const { spec } = aPod(`p-${index}`)
        .requesting({ cpu: `${pod.cpu_milli}m`, memory: String(pod.memory_bytes) })
        .build();
      return {
        target: { kind: 'Pod', namespace: 'x', name: `p-${index}` },
        spec,
        requests: requestsOf(spec),
        pods: count,
      };
    });
    const packing = pack(demands, shape, input.max_new_nodes === 0 ? Infinity : input.max_new_nodes);
    expect({
      node_count: packing.rooms.length,
      scheduled_pod_count: packing.placed.reduce((sum, one) => sum + one.pods, 0),
    }).toEqual({ node_count: expected.node_count, scheduled_pod_count: expected.scheduled_pod_count });
  });
});

describe('backing off', () => {
  const failAt = (memory: GroupMemory, second: number): GroupMemory => ({
    ...memory,
    backOff: backOffAfter(memory, at(second)),
  });
  it('five minutes, doubling to thirty, and anew after three hours without a failure', () => {
    let memory = emptyGroupMemory;
    const lengths: number[] = [];
    let second = 0;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      memory = failAt(memory, second);
      lengths.push((memory.backOff?.length ?? 0) / 60_000);
      second += (memory.backOff?.length ?? 0) / 1000 + 1;
    }
    expect(lengths).toEqual([5, 10, 20, 30, 30]);
    expect(failAt(memory, second + 3 * 3600 + 1).backOff?.length).toBe(300_000);
  });
});
