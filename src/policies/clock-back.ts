// A clock that was set back leaves a memory from the future, which would hold things for as long as the clock was wrong.
import type { GroupMemory, Memory, NodeGuardMemory, ScaleHistory, TargetMemory, Why } from '../model/memory.ts';
import { later, type Instant } from '../model/units.ts';

type Clamp = (instant: Instant) => Instant;

const clampHistory = (history: ScaleHistory, now: Instant): ScaleHistory => ({
  ...history,
  // An event without a true time says nothing about a rate.
  ups: history.ups.filter((event) => event.at <= now),
  downs: history.downs.filter((event) => event.at <= now),
  ...(history.turns === undefined ? {} : { turns: history.turns.filter((turn) => turn <= now) }),
});

const mapValues = <Value>(record: Readonly<Record<string, Value>>, change: (value: Value) => Value) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** Instants that a target's memory may have. */
const moments = ['firstSeen', 'recovered', 'lastActive', 'stoppedByHand', 'lowered'] as const;

const clampWhy = ({ why }: { readonly why?: Why }, clamp: Clamp): { readonly why?: Why } =>
  why === undefined ? {} : { why: { ...why, at: clamp(why.at) } };

const clampTarget = (memory: TargetMemory, clamp: Clamp, now: Instant): TargetMemory => ({
  ...memory,
  ...Object.fromEntries(
    moments.flatMap((moment) => (memory[moment] === undefined ? [] : [[moment, clamp(memory[moment])]])),
  ),
  ...(memory.asleep === undefined ? {} : { asleep: { ...memory.asleep, at: clamp(memory.asleep.at) } }),
  ...(memory.foreign === undefined ? {} : { foreign: memory.foreign.filter((write) => write.at <= now) }),
  recommendations: memory.recommendations.filter((sample) => sample.at <= now),
  acted: clampHistory(memory.acted, now),
  rehearsed: clampHistory(memory.rehearsed, now),
  unknownSince: mapValues(memory.unknownSince, clamp),
  written: memory.written === null ? null : { ...memory.written, at: clamp(memory.written.at) },
  failure: memory.failure === null ? null : { ...memory.failure, at: clamp(memory.failure.at) },
});

function clampGroup(memory: GroupMemory, clamp: Clamp, now: Instant): GroupMemory {
  const { lastGrowth, lastShrink, lastFailure, drainFailure, backOff, sent } = memory;
  return {
    ...memory,
    lastGrowth: lastGrowth === null ? null : clamp(lastGrowth),
    lastShrink: lastShrink === null ? null : clamp(lastShrink),
    lastFailure: lastFailure === null ? null : { ...lastFailure, at: clamp(lastFailure.at) },
    drainFailure: drainFailure === null ? null : { ...drainFailure, at: clamp(drainFailure.at) },
    backOff:
      backOff === null ? null : { ...backOff, until: Math.min(backOff.until, later(now, backOff.length)) as Instant },
    sent: sent === null ? null : { ...sent, at: clamp(sent.at) },
    ordered: memory.ordered.map((order) => ({ ...order, at: clamp(order.at) })),
    ...(memory.updatingAt === undefined ? {} : { updatingAt: clamp(memory.updatingAt) }),
    ...(memory.removalFailure === undefined
      ? {}
      : { removalFailure: { ...memory.removalFailure, at: clamp(memory.removalFailure.at) } }),
    ...(memory.failedDrains === undefined
      ? {}
      : { failedDrains: mapValues(memory.failedDrains, (one) => ({ ...one, at: clamp(one.at) })) }),
    ...clampWhy(memory, clamp),
  };
}

const clampNodeGuard = (
  { removed, ordered, tripped }: NodeGuardMemory,
  clamp: Clamp,
  now: Instant,
): NodeGuardMemory => ({
  removed: removed.filter((event) => event.at <= now),
  ordered: ordered.filter((event) => event.at <= now),
  tripped: tripped === null ? null : { ...tripped, at: clamp(tripped.at) },
});

/** The memory with nothing later than now in it: every wait is at most as long as it would be from now on. */
export function withoutFuture(memory: Memory, now: Instant): Memory {
  if (memory.lastTick === null || memory.lastTick <= now) return memory;
  const clamp: Clamp = (instant) => Math.min(instant, now) as Instant;
  const clampOrNull = (instant: Instant | null): Instant | null => (instant === null ? null : clamp(instant));
  return {
    ...memory,
    targets: mapValues(memory.targets, (target) => clampTarget(target, clamp, now)),
    groups: mapValues(memory.groups, (group) => clampGroup(group, clamp, now)),
    nodes: mapValues(memory.nodes, (node) => ({
      ...node,
      unneededSince: clampOrNull(node.unneededSince),
      emptySince: clampOrNull(node.emptySince),
      ...clampWhy(node, clamp),
    })),
    podGuard: {
      removed: memory.podGuard.removed.filter((event) => event.at <= now),
      tripped:
        memory.podGuard.tripped === null ? null : { ...memory.podGuard.tripped, at: clamp(memory.podGuard.tripped.at) },
    },
    ...(memory.nodeGuard === undefined ? {} : { nodeGuard: clampNodeGuard(memory.nodeGuard, clamp, now) }),
    conditions: mapValues(memory.conditions, (condition) => ({
      ...condition,
      since: clamp(condition.since),
      lastSeen: clamp(condition.lastSeen),
      ended: clampOrNull(condition.ended),
    })),
  };
}
