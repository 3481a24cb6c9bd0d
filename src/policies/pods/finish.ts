// The end of a target's decision: the number, the reason and the facts become one value, and the memory is closed.
import type { TargetMemory } from '../../model/memory.ts';
import type { PodDecision } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import { rfc3339, type Replicas } from '../../model/units.ts';
import type { Course } from './course.ts';
import { scalingConditions, type Stage } from './scaling-conditions.ts';
import { atRest, type Writable } from './target-memory.ts';
import { modeFor, type TargetLook } from './target-look.ts';

/** What decisions say before their sentence is written. */
export type Undescribed = Omit<PodDecision, 'message'>;

export interface TargetResult {
  readonly decision: Undescribed;
  readonly memory: TargetMemory;
}

/** A look and the number that came out of it, as a decision: with its mode, its conditions and what is written beside it. */
export function decisionOf(
  look: TargetLook,
  course: Course,
  reason: PodReason,
  more: Facts,
  stage: Stage,
  action?: 'hold' | 'none',
  governedBy: PodDecision['governedBy'] = null,
): TargetResult {
  const { input, target, current } = look;
  const { known } = input;
  const moves = course.replicas !== current;
  const mode = modeFor(look.policy, look.tick, course.replicas >= current);
  const { resourceVersion: version, uid } = look.workload.metadata;
  const marked = known.previous !== null;
  const sleep = {
    concerned: look.policy.spec.zero !== undefined || input.memory.asleep !== undefined,
    asleep: course.replicas === 0,
  };
  const facts: Record<string, string | number> = {
    current,
    desired: course.replicas,
    min: look.bounds.min,
    max: look.bounds.max,
  };
  for (const some of [look.flaps(), more, course.facts]) for (const name in some) facts[name] = some[name] ?? '';
  const decision: Writable<Undescribed> = {
    policy: known.policyRef,
    target,
    mode,
    current: current as Replicas,
    desired: course.replicas as Replicas,
    action: mode === 'off' ? 'none' : moves ? 'scale' : (action ?? (course.heldBy === null ? 'none' : 'hold')),
    reason: mode === 'off' ? 'PolicyOff' : reason,
    limitedBy: course.limitedBy,
    conditions: scalingConditions(stage, sleep),
    steps: course.steps,
    metrics: look.readings(),
    until: course.until === null ? null : rfc3339(course.until),
    facts,
    governedBy,
  };
  if (moves && course.replicas === 0) decision.mark = { previous: current };
  // Awake, whoever woke it: a mark that stays would make the next zero by hand look like ours.
  if (marked && course.replicas > 0 && (moves || current > 0)) decision.mark = null;
  if (version !== undefined) decision.resourceVersion = version;
  if (uid !== undefined) decision.uid = uid;
  return { decision, memory: moves ? look.memory : atRest(look.memory) };
}
