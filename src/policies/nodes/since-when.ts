// Since when a node stays, or a group stands, for the reason that it has now: what is kept changes with the reason, not with the numbers in it.
import type { Memory, NodeMemory, Why } from '../../model/memory.ts';
import type { KeptNode } from '../../model/plan.ts';
import { rfc3339, type Instant } from '../../model/units.ts';

/** Servers without a node, and nodes that count for no group, have a reason too. */
const unseen: NodeMemory = { ready: false, unneededSince: null, emptySince: null };

export const whyAfter = (before: Why | undefined, reason: string, now: Instant): Why =>
  before?.reason === reason ? before : { reason, at: now };

/** Fills in what no timer of its own tells, and puts it down in `nodes`, the memory that is being made. */
export function keptSince(
  kept: readonly KeptNode[],
  nodes: Record<string, NodeMemory>,
  before: Memory['nodes'],
  now: Instant,
): readonly KeptNode[] {
  // thousands of nodes have stayed since a few instants
  const written = new Map<Instant, string>();
  const textOf = (at: Instant): string => {
    const text = written.get(at) ?? rfc3339(at);
    written.set(at, text);
    return text;
  };
  return kept.map((one) => {
    const { node, reason, since } = one;
    const known = before[node]?.why;
    // It had no turn in this tick: what was found the last time may be so still.
    const passedOver = reason === 'OthersFirst';
    if (since !== null || (passedOver && known === undefined)) return one;
    const why = passedOver && known !== undefined ? known : whyAfter(known, reason, now);
    nodes[node] = { ...(nodes[node] ?? unseen), why };
    return passedOver ? one : { ...one, since: textOf(why.at) };
  });
}
