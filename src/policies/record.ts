// What memory learns from outcomes: a write that succeeded is a scale event, one that failed is not.
import type { UsedApproval } from '../model/approval.ts';
import {
  emptyGroupMemory,
  emptyNodeGuard,
  emptyTargetMemory,
  type GroupMemory,
  type Memory,
  type ScaleEvent,
  type ScaleHistory,
  type SentResize,
  type TargetMemory,
} from '../model/memory.ts';
import type { DrainOutcome, Outcome, ResizeOutcome, ScaleOutcome } from '../model/outcome.ts';
import { targetKey, type TargetKey } from '../model/target.ts';
import { instantOf, type Instant } from '../model/units.ts';
import { namesQuota, withFailedResize } from './nodes/back-off.ts';
import { isChangeOfMind } from './nodes/change-of-mind.ts';
import { withDenied } from './nodes/denied-evictions.ts';
import { withFailedDrain } from './nodes/set-aside.ts';
import { withTurn } from './pods/flap.ts';
import { withUsed } from './proposals.ts';

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

const sentBy = ({ from, to, remove, requestId, unanswered }: ResizeOutcome, at: Instant): SentResize => ({
  at,
  from,
  to,
  remove,
  begun: false,
  ...(requestId === undefined ? {} : { requestId }),
  ...(unanswered === undefined ? {} : { unanswered }),
});

function recordResize(memory: GroupMemory, outcome: ResizeOutcome, at: Instant): GroupMemory {
  switch (outcome.status) {
    case 'succeeded':
      return {
        ...memory,
        // The same count sent once more makes the nodes that a failed update has not made.
        lastGrowth: outcome.remove.length === 0 ? at : memory.lastGrowth,
        sent: sentBy(outcome, at),
      };
    case 'failed': {
      const { code = 'ResizeFailed', message = '' } = outcome;
      return {
        ...withFailedResize(memory, outcome, { at, code: namesQuota(message) ? 'QuotaExceeded' : code, message }),
        // No answer is no refusal: what Magnum shows next tells whether it was heard.
        ...(outcome.unanswered === true ? { sent: sentBy(outcome, at) } : {}),
      };
    }
    case 'refused':
    case 'dryRun':
      return memory;
  }
}

/** Nobody leads any more: the one who does decides anew, and nothing was wrong with the node. */
const isOfNode = ({ code }: DrainOutcome): boolean => code !== 'NotLeading' && code !== 'Aborted';

function recordDrain(memory: GroupMemory, outcome: DrainOutcome, at: Instant): GroupMemory {
  if (outcome.status === 'failed' && outcome.step === 'begin' && isOfNode(outcome)) {
    const { node, code = 'DrainFailed', message = '' } = outcome;
    return {
      ...memory,
      drainFailure: { at, code, message: `${node}: ${message}` },
      ...withFailedDrain(memory, node, { at, code, message, step: 'begin' }),
    };
  }
  if (outcome.step === 'evict') return withDenied(memory, outcome);
  if (outcome.status !== 'succeeded' || outcome.step !== 'rollBack') return memory;
  const { node, code = 'DrainFailed', message = '' } = outcome;
  if (isChangeOfMind(code)) return memory;
  const failed = { ...memory, drainFailure: { at, code, message } };
  // Its pods have left: what went wrong then is the cloud's.
  return code === 'WrongServerLeft'
    ? { ...failed, removal: 'refuted', refutedAt: at }
    : { ...failed, ...withFailedDrain(memory, node, { at, code, message, step: 'rollBack' }) };
}

/**
 * `record(memory, outcomes, now) → memory`. Outcomes are facts; what was only intended leaves no trace.
 *
 * `due`: when the tick should have begun. Rates count from there: a tick that is a millisecond less late than the one
 * before must not find that one's events still within a period as long as the interval.
 */
export function record(memory: Memory, outcomes: readonly Outcome[], now: Instant, due?: Instant): Memory {
  // A copy takes as long as there are targets: made where one of them changes.
  let targets: Record<TargetKey, TargetMemory> | null = null;
  const groups = { ...memory.groups };
  let removed = 0;
  const moved = { removed: 0, ordered: 0 };
  for (const outcome of outcomes) {
    const at = instantOf(outcome.at) ?? now;
    switch (outcome.kind) {
      case 'scale': {
        const key = targetKey(outcome.target);
        targets ??= { ...memory.targets };
        targets[key] = recordScale(targets[key] ?? emptyTargetMemory, outcome, at, due ?? at);
        if (outcome.status === 'succeeded') removed += Math.max(0, outcome.from - outcome.to);
        break;
      }
      case 'resize':
        if (outcome.status === 'succeeded') {
          moved.removed += outcome.remove.length;
          moved.ordered += Math.max(0, outcome.to - outcome.from);
        }
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
  const proposals = withUsed(memory.proposals, outcomes.flatMap(usedBy));
  return {
    ...memory,
    targets: targets ?? memory.targets,
    groups,
    podGuard,
    ...recordMoved(memory, moved, now),
    ...(proposals === undefined ? {} : { proposals }),
  };
}

/** What was tried has used up its approval: an answer that never came may hide a change that was made. */
const usedBy = ({ status, approval }: Outcome): readonly UsedApproval[] =>
  approval !== undefined && (status === 'succeeded' || status === 'failed') ? [approval] : [];

/** Kept from the first on: a guard that is written later counts what went before. The tick forgets what nobody counts. */
function recordMoved(
  { nodeGuard: before = emptyNodeGuard }: Memory,
  { removed, ordered }: { readonly removed: number; readonly ordered: number },
  now: Instant,
): Pick<Memory, 'nodeGuard'> {
  if (removed === 0 && ordered === 0) return {};
  const withMore = (events: readonly ScaleEvent[], change: number): readonly ScaleEvent[] =>
    change === 0 ? events : [...events, { at: now, change }];
  return {
    nodeGuard: { ...before, removed: withMore(before.removed, removed), ordered: withMore(before.ordered, ordered) },
  };
}
