// The guard over all policies: when too much would be lowered at once, whatever the reason, nothing is lowered before a person says so.
import type { DaemonSpec } from '../../model/config.ts';
import type { GuardMemory, TargetMemory } from '../../model/memory.ts';
import type { ControlFacts } from '../../model/snapshot.ts';
import type { TargetKey } from '../../model/target.ts';
import { instantOf, type Instant, type Milliseconds } from '../../model/units.ts';

/** A guard over all is not about one service: its own behavior limits that. */
const fewestTargets = 3;

/** What one decision would take away. */
export interface Lowering {
  readonly key: TargetKey;
  readonly current: number;
  readonly desired: number;
}

export interface GuardInput {
  readonly guards: DaemonSpec['guards'];
  readonly memory: GuardMemory;
  readonly targets: Readonly<Record<TargetKey, TargetMemory>>;
  /** decisions of this tick that act and lower */
  readonly lowerings: readonly Lowering[];
  /** replicas and targets under policies that act, before this tick */
  readonly replicas: number;
  readonly managed: number;
  readonly control: ControlFacts | undefined;
  readonly now: Instant;
}

export interface Guarded {
  readonly memory: GuardMemory;
  /** what is held: nothing, every way down, or every way */
  readonly holds: 'nothing' | 'down' | 'all';
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

function trip(input: GuardInput, removedBefore: GuardMemory['removed']): GuardMemory['tripped'] {
  const { guards, targets, lowerings, now } = input;
  const { removed, targetsLowered } = guards?.pods ?? {};
  if (removed !== undefined && lowerings.length > 0) {
    const before = sum(within(removedBefore, removed.per, now).map(({ change }) => change));
    const count = before + sum(lowerings.map(({ current, desired }) => current - desired));
    const of = input.replicas + before;
    if (input.managed >= fewestTargets && of > 0 && count * 100 > removed.percent * of)
      return { at: now, guard: 'removed', count, of, percent: removed.percent };
  }
  if (targetsLowered !== undefined && lowerings.length > 0) {
    const lowered = new Set(lowerings.map(({ key }) => key));
    for (const [key, { lowered: at }] of Object.entries(targets))
      if (at !== undefined && at > now - targetsLowered.per) lowered.add(key);
    const count = lowered.size;
    if (count >= fewestTargets && count * 100 > targetsLowered.percent * input.managed)
      return { at: now, guard: 'targetsLowered', count, of: input.managed, percent: targetsLowered.percent };
  }
  return null;
}

const within = (events: GuardMemory['removed'], per: Milliseconds, now: Instant): GuardMemory['removed'] =>
  events.filter(({ at }) => at > now - per);

export function guard(input: GuardInput): Guarded {
  const { guards, memory, control, now } = input;
  const longest = guards?.pods.removed?.per;
  const removed = longest === undefined ? [] : within(memory.removed, longest, now);
  if (guards === undefined) return { memory: { removed, tripped: null }, holds: 'nothing' };
  const releasedAt = instantOf(control?.releasedAt);
  const stands = memory.tripped !== null && (releasedAt === null || releasedAt <= memory.tripped.at);
  // What a person has released is not held again for what went before.
  const counted = releasedAt === null ? removed : removed.filter(({ at }) => at > releasedAt);
  const tripped = stands ? memory.tripped : releasedRecently(releasedAt, guards, now) ? null : trip(input, counted);
  const holds = tripped === null ? 'nothing' : guards.onTrip === 'holdAll' ? 'all' : 'down';
  return { memory: { removed, tripped }, holds };
}

/** A release is for the change that was held: it may go through its whole period without tripping again. */
function releasedRecently(
  releasedAt: Instant | null,
  guards: NonNullable<DaemonSpec['guards']>,
  now: Instant,
): boolean {
  if (releasedAt === null) return false;
  const { removed, targetsLowered } = guards.pods;
  return releasedAt > now - Math.max(removed?.per ?? 0, targetsLowered?.per ?? 0);
}
