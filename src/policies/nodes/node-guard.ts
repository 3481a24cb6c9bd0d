// The guard over all node groups: when too many nodes would be given back or ordered at once, a person has to say that it is right.
import type { DaemonSpec } from '../../model/config.ts';
import { emptyNodeGuard, type NodeGuardMemory, type ScaleEvent } from '../../model/memory.ts';
import type { ControlFacts } from '../../model/snapshot.ts';
import { instantOf, type Instant, type Milliseconds } from '../../model/units.ts';

/** A guard over all is not about one node: what a group may lose at once is its own `atOnce`. */
const fewestNodes = 3;

export interface NodeGuardInput {
  readonly guards: DaemonSpec['guards'];
  readonly memory: NodeGuardMemory | undefined;
  readonly control: ControlFacts | undefined;
  /** nodes of groups that act */
  readonly nodes: number;
  /** on their way out already: what is counted as given back only when the resize is sent */
  readonly leaving: number;
  /** what this tick would begin, in groups that act */
  readonly begins: number;
  readonly orders: number;
  readonly now: Instant;
}

export interface NodeGuarded {
  readonly memory: NodeGuardMemory | undefined;
  /** null: the way is free; else what people are told: "12 of 40 nodes within 60 min, allowed 10 %" */
  readonly holdsShrink: string | null;
  readonly holdsGrowth: string | null;
}

type Tripped = NonNullable<NodeGuardMemory['tripped']>;

const within = (events: readonly ScaleEvent[], per: Milliseconds, now: Instant): readonly ScaleEvent[] =>
  events.filter(({ at }) => at > now - per);

const total = (events: readonly ScaleEvent[]): number => events.reduce((sum, { change }) => sum + change, 0);

const guardSentence = ({ guard, count, of, allowed }: Tripped): string =>
  guard === 'nodesRemoved' ? `${count} of ${of} nodes, allowed ${allowed} %` : `${count} nodes, allowed ${allowed}`;

function trip(input: NodeGuardInput, removed: readonly ScaleEvent[], ordered: readonly ScaleEvent[]): Tripped | null {
  const { guards, now } = input;
  const limits = guards?.nodes;
  if (limits?.removed !== undefined && input.begins > 0) {
    const before = total(within(removed, limits.removed.per, now));
    const count = before + input.leaving + input.begins;
    const of = input.nodes + before;
    if (count >= fewestNodes && count * 100 > limits.removed.percent * of)
      return { at: now, guard: 'nodesRemoved', count, of, allowed: limits.removed.percent };
  }
  if (limits?.ordered !== undefined && input.orders > 0) {
    const count = total(within(ordered, limits.ordered.per, now)) + input.orders;
    if (count > limits.ordered.nodes)
      return { at: now, guard: 'nodesOrdered', count, of: input.nodes, allowed: limits.ordered.nodes };
  }
  return null;
}

/** A step that would cross a limit is not begun, and nothing of it is. What is under way goes on: it was counted before. */
export function guardNodes(input: NodeGuardInput): NodeGuarded {
  const { guards, memory: before = emptyNodeGuard, control, now } = input;
  const limits = guards?.nodes;
  if (guards === undefined || (limits?.removed === undefined && limits?.ordered === undefined))
    return { memory: undefined, holdsShrink: null, holdsGrowth: null };
  const removed = limits.removed === undefined ? [] : within(before.removed, limits.removed.per, now);
  const ordered = limits.ordered === undefined ? [] : within(before.ordered, limits.ordered.per, now);
  const releasedAt = instantOf(control?.releasedAt);
  const stands = before.tripped !== null && (releasedAt === null || releasedAt <= before.tripped.at);
  // What a person has released may go through its whole period, and is not held for what went before.
  const longest = Math.max(limits.removed?.per ?? 0, limits.ordered?.per ?? 0);
  const isReleased = releasedAt !== null && releasedAt > now - longest;
  const tripped = stands ? before.tripped : isReleased ? null : trip(input, removed, ordered);
  const sentence = tripped === null ? null : guardSentence(tripped);
  const holdsGrowth = tripped?.guard === 'nodesOrdered' || guards.onTrip === 'holdAll';
  return {
    memory: { removed, ordered, tripped },
    holdsShrink: sentence,
    holdsGrowth: holdsGrowth ? sentence : null,
  };
}
