// One target, through the whole order: bounds, metrics, fallback, stabilization, rates, holds, clamp, mode.
import type { PodPolicy } from '../../model/config.ts';
import type { TargetMemory } from '../../model/memory.ts';
import { modes, type MetricReading, type Mode, type PodDecision, type Step } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import { later, rfc3339, type Instant, type Milliseconds, type Replicas } from '../../model/units.ts';
import type { TargetRef } from '../../model/target.ts';
import { forgetOldEvents, limitChange, remember, stabilize } from './behavior.ts';
import { combine } from './combine.ts';
import type { FoundTarget } from './target.ts';

/** What decisions say before their sentence is written. */
export type Undescribed = Omit<PodDecision, 'message'>;

export interface TargetInput {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly found: FoundTarget;
  readonly readings: readonly MetricReading[];
  readonly proposalFor: (metricName: string, value: number) => number | null;
  readonly daemonMode: Mode;
  readonly memory: TargetMemory;
  /** since when ticks have followed each other: nothing shrinks in the first window after a start */
  readonly steadySince: Instant;
  readonly now: Instant;
}

export interface TargetResult {
  readonly decision: Undescribed;
  readonly memory: TargetMemory;
}

export const mostCautious = (...given: readonly Mode[]): Mode =>
  given.reduce((most, mode) => (modes.indexOf(mode) < modes.indexOf(most) ? mode : most), 'act');

/** An answer under construction: a number, and the steps that changed it. */
class Course {
  readonly steps: Step[] = [];
  readonly limitedBy: PodReason[] = [];
  replicas: number;
  until: Instant | null = null;
  /** the reason that rules when nothing is written */
  heldBy: PodReason | null = null;

  constructor(replicas: number) {
    this.replicas = replicas;
  }

  to(step: string, replicas: number, by: string, reason?: PodReason): void {
    if (replicas === this.replicas) return;
    this.steps.push({ step, from: this.replicas, to: replicas, by });
    this.replicas = replicas;
    if (reason !== undefined) {
      this.limitedBy.push(reason);
      this.heldBy = reason;
    }
  }
}

