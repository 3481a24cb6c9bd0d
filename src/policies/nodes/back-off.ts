// After a failed growth a group is left alone for a while: five minutes, doubling to thirty, as if nothing had been after three hours.
import type { Failure, GroupMemory } from '../../model/memory.ts';
import { later, minutes, type Instant, type Milliseconds } from '../../model/units.ts';

export interface BackOffRules {
  readonly first: Milliseconds;
  readonly longest: Milliseconds;
  readonly forgottenAfter: Milliseconds;
}

const usual: BackOffRules = { first: minutes(5), longest: minutes(30), forgottenAfter: minutes(180) };

type BackOff = NonNullable<GroupMemory['backOff']>;

const isStale = (backOff: BackOff, { forgottenAfter }: BackOffRules, now: Instant): boolean =>
  now - backOff.until > forgottenAfter;

/** What fails while it backs off has failed for the same reason: the time begins anew and is no longer than before. */
export function backOffAfter({ backOff }: Pick<GroupMemory, 'backOff'>, now: Instant, rules = usual): BackOff {
  if (backOff === null || isStale(backOff, rules, now)) return { until: later(now, rules.first), length: rules.first };
  const doubled = backOff.until < now ? 2 * backOff.length : backOff.length;
  const length = Math.min(rules.longest, doubled) as Milliseconds;
  return { until: later(now, length), length };
}

/** An order backs its group off. A removal that failed keeps nobody from ordering: it has a failure of its own, and the way down waits. */
export const withFailedResize = (
  memory: GroupMemory,
  { remove }: { readonly remove: readonly unknown[] },
  failure: Failure,
): GroupMemory =>
  remove.length > 0
    ? { ...memory, removalFailure: failure }
    : { ...memory, lastFailure: failure, backOff: backOffAfter(memory, failure.at) };

export const isBackedOff = ({ backOff }: Pick<GroupMemory, 'backOff'>, now: Instant): boolean =>
  backOff !== null && now < backOff.until;

export const withoutBackOff = <Kind extends Pick<GroupMemory, 'backOff'>>(memory: Kind): Kind => ({
  ...memory,
  backOff: null,
});

export const withoutStaleBackOff = <Kind extends Pick<GroupMemory, 'backOff'>>(
  memory: Kind,
  now: Instant,
  rules = usual,
): Kind => (memory.backOff !== null && isStale(memory.backOff, rules, now) ? withoutBackOff(memory) : memory);

/** As Nova, Neutron, Cinder and Heat word it, and Magnum hands on. */
export const namesQuota = (message: string): boolean => /quota|exceeded for resource|over limit/i.test(message);
