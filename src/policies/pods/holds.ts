// What holds a target: wholly, before anything is computed; or in one direction, after everything is.
import type { PodPolicy } from '../../model/config.ts';
import type { Pod, Workload } from '../../model/kubernetes.ts';
import type { ScaleHistory, TargetMemory } from '../../model/memory.ts';
import type { ControlFacts, SwitchWay } from '../../model/snapshot.ts';
import { later, rfc3339, instantOf, type Instant } from '../../model/units.ts';
import type { Hold } from './course.ts';
import { flapHoldUntil } from './flap.ts';
import type { ForeignWriter } from './foreign.ts';
import type { Measured } from './measure.ts';
import { annotations, type Pause } from './pause.ts';
import { stuckBy, withoutPlace } from './stuck.ts';

/** A person's switch, while it counts. */
export function switchedOff(control: ControlFacts | undefined, way: SwitchWay, now: Instant): boolean {
  if (control === undefined || !control.off.includes(way)) return false;
  const until = instantOf(control.until);
  return until === null || now < until;
}

/** What the switch holds of one way; null: nothing. */
export function switchHold(control: ControlFacts | undefined, way: SwitchWay, now: Instant): Hold | null {
  if (control === undefined || !switchedOff(control, way, now)) return null;
  const { by, why, until } = control;
  return { reason: 'SwitchedOff', by, until: instantOf(until), facts: { by: `${by} (${why})` } };
}

export interface BeforeInput {
  readonly pause: Pause;
  /** an HPA on the same target; null: none */
  readonly autoscaler: string | null;
  readonly writer: ForeignWriter | null;
  readonly control: ControlFacts | undefined;
  /** a rehearsal fights nobody: it may run beside an HPA */
  readonly acts: boolean;
  readonly now: Instant;
}

/** Nothing below applies while one of these is true. */
export function holdBefore({ pause, autoscaler, writer, control, acts, now }: BeforeInput): Hold | null {
  if (acts && autoscaler !== null)
    return { reason: 'ForeignAutoscaler', by: autoscaler, until: null, facts: { by: autoscaler } };
  if (acts && writer !== null)
    return {
      reason: 'ForeignWriter',
      by: writer.by,
      until: writer.until,
      facts: { by: writer.by, count: writer.writes },
    };
  if (switchedOff(control, 'pods.up', now) && switchedOff(control, 'pods.down', now))
    return switchHold(control, 'pods.down', now);
  switch (pause.kind) {
    case 'paused':
      return { reason: 'Paused', by: annotations.paused, until: null };
    case 'invalid':
      return {
        reason: 'InvalidAnnotation',
        by: pause.annotation,
        until: null,
        facts: { annotation: pause.annotation, value: pause.value },
      };
    case 'pausedAt':
    case 'none':
      return null;
  }
}

export interface DownInput {
  readonly policy: PodPolicy;
  readonly memory: TargetMemory;
  readonly history: ScaleHistory;
  readonly measured: readonly Measured[];
  readonly pause: Pause;
  /** the window of the schedule that forbids it */
  readonly scheduleHold: { readonly window: string; readonly until: Instant | null } | null;
  readonly autoscalersUnread: boolean;
  readonly control: ControlFacts | undefined;
  readonly steadySince: Instant;
  readonly now: Instant;
}

/** Each of them alone forbids a way down; the first that does gives the reason. */
export function holdDown(input: DownInput): Hold | null {
  const { policy, memory, history, measured, pause, scheduleHold, control, steadySince, now } = input;
  const { window } = policy.spec.behavior.scaleDown;
  const settled = later(steadySince, window);
  if (now < settled)
    return { reason: 'SettlingAfterStart', by: `no way down before ${rfc3339(settled)}`, until: settled };
  if (memory.recovered !== undefined && now < later(memory.recovered, window)) {
    const until = later(memory.recovered, window);
    return { reason: 'Recovering', by: `metrics known again since ${rfc3339(memory.recovered)}`, until };
  }
  const uncovered = measured.find((one) => one.uncovered);
  if (uncovered !== undefined) {
    const { covered = 'unknown', coverable = 0 } = uncovered.reading.detail ?? {};
    const facts = { metric: uncovered.reading.name, covered, coverable };
    return {
      reason: 'CoverageTooLow',
      by: `${uncovered.reading.name} sees ${covered} of ${coverable}`,
      until: null,
      facts,
    };
  }
  if (input.autoscalersUnread)
    return { reason: 'FailedGetAutoscalers', by: 'horizontalpodautoscalers could not be read', until: null };
  const flap = flapHoldUntil(history, policy.spec.flapBudget, now);
  if (flap !== null) {
    const { changes = 0 } = policy.spec.flapBudget ?? {};
    return { reason: 'FlapBudgetSpent', by: `${changes} changes of direction`, until: flap, facts: { count: changes } };
  }
  if (scheduleHold !== null)
    return {
      reason: 'ScheduleHoldsDown',
      by: scheduleHold.window,
      until: scheduleHold.until,
      facts: { schedule: scheduleHold.window },
    };
  if (pause.kind === 'none' && pause.down)
    return { reason: 'PausedScaleDown', by: annotations.pausedScaleDown, until: null };
  return switchHold(control, 'pods.down', now);
}

export interface UpInput {
  readonly workload: Workload;
  readonly pods: readonly Pod[];
  readonly pause: Pause;
  /** a VM is on its way, or may be ordered in this very tick */
  readonly nodesComing: boolean;
  readonly control: ControlFacts | undefined;
  readonly now: Instant;
}

export function holdUp({ workload, pods, pause, nodesComing, control, now }: UpInput): Hold | null {
  if (pods.length > 0) {
    const homeless = withoutPlace(pods);
    if (homeless.length > 0 && !nodesComing)
      return {
        reason: 'WaitingForNodes',
        by: `${homeless.length} pods without a place`,
        until: null,
        facts: { count: homeless.length },
      };
    const stuck = stuckBy(workload, pods);
    if (stuck !== null)
      return {
        reason: 'TargetStuck',
        by: stuck.why,
        until: null,
        facts: { why: stuck.pod === null ? stuck.why : `${stuck.pod}: ${stuck.why}` },
      };
  }
  if (pause.kind === 'none' && pause.up) return { reason: 'PausedScaleUp', by: annotations.pausedScaleUp, until: null };
  return switchHold(control, 'pods.up', now);
}
