// One target, through the whole order: holds, bounds, metrics, zero, stabilization, rates, one-way holds, mode.
import type { PodPolicy } from '../../model/config.ts';
import type { TargetMemory } from '../../model/memory.ts';
import { modes, type MetricReading, type Mode, type PodDecision } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import type { ControlFacts } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { later, rfc3339, type Instant, type Milliseconds, type Replicas } from '../../model/units.ts';
import { boundsAt, type BoundsAt } from '../schedule/bounds.ts';
import { limitChange, remember, stabilize } from './behavior.ts';
import { combine, type Combined, type Proposal } from './combine.ts';
import { Course } from './course.ts';
import { turnsWithin } from './flap.ts';
import { foreignWriter } from './foreign.ts';
import { holdBefore, holdDown, holdUp } from './holds.ts';
import { measureAll, proposalOf, type Measured, type Measures, type TargetFacts } from './measure.ts';
import { pauseOf, previousReplicasOf, type Pause } from './pause.ts';
import { metricFailure, scalingConditions, type Stage } from './scaling-conditions.ts';
import { atRest, withLastValues, withLookAt, type Writable } from './target-memory.ts';
import type { FoundTarget } from './target.ts';
import { decideZero, type Activity, type ZeroResult } from './zero.ts';

/** What decisions say before their sentence is written. */
export type Undescribed = Omit<PodDecision, 'message'>;

/** What all targets of a tick share. */
export interface TickFacts extends Measures {
  readonly daemonMode: Mode;
  readonly control: ControlFacts | undefined;
  /** since when ticks have followed each other: nothing shrinks in the first window after a start */
  readonly steadySince: Instant;
  /** null: there was none */
  readonly lastTick: Instant | null;
  /** a VM is on its way, or may be ordered in this very tick */
  readonly nodesComing: boolean;
  /** how long a VM takes, where pods may have to wait for one */
  readonly bootTime: Milliseconds;
  /** from tick to tick */
  readonly interval: Milliseconds;
  readonly autoscalersUnread: boolean;
}

export interface TargetInput {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly found: FoundTarget;
  readonly autoscaler: string | null;
  readonly memory: TargetMemory;
}

export interface TargetResult {
  readonly decision: Undescribed;
  readonly memory: TargetMemory;
}

export const mostCautious = (one: Mode, other: Mode): Mode =>
  one === other || modes.indexOf(one) < modes.indexOf(other) ? one : other;

const modeFor = (policy: PodPolicy, tick: TickFacts, up: boolean): Mode =>
  mostCautious(tick.daemonMode, up ? policy.spec.mode.up : policy.spec.mode.down);

export function decideTarget(input: TargetInput, tick: TickFacts): TargetResult {
  return new TargetDecision(input, tick).decide();
}

/** Looked at in the tick before: whoever was not waits a whole window before the first way down. */
function isWatched({ firstSeen, recommendations }: TargetMemory, lastTick: Instant | null): boolean {
  const newest = recommendations.at(-1);
  return newest === undefined ? firstSeen !== undefined : lastTick === null || newest.at >= lastTick;
}

class TargetDecision {
  readonly #input: TargetInput;
  readonly #tick: TickFacts;
  readonly #policy: PodPolicy;
  readonly #current: number;
  readonly #pause: Pause;
  readonly #bounds: BoundsAt;
  /** the window of the schedule that made the bounds what they are */
  readonly #window: string | null;
  readonly #measured: readonly Measured[];
  #standIns: Combined['standIns'] | null = null;
  readonly #facts: TargetFacts;
  readonly #acts: boolean;
  /** this tick's own copy */
  #memory: Writable<TargetMemory>;

