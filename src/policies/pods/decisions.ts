// The decisions of one tick, one target after the other: wholly held, or carried through the whole order.
import type { Config, PodPolicy } from '../../model/config.ts';
import type { Pod, Workload } from '../../model/kubernetes.ts';
import { emptyTargetMemory, type Memory, type TargetMemory } from '../../model/memory.ts';
import { modes, type Mode } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { TargetKey, TargetRef } from '../../model/target.ts';
import { isWorthTelling } from '../conditions-of-pods.ts';
import type { Standing } from './decide-pods.ts';
import { decideTarget } from './decide-target.ts';
import type { Undescribed } from './finish.ts';
import type { KnownTarget } from './known-target.ts';
import { scalingConditions } from './scaling-conditions.ts';
import { currentReplicas, whyMissing } from './target.ts';
import { mostCautious, type TickFacts } from './target-look.ts';

/** What all targets of a tick are held against. */
export interface Circumstances {
  readonly snapshot: Snapshot;
  readonly config: Config;
  readonly memory: Memory;
  readonly tick: TickFacts;
  /** by target; null: the list could not be read */
  readonly autoscalers: ReadonlyMap<TargetKey, string> | null;
  readonly podsRead: boolean;
  /** pods that several targets select */
  readonly twice: ReadonlySet<object>;
}

interface Held {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly object: Workload | null;
  readonly current: number | null;
  readonly reason: PodReason;
  readonly facts: Facts;
}

/** Held in both directions: what the bolder of the two would have done is what does not happen. */
const boldest = (one: Mode, other: Mode): Mode => (modes.indexOf(one) > modes.indexOf(other) ? one : other);

export function held({ policy, target, object, current, reason, facts }: Held, config: Config): Undescribed {
  const uid = object?.metadata.uid;
  const unreadable = reason === 'FailedGetScale' || reason === 'FailedGetPods';
  return {
    policy: { namespace: policy.metadata.namespace, name: policy.metadata.name },
    target,
    mode: mostCautious(config.daemon.mode, boldest(policy.spec.mode.up, policy.spec.mode.down)),
    current: current as Undescribed['current'],
    desired: current as Undescribed['desired'],
    action: 'hold',
    reason,
    limitedBy: [],
    conditions: scalingConditions(unreadable ? { kind: 'unreadable' } : { kind: 'inactive', reason }, {
      concerned: false,
      asleep: false,
    }),
    steps: [],
    metrics: [],
    until: null,
    facts,
    governedBy: null,
    ...(uid === undefined ? {} : { uid }),
  };
}

export const missingFacts = (why: string): Facts => ({ what: why, by: why });

interface Missing {
  readonly reason: PodReason;
  readonly why: string;
}

const nobody: readonly Pod[] = [];

export class Decisions {
  readonly all: Undescribed[] = [];
  readonly standings: Standing[] = [];
  readonly targets: Record<TargetKey, TargetMemory> = {};
  /** places of the decisions that somebody may have to be told of */
  readonly worthTelling: number[] = [];
  readonly #given: Circumstances;

  constructor(given: Circumstances) {
    this.#given = given;
  }

  make(known: KnownTarget): void {
    const { memory, tick, autoscalers } = this.#given;
    const { key, bound } = known;
    const { object, policy } = bound;
    const remembered = memory.targets[key] ?? emptyTargetMemory;
    const missing = this.#missing(known);
    if (missing !== null || object === null) {
      const { reason, why } = missing ?? { reason: 'FailedGetScale', why: '' };
      this.#hold(known, remembered, null, reason, missingFacts(why));
      return;
    }
    const { problem } = bound;
    const { pods, list, template } = known;
    const { twice } = this.#given;
    if (problem?.kind === 'unexpectedCount') {
      const { count, expect } = problem;
      const current = currentReplicas(known, remembered, tick.now);
      const facts = { count, min: expect.min, max: expect.max };
      const decision = this.#hold(known, remembered, current, 'UnexpectedTargets', facts);
      this.standings.push({ decision, policy, pods, existing: list.existing, template, workload: object });
    } else if (twice.size > 0 && pods.some((pod) => twice.has(pod))) {
      const facts = missingFacts('another target selects some of its pods');
      const current = currentReplicas(known, remembered, tick.now);
      const decision = this.#hold(known, remembered, current, 'AmbiguousSelector', facts);
      // Which of the pods are its own nobody can tell: as many as it is to have, so that none of them is ordered for once more.
      this.standings.push({ decision, policy, pods: nobody, existing: current, template: undefined, workload: object });
    } else {
      const autoscaler = autoscalers?.get(key) ?? null;
      const result = decideTarget({ known, workload: object, autoscaler, memory: remembered }, tick);
      const { decision } = result;
      this.#add(key, decision, result.memory);
      this.standings.push({ decision, policy, pods, existing: list.existing, template, workload: object });
    }
  }

  #missing({ bound: { object, problem, target }, selector }: KnownTarget): Missing | null {
    if (object === null || problem?.kind === 'unreadable')
      return { reason: 'FailedGetScale', why: whyMissing(this.#given.snapshot, target) };
    if (selector === null) return { reason: 'InvalidSelector', why: 'its selector is empty' };
    return this.#given.podsRead ? null : { reason: 'FailedGetPods', why: 'the list of pods could not be read' };
  }

  #hold(
    known: KnownTarget,
    memory: TargetMemory,
    current: number | null,
    reason: PodReason,
    facts: Facts,
  ): Undescribed {
    const { policy, target, object } = known.bound;
    const decision = held({ policy, target, object, current, reason, facts }, this.#given.config);
    this.#add(known.key, decision, memory);
    return decision;
  }

  #add(key: TargetKey, decision: Undescribed, memory: TargetMemory): void {
    if (isWorthTelling(decision, memory)) this.worthTelling.push(this.all.length);
    this.all.push(decision);
    this.targets[key] = memory;
  }
}
