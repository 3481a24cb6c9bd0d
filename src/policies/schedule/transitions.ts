// What is going to change: the next instants at which the bounds of a policy become others.
import type { ScheduleWindow } from '../../model/schedule.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import {
  freshBoundsAt,
  nextLook,
  sameBounds,
  standingAt,
  type Bounds,
  type EffectiveBounds,
  type Phase,
} from './bounds.ts';
import { always } from './span.ts';

export interface Transition {
  readonly at: Instant;
  readonly before: EffectiveBounds;
  readonly after: EffectiveBounds;
  /** the windows that begin or end at this instant */
  readonly windows: readonly WindowTurn[];
}

export interface WindowTurn {
  readonly window: string;
  readonly from: Phase;
  readonly to: Phase;
}

/** Windows without any effect are passed over, but not for ever. */
const looks = 2000;

/** Strictly after `from`, none after `last`. */
export function* comingTransitions(
  windows: readonly ScheduleWindow[],
  base: Bounds,
  from: Instant,
  startTime: Milliseconds,
  last: Instant = always,
): Generator<Transition, void> {
  const phasesAt = (at: Instant): Phase[] => windows.map((window) => standingAt(window, at, startTime).phase);
  let here = { phases: phasesAt(from), bounds: freshBoundsAt(base, windows, from, startTime) };
  let { at } = nextLook(windows, from, startTime);
  for (let count = 0; at !== null && at <= last && count < looks; count++) {
    const there = { phases: phasesAt(at), bounds: freshBoundsAt(base, windows, at, startTime) };
    if (!sameBounds(here.bounds, there.bounds)) {
      const turns = windows.flatMap(({ name }, index): WindowTurn[] => {
        const [was, is] = [here.phases[index] ?? 'closed', there.phases[index] ?? 'closed'];
        return was === is ? [] : [{ window: name, from: was, to: is }];
      });
      yield { at, before: here.bounds, after: there.bounds, windows: turns };
    }
    here = there;
    ({ at } = nextLook(windows, at, startTime));
  }
}

/** At most `count` of them, strictly after the instant. */
export function transitions(
  windows: readonly ScheduleWindow[],
  base: Bounds,
  at: Instant,
  count: number,
  startTime: Milliseconds,
): Transition[] {
  const found: Transition[] = [];
  if (count <= 0) return found;
  for (const transition of comingTransitions(windows, base, at, startTime)) {
    found.push(transition);
    if (found.length >= count) break;
  }
  return found;
}
