// What a target's history says to its decision: the stabilization window, the rates, the flap budget, zero.
import type { PodPolicy, ScalingRules } from '../../model/config.ts';
import type { ScaleEvent, ScaleHistory, TargetMemory } from '../../model/memory.ts';
import type { PodDecision } from '../../model/plan.ts';
import { later, rfc3339, type Instant, type Milliseconds } from '../../model/units.ts';
import { rateLimit } from '../../policies/pods/behavior.ts';
import { flapHoldUntil, turnsWithin } from '../../policies/pods/flap.ts';

const inSeconds = (length: Milliseconds): number => length / 1000;
const orNull = (at: Instant | undefined | null): string | null =>
  at === undefined || at === null ? null : rfc3339(at);

export interface Recommended {
  readonly at: string;
  readonly replicas: number;
  /** when it leaves the window */
  readonly leaves: string;
  readonly governs: boolean;
}

export interface Stabilization {
  readonly upSeconds: number;
  readonly downSeconds: number;
  readonly governedBy: PodDecision['governedBy'];
  /** the oldest first; those that can no longer govern are not kept */
  readonly recommendations: readonly Recommended[];
}

export function stabilizationOf(policy: PodPolicy, decision: PodDecision, memory: TargetMemory): Stabilization {
  const { scaleUp, scaleDown } = policy.spec.behavior;
  const { governedBy, limitedBy } = decision;
  const window = limitedBy.includes('ScaleUpStabilized') ? scaleUp.window : scaleDown.window;
  return {
    upSeconds: inSeconds(scaleUp.window),
    downSeconds: inSeconds(scaleDown.window),
    governedBy,
    recommendations: memory.recommendations.map(({ at, replicas }) => ({
      at: rfc3339(at),
      replicas,
      leaves: rfc3339(later(at, window)),
      governs: governedBy?.at === rfc3339(at) && governedBy.replicas === replicas,
    })),
  };
}

export interface Rate {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
  /** the change that its period has seen, up less down */
  readonly counted: number;
  /** how far this rule alone lets the replicas go now */
  readonly limit: number;
}

export interface Rates {
  readonly select: ScalingRules['select'];
  /** how far all rules together let them go now */
  readonly limit: number;
  readonly rules: readonly Rate[];
}

const changeWithin = (events: readonly ScaleEvent[], period: Milliseconds, now: Instant): number =>
  events.reduce((total, { at, change }) => (at > now - period ? total + change : total), 0);

/** Dry runs count events of their own. */
const historyOf = (decision: PodDecision, memory: TargetMemory): ScaleHistory =>
  decision.mode === 'dryRun' ? memory.rehearsed : memory.acted;

export function ratesOf(
  policy: PodPolicy,
  decision: PodDecision,
  memory: TargetMemory,
  way: 'up' | 'down',
  now: Instant,
): Rates | null {
  const history = historyOf(decision, memory);
  const current = history.standing ?? decision.current;
  if (current === null) return null;
  const rules = way === 'up' ? policy.spec.behavior.scaleUp : policy.spec.behavior.scaleDown;
  return {
    select: rules.select,
    limit: rateLimit(rules, way, current, history, now).limit,
    rules: rules.policies.map((one) => ({
      type: one.type,
      value: one.value,
      periodSeconds: inSeconds(one.period),
      counted: changeWithin(history.ups, one.period, now) - changeWithin(history.downs, one.period, now),
      limit: rateLimit({ ...rules, select: 'Max', policies: [one] }, way, current, history, now).limit,
    })),
  };
}

export interface Flaps {
  readonly used: number;
  readonly changes: number;
  readonly perSeconds: number;
  /** when the oldest change of direction is no longer counted */
  readonly oldestLeaves: string | null;
  /** no way down before; null: it may go */
  readonly heldUntil: string | null;
}

export function flapsOf(policy: PodPolicy, memory: TargetMemory, now: Instant): Flaps | null {
  const budget = policy.spec.flapBudget;
  if (budget === undefined) return null;
  const turns = turnsWithin(memory.acted, budget.per, now);
  const [oldest] = turns;
  return {
    used: turns.length,
    changes: budget.changes,
    perSeconds: inSeconds(budget.per),
    oldestLeaves: oldest === undefined ? null : rfc3339(later(oldest, budget.per)),
    heldUntil: orNull(flapHoldUntil(memory.acted, budget, now)),
  };
}

export interface Zero {
  readonly afterSeconds: number | null;
  readonly initialCooldownSeconds: number | null;
  readonly whenActive: number;
  readonly lastActive: string | null;
  /** the zero is ours: since when, and what stood before */
  readonly asleep: { readonly at: string; readonly previous: number } | null;
  readonly stoppedByHand: string | null;
  readonly activations: readonly {
    readonly metric: string;
    readonly value: number | null;
    readonly activation: number;
    /** null: not known */
    readonly active: boolean | null;
  }[];
}

/** null where neither the policy nor anybody's hand has to do with zero. */
export function zeroOf(policy: PodPolicy, decision: PodDecision, memory: TargetMemory): Zero | null {
  const { zero, replicas, metrics } = policy.spec;
  if (zero === undefined && memory.asleep === undefined && memory.stoppedByHand === undefined) return null;
  const readings = new Map(decision.metrics.map((reading) => [reading.name, reading]));
  return {
    afterSeconds: zero === undefined ? null : inSeconds(zero.after),
    initialCooldownSeconds: zero === undefined ? null : inSeconds(zero.initialCooldown),
    whenActive: replicas.whenActive ?? 1,
    lastActive: orNull(memory.lastActive),
    asleep: memory.asleep === undefined ? null : { at: rfc3339(memory.asleep.at), previous: memory.asleep.previous },
    stoppedByHand: orNull(memory.stoppedByHand),
    activations: metrics.flatMap(({ name, activation }) => {
      if (activation === undefined) return [];
      const reading = readings.get(name);
      const value = reading?.state === 'ok' ? reading.value : null;
      return [{ metric: name, value, activation, active: value === null ? null : value > activation }];
    }),
  };
}
