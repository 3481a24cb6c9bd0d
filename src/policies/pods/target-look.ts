// One target as a tick sees it, before anything is decided: its bounds, its metrics, its memory, and what stands on it.
import type { PodPolicy } from '../../model/config.ts';
import type { TargetForecast } from '../../model/forecast.ts';
import type { Pod, Workload } from '../../model/kubernetes.ts';
import type { TargetMemory } from '../../model/memory.ts';
import { modes, type MetricReading, type Mode } from '../../model/plan.ts';
import type { ControlFacts } from '../../model/snapshot.ts';
import type { TargetRef } from '../../model/target.ts';
import { type Instant, type Milliseconds } from '../../model/units.ts';
import { boundsAt, type BoundsAt } from '../schedule/bounds.ts';
import { remember } from './behavior.ts';
import { type Combined } from './combine.ts';
import { foresee, type Foresight } from './foresight.ts';
import { turnsWithin } from './flap.ts';
import type { KnownTarget } from './known-target.ts';
import { own } from './own.ts';
import { measureAll, type Measured, type Measures, type TargetFacts } from './measure.ts';
import type { Pause } from './pause.ts';
import type { PodList } from './pod-list.ts';
import { lastValuesOf, withLookAt, type Writable } from './target-memory.ts';
import { currentReplicas } from './target.ts';
import { type Activity } from './zero.ts';

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
  /** by target */
  readonly forecasts: Readonly<Record<string, TargetForecast>>;
}

export interface TargetInput {
  readonly known: KnownTarget;
  readonly workload: Workload;
  /** an HPA on the same target; null: none */
  readonly autoscaler: string | null;
  readonly memory: TargetMemory;
}

export const mostCautious = (one: Mode, other: Mode): Mode =>
  one === other || modes.indexOf(one) < modes.indexOf(other) ? one : other;

export const modeFor = (policy: PodPolicy, tick: TickFacts, up: boolean): Mode =>
  mostCautious(tick.daemonMode, up ? policy.spec.mode.up : policy.spec.mode.down);

/** By itself or once a person has allowed it: then it may fight somebody. */
const mayWrite = (mode: Mode): boolean => mode === 'act' || mode === 'confirm';

/** Looked at in the tick before: whoever was not waits a whole window before the first way down. */
function isWatched({ firstSeen, recommendations }: TargetMemory, lastTick: Instant | null): boolean {
  const newest = recommendations.at(-1);
  return newest === undefined ? firstSeen !== undefined : lastTick === null || newest.at >= lastTick;
}

const readingIn = ({ reading }: Measured): MetricReading => reading;

/** How often its direction has changed within the budget's period, and how often it may. */
export interface Flaps {
  readonly directionChanges: number;
  readonly flapBudget: number;
}

/** Only `memory` and what stands in for metrics change while a decision is made of it. */
export class TargetLook implements TargetFacts {
  readonly input: TargetInput;
  readonly tick: TickFacts;
  readonly policy: PodPolicy;
  readonly workload: Workload;
  readonly target: TargetRef;
  readonly seat: number;
  readonly pods: readonly Pod[];
  readonly list: PodList;
  /** spec.replicas, or our own last write while the watch is still behind it */
  readonly current: number;
  readonly statusReplicas: number;
  readonly pause: Pause;
  readonly stopped: boolean;
  readonly autoscaler: string | null;
  readonly bounds: BoundsAt;
  /** the window of the schedule that made the bounds what they are */
  readonly window: string | null;
  readonly measured: readonly Measured[];
  standIns: Combined['standIns'] | null = null;
  /** null: its policy has no forecast, or its metrics were not looked at */
  foresight: Foresight | null = null;
  readonly acts: boolean;
  /** this tick's own copy */
  memory: Writable<TargetMemory>;

