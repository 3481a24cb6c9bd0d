// What is remembered of a target from one look to the next, whatever is decided about it.
import type { PodPolicy } from '../../model/config.ts';
import type { Pod, Workload } from '../../model/kubernetes.ts';
import type { ScaleHistory, TargetMemory } from '../../model/memory.ts';
import { instantOf, type Instant, type Milliseconds } from '../../model/units.ts';
import { conditionOf, isDeleting, isTerminal } from '../pod-facts.ts';
import { forgetOldEvents } from './behavior.ts';
import { forgetOldTurns } from './flap.ts';
import { foreignWrites } from './foreign.ts';
import type { Measured } from './measure.ts';

function longestPeriod({ spec: { behavior } }: PodPolicy): Milliseconds {
  let longest = 0;
  for (const { period } of behavior.scaleUp.policies) longest = Math.max(longest, period);
  for (const { period } of behavior.scaleDown.policies) longest = Math.max(longest, period);
  return longest as Milliseconds;
}

function pruned(history: ScaleHistory, policy: PodPolicy, now: Instant): ScaleHistory {
  const { ups, downs, turns } = history;
  if (ups.length === 0 && downs.length === 0 && turns === undefined) return history;
  const young = forgetOldEvents(history, longestPeriod(policy), now);
  return forgetOldTurns(young, policy.spec.flapBudget, now);
}

/** Being made: nobody else has seen it yet. Filled in place, because copying costs more than all the rest of a tick. */
export type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

const startTimes = new WeakMap<readonly Pod[], Milliseconds | 'unknown'>();

/** Of a list that has not changed it is known. */
function startTimeOf(pods: readonly Pod[]): Milliseconds | null {
  let known = startTimes.get(pods);
  if (known === undefined) startTimes.set(pods, (known = readStartTime(pods) ?? 'unknown'));
  return known === 'unknown' ? null : known;
}

/** From creation to Ready, of the pods that came up without a stumble: the median of those that run now. */
function readStartTime(pods: readonly Pod[]): Milliseconds | null {
  const times: number[] = [];
  for (const pod of pods) {
    if (isDeleting(pod) || isTerminal(pod)) continue;
    const ready = conditionOf(pod, 'Ready');
    const created = instantOf(pod.metadata.creationTimestamp);
    const became = ready?.status === 'True' ? instantOf(ready.lastTransitionTime) : null;
    const stumbled = pod.status?.containerStatuses?.some(({ restartCount = 0 }) => restartCount > 0) === true;
    if (created !== null && became !== null && became >= created && !stumbled) times.push(became - created);
  }
  const middle = times.sort((one, other) => one - other)[Math.floor(times.length / 2)];
  return middle === undefined ? null : (middle as Milliseconds);
}

/** Zero and who made it: ours is a sleep, an autoscaler's beside us is one of its own, somebody else's is a stop. */
function stoppedByHand(
  memory: TargetMemory,
  { current, stopped, autoscaler }: LookedAt,
  now: Instant,
): Instant | undefined {
  if (current > 0) return undefined;
  if (memory.stoppedByHand !== undefined) return memory.stoppedByHand;
  if (memory.asleep !== undefined) return undefined;
  const byHand = memory.seen !== undefined && memory.seen > 0 && autoscaler === null;
  return byHand || stopped ? now : undefined;
}

export interface LookedAt {
  readonly current: number;
  readonly workload: Workload;
  readonly pods: readonly Pod[];
  /** the object says that its zero is a person's */
  readonly stopped: boolean;
  /** an HPA on the same target; null: none */
  readonly autoscaler: string | null;
}

/** What a look at the target teaches before anything is decided. */
export function withLookAt(
  memory: TargetMemory,
  policy: PodPolicy,
  look: LookedAt,
  acts: boolean,
  now: Instant,
): TargetMemory {
  const { current, workload, pods } = look;
  const foreign = acts ? foreignWrites(memory, current, workload.metadata, now) : undefined;
  const { schedule, forecast } = policy.spec;
  const learns = forecast !== undefined || schedule.some(({ readyBefore }) => readyBefore > 0);
  const startTime = (learns ? startTimeOf(pods) : null) ?? memory.startTime;
  return {
    firstSeen: memory.firstSeen ?? now,
    seen: current,
    recommendations: memory.recommendations,
    acted: pruned(memory.acted, policy, now),
    rehearsed: pruned(memory.rehearsed, policy, now),
    written: memory.written,
    unknownSince: memory.unknownSince,
    failure: memory.failure,
    recovered: memory.recovered,
    foreign,
    lastActive: memory.lastActive,
    asleep: current === 0 ? memory.asleep : undefined,
    stoppedByHand: stoppedByHand(memory, look, now),
    lastValues: memory.lastValues,
    startTime,
    lowered: memory.lowered,
  };
}

/** Values that a formula may fall back to as `last`; the same where no formula does. */
export function lastValuesOf(
  lastValues: TargetMemory['lastValues'],
  measured: readonly Measured[],
): TargetMemory['lastValues'] {
  let values: Record<string, number> | null = null;
  for (const { metric } of measured)
    if (metric.source.kind === 'formula')
      for (const name of metric.source.formula.needsLast) {
        const reading = measured.find((one) => one.metric.name === name)?.reading;
        if (reading?.state === 'ok' && reading.value !== null) (values ??= { ...lastValues })[name] = reading.value;
      }
  return values ?? lastValues;
}

/** Nothing is wanted: a write that failed is not waited for any longer, and a rehearsal is back where the target is. */
export function atRest(memory: TargetMemory): TargetMemory {
  if (memory.failure === null && memory.rehearsed.standing === undefined) return memory;
  const { ups, downs, turns, lastWay } = memory.rehearsed;
  const rehearsed = {
    ups,
    downs,
    ...(turns === undefined ? {} : { turns }),
    ...(lastWay === undefined ? {} : { lastWay }),
  };
  return { ...memory, failure: null, rehearsed };
}
