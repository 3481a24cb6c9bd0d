// What the schedule says to a decision: the windows that are open, the bounds that they give, and what comes next.
import type { PodPolicy } from '../../model/config.ts';
import type { ScheduleWindow } from '../../model/schedule.ts';
import { rfc3339, type Instant, type Milliseconds } from '../../model/units.ts';
import { boundsAt, standingAt, type Bounds } from '../../policies/schedule/bounds.ts';
import { transitions } from '../../policies/schedule/transitions.ts';

export interface OpenWindow {
  readonly window: string;
  /** early: its replicas are being made ready before it opens */
  readonly phase: 'open' | 'early';
  readonly min: number | null;
  readonly max: number | null;
  readonly replicas: number | null;
  readonly scaleDown: 'off' | null;
  readonly priority: number;
  /** when it closes, or, while early, opens; null: not in sight */
  readonly until: string | null;
}

export interface ComingChange {
  readonly at: string;
  readonly windows: readonly { readonly window: string; readonly from: string; readonly to: string }[];
  readonly before: Bounds;
  readonly after: Bounds;
  /** the window that forbids the way down from then on */
  readonly scaleDownOff: string | null;
}

export interface ScheduleView {
  readonly policy: Bounds;
  readonly now: Bounds;
  readonly scaleDownOff: string | null;
  readonly open: readonly OpenWindow[];
  readonly next: readonly ComingChange[];
}

const shownChanges = 5;

/** As the decision takes them: zero is opt-in. */
function baseOf({ spec }: PodPolicy): Bounds {
  const { min, max } = spec.replicas;
  return { min: spec.zero === undefined ? Math.max(1, min) : min, max };
}

function openWindow(window: ScheduleWindow, now: Instant, startTime: Milliseconds): OpenWindow[] {
  const { phase, next } = standingAt(window, now, startTime);
  if (phase === 'closed') return [];
  const { name, min, max, replicas, scaleDown, priority } = window;
  return [
    { window: name, phase, min, max, replicas, scaleDown, priority, until: next === null ? null : rfc3339(next) },
  ];
}

/** null for a policy without a schedule. `startTime`: how long pods, and VMs for them, take to be Ready. */
export function scheduleOf(policy: PodPolicy, startTime: Milliseconds, now: Instant): ScheduleView | null {
  const { schedule } = policy.spec;
  if (schedule.length === 0) return null;
  const base = baseOf(policy);
  const { min, max, scaleDownOff } = boundsAt(base, schedule, now, startTime);
  return {
    policy: base,
    now: { min, max },
    scaleDownOff,
    open: schedule
      .flatMap((window) => openWindow(window, now, startTime))
      .toSorted((one, other) => other.priority - one.priority),
    next: transitions(schedule, base, now, shownChanges, startTime).map(({ at, before, after, windows }) => ({
      at: rfc3339(at),
      windows,
      before: { min: before.min, max: before.max },
      after: { min: after.min, max: after.max },
      scaleDownOff: after.scaleDownOff,
    })),
  };
}
