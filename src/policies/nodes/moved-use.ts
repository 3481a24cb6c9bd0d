// Where the use of nodes that leave in one tick goes, counted the careful way: all of it comes to each node that takes some of their pods.
import type { UsageRules } from '../../model/config.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node } from '../../model/kubernetes.ts';
import { later, type Instant } from '../../model/units.ts';
import type { Kept } from './candidates.ts';
import type { GroupState } from './group-state.ts';
import { roomOf } from './rooms.ts';
import { usedResources, type NodeUsage } from './usage.ts';

/** In the units of what nodes have; infinite where nobody knows. */
interface Amounts {
  readonly cpu: number;
  readonly memory: number;
}

const nothing: Amounts = { cpu: 0, memory: 0 };

export interface Mover {
  /** whom its pods may come to; undefined: anybody */
  readonly allows: ((room: string) => boolean) | undefined;
  /** they came there */
  came(room: string): void;
}

export class MovedUse {
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #usageOf: (node: string) => NodeUsage | null;
  readonly #coming = new Map<string, Amounts>();
  /** who takes in pods of nodes that leave for their low use */
  readonly #bounded = new Set<string>();

  /** `usageOf`: by the rules of the node's own group */
  constructor(nodes: readonly Node[], usageOf: (node: string) => NodeUsage | null) {
    this.#nodes = new Map(nodes.map((node) => [node.metadata.name, node]));
    this.#usageOf = usageOf;
  }

  /** Where it leaves for its low use nobody may become busy by it; nor by those that move on with it and came from such a node. */
  mover(node: Node, byUse: boolean, usage: NodeUsage | null): Mover {
    const amounts = this.#leaving(node, usage);
    const isBounded = byUse || this.#bounded.has(node.metadata.name);
    return {
      allows: isBounded ? (room) => this.#staysCalm(room, amounts, usage) : undefined,
      came: (room) => {
        if (isBounded) this.#bounded.add(room);
        const before = this.#coming.get(room) ?? nothing;
        this.#coming.set(room, { cpu: before.cpu + amounts.cpu, memory: before.memory + amounts.memory });
      },
    };
  }

  /** With what was to come to it in this tick: that moves on. */
  #leaving(node: Node, usage: NodeUsage | null): Amounts {
    const use = usage?.of(node);
    const { capacity } = roomOf(node);
    const coming = this.#coming.get(node.metadata.name) ?? nothing;
    const amount = (resource: keyof Amounts): number => {
      const used = use?.[resource];
      return used?.state === 'known' ? used.share * (capacity[resource] ?? Infinity) + coming[resource] : Infinity;
    };
    return { cpu: amount('cpu'), memory: amount('memory') };
  }

  /** By the rules of the node that leaves, and by what the room's own group says of it. */
  #staysCalm(room: string, amounts: Amounts, usage: NodeUsage | null): boolean {
    const node = this.#nodes.get(room);
    if (node === undefined || usage === null) return false;
    const own = this.#usageOf(room);
    const { capacity } = roomOf(node);
    const coming = this.#coming.get(room) ?? nothing;
    const isCalm = (by: NodeUsage, resource: keyof Amounts): boolean | null => {
      const [used, asked, whole] = [by.of(node)[resource], by.rules[resource], capacity[resource] ?? 0];
      if (used === null || asked === null) return null;
      if (used.state === 'unknown' || whole <= 0) return false;
      return used.share + (coming[resource] + amounts[resource]) / whole <= asked.holdAbove;
    };
    return usedResources.every(
      (resource) =>
        isCalm(usage, resource) === true && (own === null || own === usage || isCalm(own, resource) !== false),
    );
  }
}

/** What a removal does to the use of the others shows only later: until then none is let go for its low use. null: it has shown. */
export function unsettledUse(rules: UsageRules, groups: readonly GroupState[], now: Instant): Kept | null {
  if (rules.letGo === undefined) return null;
  const { afterRemoval } = rules.letGo;
  let last: Instant | null = null;
  for (const group of groups) {
    for (const node of group.draining) {
      const record = drainOf(node);
      if (record === null) continue;
      // Who stays drained for a person has moved its pods long ago.
      if (record.request?.then !== 'keep') return { reason: 'UsageSettling', by: node.metadata.name };
      if (last === null || record.startedAt > last) last = record.startedAt;
    }
    for (const at of [group.memory.lastShrink, group.memory.drainFailure?.at ?? null])
      if (at !== null && (last === null || at > last)) last = at;
  }
  const until = last === null ? null : later(last, afterRemoval);
  return until !== null && now < until ? { reason: 'UsageSettling', by: null, until } : null;
}
