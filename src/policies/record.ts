// What memory learns from outcomes: a write that succeeded is a scale event, one that failed is not.
import {
  emptyGroupMemory,
  emptyTargetMemory,
  type GroupMemory,
  type Memory,
  type ScaleHistory,
  type TargetMemory,
} from '../model/memory.ts';
import type { DrainOutcome, Outcome, ResizeOutcome, ScaleOutcome } from '../model/outcome.ts';
import { targetKey } from '../model/target.ts';
import { instantOf, type Instant } from '../model/units.ts';
import { isChangeOfMind } from './nodes/drains.ts';
import { backOffAfter } from './nodes/observe.ts';
import { withTurn } from './pods/flap.ts';

function withEvent(history: ScaleHistory, outcome: ScaleOutcome, at: Instant): ScaleHistory {
  const change = Math.abs(outcome.to - outcome.from);
  if (change === 0) return history;
  return outcome.to > outcome.from
    ? withTurn({ ...history, ups: [...history.ups, { at, change }] }, 'up', at)
    : withTurn({ ...history, downs: [...history.downs, { at, change }] }, 'down', at);
}

/** A zero of ours is a sleep, and what stood before it is kept. */
const sleepAfter = ({ from, to }: ScaleOutcome, at: Instant): Pick<TargetMemory, 'asleep'> =>
  to === 0 && from > 0 ? { asleep: { at, previous: from } } : {};

function recordScale(memory: TargetMemory, outcome: ScaleOutcome, at: Instant, due: Instant): TargetMemory {
  switch (outcome.status) {
    case 'succeeded':
      return {
        ...memory,
        ...sleepAfter(outcome, at),
        ...(outcome.to < outcome.from ? { lowered: at } : {}),
        seen: outcome.to,
        acted: withEvent(memory.acted, outcome, due),
        rehearsed: { ups: [], downs: [] },
        written: {
          at,
          replicas: outcome.to,
          ...(outcome.resourceVersion === undefined ? {} : { resourceVersion: outcome.resourceVersion }),
        },
        failure: null,
      };
    case 'dryRun': {
      const standing = memory.rehearsed.standing ?? outcome.from;
      const rehearsal = { ...outcome, from: standing };
      return {
        ...memory,
        rehearsed: { ...withEvent(memory.rehearsed, rehearsal, due), standing: outcome.to },
      };
    }
    case 'failed':
      return {
        ...memory,
        failure: {
          at: memory.failure?.at ?? at,
          code: outcome.code ?? 'Failed',
          message: outcome.message ?? '',
        },
      };
    case 'refused':
      return memory;
  }
}

function recordResize(memory: GroupMemory, outcome: ResizeOutcome, at: Instant): GroupMemory {
  switch (outcome.status) {
    case 'succeeded':
      return {
        ...memory,
        lastGrowth: outcome.to > outcome.from ? at : memory.lastGrowth,
        sent: {
          at,
          from: outcome.from,
          to: outcome.to,
          remove: outcome.remove,
          begun: false,
          ...(outcome.requestId === undefined ? {} : { requestId: outcome.requestId }),
        },
      };
    case 'failed':
      return {
        ...memory,
        lastFailure: { at, code: outcome.code ?? 'ResizeFailed', message: outcome.message ?? '' },
        backOff: backOffAfter(memory, at),
      };
    case 'refused':
    case 'dryRun':
      return memory;
  }
}

function recordDrain(memory: GroupMemory, outcome: DrainOutcome, at: Instant): GroupMemory {
  if (outcome.status !== 'succeeded' || outcome.step !== 'rollBack') return memory;
  const wrongServer = outcome.code === 'WrongServerLeft';
  return {
    ...memory,
    ...(wrongServer ? { removal: 'refuted' as const, refutedAt: at } : {}),
    drainFailure: isChangeOfMind(outcome.code)
      ? memory.drainFailure
      : { at, code: outcome.code ?? 'DrainFailed', message: outcome.message ?? '' },
  };
}

/**
 * `record(memory, outcomes, now) → memory`. Outcomes are facts; what was only intended leaves no trace.
 *
 * `due`: when the tick should have begun. Rates count from there: a tick that is a millisecond less late than the one
 * before must not find that one's events still within a period as long as the interval.
 */
export function record(memory: Memory, outcomes: readonly Outcome[], now: Instant, due?: Instant): Memory {
  const targets = { ...memory.targets };
  const groups = { ...memory.groups };
  let removed = 0;
  for (const outcome of outcomes) {
    const at = instantOf(outcome.at) ?? now;
    switch (outcome.kind) {
      case 'scale': {
        const key = targetKey(outcome.target);
        targets[key] = recordScale(targets[key] ?? emptyTargetMemory, outcome, at, due ?? at);
        if (outcome.status === 'succeeded') removed += Math.max(0, outcome.from - outcome.to);
        break;
      }
      case 'resize':
        groups[outcome.nodeGroup] = recordResize(groups[outcome.nodeGroup] ?? emptyGroupMemory, outcome, at);
        break;
      case 'drain':
        groups[outcome.nodeGroup] = recordDrain(groups[outcome.nodeGroup] ?? emptyGroupMemory, outcome, at);
        break;
    }
  }
  const podGuard =
    removed === 0
      ? memory.podGuard
      : { ...memory.podGuard, removed: [...memory.podGuard.removed, { at: now, change: removed }] };
  return { ...memory, targets, groups, podGuard };
}
