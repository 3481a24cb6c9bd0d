// How many replicas a ScaledObject allows when: bounds, zero, the fallback, and what runs outside its windows.
import type { PodPolicySpecDraft, ScheduleDraft } from './draft.ts';
import { boundsFault, countsOf, restingReplicas, usualMax } from './keda-bounds.ts';
import type { Notebook } from './note.ts';
import { durationText, fieldsOf, given, isGiven, textOf, wholeOf, type Fields } from './read.ts';

export interface Counts {
  /** while anything is active */
  readonly min: number;
  readonly max: number;
  /** while nothing is */
  readonly resting: number;
}

export function replicasOf(spec: Fields, notebook: Notebook): Counts | null {
  const counts = countsOf(spec);
  const fault = boundsFault(counts);
  if (fault !== null) {
    notebook.write(fault.code, fault.facts);
    return null;
  }
  const max = counts.maxReplicaCount ?? usualMax;
  const min = counts.minReplicaCount ?? 0;
  if (max < 1 || min < 0) {
    notebook.write('MaxMissing', { field: 'maxReplicaCount' });
    return null;
  }
  if ((counts.maxReplicaCount ?? null) === null) notebook.write('DefaultMax', { max });
  const resting = restingReplicas(counts);
  if (!resting.isIdle || resting.replicas === 0) return { min, max, resting: resting.replicas };
  notebook.write('IdleNotZero', { idle: resting.replicas, min });
  return { min, max, resting: min };
}

/** `wakes`: a metric can tell that it is needed again. */
export function boundsOf({ min, max, resting }: Counts, wakes: boolean): PodPolicySpecDraft['replicas'] {
  if (resting > 0) return { min, max };
  if (wakes) return given({ min: 0, whenActive: min > 0 ? min : undefined, max });
  return { min: Math.max(min, 1), max };
}

const secondsOf = (value: unknown, usual: number): number => Math.max(wholeOf(value) ?? usual, 0);

export function zeroOf(spec: Fields): NonNullable<PodPolicySpecDraft['zero']> {
  const initial = secondsOf(spec['initialCooldownPeriod'], 0);
  return given({
    after: durationText(secondsOf(spec['cooldownPeriod'], 300)),
    initialCooldown: initial === 0 ? undefined : durationText(initial),
  });
}

const usualPolling = 30;
const behaviors = ['static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower'];

export function fallbackOf(
  spec: Fields,
  { min, max }: PodPolicySpecDraft['replicas'],
  notebook: Notebook,
): PodPolicySpecDraft['fallback'] {
  if (!isGiven(spec['fallback'])) return undefined;
  const written = fieldsOf(spec['fallback']);
  const count = wholeOf(written['failureThreshold']);
  const replicas = wholeOf(written['replicas']);
  const behavior = textOf(written['behavior']) ?? 'static';
  if (count === null || count < 0 || replicas === null || replicas < 0 || !behaviors.includes(behavior)) {
    notebook.write('FallbackLeft', { what: JSON.stringify(written) });
    return undefined;
  }
  const after = durationText(count * secondsOf(spec['pollingInterval'], usualPolling));
  notebook.write('FallbackIsATime', { count, after });
  const within = Math.min(Math.max(replicas, min), max);
  if (within !== replicas) notebook.write('FallbackClamped', { was: replicas, replicas: within });
  return { after, replicas: within, behavior };
}

/** The name of the window that springtide's policy has and KEDA's object has not. */
export const outsideName = 'otherwise';

/** Where nothing but windows decides, the minimum holds outside of them: a zero there is a window of its own, below the others. */
export function scheduleOf(
  windows: readonly ScheduleDraft[],
  zeroOutside: boolean,
): readonly ScheduleDraft[] | undefined {
  if (windows.length === 0) return undefined;
  if (!zeroOutside) return windows;
  return [...windows, { name: outsideName, from: '2000-01-01T00:00:00Z', replicas: 0, priority: -1 }];
}