  constructor(input: TargetInput, tick: TickFacts) {
    const { policy, found, memory, target } = input;
    this.#input = input;
    this.#tick = tick;
    this.#policy = policy;
    this.#current = found.current;
    this.#pause = pauseOf(found.workload.metadata);
    this.#acts = modeFor(policy, tick, true) === 'act' || modeFor(policy, tick, false) === 'act';
    this.#memory = withLookAt(memory, policy, found, this.#acts, tick.now);
    if (!isWatched(memory, tick.lastTick)) this.#remember(this.#current);
    this.#bounds = this.#boundsNow();
    this.#window = this.#bounds.changes.at(-1)?.window ?? null;
    this.#facts = {
      target,
      current: found.current,
      // Pods of a rollout's surge are no demand: they would raise the replicas that the next rollout surges from.
      statusReplicas: Math.min(found.statusReplicas, found.current),
      pods: found.pods,
    };
    this.#measured = measureAll(policy, this.#facts, tick, memory.lastValues);
    this.#memory = withLastValues(this.#memory, this.#measured);
  }

  decide(): TargetResult {
    const { now } = this.#tick;
    const hold = holdBefore({
      pause: this.#pause,
      autoscaler: this.#input.autoscaler,
      writer: foreignWriter(this.#memory.foreign),
      control: this.#tick.control,
      acts: this.#acts,
      now,
    });
    if (hold !== null) {
      this.#forgetWhatIsKnown();
      const course = new Course(this.#current);
      course.heldBy = hold.reason;
      course.until = hold.until;
      return this.#standing(course, hold.reason, hold.facts ?? {}, 'hold');
    }
    if (this.#pause.kind === 'pausedAt') {
      const course = new Course(this.#current);
      course.to('paused', this.#pause.replicas, `paused at ${this.#pause.replicas}`);
      return this.#standing(course, 'PausedReplicas', { count: this.#pause.replicas });
    }
    if (this.#current === 0 && !this.#mayWake()) return this.#standing(new Course(0), 'ScalingDisabled', {}, 'none');
    const { min, max } = this.#bounds;
    if (this.#current > 0 && this.#current < min) return this.#toBounds(min, 'TooFewReplicas', `min ${min}`);
    if (this.#current > max && this.#policy.spec.behavior.scaleDown.bounds === 'atOnce')
      return this.#toBounds(max, 'TooManyReplicas', `max ${max}`);
    return this.#byMetrics();
  }

  /** A metric that comes back while the target is held begins anew when it goes again: its fallback waits its time. */
  #forgetWhatIsKnown(): void {
    const known = new Set(this.#measured.flatMap(({ reading }) => (reading.state === 'ok' ? [reading.name] : [])));
    const { unknownSince } = this.#memory;
    if (!Object.keys(unknownSince).some((name) => known.has(name))) return;
    const still = Object.entries(unknownSince).filter(([name]) => !known.has(name));
    this.#memory = { ...this.#memory, unknownSince: Object.fromEntries(still) };
  }

  #boundsNow(): BoundsAt {
    const { replicas, schedule, zero } = this.#policy.spec;
    // Zero is opt-in: what is merely not above 0 is no wish for it.
    const base = { min: zero === undefined ? Math.max(1, replicas.min) : replicas.min, max: replicas.max };
    const { bootTime, interval } = this.#tick;
    // An interval more: the tick before it is due begins early, the one after it would begin late.
    const startTime = ((this.#memory.startTime ?? 0) + bootTime + interval) as Milliseconds;
    return boundsAt(base, schedule, this.#tick.now, startTime);
  }

  /** The zero is ours, or the policy allows it and nobody has stopped the target by hand. */
  #mayWake(): boolean {
    const ours = this.#memory.asleep !== undefined || previousReplicasOf(this.#input.found.workload.metadata) !== null;
    return ours || (this.#policy.spec.zero !== undefined && this.#memory.stoppedByHand === undefined);
  }

  #toBounds(replicas: number, plain: PodReason, by: string): TargetResult {
    const name = this.#window;
    const course = new Course(this.#current);
    course.to('bounds', replicas, name === null ? by : `${by} of ${name}`);
    this.#applyHolds(course);
    this.#remember(course.replicas);
    const reason = name === null ? plain : 'ScheduleWindow';
    return this.#result(course, this.#reasonOf(course, reason), { schedule: name ?? '' }, { kind: 'toBounds' });
  }

  #byMetrics(): TargetResult {
    const { now } = this.#tick;
    const combined = combine(
      this.#policy,
      this.#measured,
      ({ metric }, value) => proposalOf(metric, this.#policy, this.#facts, value),
      this.#current,
      this.#memory,
      now,
    );
    this.#standIns = combined.standIns;
    const wasUnknown = Object.keys(this.#memory.unknownSince).length > 0;
    const isUnknown = combined.unknown.length > 0;
    this.#memory.unknownSince = combined.unknownSince;
    if (wasUnknown && !isUnknown) this.#memory.recovered = now;
    const largest = this.#proposal(combined);
    if (largest === null) return this.#unknown(combined, 'MetricUnknown');
    if (!combined.mayLower && largest.replicas < this.#current && !this.#isExact())
      return this.#unknown(combined, 'SomeMetricsUnknown');
    return this.#course(combined, largest);
  }

  /** A schedule that only limits leaves the number to whoever sets it. */
  #scheduleRaises(): boolean {
    return this.#policy.spec.schedule.some((window) => window.min !== null || window.replicas !== null);
  }

  #isExact(): boolean {
    return this.#bounds.min === this.#bounds.max;
  }

  #replicasBeforeZero(): number {
    const { asleep } = this.#memory;
    return asleep?.previous ?? previousReplicasOf(this.#input.found.workload.metadata) ?? 0;
  }

  /** What is wanted, before zero and limits: by the schedule alone, by the metrics, or as it was before our zero. */
  #proposal(combined: Combined): Proposal | null {
    const { min } = this.#bounds;
    const name = this.#window;
    if (this.#isExact()) return { replicas: min, by: name ?? 'replicas', standIn: null };
    if (this.#policy.spec.metrics.length === 0)
      return { replicas: this.#scheduleRaises() ? min : this.#current, by: name ?? 'schedule', standIn: null };
    if (this.#current > 0 || min === 0) return combined.largest;
    const previous = this.#replicasBeforeZero();
    const { largest } = combined;
    return largest !== null && largest.replicas >= previous
      ? largest
      : { replicas: previous, by: 'the replicas before zero', standIn: null };
  }

  #unknown(combined: Combined, reason: 'MetricUnknown' | 'SomeMetricsUnknown'): TargetResult {
    const names = combined.unknown.map((reading) => reading.name).join(', ');
    const facts: Facts = {
      unknown: names,
      metric: names,
      proposal: combined.largest?.replicas ?? this.#current,
      what: combined.unknown.map((reading) => `${reading.name}: ${reading.why ?? reading.state}`).join('; '),
    };
    const failure = metricFailure(
      this.#policy,
      this.#measured.map(({ reading }) => reading),
    );
    return this.#standing(new Course(this.#current), reason, facts, 'hold', failure);
  }

  /** A metric that has no value leads to no zero, also one that could not wake the target. */
  #activity(allKnown: boolean): Activity {
    const pause = this.#pause;
    if (pause.kind === 'none' && pause.forceActivation) return 'active';
    if (this.#bounds.min > 0) return 'active';
    let activity: Activity = allKnown ? 'inactive' : 'unknown';
    for (const { metric, active } of this.#measured) {
      if (metric.activation === undefined) continue;
      if (active === true) return 'active';
      if (active === null) activity = 'unknown';
    }
    return activity;
  }

  #zero(proposal: number, allKnown: boolean): ZeroResult {
    const { zero, replicas } = this.#policy.spec;
    const { now } = this.#tick;
    if (zero === undefined) return { state: 'notConcerned', replicas: proposal, wanted: proposal, until: null };
    const activity = this.#activity(allKnown);
    const result = decideZero({
      rules: { ...zero, whenActive: Math.max(replicas.whenActive ?? 1, this.#bounds.min) },
      current: this.#current,
      proposal,
      activity,
      lastActive: this.#memory.lastActive,
      firstSeen: this.#memory.firstSeen ?? now,
      now,
    });
    if (activity === 'active') this.#memory.lastActive = now;
    return result;
  }

  #course(combined: Combined, largest: Proposal): TargetResult {
    const { policy } = this.#input;
    const { now } = this.#tick;
    const { min, max } = this.#bounds;
    const name = this.#window;
    const { scaleUp, scaleDown } = policy.spec.behavior;
    const windows = { up: scaleUp.window, down: scaleDown.window };
    const current = this.#current;
    const course = new Course(current);
    if (combined.step !== null && combined.largest === largest) course.steps.push(combined.step);
    else if (largest.replicas !== current) course.to('proposal', largest.replicas, largest.by);
    course.replicas = largest.replicas;

    const zero = this.#zero(largest.replicas, combined.unknown.length === 0);
    const slept = zero.replicas ?? largest.replicas;
    course.to('zero', slept, zero.state);
    const wanted = zero.wanted ?? slept;
    // A lowered max is reached by the window and the rates of the way down: one typo must not kill a service in a tick.
    if (current > max) course.to('bounds', Math.min(slept, max), `max ${max}`, 'TooManyReplicas');
    const proposed = course.replicas;

    const rehearsing = modeFor(policy, this.#tick, proposed >= current) === 'dryRun';
    const events = rehearsing ? this.#memory.rehearsed : this.#memory.acted;
    const standing = (rehearsing ? this.#memory.rehearsed.standing : undefined) ?? current;
    const history = this.#memory.recommendations;
    const stable = stabilize(standing, proposed, history, windows, now);
    let governedBy: PodDecision['governedBy'] = null;
    if (stable.replicas !== proposed) {
      const reason = stable.replicas > proposed ? 'ScaleDownStabilized' : 'ScaleUpStabilized';
      const window = reason === 'ScaleDownStabilized' ? windows.down : windows.up;
      course.to('stabilization', stable.replicas, `${reason} ${window / 1000} s`, reason);
      if (stable.governedBy !== null) {
        const leaves = later(stable.governedBy.at, window);
        course.until = leaves;
        const { at, replicas } = stable.governedBy;
        governedBy = { at: rfc3339(at), replicas, leaves: rfc3339(leaves) };
      }
    }

    const limited = limitChange(standing, course.replicas, this.#bounds, policy.spec.behavior, events, now);
    if (limited.reason !== 'DesiredWithinRange') {
      const step = limited.reason === 'ScaleUpLimit' || limited.reason === 'ScaleDownLimit' ? 'rates' : 'bounds';
      course.to(step, limited.replicas, limited.by, limited.reason);
    }
    const awake = Math.min(max, Math.max(policy.spec.replicas.whenActive ?? 1, min));
    if (zero.state === 'awake' && course.replicas < awake) course.to('activation', awake, `at least ${awake} awake`);
    if (current === 0 && min > 0) this.#restore(course);
    if (zero.state === 'cooldown' && course.until === null) course.until = zero.until;
    this.#applyHolds(course);

    const remembrance = scaleDown.bounds === 'gradual' ? Math.min(wanted, max) : wanted;
    this.#remember(remembrance);
    const governing = this.#measured.find(({ reading }) => reading.name === largest.by)?.reading;
    const facts: Facts = {
      metric: largest.by,
      value: governing?.value ?? 'unknown',
      target: governing?.target ?? '',
      proposal: largest.replicas,
      unknown: combined.unknown.length === 0 ? '' : combined.unknown.map((reading) => reading.name).join(', '),
      window: `${(largest.replicas < current ? windows.down : windows.up) / 1000} s`,
      schedule: name ?? '',
    };
    const reason = this.#reasonOf(course, this.#direction(largest, zero));
    const stage: Stage = { kind: 'measured', limitedBy: course.limitedBy };
    return this.#result(course, reason, facts, stage, undefined, governedBy);
  }

  /** The end of a zero that was not for want of load: what stood before comes back at once, whatever the rates say. */
  #restore(course: Course): void {
    const { min, max } = this.#bounds;
    const before = Math.min(max, this.#replicasBeforeZero());
    if (course.replicas >= Math.max(before, min)) return;
    if (before > min) course.restart('restore', before, 'the replicas before zero');
    else course.restart('bounds', min, `min ${min}`, 'TooFewReplicas');
  }

  #direction(largest: Proposal, zero: ZeroResult): PodReason {
    const current = this.#current;
    const wanted = zero.replicas ?? largest.replicas;
    if (largest.standIn === 'fallback') return 'FallbackReplicas';
    if (current === 0 && this.#bounds.min > 0) return this.#window === null ? 'Restored' : 'ScheduleWindow';
    if (zero.state === 'asleep') return 'Inactive';
    if (zero.state === 'awake' && current === 0) return 'Activated';
    if (zero.state === 'cooldown' && wanted >= current) return 'ZeroCooldown';
    const bySchedule = this.#isExact() || this.#policy.spec.metrics.length === 0;
    if (bySchedule && this.#window !== null) return 'ScheduleWindow';
    if (bySchedule) return 'DesiredWithinRange';
    return wanted > current ? 'MetricAboveTarget' : wanted < current ? 'MetricBelowTarget' : 'WithinTolerance';
  }

  #flaps(): Facts {
    const { flapBudget } = this.#policy.spec;
    if (flapBudget === undefined) return {};
    const turns = turnsWithin(this.#memory.acted, flapBudget.per, this.#tick.now);
    return { directionChanges: turns.length, flapBudget: flapBudget.changes };
  }

  #readings(): readonly MetricReading[] {
    const standIns = this.#standIns;
    return this.#measured.map(({ reading }) => {
      const standIn = standIns?.get(reading.name);
      return standIn === undefined ? reading : { ...reading, standIn };
    });
  }

  /** What holds is the reason where nothing is written. */
  #reasonOf(course: Course, direction: PodReason): PodReason {
    return course.replicas === this.#current ? (course.heldBy ?? direction) : direction;
  }

  #applyHolds(course: Course): void {
    const { now, control, steadySince, nodesComing, autoscalersUnread } = this.#tick;
    if (course.replicas < this.#current) {
      const hold = holdDown({
        policy: this.#policy,
        memory: this.#memory,
        history: modeFor(this.#policy, this.#tick, false) === 'dryRun' ? this.#memory.rehearsed : this.#memory.acted,
        measured: this.#measured,
        pause: this.#pause,
        scheduleHold:
          this.#bounds.scaleDownOff === null ? null : { window: this.#bounds.scaleDownOff, until: this.#bounds.until },
        autoscalersUnread,
        control,
        steadySince,
        now,
      });
      if (hold !== null) course.hold(this.#current, hold);
    } else if (course.replicas > this.#current) {
      const hold = holdUp({ found: this.#input.found, pause: this.#pause, nodesComing, control, now });
      if (hold !== null) course.hold(this.#current, hold);
    }
  }

  /** What stands is what is recommended: after a hold or an outage nothing is lowered before a whole window was seen. */
  #standing(course: Course, reason: PodReason, facts: Facts, action?: 'hold' | 'none', active?: string): TargetResult {
    this.#remember(this.#current);
    return this.#result(course, reason, facts, { kind: 'inactive', reason: active ?? reason }, action);
  }

  #remember(replicas: number): void {
    const { scaleUp, scaleDown } = this.#policy.spec.behavior;
    const windows = { up: scaleUp.window, down: scaleDown.window };
    const newest = { at: this.#tick.now, replicas };
    this.#memory.recommendations = remember(this.#memory.recommendations, newest, windows);
  }

  #result(
    course: Course,
    reason: PodReason,
    more: Facts,
    stage: Stage,
    action?: 'hold' | 'none',
    governedBy: PodDecision['governedBy'] = null,
  ): TargetResult {
    const { target, found } = this.#input;
    const current = this.#current;
    const moves = course.replicas !== current;
    const mode = modeFor(this.#policy, this.#tick, course.replicas >= current);
    const { resourceVersion: version, uid } = found.workload.metadata;
    const marked = previousReplicasOf(found.workload.metadata) !== null;
    const sleep = {
      concerned: this.#policy.spec.zero !== undefined || this.#input.memory.asleep !== undefined,
      asleep: course.replicas === 0,
    };
    const facts: Record<string, string | number> = {
      current,
      desired: course.replicas,
      min: this.#bounds.min,
      max: this.#bounds.max,
    };
    for (const some of [this.#flaps(), more, course.facts]) for (const name in some) facts[name] = some[name] ?? '';
    const decision: Writable<Undescribed> = {
      policy: { namespace: this.#policy.metadata.namespace, name: this.#policy.metadata.name },
      target,
      mode,
      current: current as Replicas,
      desired: course.replicas as Replicas,
      action: mode === 'off' ? 'none' : moves ? 'scale' : (action ?? (course.heldBy === null ? 'none' : 'hold')),
      reason: mode === 'off' ? 'PolicyOff' : reason,
      limitedBy: course.limitedBy,
      conditions: scalingConditions(stage, sleep),
      steps: course.steps,
      metrics: this.#readings(),
      until: course.until === null ? null : rfc3339(course.until),
      facts,
      governedBy,
    };
    if (moves && course.replicas === 0) decision.mark = { previous: current };
    // Awake, whoever woke it: a mark that stays would make the next zero by hand look like ours.
    if (marked && course.replicas > 0 && (moves || current > 0)) decision.mark = null;
    if (version !== undefined) decision.resourceVersion = version;
    if (uid !== undefined) decision.uid = uid;
    return { decision, memory: moves ? this.#memory : atRest(this.#memory) };
  }
}
