// What is remembered of a target from one look to the next, whatever is decided about it.
import type { PodPolicy } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { ScaleHistory, TargetMemory } from '../../model/memory.ts';
import { instantOf, type Instant, type Milliseconds } from '../../model/units.ts';
import { conditionOf, isDeleting, isTerminal } from '../pod-facts.ts';
import { forgetOldEvents } from './behavior.ts';
import { forgetOldTurns } from './flap.ts';
import { foreignWrites } from './foreign.ts';
import type { Measured } from './measure.ts';
import type { FoundTarget } from './target.ts';

function pruned(history: ScaleHistory, policy: PodPolicy, now: Instant): ScaleHistory {
  const { scaleUp, scaleDown } = policy.spec.behavior;
  let longest = 0;
  for (const { period } of scaleUp.policies) longest = Math.max(longest, period);
  for (const { period } of scaleDown.policies) longest = Math.max(longest, period);
  const young = forgetOldEvents(history, longest as Milliseconds, now);
  return forgetOldTurns(young, policy.spec.flapBudget, now);
}

/** From creation to Ready, of the pods that came up without a stumble: the median of those that run now. */
function startTimeOf(pods: readonly Pod[]): Milliseconds | null {
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

/** Zero and who made it: ours is a sleep, somebody else's is a stop. */
function zeroMemory(memory: TargetMemory, current: number, now: Instant): Pick<TargetMemory, 'stoppedByHand'> {
  if (current > 0) return {};
  if (memory.stoppedByHand !== undefined) return { stoppedByHand: memory.stoppedByHand };
  const byHand = memory.asleep === undefined && memory.seen !== undefined && memory.seen > 0;
  return byHand ? { stoppedByHand: now } : {};
}

/** What a look at the target teaches before anything is decided. */
export function withLookAt(
  memory: TargetMemory,
  policy: PodPolicy,
  { current, workload, pods }: FoundTarget,
  acts: boolean,
  now: Instant,
): TargetMemory {
  const foreign = acts ? foreignWrites(memory, current, workload.metadata, now) : undefined;
  const learns = policy.spec.schedule.some(({ readyBefore }) => readyBefore > 0);
  const startTime = (learns ? startTimeOf(pods) : null) ?? memory.startTime;
  const { recommendations, written, unknownSince, failure, recovered, lastActive, lastValues, lowered } = memory;
  return {
    firstSeen: memory.firstSeen ?? now,
    seen: current,
    recommendations,
    acted: pruned(memory.acted, policy, now),
    rehearsed: pruned(memory.rehearsed, policy, now),
    written,
    unknownSince,
    failure,
    // Absent is the rule: what is not there takes no room in 20,000 memories.
    ...(recovered === undefined ? {} : { recovered }),
    ...(foreign === undefined ? {} : { foreign }),
    ...(lastActive === undefined ? {} : { lastActive }),
    ...(memory.asleep !== undefined && current === 0 ? { asleep: memory.asleep } : {}),
    ...zeroMemory(memory, current, now),
    ...(lastValues === undefined ? {} : { lastValues }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(lowered === undefined ? {} : { lowered }),
  };
}

/** Values that a formula may fall back to as `last`. */
export function withLastValues(memory: TargetMemory, measured: readonly Measured[]): TargetMemory {
  const wanted = new Set(
    measured.flatMap(({ metric }) => (metric.source.kind === 'formula' ? metric.source.formula.needsLast : [])),
  );
  if (wanted.size === 0) return memory;
  const lastValues: Record<string, number> = { ...memory.lastValues };
  for (const { reading } of measured)
    if (wanted.has(reading.name) && reading.state === 'ok' && reading.value !== null)
      lastValues[reading.name] = reading.value;
  return { ...memory, lastValues };
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
