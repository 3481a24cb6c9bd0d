// Nodes whose drain has failed: others go before them for a while, each time twice as long, so that one of them neither stops its group nor loses pods for nothing again and again.
import type { Node } from '../../model/kubernetes.ts';
import type { FailedDrain, GroupMemory } from '../../model/memory.ts';
import { later, minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import type { Kept } from './candidates.ts';
import type { GroupState } from './group-state.ts';
import { isReady } from './membership.ts';
import { shrinkRules } from './shrink-rules.ts';

type Pause = { readonly afterFailure: Milliseconds };

const shortest = minutes(30);
const longest = minutes(8 * 60);
/** After its pause: what fails once in every night is still the same failure. */
const forgottenAfter = minutes(24 * 60);
/** What stands in the way may be the names of a hundred pods, and is kept for each node. */
const longestMessage = 300;

/** The first is longer than the whole group waits: when that is over, this one is still not asked again. */
function untilOf({ at, times }: FailedDrain, { afterFailure }: Pause): Instant {
  const first = Math.max(shortest, 2 * afterFailure);
  return later(at, Math.min(first * 2 ** (times - 1), Math.max(first, longest)) as Milliseconds);
}

export function withFailedDrain(
  { failedDrains }: GroupMemory,
  node: string,
  { message, ...failure }: Omit<FailedDrain, 'times'>,
): Pick<GroupMemory, 'failedDrains'> {
  const times = (failedDrains?.[node]?.times ?? 0) + 1;
  const failed: FailedDrain = { ...failure, message: message.slice(0, longestMessage), times };
  return { failedDrains: { ...failedDrains, [node]: failed } };
}

export function setAsideOf(node: Node, { failedDrains }: GroupMemory, rules: Pause, now: Instant): Kept | null {
  const failed = failedDrains?.[node.metadata.name];
  if (failed === undefined) return null;
  // Whose pods did not leave, and that is silent by now, is not drained any more but replaced.
  if (failed.step === 'rollBack' && !isReady(node)) return null;
  const until = untilOf(failed, rules);
  const why = [failed.code, failed.message].filter((part) => part !== '').join(': ');
  return now < until ? { reason: 'DrainFailedBefore', by: `${failed.times} × ${why}`, since: failed.at, until } : null;
}

/** Of those that are gone, and of those that nothing has happened to for a long time, nothing is kept. */
export function withoutStaleFailures(memory: GroupMemory, group: GroupState, now: Instant): GroupMemory {
  const { failedDrains, ...others } = memory;
  if (failedDrains === undefined) return memory;
  const rules = shrinkRules(group);
  const here = new Set(group.nodes.map(({ metadata }) => metadata.name));
  const kept = Object.entries(failedDrains).filter(
    ([node, failed]) => here.has(node) && now < untilOf(failed, rules) + forgottenAfter,
  );
  return kept.length === 0 ? others : { ...memory, failedDrains: Object.fromEntries(kept) };
}
