// One target, through the whole order: holds, bounds, metrics, zero, stabilization, rates, one-way holds, mode.
import type { PodDecision } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import { later } from '../../model/units.ts';
import { limitChange, stabilize } from './behavior.ts';
import { combine, type Combined, type Proposal } from './combine.ts';
import { Course, type Hold } from './course.ts';
import type { Foresight } from './foresight.ts';
import { foreignWriter } from './foreign.ts';
import { holdBefore, holdDown, holdUp, switchHold } from './holds.ts';
import { proposalOf } from './measure.ts';
import { annotations } from './pause.ts';
import { metricFailure, type Stage } from './scaling-conditions.ts';
import { inSeconds, textOf } from './span-text.ts';
import { chooseVictims } from './victims.ts';
import { decideZero, leastAwake, type ZeroResult } from './zero.ts';
import { decisionOf, factsOf, measuredFacts, type TargetResult } from './finish.ts';
import { modeFor, TargetLook, type TargetInput, type TickFacts } from './target-look.ts';

function isSomethingIn(record: object): boolean {
  for (const _ in record) return true;
  return false;
}

export function decideTarget(input: TargetInput, tick: TickFacts): TargetResult {
  return new TargetDecision(new TargetLook(input, tick)).decide();
}

type Floor = Foresight['floor'];

function reasonOfRaised({ why }: NonNullable<Floor>, up: boolean): PodReason {
  switch (why) {
    case 'trusted':
      return up ? 'ForecastAboveTarget' : 'ForecastHoldsDown';
    case 'starting':
      return up ? 'MetricAboveTarget' : 'ForecastStarting';
    case 'doubted':
      return 'ForecastNotTrusted';
  }
}

/** A look carried through the order, to its decision. */
class TargetDecision {
  readonly #look: TargetLook;

  constructor(look: TargetLook) {
    this.#look = look;
  }

