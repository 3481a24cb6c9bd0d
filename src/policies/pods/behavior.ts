// `behavior` as in autoscaling/v2: stabilization windows and rate limits over a history that is a value.
import type { PodPolicySpec, ScalingPolicy, ScalingRules } from '../../model/config.ts';
import type { Recommendation, ScaleEvent, ScaleHistory } from '../../model/memory.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';

interface Windows {
  readonly up: Milliseconds;
  readonly down: Milliseconds;
}

export interface Stabilized {
  readonly replicas: number;
  /** the recommendation that holds the number where it is; null where nothing is held */
  readonly governedBy: Recommendation | null;
}

/** Up: the least of the up window; down: the most of the down window; current is moved only as far as both allow. */
export function stabilize(
  current: number,
  proposed: number,
  history: readonly Recommendation[],
  windows: Windows,
  now: Instant,
): Stabilized {
  const newest: Recommendation = { at: now, replicas: proposed };
  let least = newest;
  let most = newest;
  for (const sample of history) {
    if (sample.at > now - windows.up && sample.replicas < least.replicas) least = sample;
    if (sample.at > now - windows.down && sample.replicas > most.replicas) most = sample;
  }
  if (current < least.replicas) return { replicas: least.replicas, governedBy: least === newest ? null : least };
  if (current > most.replicas) return { replicas: most.replicas, governedBy: most === newest ? null : most };
  if (current === proposed) return { replicas: current, governedBy: null };
  return { replicas: current, governedBy: proposed > current ? least : most };
}

/** Those of one instant, by their replicas: there are few different ones, and thousands of histories a tick begin with one. */
const alone = new Map<number, readonly [Recommendation]>();
let aloneAt: Instant | null = null;

function historyOf({ at, replicas }: Recommendation): readonly [Recommendation] {
  if (at !== aloneAt) alone.clear();
  aloneAt = at;
  let history = alone.get(replicas);
  if (history === undefined) alone.set(replicas, (history = [{ at, replicas }]));
  return history;
}

/** Adds the newest and drops what can never govern again: outdated, or outdone by something at least as strong and newer. */
export function remember(
  history: readonly Recommendation[],
  newest: Recommendation,
  windows: Windows,
): readonly Recommendation[] {
  let kept: Recommendation[] | null = null;
  let most = newest.replicas;
  let least = newest.replicas;
  for (let index = history.length - 1; index >= 0; index--) {
    const sample = history[index];
    if (sample === undefined) continue;
    const holdsDown = sample.at > newest.at - windows.down && sample.replicas > most;
    const holdsUp = sample.at > newest.at - windows.up && sample.replicas < least;
    if (!holdsDown && !holdsUp) continue;
    most = Math.max(most, sample.replicas);
    least = Math.min(least, sample.replicas);
    (kept ??= []).push(sample);
  }
  const shared = historyOf(newest);
  // An array that grew has room for more than it holds, in 20,000 memories.
  return kept === null ? shared : [...kept.reverse(), ...shared];
}

/** Events strictly younger than the period. */
function changeWithin(events: readonly ScaleEvent[], period: Milliseconds, now: Instant): number {
  let total = 0;
  for (const event of events) if (event.at > now - period) total += event.change;
  return total;
}

type Direction = 'up' | 'down';

function allowance(policy: ScalingPolicy, start: number, direction: Direction): number {
  switch (policy.type) {
    case 'Pods':
      return direction === 'up' ? start + policy.value : start - policy.value;
    case 'Percent':
      return direction === 'up'
        ? Math.ceil(start * (1 + policy.value / 100))
        : Math.trunc(start * (1 - policy.value / 100));
  }
}

export interface RateLimit {
  readonly limit: number;
  /** the policy that allows just this; null where scaling this way is disabled */
  readonly policy: ScalingPolicy | null;
}

/** How far the rules let the replicas go; never across current. */
export function rateLimit(
  rules: ScalingRules,
  direction: Direction,
  current: number,
  history: ScaleHistory,
  now: Instant,
): RateLimit {
  if (rules.select === 'Disabled') return { limit: current, policy: null };
  const widest = (rules.select === 'Max') === (direction === 'up');
  let chosen: RateLimit | null = null;
  for (const policy of rules.policies) {
    const start =
      current - changeWithin(history.ups, policy.period, now) + changeWithin(history.downs, policy.period, now);
    const limit = allowance(policy, start, direction);
    if (chosen === null || (widest ? limit > chosen.limit : limit < chosen.limit)) chosen = { limit, policy };
  }
  const { limit, policy } = chosen ?? { limit: current, policy: null };
  return { limit: direction === 'up' ? Math.max(limit, current) : Math.min(limit, current), policy };
}

/** Keeps what some policy may still count; the same object where nothing leaves. */
export function forgetOldEvents(history: ScaleHistory, longest: Milliseconds, now: Instant): ScaleHistory {
  const { ups, downs } = history;
  if (ups.length === 0 && downs.length === 0) return history;
  const isOld = (event: ScaleEvent): boolean => event.at <= now - longest;
  const isYoung = (event: ScaleEvent): boolean => event.at > now - longest;
  if (!ups.some(isOld) && !downs.some(isOld)) return history;
  return { ...history, ups: ups.filter(isYoung), downs: downs.filter(isYoung) };
}

const describePolicy = (direction: Direction, policy: ScalingPolicy | null): string => {
  const name = direction === 'up' ? 'scaleUp' : 'scaleDown';
  if (policy === null) return `${name} Disabled`;
  const amount = policy.type === 'Percent' ? `${policy.value} %` : `${policy.value} pods`;
  return `${name} ${amount}/${policy.period / 1000} s`;
};

export interface Limited {
  readonly replicas: number;
  readonly reason: 'ScaleUpLimit' | 'ScaleDownLimit' | 'TooManyReplicas' | 'TooFewReplicas' | 'DesiredWithinRange';
  readonly by: string;
}

/** The rates of the direction, then the bounds; whichever is tighter gives the reason. */
export function limitChange(
  current: number,
  desired: number,
  { min, max }: Pick<PodPolicySpec['replicas'], 'min' | 'max'>,
  { scaleUp, scaleDown }: PodPolicySpec['behavior'],
  history: ScaleHistory,
  now: Instant,
): Limited {
  if (desired > current) {
    const { limit, policy } = rateLimit(scaleUp, 'up', current, history, now);
    if (limit < max && desired > limit)
      return { replicas: limit, reason: 'ScaleUpLimit', by: describePolicy('up', policy) };
    if (desired > max) return { replicas: max, reason: 'TooManyReplicas', by: `max ${max}` };
  } else if (desired < current) {
    const { limit, policy } = rateLimit(scaleDown, 'down', current, history, now);
    if (limit > min && desired < limit)
      return { replicas: limit, reason: 'ScaleDownLimit', by: describePolicy('down', policy) };
    if (desired < min) return { replicas: min, reason: 'TooFewReplicas', by: `min ${min}` };
  }
  return { replicas: desired, reason: 'DesiredWithinRange', by: '' };
}
