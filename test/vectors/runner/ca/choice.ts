// ca: which group grows, and how groups that look alike share what is ordered.
import { shareOut } from '../../../../src/policies/nodes/balance.ts';
import { bestOptions, wasteOf, type Option } from '../../../../src/policies/nodes/growth-options.ts';
import type { Room } from '../../../../src/policies/nodes/room.ts';
import { adapter } from '../vector.ts';

interface BalanceInput {
  readonly groups: readonly { readonly id: string; readonly max: number; readonly size: number }[];
  readonly new_nodes: number;
}

export const balanceCase = adapter<{ input: BalanceInput; expected: object }>(({ groups, new_nodes: nodes }) => {
  const added = shareOut(groups, nodes);
  const grown = groups.flatMap(({ id, size }, index) => {
    const more = added[index] ?? 0;
    return more > 0 ? [[id, size + more] as const] : [];
  });
  return { got: { new_sizes: Object.fromEntries(grown) } };
});

interface Amounts {
  readonly cpu_milli: number;
  readonly memory_bytes: number;
}
interface VectorOption {
  readonly id: string;
  readonly node_count?: number;
  readonly pod_count?: number;
  readonly node?: Amounts;
  readonly pods?: readonly Amounts[];
}
interface ExpanderInput {
  readonly expander: string;
  readonly options: readonly VectorOption[];
}

/** Everything else is equal, so that one rule decides at a time. */
function optionOf(option: VectorOption): Option & { readonly id: string } {
  const { id, node_count: count = 1, pod_count: podCount = 0, node, pods = [] } = option;
  const capacity = { cpu: node?.cpu_milli ?? 0, memory: (node?.memory_bytes ?? 0) * 1000 };
  const rooms = Array.from({ length: count }, (_, index): Room => ({
    name: String(index),
    labels: {},
    taints: [],
    capacity,
    free: capacity,
  }));
  const used: Readonly<Record<string, number>> = {
    cpu: pods.reduce((sum, pod) => sum + pod.cpu_milli, 0),
    memory: pods.reduce((sum, pod) => sum + pod.memory_bytes * 1000, 0),
  };
  const waste = wasteOf(rooms, (room, resource) => {
    const all: Readonly<Record<string, number>> = capacity;
    return (all[resource] ?? 0) - (room === '0' ? (used[resource] ?? 0) : 0);
  });
  return { id, prefer: 1, waste, pods: podCount, nodes: node === undefined ? count : Math.min(1, count) };
}

export const expanderCase = adapter<{ input: ExpanderInput; expected: object }>(({ options }) => ({
  got: { best: bestOptions(options.map(optionOf)).map(({ id }) => id) },
}));
