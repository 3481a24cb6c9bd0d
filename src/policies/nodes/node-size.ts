// How large a node is to limits and quotas: the whole VM, and not what is left of it for pods.
import type { Node } from '../../model/kubernetes.ts';
import type { NovaFlavor } from '../../model/openstack.ts';
import { parseQuantity } from '../../model/quantity.ts';
import type { GroupState } from './group-state.ts';
import { isControlPlane } from './membership.ts';
import type { Shape } from './shape.ts';

export interface Size {
  readonly nodes: number;
  readonly cores: number;
  /** bytes */
  readonly memory: number;
}

const mebi = 2 ** 20;

export const nothing: Size = { nodes: 0, cores: 0, memory: 0 };

export const times = ({ nodes, cores, memory }: Size, count: number): Size => ({
  nodes: nodes * count,
  cores: cores * count,
  memory: memory * count,
});

export const addSizes = (sizes: readonly Size[]): Size =>
  sizes.reduce(
    (sum, one) => ({
      nodes: sum.nodes + one.nodes,
      cores: sum.cores + one.cores,
      memory: sum.memory + one.memory,
    }),
    nothing,
  );

function sizeOfNode({ status }: Node): Size {
  const whole = { ...status?.allocatable, ...status?.capacity };
  return { nodes: 1, cores: Math.ceil(parseQuantity(whole['cpu']) ?? 0), memory: parseQuantity(whole['memory']) ?? 0 };
}

/** As Nova counts it, else as a live node says, else as it is expected to be. */
export function sizeOfGroup(group: GroupState, shape: Shape | null, flavors: readonly NovaFlavor[]): Size | null {
  const wanted = group.magnum.flavor_id;
  const flavor = flavors.find((one) => one.id === wanted || one.name === wanted);
  const known = flavor?.vcpus !== undefined && flavor.ram !== undefined;
  if (known) return { nodes: 1, cores: flavor.vcpus ?? 0, memory: (flavor.ram ?? 0) * mebi };
  const [live] = group.ready;
  if (live !== undefined) return sizeOfNode(live);
  if (shape === null) return null;
  const { capacity } = shape.room;
  return { nodes: 1, cores: Math.ceil((capacity['cpu'] ?? 0) / 1000), memory: (capacity['memory'] ?? 0) / 1000 };
}

/** Workers of no group that is known here. */
export const elsewhereOf = (nodes: readonly Node[], known: (node: Node) => boolean): Size =>
  addSizes(nodes.filter((node) => !isControlPlane(node) && !known(node)).map(sizeOfNode));
