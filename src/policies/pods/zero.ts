// Sleeping at zero and waking up: who is idle for long enough goes to 0, who is asked for comes back.
import type { Instant, Milliseconds } from '../../model/units.ts';
import { later } from '../../model/units.ts';

/** Of the metrics that may wake a target: one is above its activation, none is, or that cannot be told. */
export type Activity = 'active' | 'inactive' | 'unknown';

export interface ZeroRules {
  readonly after: Milliseconds;
  readonly initialCooldown: Milliseconds;
  /** how many replicas it has at least while it is awake */
  readonly whenActive: number;
}

/** How many replicas a target has at least while it is not asleep. */
export const leastAwake = ({ whenActive = 1 }: { readonly whenActive?: number | undefined }, min: number): number =>
  Math.max(whenActive, min);

export interface ZeroInput {
  /** null: never to zero */
  readonly rules: ZeroRules | null;
  readonly current: number;
  /** what the metrics propose; null: nothing */
  readonly proposal: number | null;
  readonly activity: Activity;
  readonly lastActive: Instant | undefined;
  /** since when the policy has had this target */
  readonly firstSeen: Instant;
  readonly now: Instant;
}

export interface ZeroResult {
  readonly state: 'notConcerned' | 'awake' | 'cooldown' | 'asleep';
  readonly replicas: number | null;
  /** what the stabilization's history keeps: an idle target wants 0, also while the cooldown holds it */
  readonly wanted: number | null;
  readonly until: Instant | null;
}

export function decideZero(input: ZeroInput): ZeroResult {
  const { rules, current, proposal, activity, lastActive, firstSeen, now } = input;
  if (rules === null) return { state: 'notConcerned', replicas: proposal, wanted: proposal, until: null };
  const awake = Math.max(proposal ?? current, rules.whenActive);
  switch (activity) {
    case 'active':
      return { state: 'awake', replicas: awake, wanted: awake, until: null };
    case 'unknown':
      // Not known to be idle: never to zero. Not known to be busy either: nothing wakes.
      if (current === 0) return { state: 'asleep', replicas: 0, wanted: 0, until: null };
      return { state: 'awake', replicas: awake, wanted: awake, until: null };
    case 'inactive': {
      if (current === 0) return { state: 'asleep', replicas: 0, wanted: 0, until: null };
      const over = lastActive === undefined ? later(firstSeen, rules.initialCooldown) : later(lastActive, rules.after);
      return over < now || (lastActive === undefined && rules.initialCooldown === 0)
        ? { state: 'asleep', replicas: 0, wanted: 0, until: null }
        : { state: 'cooldown', replicas: awake, wanted: 0, until: over };
    }
  }
}
