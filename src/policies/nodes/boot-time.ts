// How long a node of a group may take to come: as the policy says, until enough orders have taught how long they really take.
import { quantile } from 'simple-statistics';
import type { Config } from '../../model/config.ts';
import type { GroupMemory, Memory } from '../../model/memory.ts';
import type { NodeDecision } from '../../model/plan.ts';
import { minutes, type Instant, type Milliseconds } from '../../model/units.ts';

/** Fewer say too little about the slow ones. */
const enoughOrders = 5;
/** A cloud that is usually quick may have a slow hour: nobody is paged for that. */
const shortestTimeout = minutes(5);

/** Where nothing has taught yet how long a VM takes. */
const usualBoot = minutes(5);

/** How long the slow ones take, of the little that is known; null: nothing is. */
const slowBoot = (bootTimes: readonly Milliseconds[]): Milliseconds | null =>
  bootTimes.length === 0 ? null : (quantile([...bootTimes], 0.95) as Milliseconds);

/** How long before it is needed a VM of this group is to be ordered. */
export const expectedBoot = ({ bootTimes }: Pick<GroupMemory, 'bootTimes'>): Milliseconds =>
  slowBoot(bootTimes) ?? usualBoot;

/** The same where any group may be the one: the slowest that is known. */
export function longestBoot(groups: Memory['groups']): Milliseconds {
  let longest: Milliseconds | null = null;
  for (const { bootTimes } of Object.values(groups)) {
    const slow = slowBoot(bootTimes);
    if (slow !== null && (longest === null || slow > longest)) longest = slow;
  }
  return longest ?? usualBoot;
}

/** What pods that are to be ready in time have to allow for; nothing where nobody orders VMs. */
export const bootBeforePods = (
  { nodePolicies }: Pick<Config, 'nodePolicies'>,
  groups: Memory['groups'],
): Milliseconds => (nodePolicies.length === 0 ? (0 as Milliseconds) : longestBoot(groups));

/** As people read it: half of the orders took no longer than p50, nearly all no longer than p95. */
export function bootTimeOf({ bootTimes }: GroupMemory): Pick<NodeDecision, 'bootTime'> {
  if (bootTimes.length === 0) return {};
  const seconds = (part: number): number => Math.round(quantile([...bootTimes], part) / 1000);
  return { bootTime: { p50Seconds: seconds(0.5), p95Seconds: seconds(0.95), of: bootTimes.length } };
}

/** Three times the learned 95th percentile in place of the policy's own figure. */
export function provisionTimeoutOf(policy: Milliseconds, { bootTimes }: GroupMemory): Milliseconds {
  if (bootTimes.length < enoughOrders) return policy;
  return Math.max(shortestTimeout, 3 * (slowBoot(bootTimes) ?? 0)) as Milliseconds;
}

/** How many were ordered longer ago than that, and are still missing. */
export const overdueNodes = ({ ordered }: GroupMemory, timeout: Milliseconds, now: Instant): number =>
  ordered.reduce((sum, { at, count }) => (now - at > timeout ? sum + count : sum), 0);
