// ca: which nodes are worth a look at all, and how well a node is used.
import { utilizationOf } from '../../../../src/policies/nodes/utilization.ts';
import { aNode, aPod, at, longAgo } from '../../../builders.ts';
import { adapter } from '../vector.ts';
import { group, shrinkOf } from './shrink-world.ts';

interface Allocatable {
  readonly cpu_milli: number | null;
  readonly memory_bytes: number | null;
}

const amounts = ({ cpu_milli: cpu, memory_bytes: memory }: Allocatable) => ({
  ...(cpu !== null && { cpu: `${cpu}m` }),
  ...(memory !== null && { memory: String(memory) }),
});

interface EligibilityInput {
  readonly options: {
    readonly scale_down_utilization_threshold: number;
    readonly scale_down_unready_enabled: boolean;
    readonly ignore_daemonsets_utilization: boolean;
  };
  readonly nodes: readonly {
    readonly name: string;
    readonly group: string | null;
    readonly allocatable: Allocatable;
    readonly ready: boolean;
    readonly taints: readonly { readonly key: string; readonly value_unix_offset_s?: number }[];
    readonly annotations: Readonly<Record<string, string>>;
  }[];
  readonly pods: readonly (Allocatable & {
    readonly name: string;
    readonly node: string;
    readonly daemonset: boolean;
  })[];
}

const reasons: Readonly<Record<string, string>> = {
  BeingRemoved: 'CurrentlyBeingDeleted',
  ForbiddenByAnnotation: 'ScaleDownDisabledAnnotation',
  AllocatableUnknown: 'UnexpectedError',
  NotReady: 'ScaleDownUnreadyDisabled',
  NotUnderutilized: 'NotUnderutilized',
};

/** Reasons of a later look: the node was worth it. */
const later = new Set(['UnneededTooShort', 'NoPlaceToMovePods', 'GroupAtMinimum']);

export const eligibilityCase = adapter<{ input: EligibilityInput; expected: object }>(({ options, nodes, pods }) => {
  const { kept, begun } = shrinkOf({
    nodes: nodes.map((node) => {
      const built = aNode(node.name)
        .inGroup(node.group === null ? 'of-nobody' : group)
        .withRoom(amounts(node.allocatable))
        .annotated(node.annotations)
        .tainted(
          ...node.taints.map(({ key, value_unix_offset_s: offset = 0 }) => ({
            key,
            value: String(at(offset) / 1000),
            effect: 'NoSchedule',
          })),
        );
      return (node.ready ? built : built.notReady(longAgo)).build();
    }),
    pods: pods.map((pod) => {
      const built = aPod(pod.name).requesting(amounts(pod)).on(pod.node).ready();
      return (pod.daemonset ? built.ownedBy('DaemonSet', 'agent') : built.ownedBy('ReplicaSet', 'web-abc')).build();
    }),
    shrink: {
      utilizationBelow: options.scale_down_utilization_threshold,
      unready: { action: options.scale_down_unready_enabled ? 'remove' : 'alert' },
    },
  });
  const why = (name: string): string | null => {
    const one = kept.get(name);
    if (one === undefined) return begun.includes(name) ? null : 'NotAutoscaled';
    // A time until when it stays is that of a timer: the node is looked at.
    return later.has(one.reason) || one.until !== null ? null : (reasons[one.reason] ?? one.reason);
  };
  const names = nodes.map(({ name }) => name);
  return {
    got: {
      eligible: names.filter((name) => why(name) === null),
      ineligible: names.flatMap((node) => (why(node) === null ? [] : [{ node, reason: why(node) }])),
    },
  };
});

interface UtilizationInput {
  readonly allocatable: Allocatable;
  readonly pods: readonly (Allocatable & { readonly daemonset?: boolean; readonly mirror?: boolean })[];
  readonly ignore_daemonset_pods: boolean;
  readonly ignore_mirror_pods: boolean;
}

export const utilizationCase = adapter<{
  input: UtilizationInput;
  expected: { readonly utilization?: number; readonly relative_tolerance?: number; readonly error?: boolean };
}>(({ allocatable, pods }, expected) => {
  const node = aNode('n-1').withRoom(amounts(allocatable)).build();
  const utilization = utilizationOf(
    node,
    pods.map((one, index) => {
      const pod = aPod(`p-${index}`).requesting(amounts(one)).on('n-1');
      if (one.daemonset === true) pod.ownedBy('DaemonSet', 'agent');
      if (one.mirror === true) pod.annotated({ 'kubernetes.io/config.mirror': 'x' });
      return pod.build();
    }),
  );
  const wanted = expected.utilization ?? Number.NaN;
  const isNear = utilization !== null && Math.abs(utilization - wanted) <= wanted * (expected.relative_tolerance ?? 0);
  return { got: { utilization: isNear ? wanted : utilization, error: utilization === null } };
});
