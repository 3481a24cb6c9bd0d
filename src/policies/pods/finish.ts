// The end of a target's decision: the number, the reason and the facts become one value, and the memory is closed.
import type { TargetMemory } from '../../model/memory.ts';
import type { PodDecision } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import type { Replicas } from '../../model/units.ts';
import type { Course } from './course.ts';
import { scalingConditions, type Stage } from './scaling-conditions.ts';
import { textOf } from './span-text.ts';
import { atRest, type Writable } from './target-memory.ts';
import { modeFor, type TargetLook } from './target-look.ts';

/** What decisions say before their sentence is written. */
export type Undescribed = Omit<PodDecision, 'message'>;

/** What is not written after all leaves nothing beside it either: no mark, and nobody is chosen to go. */
export const unwritten = (decision: Undescribed): Undescribed =>
  Object.fromEntries(
    Object.entries(decision).filter(([key]) => key !== 'mark' && key !== 'deletionCosts'),
  ) as Undescribed;

export interface TargetResult {
  readonly decision: Undescribed;
  readonly memory: TargetMemory;
}

/** What every decision says of its numbers, and more. */
export function factsOf(look: TargetLook, course: Course, more: Facts): Facts {
  const { current, bounds } = look;
  const facts: Record<string, string | number> = {
    current,
    desired: course.replicas,
    min: bounds.min,
    max: bounds.max,
    ...look.flaps(),
  };
  for (const some of [more, course.facts]) for (const name in some) facts[name] = some[name] ?? '';
  return facts;
}

export interface MeasuredFacts {
  readonly metric: string;
  readonly value: number | 'unknown';
  readonly target: number | '';
  readonly proposal: number;
  readonly unknown: string;
  readonly window: string;
  readonly schedule: string;
}

/** The same for those that go all the way, which most do: written out it takes a fifth of the time. */
export function measuredFacts(look: TargetLook, course: Course, more: MeasuredFacts): Facts {
  if (course.facts !== null) return factsOf(look, course, { ...more });
  const { current } = look;
  const desired = course.replicas;
  const { min, max } = look.bounds;
  const { metric, value, target, proposal, unknown, window, schedule } = more;
  const flaps = look.flaps();
  if (flaps === null) return { current, desired, min, max, metric, value, target, proposal, unknown, window, schedule };
  const { directionChanges, flapBudget } = flaps;
  return {
    current,
    desired,
    min,
    max,
    directionChanges,
    flapBudget,
    metric,
    value,
    target,
    proposal,
    unknown,
    window,
    schedule,
  };
}

const noSteps: PodDecision['steps'] = [];
const noLimits: PodDecision['limitedBy'] = [];

/** A look and the number that came out of it, as a decision: with its mode, its conditions and what is written beside it. */
export function decisionOf(
  look: TargetLook,
  course: Course,
  reason: PodReason,
  facts: Facts,
  stage: Stage,
  action?: 'hold' | 'none',
  governedBy: PodDecision['governedBy'] = null,
): TargetResult {
  const { input, target, current } = look;
  const { known } = input;
  const moves = course.replicas !== current;
  const mode = modeFor(look.policy, look.tick, course.replicas >= current);
  const { resourceVersion, uid } = known;
  const marked = known.previous !== null || known.stopped;
  const sleep = {
    concerned: look.policy.spec.zero !== undefined || input.memory.asleep !== undefined,
    asleep: course.replicas === 0,
  };
  // With a place for its sentence: what is added to an object later costs another.
  const decision: Writable<PodDecision> = {
    policy: known.policyRef,
    target,
    mode,
    current: current as Replicas,
    desired: course.replicas as Replicas,
    action: mode === 'off' ? 'none' : moves ? 'scale' : (action ?? (course.heldBy === null ? 'none' : 'hold')),
    reason: mode === 'off' ? 'PolicyOff' : reason,
    limitedBy: course.limitedBy.length === 0 ? noLimits : course.limitedBy,
    conditions: scalingConditions(stage, sleep),
    steps: course.steps.length === 0 ? noSteps : course.steps,
    metrics: look.readings(),
    until: course.until === null ? null : textOf(course.until),
    facts,
    message: '',
    governedBy,
    resourceVersion,
    uid,
  };
  if (look.foresight !== null) decision.forecast = look.foresight.reading;
  if (moves && course.deletionCosts.length > 0) decision.deletionCosts = course.deletionCosts;
  if (moves && course.replicas === 0) decision.mark = { previous: current };
  if (reason === 'ScalingDisabled' && !known.stopped && look.policy.spec.zero !== undefined)
    decision.mark = { stopped: textOf(look.memory.stoppedByHand ?? look.tick.now) };
  // Awake, whoever woke it: a mark that stays would make the next zero by hand look like ours.
  if (marked && course.replicas > 0 && (moves || current > 0)) decision.mark = null;
  return { decision, memory: moves ? look.memory : atRest(look.memory) };
}