  constructor(input: TargetInput, tick: TickFacts) {
    const { known, workload, memory } = input;
    const { policy } = known;
    this.input = input;
    this.tick = tick;
    this.policy = policy;
    this.workload = workload;
    this.target = known.bound.target;
    this.seat = known.seat;
    this.pods = known.pods;
    this.list = known.list;
    this.current = currentReplicas(known, memory, tick.now);
    // Pods of a rollout's surge are no demand: they would raise the replicas that the next rollout surges from.
    this.statusReplicas = Math.min(known.statusReplicas, this.current);
    this.pause = known.pause;
    this.acts = mayWrite(modeFor(policy, tick, true)) || mayWrite(modeFor(policy, tick, false));
    this.stopped = known.stopped && known.previous === null;
    this.autoscaler = input.autoscaler;
    this.memory = withLookAt(memory, policy, this, this.acts, tick.now);
    if (!isWatched(memory, tick.lastTick)) this.remember(this.current);
    this.bounds = this.#boundsNow();
    this.window = this.bounds.changes.at(-1)?.window ?? null;
    this.measured = measureAll(policy, this, tick, memory.lastValues);
    this.memory.lastValues = lastValuesOf(memory.lastValues, this.measured);
  }

  #boundsNow(): BoundsAt {
    const { known } = this.input;
    const { schedule } = this.policy.spec;
    if (schedule.length === 0) return known.unscheduled;
    const { bootTime, interval } = this.tick;
    // An interval more: the tick before it is due begins early, the one after it would begin late.
    const startTime = ((this.memory.startTime ?? 0) + bootTime + interval) as Milliseconds;
    return boundsAt(known.unscheduled, schedule, this.tick.now, startTime);
  }

  /** What is expected of its load; looked at once, where its metrics are. */
  foresee(): Foresight | null {
    const { forecast } = this.policy.spec;
    if (forecast === undefined) return null;
    const said = own(this.tick.forecasts, this.input.known.key);
    const { current, statusReplicas, bounds } = this;
    this.foresight = foresee(forecast, said, this.measured, this.policy.spec, {
      current,
      statusReplicas,
      max: bounds.max,
    });
    return this.foresight;
  }

  /** The zero is ours, or the policy allows it and nobody has stopped the target by hand. */
  mayWake(): boolean {
    const ours = this.memory.asleep !== undefined || this.input.known.previous !== null;
    return ours || (this.policy.spec.zero !== undefined && this.memory.stoppedByHand === undefined);
  }

  /** A schedule that only limits leaves the number to whoever sets it. */
  scheduleRaises(): boolean {
    return this.policy.spec.schedule.some((window) => window.min !== null || window.replicas !== null);
  }

  isExact(): boolean {
    return this.bounds.min === this.bounds.max;
  }

  replicasBeforeZero(): number {
    const { asleep } = this.memory;
    return asleep?.previous ?? this.input.known.previous ?? 0;
  }

  /** A metric that has no value leads to no zero, also one that could not wake the target. */
  activity(allKnown: boolean): Activity {
    const pause = this.pause;
    if (pause.kind === 'none' && pause.forceActivation) return 'active';
    if (this.bounds.min > 0) return 'active';
    let activity: Activity = allKnown ? 'inactive' : 'unknown';
    for (const { metric, active } of this.measured) {
      if (metric.activation === undefined) continue;
      if (active === true) return 'active';
      if (active === null) activity = 'unknown';
    }
    return activity;
  }

  /** A metric that comes back while it is not asked begins anew when it goes again: its fallback waits its time. */
  forgetWhatIsKnown(): void {
    const since = Object.entries(this.memory.unknownSince);
    if (since.length === 0) return;
    const known = new Set(this.measured.flatMap(({ reading }) => (reading.state === 'ok' ? [reading.name] : [])));
    const still = since.filter(([name]) => !known.has(name));
    if (still.length === since.length) return;
    this.memory = { ...this.memory, unknownSince: Object.fromEntries(still) };
  }

  /** null: nobody counts them */
  flaps(): Flaps | null {
    const { flapBudget } = this.policy.spec;
    if (flapBudget === undefined) return null;
    const turns = turnsWithin(this.memory.acted, flapBudget.per, this.tick.now);
    return { directionChanges: turns.length, flapBudget: flapBudget.changes };
  }

  readings(): readonly MetricReading[] {
    const { standIns } = this;
    if (standIns === null || standIns.size === 0) return this.measured.map(readingIn);
    return this.measured.map(({ reading }) => {
      const standIn = standIns.get(reading.name);
      return standIn === undefined ? reading : { ...reading, standIn };
    });
  }

  remember(replicas: number): void {
    const { scaleUp, scaleDown } = this.policy.spec.behavior;
    const windows = { up: scaleUp.window, down: scaleDown.window };
    const newest = { at: this.tick.now, replicas };
    this.memory.recommendations = remember(this.memory.recommendations, newest, windows);
  }
}
