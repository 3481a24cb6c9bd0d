// ca: one round of growth through the whole decision.
import type { Node, Pod } from '../../../../src/model/kubernetes.ts';
import type { NodeDecision, Plan } from '../../../../src/model/plan.ts';
import { decide } from '../../../../src/policies/decide.ts';
import { aConfig, aNode, aNodeGroup, aNodePolicy, aPod, aSnapshot, noon } from '../../../builders.ts';
import { emptyMemory } from '../../../../src/model/memory.ts';
import { adapter, type Fields } from '../vector.ts';

interface VectorPod {
  readonly name: string;
  readonly cpu_milli: number;
  readonly memory_bytes: number;
  readonly node: string | null;
}
interface VectorNode {
  readonly name: string;
  readonly cpu_milli: number;
  readonly memory_bytes: number;
  readonly group: string | null;
}
interface VectorGroup {
  readonly id: string;
  readonly min: number;
  readonly max: number;
  readonly size: number;
}
interface Limits {
  readonly max_cores?: number;
  readonly max_memory_bytes?: number;
  readonly max_nodes?: number;
}

export type ScaleUpInput = { readonly limits: Limits } & (
  | {
      readonly nodes: readonly VectorNode[];
      readonly pods: readonly VectorPod[];
      readonly pending: readonly VectorPod[];
      readonly expander_picks: { readonly group: string } | null;
      readonly group_max_size?: number;
      readonly group_target_sizes?: Readonly<Record<string, number>>;
    }
  | {
      readonly groups: readonly VectorGroup[];
      readonly node_cpu_milli: number;
      readonly node_memory_bytes: number;
    }
);

const nodeOf = ({ name, cpu_milli: cpu, memory_bytes: memory, group }: VectorNode): Node =>
  aNode(name)
    .inGroup(group ?? 'of-no-policy')
    .withRoom({ cpu: `${cpu}m`, memory: String(memory), pods: 110 })
    .build();

function podOf({ name, cpu_milli: cpu, memory_bytes: memory, node }: VectorPod): Pod {
  const pod = aPod(name).requesting({ cpu: `${cpu}m`, memory: String(memory) });
  return node === null ? pod.unschedulable().build() : pod.on(node).ready().build();
}

interface World {
  readonly groups: readonly (VectorGroup & { readonly prefer: number })[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
}

function worldOf(input: ScaleUpInput): World {
  if ('groups' in input) {
    const { node_cpu_milli: cpu_milli, node_memory_bytes: memory_bytes } = input;
    const names = (group: VectorGroup) => Array.from({ length: group.size }, (_, index) => `${group.id}-${index + 1}`);
    const nodes = input.groups.flatMap((group) =>
      names(group).map((name) => nodeOf({ name, cpu_milli, memory_bytes, group: group.id })),
    );
    return { groups: input.groups.map((group) => ({ ...group, prefer: 1 })), nodes, pods: [] };
  }
  const ids = [...new Set(input.nodes.flatMap(({ group }) => group ?? []))];
  const groups = ids.map((id) => {
    const size = input.group_target_sizes?.[id] ?? input.nodes.filter(({ group }) => group === id).length;
    // What the upstream test's expander picks is what our operator prefers.
    const prefer = input.expander_picks === null || input.expander_picks.group === id ? 1 : 2;
    return { id, min: 0, max: input.group_max_size ?? 1000, size, prefer };
  });
  return { groups, nodes: input.nodes.map(nodeOf), pods: [...input.pods, ...input.pending].map(podOf) };
}

const growthIn = (plan: Plan): readonly NodeDecision[] => plan.nodes.filter(({ action }) => action === 'grow');

/** A new node of the group would take the pod: nodes are ordered, or the group says itself why none comes. */
function wouldServe(plan: Plan, pod: string, group: string): boolean {
  const waits = plan.pending?.find(({ names }) => names.includes(pod));
  return (
    waits?.ordered.some(({ nodeGroup }) => nodeGroup === group) === true ||
    waits?.why.some(({ nodeGroup, rule }) => nodeGroup === group && rule === 'group') === true
  );
}

function answerOf(plan: Plan, input: ScaleUpInput, expected: Fields): Fields {
  const grown = growthIn(plan);
  if ('groups' in input)
    return { scale_ups: grown.map(({ nodeGroup, desired }) => ({ group: nodeGroup, new_size: desired })) };
  const { expander_picks: picked, pending } = input;
  const names = pending.map(({ name }) => name);
  const chosen = grown.find(({ nodeGroup }) => nodeGroup === picked?.group) ?? grown[0];
  const scaleUp =
    chosen === undefined ? null : { group: chosen.nodeGroup, delta: (chosen.desired ?? 0) - (chosen.current ?? 0) };
  if (!('triggered_by' in expected)) return { scale_up: scaleUp };
  const triggers = names.filter((name) => chosen !== undefined && wouldServe(plan, name, chosen.nodeGroup));
  const later = names.filter((name) => plan.nodes.some(({ nodeGroup }) => wouldServe(plan, name, nodeGroup)));
  return {
    scale_up: scaleUp,
    triggered_by: triggers,
    remain_unschedulable: names.filter((name) => !triggers.includes(name) && !later.includes(name)),
    await_evaluation: later.filter((name) => !triggers.includes(name)),
  };
}

export const scaleUpCase = adapter<{ input: ScaleUpInput; expected: Fields }>((input, expected) => {
  const { groups, nodes, pods } = worldOf(input);
  const snapshot = aSnapshot()
    .groups(...groups.map(({ id, size }) => aNodeGroup(id, size)))
    .nodes(...nodes)
    .pods(...pods)
    .build();
  const { limits } = input;
  const policy = aNodePolicy({
    nodeGroups: groups.map(({ id, min, max, prefer }) => ({ name: id, min, max, prefer })),
  });
  const daemon = { limits: { nodes: limits.max_nodes, cores: limits.max_cores, memory: limits.max_memory_bytes } };
  const { plan } = decide(snapshot, aConfig([], [policy], daemon), emptyMemory(), noon);
  return { got: answerOf(plan, input, expected) };
});
