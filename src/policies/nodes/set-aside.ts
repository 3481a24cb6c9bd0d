// Nodes that could not be marked when they were to leave: others go before them for a while, so that one of them stops no group.
import type { GroupMemory } from '../../model/memory.ts';
import { later, minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import type { Kept } from './candidates.ts';
import type { GroupState } from './group-state.ts';
import { shrinkRules } from './shrink-rules.ts';

type Pause = { readonly afterFailure: Milliseconds };

/** Longer than the whole group waits: when that is over, this one is still not asked again. */
const untilOf = (at: Instant, { afterFailure }: Pause): Instant =>
  later(at, Math.max(minutes(30), 2 * afterFailure) as Milliseconds);

export function setAsideOf(node: string, { unmarked }: GroupMemory, rules: Pause, now: Instant): Kept | null {
  const failed = unmarked?.[node];
  if (failed === undefined) return null;
  const until = untilOf(failed.at, rules);
  return now < until
    ? { reason: 'RecentFailure', by: `${failed.code}: ${failed.message}`, since: failed.at, until }
    : null;
}

/** Of those that are gone, or may be tried again, nothing is kept. */
export function withoutStaleMarks(memory: GroupMemory, group: GroupState, now: Instant): GroupMemory {
  const { unmarked, ...others } = memory;
  if (unmarked === undefined) return memory;
  const rules = shrinkRules(group);
  const here = new Set(group.nodes.map(({ metadata }) => metadata.name));
  const kept = Object.entries(unmarked).filter(([node, { at }]) => here.has(node) && now < untilOf(at, rules));
  return kept.length === 0 ? others : { ...memory, unmarked: Object.fromEntries(kept) };
}
