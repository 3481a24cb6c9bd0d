// A node as placing sees it, real, ordered or only tried out.
import type { Node, Taint } from '../../model/kubernetes.ts';
import { parseMilli } from '../../model/quantity.ts';
import type { Requests } from '../pod-facts.ts';

/** Amounts are in thousandths; `pods` counts places. How much is free while others come is the Simulation's to say. */
export interface Room {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly capacity: Requests;
  /** what those that always run there leave */
  readonly free: Requests;
  /** why no pod at all may come now: "cordoned", "not Ready"; those that run there still count for the rules of others */
  readonly closed?: string;
}

export function allocatableOf(node: Node): Requests {
  const allocatable: Record<string, number> = {};
  for (const [name, text] of Object.entries(node.status?.allocatable ?? node.status?.capacity ?? {}))
    allocatable[name] = parseMilli(text) ?? 0;
  return allocatable;
}
