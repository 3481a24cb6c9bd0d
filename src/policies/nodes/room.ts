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

const hostname = 'kubernetes.io/hostname';

/** One node of a shape: its name is its label too, which rules that go node by node ask for. */
export const roomNamed = (room: Room, name: string): Room => ({
  ...room,
  name,
  labels: { ...room.labels, [hostname]: name },
});

/** As they were last read: nodes of one size follow each other, and share the object. */
let latest: Requests = {};

function isSame(one: Requests, other: Requests): boolean {
  for (const name in one) if (one[name] !== other[name]) return false;
  for (const name in other) if (!(name in one)) return false;
  return true;
}

export function allocatableOf({ status }: Node): Requests {
  const texts = status?.allocatable ?? status?.capacity;
  const allocatable: Record<string, number> = {};
  for (const name in texts) allocatable[name] = parseMilli(texts[name]) ?? 0;
  if (!isSame(allocatable, latest)) latest = allocatable;
  return latest;
}