  decide(): TargetResult {
    const { now } = this.#look.tick;
    const hold = holdBefore({
      pause: this.#look.pause,
      autoscaler: this.#look.input.autoscaler,
      writer: foreignWriter(this.#look.memory.foreign),
      control: this.#look.tick.control,
      acts: this.#look.acts,
      now,
    });
    if (hold !== null) {
      const course = new Course(this.#look.current);
      course.heldBy = hold.reason;
      course.until = hold.until;
      return this.#standing(course, hold.reason, hold.facts ?? {}, 'hold');
    }
    if (this.#look.pause.kind === 'pausedAt') return this.#pausedAt(this.#look.pause.replicas);
    if (this.#look.current === 0 && !this.#look.mayWake())
      return this.#standing(new Course(0), 'ScalingDisabled', {}, 'none');
    const { min, max } = this.#look.bounds;
    if (this.#look.current > 0 && this.#look.current < min) return this.#toBounds(min, 'TooFewReplicas', `min ${min}`);
    if (this.#look.current > max && this.#look.policy.spec.behavior.scaleDown.bounds === 'atOnce')
      return this.#toBounds(max, 'TooManyReplicas', `max ${max}`);
    return this.#byMetrics();
  }

  /** Whatever else is so: only a way that a person has switched off is not gone. */
  #pausedAt(replicas: number): TargetResult {
    const { control, now } = this.#look.tick;
    const { current } = this.#look;
    const course = new Course(current);
    course.to('paused', replicas, `paused at ${replicas}`);
    const hold = replicas === current ? null : switchHold(control, replicas < current ? 'pods.down' : 'pods.up', now);
    if (hold !== null) course.hold(current, hold);
    this.#chooseVictims(course);
    return this.#standing(course, course.heldBy ?? 'PausedReplicas', { count: replicas });
  }

  /** null: they are chosen, or nobody has asked for it. */
  #chooseVictims(course: Course): Hold | null {
    const { policy, current, tick } = this.#look;
    const { victim } = policy.spec;
    // At zero all of them go.
    if (victim === undefined || course.replicas >= current || course.replicas === 0) return null;
    const victims = chooseVictims(victim, this.#look, current - course.replicas, tick.answers, tick.now);
    switch (victims.kind) {
      case 'chosen':
        course.deletionCosts = victims.costs;
        return null;
      case 'unknown': {
        const facts = { unknown: 'victim', what: `victim: ${victims.why}`, proposal: course.replicas };
        return { reason: 'SomeMetricsUnknown', by: `victim: ${victims.why}`, until: null, facts };
      }
    }
  }

  #toBounds(replicas: number, plain: PodReason, by: string): TargetResult {
    const name = this.#look.window;
    const course = new Course(this.#look.current);
    course.to('bounds', replicas, name === null ? by : `${by} of ${name}`);
    this.#applyHolds(course);
    this.#look.forgetWhatIsKnown();
    this.#look.remember(course.replicas);
    const reason = name === null ? plain : 'ScheduleWindow';
    const facts = factsOf(this.#look, course, { schedule: name ?? '' });
    return decisionOf(this.#look, course, this.#reasonOf(course, reason), facts, { kind: 'toBounds' });
  }

  #byMetrics(): TargetResult {
    const { now } = this.#look.tick;
    const combined = combine(
      this.#look.policy,
      this.#look.measured,
      ({ metric }, value) => proposalOf(metric, this.#look.policy, this.#look, value),
      this.#look.current,
      this.#look.memory,
      now,
    );
    this.#look.standIns = combined.standIns;
    const wasUnknown = isSomethingIn(this.#look.memory.unknownSince);
    const isUnknown = combined.unknown.length > 0;
    this.#look.memory.unknownSince = combined.unknownSince;
    if (wasUnknown && !isUnknown) this.#look.memory.recovered = now;
    const foresight = this.#look.foresee();
    const largest = this.#proposal(combined);
    if (largest === null) return this.#unknown(combined, 'MetricUnknown');
    const floor = this.#look.isExact() ? null : (foresight?.floor ?? null);
    const wanted = floor === null ? largest.replicas : Math.max(largest.replicas, floor.replicas);
    if (!combined.mayLower && wanted < this.#look.current && !this.#look.isExact())
      return this.#unknown(combined, 'SomeMetricsUnknown');
    return this.#course(combined, largest, floor);
  }

  /** What is wanted, before zero and limits: by the schedule alone, by the metrics, or as it was before our zero. */
  #proposal(combined: Combined): Proposal | null {
    const { min } = this.#look.bounds;
    const name = this.#look.window;
    if (this.#look.isExact()) return { replicas: min, by: name ?? 'replicas', standIn: null };
    if (this.#look.policy.spec.metrics.length === 0)
      return {
        replicas: this.#look.scheduleRaises() ? min : this.#look.current,
        by: name ?? 'schedule',
        standIn: null,
      };
    if (this.#look.current > 0 || min === 0) return combined.largest ?? this.#forced();
    const previous = this.#look.replicasBeforeZero();
    const { largest } = combined;
    return largest !== null && largest.replicas >= previous
      ? largest
      : { replicas: previous, by: 'the replicas before zero', standIn: null };
  }

  /** A person's word to be awake needs no metric; from there it stands until one is known. */
  #forced(): Proposal | null {
    const { pause, policy, current } = this.#look;
    if (current > 0 || policy.spec.zero === undefined || pause.kind !== 'none' || !pause.forceActivation) return null;
    return { replicas: leastAwake(policy.spec.replicas, 0), by: annotations.forceActivation, standIn: null };
  }

  #unknown(combined: Combined, reason: 'MetricUnknown' | 'SomeMetricsUnknown'): TargetResult {
    const names = combined.unknown.map((reading) => reading.name).join(', ');
    const facts: Facts = {
      unknown: names,
      metric: names,
      proposal: combined.largest?.replicas ?? this.#look.current,
      what: combined.unknown.map((reading) => `${reading.name}: ${reading.why ?? reading.state}`).join('; '),
    };
    const failure = metricFailure(
      this.#look.policy,
      this.#look.measured.map(({ reading }) => reading),
    );
    return this.#standing(new Course(this.#look.current), reason, facts, 'hold', failure);
  }

  #zero(proposal: number, allKnown: boolean): ZeroResult {
    const { zero, replicas } = this.#look.policy.spec;
    const { now } = this.#look.tick;
    if (zero === undefined) return { state: 'notConcerned', replicas: proposal, wanted: proposal, until: null };
    const activity = this.#look.activity(allKnown);
    const result = decideZero({
      rules: { ...zero, whenActive: leastAwake(replicas, this.#look.bounds.min) },
      current: this.#look.current,
      proposal,
      activity,
      lastActive: this.#look.memory.lastActive,
      firstSeen: this.#look.memory.firstSeen ?? now,
      now,
    });
    if (activity === 'active') this.#look.memory.lastActive = now;
    return result;
  }

  #course(combined: Combined, largest: Proposal, floor: Floor): TargetResult {
    const { policy } = this.#look;
    const { now } = this.#look.tick;
    const { min, max } = this.#look.bounds;
    const name = this.#look.window;
    const { scaleUp, scaleDown } = policy.spec.behavior;
    const windows = { up: scaleUp.window, down: scaleDown.window };
    const current = this.#look.current;
    const course = new Course(current);
    if (combined.step !== null && combined.largest === largest) course.steps.push(combined.step);
    else if (largest.replicas !== current) course.to('proposal', largest.replicas, largest.by);
    course.replicas = largest.replicas;
    const raised = floor !== null && floor.replicas > largest.replicas ? floor : null;
    if (raised !== null) course.to('forecast', raised.replicas, raised.by);
    const proposal = course.replicas;

    const zero = this.#zero(proposal, combined.unknown.length === 0);
    const slept = zero.replicas ?? proposal;
    course.to('zero', slept, zero.state);
    const wanted = zero.wanted ?? slept;
    // A lowered max is reached by the window and the rates of the way down: one typo must not kill a service in a tick.
    if (current > max) course.to('bounds', Math.min(slept, max), `max ${max}`, 'TooManyReplicas');
    const proposed = course.replicas;

    const rehearsing = modeFor(policy, this.#look.tick, proposed >= current) === 'dryRun';
    const events = rehearsing ? this.#look.memory.rehearsed : this.#look.memory.acted;
    const standing = (rehearsing ? this.#look.memory.rehearsed.standing : undefined) ?? current;
    const history = this.#look.memory.recommendations;
    const stable = stabilize(standing, proposed, history, windows, now);
    let governedBy: PodDecision['governedBy'] = null;
    if (stable.replicas !== proposed) {
      const reason = stable.replicas > proposed ? 'ScaleDownStabilized' : 'ScaleUpStabilized';
      const window = reason === 'ScaleDownStabilized' ? windows.down : windows.up;
      course.to('stabilization', stable.replicas, `${reason} ${inSeconds(window)}`, reason);
      if (stable.governedBy !== null) {
        const leaves = later(stable.governedBy.at, window);
        course.until = leaves;
        const { at, replicas } = stable.governedBy;
        governedBy = { at: textOf(at), replicas, leaves: textOf(leaves) };
      }
    }

    const limited = limitChange(standing, course.replicas, this.#look.bounds, policy.spec.behavior, events, now);
    if (limited.reason !== 'DesiredWithinRange') {
      const step = limited.reason === 'ScaleUpLimit' || limited.reason === 'ScaleDownLimit' ? 'rates' : 'bounds';
      course.to(step, limited.replicas, limited.by, limited.reason);
    }
    const awake = Math.min(max, leastAwake(policy.spec.replicas, min));
    if (zero.state === 'awake' && course.replicas < awake) course.to('activation', awake, `at least ${awake} awake`);
    if (current === 0 && min > 0) this.#restore(course);
    if (zero.state === 'cooldown' && course.until === null) course.until = zero.until;
    this.#applyHolds(course);
    this.#orderAhead(course);

    const remembrance = scaleDown.bounds === 'gradual' ? Math.min(wanted, max) : wanted;
    this.#look.remember(remembrance);
    const by = raised === null ? largest.by : (this.#look.foresight?.reading.metric ?? largest.by);
    if (this.#look.foresight !== null)
      course.facts = { ...this.#look.foresight.facts, suffices: largest.replicas, ...course.facts };
    const governing = this.#look.measured.find(({ reading }) => reading.name === by)?.reading;
    const facts = measuredFacts(this.#look, course, {
      metric: by,
      value: governing?.value ?? 'unknown',
      target: governing?.target ?? '',
      proposal,
      unknown: combined.unknown.length === 0 ? '' : combined.unknown.map((reading) => reading.name).join(', '),
      window: inSeconds(proposal < current ? windows.down : windows.up),
      schedule: name ?? '',
    });
    const reason = this.#reasonOf(course, this.#direction(largest, zero, raised));
    const stage: Stage = { kind: 'measured', limitedBy: course.limitedBy };
    return decisionOf(this.#look, course, reason, facts, stage, undefined, governedBy);
  }

  /** The end of a zero that was not for want of load: what stood before comes back at once, whatever the rates say. */
  #restore(course: Course): void {
    const { min, max } = this.#look.bounds;
    const before = Math.min(max, this.#look.replicasBeforeZero());
    if (course.replicas >= Math.max(before, min)) return;
    if (before > min) course.restart('restore', before, 'the replicas before zero');
    else course.restart('bounds', min, `min ${min}`, 'TooFewReplicas');
  }

  #direction(largest: Proposal, zero: ZeroResult, raised: Floor): PodReason {
    const current = this.#look.current;
    const wanted = zero.replicas ?? Math.max(largest.replicas, raised?.replicas ?? 0);
    if (raised === null && largest.standIn === 'fallback') return 'FallbackReplicas';
    if (current === 0 && this.#look.bounds.min > 0) return this.#look.window === null ? 'Restored' : 'ScheduleWindow';
    if (zero.state === 'asleep') return 'Inactive';
    if (zero.state === 'awake' && current === 0) return 'Activated';
    if (zero.state === 'cooldown' && wanted >= current) return 'ZeroCooldown';
    const bySchedule = this.#look.isExact() || this.#look.policy.spec.metrics.length === 0;
    if (bySchedule && this.#look.window !== null) return 'ScheduleWindow';
    if (bySchedule) return 'DesiredWithinRange';
    if (raised !== null) return reasonOfRaised(raised, wanted > current);
    return wanted > current ? 'MetricAboveTarget' : wanted < current ? 'MetricBelowTarget' : 'WithinTolerance';
  }

  /** What holds is the reason where nothing is written. */
  #reasonOf(course: Course, direction: PodReason): PodReason {
    return course.replicas === this.#look.current ? (course.heldBy ?? direction) : direction;
  }

  #applyHolds(course: Course): void {
    const { now, control, steadySince, autoscalersUnread } = this.#look.tick;
    if (course.replicas < this.#look.current) {
      const hold = holdDown({
        policy: this.#look.policy,
        memory: this.#look.memory,
        history:
          modeFor(this.#look.policy, this.#look.tick, false) === 'dryRun'
            ? this.#look.memory.rehearsed
            : this.#look.memory.acted,
        measured: this.#look.measured,
        pause: this.#look.pause,
        scheduleHold:
          this.#look.bounds.scaleDownOff === null
            ? null
            : { window: this.#look.bounds.scaleDownOff, until: this.#look.bounds.until },
        autoscalersUnread,
        control,
        steadySince,
        now,
      });
      const forbids = hold ?? this.#chooseVictims(course);
      if (forbids !== null) course.hold(this.#look.current, forbids);
    } else if (course.replicas > this.#look.current) {
      const hold = this.#holdUp();
      if (hold !== null) course.hold(this.#look.current, hold);
    }
  }

  #holdUp(): Hold | null {
    const { nodesComing, control, now } = this.#look.tick;
    const { workload, pods, pause } = this.#look;
    return holdUp({ workload, pods, pause, nodesComing, control, now });
  }

  /** No VM is ordered for replicas that would not come; those that wait for VMs are whom it would be ordered for. */
  #orderAhead({ replicas }: Course): void {
    const { foresight } = this.#look;
    if (foresight?.reading.ordersNodes !== true) return;
    const hold = this.#holdUp();
    if (replicas === 0 || (hold !== null && hold.reason !== 'WaitingForNodes'))
      this.#look.foresight = { ...foresight, reading: { ...foresight.reading, ordersNodes: false } };
  }

  /** What stands is what is recommended: after a hold or an outage nothing is lowered before a whole window was seen. */
  #standing(course: Course, reason: PodReason, facts: Facts, action?: 'hold' | 'none', active?: string): TargetResult {
    this.#look.forgetWhatIsKnown();
    this.#look.remember(this.#look.current);
    const all = factsOf(this.#look, course, facts);
    return decisionOf(this.#look, course, reason, all, { kind: 'inactive', reason: active ?? reason }, action);
  }
}