export function decideTarget(input: TargetInput): TargetResult {
  const { policy, found, memory, now } = input;
  const { current } = found;
  const { min, max } = policy.spec.replicas;
  const { scaleUp, scaleDown } = policy.spec.behavior;
  const counted = [...scaleUp.policies, ...scaleDown.policies].map((one) => one.period);
  const longest = Math.max(0, ...counted) as Milliseconds;
  const pruned: TargetMemory = {
    ...memory,
    acted: forgetOldEvents(memory.acted, longest, now),
    rehearsed: forgetOldEvents(memory.rehearsed, longest, now),
  };

  if (current === 0 && min > 0)
    return { decision: finish(input, new Course(0), 'ScalingDisabled', {}, 'none'), memory: atRest(pruned) };
  if (current < min) {
    const course = new Course(current);
    course.to('bounds', min, `min ${min}`);
    return { decision: finish(input, course, 'TooFewReplicas', { min }), memory: pruned };
  }
  if (current > max && scaleDown.bounds === 'atOnce') {
    const course = new Course(current);
    course.to('bounds', max, `max ${max}`);
    return { decision: finish(input, course, 'TooManyReplicas', { max }), memory: pruned };
  }

  const windows = { up: scaleUp.window, down: scaleDown.window };
  const history = memory.recommendations;
  const seeded = history.length === 0 ? [{ at: now, replicas: current }] : history;
  const combined = combine(policy, input.readings, input.proposalFor, current, memory, now);
  const remembered: TargetMemory = { ...pruned, unknownSince: combined.unknownSince };
  // While something is unknown, what stands is what is recommended: the first values after an outage lower nothing
  // before a whole window of them has been seen.
  const blind = (): TargetMemory => ({
    ...remembered,
    recommendations: remember(seeded, { at: now, replicas: current }, windows),
  });
  const unknownFacts = {
    unknown: combined.unknown.map((reading) => reading.name).join(', '),
    metric: combined.unknown.map((reading) => reading.name).join(', '),
    proposal: combined.largest?.replicas ?? current,
    what: combined.unknown.map((reading) => `${reading.name}: ${reading.why ?? reading.state}`).join('; '),
  };
  if (combined.largest === null)
    return { decision: finish(input, new Course(current), 'MetricUnknown', unknownFacts, 'hold'), memory: blind() };
  if (!combined.mayLower && combined.largest.replicas < current)
    return {
      decision: finish(input, new Course(current), 'SomeMetricsUnknown', unknownFacts, 'hold'),
      memory: blind(),
    };

  const { largest } = combined;
  const course = new Course(current);
  if (combined.step !== null) course.steps.push(combined.step);
  course.replicas = largest.replicas;
  // A lowered max is reached by the window and the rates of the way down: one typo must not kill a service in a tick.
  if (current > max) course.to('bounds', Math.min(largest.replicas, max), `max ${max}`, 'TooManyReplicas');
  const proposed = course.replicas;
  const remembrance = scaleDown.bounds === 'gradual' ? Math.min(largest.replicas, max) : largest.replicas;

  const rehearsing = directionMode(input, proposed >= current) === 'dryRun';
  const events = rehearsing ? memory.rehearsed : memory.acted;
  const standing = (rehearsing ? memory.rehearsed.standing : undefined) ?? current;

  const stable = stabilize(standing, proposed, seeded, windows, now);
  if (stable.replicas !== proposed) {
    const reason = stable.replicas > proposed ? 'ScaleDownStabilized' : 'ScaleUpStabilized';
    const window = reason === 'ScaleDownStabilized' ? windows.down : windows.up;
    course.to('stabilization', stable.replicas, `${reason} ${window / 1000} s`, reason);
    if (stable.governedBy !== null) course.until = later(stable.governedBy.at, window);
  }

  const limited = limitChange(standing, course.replicas, policy.spec.replicas, policy.spec.behavior, events, now);
  if (limited.reason !== 'DesiredWithinRange') {
    const step = limited.reason === 'ScaleUpLimit' || limited.reason === 'ScaleDownLimit' ? 'rates' : 'bounds';
    course.to(step, limited.replicas, limited.by, limited.reason);
  }
  const settled = later(input.steadySince, windows.down);
  if (course.replicas < current && now < settled) {
    course.to('hold', current, `no way down before ${rfc3339(settled)}`, 'SettlingAfterStart');
    course.until = settled;
  }

  const direction: PodReason =
    largest.standIn === 'fallback'
      ? 'FallbackReplicas'
      : largest.replicas > current
        ? 'MetricAboveTarget'
        : largest.replicas < current
          ? 'MetricBelowTarget'
          : 'WithinTolerance';
  const governing = input.readings.find((reading) => reading.name === largest.by);
  const facts: Facts = {
    metric: largest.by,
    value: governing?.value ?? 'unknown',
    target: governing?.target ?? '',
    proposal: largest.replicas,
    unknown: unknownFacts.unknown,
    window: `${(largest.replicas < current ? windows.down : windows.up) / 1000} s`,
  };
  const reason = course.replicas === current ? (course.heldBy ?? direction) : direction;
  return {
    decision: finish(input, course, reason, facts),
    memory: {
      ...(course.replicas === current ? atRest(remembered) : remembered),
      recommendations: remember(seeded, { at: now, replicas: remembrance }, windows),
    },
  };
}

/** Nothing is wanted: a write that failed is not waited for any longer, and a rehearsal is back where the target is. */
function atRest(memory: TargetMemory): TargetMemory {
  const { ups, downs } = memory.rehearsed;
  return { ...memory, failure: null, rehearsed: { ups, downs } };
}

const directionMode = (input: TargetInput, up: boolean): Mode =>
  mostCautious(input.daemonMode, up ? input.policy.spec.mode.up : input.policy.spec.mode.down);

function finish(
  input: TargetInput,
  course: Course,
  reason: PodReason,
  facts: Facts,
  action?: 'hold' | 'none',
): Undescribed {
  const { current } = input.found;
  const { min, max } = input.policy.spec.replicas;
  const moves = course.replicas !== current;
  const version = input.found.workload.metadata.resourceVersion;
  const mode = directionMode(input, course.replicas >= current);
  return {
    policy: { namespace: input.policy.metadata.namespace, name: input.policy.metadata.name },
    target: input.target,
    mode,
    current: current as Replicas,
    desired: course.replicas as Replicas,
    action: mode === 'off' ? 'none' : moves ? 'scale' : (action ?? (course.heldBy === null ? 'none' : 'hold')),
    reason: mode === 'off' ? 'PolicyOff' : reason,
    limitedBy: course.limitedBy,
    steps: course.steps,
    metrics: input.readings,
    until: course.until === null ? null : rfc3339(course.until),
    facts: { current, desired: course.replicas, min, max, ...facts },
    ...(version === undefined ? {} : { resourceVersion: version }),
  };
}
